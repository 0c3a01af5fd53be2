import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { ConfigOverride } from '../config/load.ts';
import { file, flag, listOverrides, many, type OptionTable, one, text, type ValuesOf } from './options.ts';

/** What a person wants to do: the groups of the help page, in its order, with their titles. */
export const TASKS = {
  data: 'Make data',
  train: 'Train',
  judge: 'Judge',
  look: 'Look',
  setUp: 'Set up',
} as const;

export type Task = keyof typeof TASKS;

/** A command as the help page lists it. Listing it does not load the code that does its work. */
export interface CommandSpec {
  /** Name and positional words as yargs writes them: `export [run]`. */
  readonly name: string;
  /** Where the help page lists it. */
  readonly task: Task;
  readonly describe: string;
  /** Positional words and options by name. */
  readonly options: OptionTable;
  /** Options that exclude one another. */
  readonly conflicts?: readonly [string, string];
  /** Example command lines with what each is for; `$0` is the program. */
  readonly examples?: readonly (readonly [line: string, what: string])[];
  /** Printed below the options. */
  readonly epilogue?: string;
}

/** Options every command has. */
export const GLOBAL_OPTIONS = {
  db: one('run store', file, './runs.db'),
  config: one('configuration file (YAML)', text),
  set: many('key=value over the configuration; may be repeated', text, 'none'),
  json: flag('stdout is JSON and nothing else'),
  quiet: flag('no progress on stderr'),
} satisfies OptionTable;

/** What every action is given. */
export interface GlobalArgs extends ValuesOf<typeof GLOBAL_OPTIONS> {
  /** What the command's own options set in the configuration. */
  readonly overrides: readonly ConfigOverride[];
}

/** What the action of a command is given. */
export type ArgsOf<Spec extends CommandSpec> = GlobalArgs & ValuesOf<Spec['options']>;

/** Does the work of a command and returns the exit code. */
export type Action<Args> = (args: Args) => Promise<number> | number;

/** A command and the way to its action, which is imported when the command is called. */
export interface Command extends CommandSpec {
  readonly load: () => Promise<Action<never>>;
}

/** Ties a command to its action, which must take what the options give. */
export function tieCommand<Spec extends CommandSpec>(spec: Spec, load: () => Promise<Action<ArgsOf<Spec>>>): Command {
  return { ...spec, load };
}

/** Declares options and positional words to the parser. */
export function addOptions<T>(yargs: Argv<T>, table: OptionTable): Argv<T> {
  for (const [name, option] of Object.entries(table)) {
    const flagName = option.isWord ? name : `--${name}`;
    const declared = {
      ...option.parser,
      describe: option.describe,
      coerce: (given: unknown) => option.read(given, flagName),
    };
    if (option.isWord) yargs.positional(name, declared as never);
    else yargs.option(name, declared);
  }
  return yargs;
}

/** Declares a command to the parser; `act` runs it with what was typed. */
export function addCommand(yargs: Argv, command: Command, act: (args: never) => Promise<void>): void {
  const { name, describe, options, conflicts } = command;
  const build = (inner: Argv): Argv => {
    addOptions(inner, options);
    return conflicts === undefined ? inner : inner.conflicts(...conflicts);
  };
  yargs.command(name, describe, build, async (args: ArgumentsCamelCase) => {
    await act({ ...args, overrides: listOverrides(options, args) } as never);
  });
}
