import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Options as ParserOptions } from 'yargs';
import type { ConfigOverride } from '../config/load.ts';
import { UsageError } from '../errors.ts';

/**
 * Options as data: how the parser takes each one, how its text becomes a value, and which key of the configuration it
 * sets, if any. The types of the values an action gets follow from the table of its command (`ValuesOf`).
 */

/** Turns one typed word into a value. */
export interface Reader<T> {
  /** What the help page calls such a value; null where it lists the choices. */
  readonly kind: 'string' | 'number' | null;
  readonly choices?: readonly string[];
  /** `flag` is how messages name the option. Throws `UsageError`. */
  read(word: string, flag: string): T;
}

/** One option or positional word of a command, giving a `T`. */
export interface Option<T> {
  readonly describe: string;
  readonly isWord: boolean;
  readonly parser: ParserOptions;
  /** The value of what was typed, or of the default. Throws `UsageError`. */
  read(given: unknown, flag: string): T;
  /** What it sets in the configuration; null for most. */
  readonly setting: { readonly path: string; toValue(value: unknown): unknown } | null;
}

/** The options of a command by name, as typed (`dry-run`). */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** What a table of options parses to: `dry-run` becomes `dryRun`. */
export type ValuesOf<Table extends OptionTable> = {
  readonly [Name in keyof Table & string as CamelCase<Name>]: Table[Name] extends Option<infer T> ? T : never;
};

/** Any text. */
export const text: Reader<string> = { kind: 'string', read: (word) => word };

/** A path, made absolute. */
export const path: Reader<string> = { kind: 'string', read: (word) => resolve(word) };

/** A file, there already or not yet: a folder is refused. */
export const file: Reader<string> = {
  kind: 'string',
  read: (word, flag) => {
    if (statSync(word, { throwIfNoEntry: false })?.isDirectory() !== true) return word;
    throw new UsageError(`${flag} ${word} is a folder; name a file`);
  },
};

/** An http or https address. */
export const url: Reader<string> = {
  kind: 'string',
  read: (word, flag) => {
    if (/^https?:$/.test(URL.parse(word)?.protocol ?? '')) return word;
    throw refuse(flag, word, 'a URL such as http://127.0.0.1:8000/v1');
  },
};

/** A whole number from `min` on, up to `max` where it is given. */
export function count(min = 0, max?: number): Reader<number> {
  return readNumber(/^\d{1,12}$/, 'a whole number', min, max);
}

/** A number with or without decimals, from `min` on, up to `max` where it is given. */
export function decimal(min = 0, max?: number): Reader<number> {
  return readNumber(/^\d{1,12}(\.\d{1,12})?$/, 'a number', min, max);
}

function readNumber(spelling: RegExp, what: string, min: number, max: number | undefined): Reader<number> {
  const range = max === undefined ? `from ${min}` : `from ${min} to ${max}`;
  return {
    kind: 'number',
    read: (word, flag) => {
      const value = spelling.test(word) ? Number(word) : Number.NaN;
      if (value >= min && value <= (max ?? Number.POSITIVE_INFINITY)) return value;
      throw refuse(flag, word, `${what} ${range}`);
    },
  };
}

/** One of a few words. */
export function choice<const Choice extends string>(choices: readonly Choice[]): Reader<Choice> {
  return {
    kind: null,
    choices,
    read: (word, flag) => {
      const chosen = choices.find((one) => one === word);
      if (chosen !== undefined) return chosen;
      throw refuse(flag, word, `one of ${choices.join(', ')}`);
    },
  };
}

function refuse(flag: string, word: string, wanted: string): UsageError {
  return new UsageError(`${flag} is ${JSON.stringify(word)}; it must be ${wanted}`);
}

/** An option that is given once, or not at all. */
export function one<T>(describe: string, reader: Reader<T>): Option<T | undefined>;
export function one<T>(describe: string, reader: Reader<T>, fallback: T): Option<T>;
export function one<T>(describe: string, reader: Reader<T>, fallback?: T): Option<T | undefined> {
  return {
    describe,
    isWord: false,
    parser: { ...toParser(reader), ...(fallback === undefined ? {} : { default: fallback }) },
    read: (given, flag) => {
      if (Array.isArray(given)) throw new UsageError(`${flag} is given ${given.length} times; once is enough`);
      return typeof given === 'string' ? reader.read(given, flag) : fallback;
    },
    setting: null,
  };
}

/** An option that may be repeated. `meaning` is what the help page says about leaving it out. */
export function many<T>(describe: string, reader: Reader<T>, meaning: string): Option<T[]> {
  return {
    describe,
    isWord: false,
    parser: { ...toParser(reader), default: [], defaultDescription: meaning },
    read: (given, flag) => [given].flat().map((word) => reader.read(String(word), flag)),
    setting: null,
  };
}

/** A switch. */
export function flag(describe: string): Option<boolean> {
  return {
    describe,
    isWord: false,
    parser: { type: 'boolean', default: false },
    // The last one counts: `--json --no-json`.
    read: (given) => [given].flat().at(-1) === true,
    setting: null,
  };
}

/** A word after the command that may be left out. */
export function word<T>(describe: string, reader: Reader<T>): Option<T | undefined> {
  return { ...one(describe, reader), isWord: true };
}

/** A word after the command that must be there. */
export function neededWord<T>(describe: string, reader: Reader<T>): Option<T> {
  const { parser, ...option } = word(describe, reader) as Option<T>;
  return { ...option, parser: { ...parser, demandOption: true } };
}

/** All further words after the command. */
export function words(describe: string): Option<string[]> {
  return {
    describe,
    isWord: true,
    parser: { type: 'string', array: true, default: [] },
    read: (given) => [given].flat().map(String),
    setting: null,
  };
}

/** An option that stands for a key of the configuration, whose schema bounds it. `path` is that of a `ConfigOverride`. */
export function forKey<T>(
  path: string,
  option: Option<T>,
  toValue: (value: NonNullable<T>) => unknown = (value) => value,
): Option<T> {
  return { ...option, setting: { path, toValue: toValue as (value: unknown) => unknown } };
}

function toParser<T>({ kind, choices }: Reader<T>): ParserOptions {
  return {
    requiresArg: true,
    // Numbers come as they were typed, for the reader; the second key is for the help page alone.
    ...(kind === null ? {} : { type: 'string' }),
    ...(kind === 'number' ? { number: true } : {}),
    ...(choices === undefined ? {} : { choices }),
  };
}

/** What the options that were given set in the configuration, in the order of the table. */
export function listOverrides(table: OptionTable, values: Readonly<Record<string, unknown>>): ConfigOverride[] {
  return Object.entries(table).flatMap(([name, { setting }]) => {
    const value = values[name];
    if (setting === null || value === undefined || (Array.isArray(value) && value.length === 0)) return [];
    return [{ flag: `--${name}`, path: setting.path, value: setting.toValue(value) }];
  });
}
