import { UsageError } from '../errors.ts';

/** For an option that is given once: twice makes a list, and which one was meant is not for us to guess. */
export function takeOne(name: string) {
  return (value: string | string[] | undefined): string | undefined => {
    if (Array.isArray(value)) throw new UsageError(`--${name} is given ${value.length} times; once is enough`);
    return value;
  };
}
