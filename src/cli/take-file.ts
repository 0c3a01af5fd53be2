import { statSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import { takeOne } from './take-one.ts';

/** For an option that names one file, there already or not yet: a folder is told at once. */
export function takeFile(name: string) {
  const take = takeOne(name);
  return (value: string | string[] | undefined): string | undefined => {
    const file = take(value);
    if (file === undefined || statSync(file, { throwIfNoEntry: false })?.isDirectory() !== true) return file;
    throw new UsageError(`--${name} ${file} is a folder; name a file`);
  };
}
