import { UsageError } from '../errors.ts';

/** The URL an option holds. Throws `UsageError` for anything but http and https. */
export function readUrl(option: string, text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw new UsageError(`--${option} is ${JSON.stringify(text)}; it must be a URL such as http://127.0.0.1:8000/v1`);
}
