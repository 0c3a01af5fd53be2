import { UsageError } from '../../src/errors.ts';

/** A server's address, taken apart. */
export interface EngineUrl {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path in front of `/v1`, `/tokenize`, `/health`; empty or `/something`, no slash at the end. */
  readonly prefix: string;
}

/** Reads an engine URL, with or without `/v1` at the end. Throws `UsageError`. */
export function parseEngineUrl(text: string): EngineUrl {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(
      `engine URL ${JSON.stringify(text.slice(0, 100))} is not an http or https URL, such as http://127.0.0.1:8000/v1`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(`engine URL of ${url.host} holds a user name or password: give the key by engine.apiKeyEnv`);
  }
  if (url.search !== '' || url.hash !== '') {
    throw new UsageError(
      `engine URL ${url.origin}${url.pathname} has a query or fragment: give the path up to /v1 only`,
    );
  }
  const prefix = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
  return { origin: url.origin, prefix };
}
