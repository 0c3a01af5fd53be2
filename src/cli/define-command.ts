import type { ArgumentsCamelCase, Argv } from 'yargs';

/** Options every command has. */
export interface GlobalArgs {
  readonly db: string;
  readonly config: string | undefined;
  /** `key=value`, in the order given. */
  readonly set: readonly string[];
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Does the work of a command and returns the exit code. */
export type Action<A> = (args: A) => Promise<number>;

/**
 * A command as the command line lists it. `load` imports what does the work: nothing of it is read
 * for `--help` or for another command.
 */
export interface Command {
  readonly name: string;
  readonly describe: string;
  readonly builder: (yargs: Argv<GlobalArgs>) => Argv;
  readonly load: () => Promise<Action<never>>;
}

/** What a command is whose options are not what its action takes; no list of commands accepts it. */
export interface OptionMismatch {
  readonly optionsDoNotFitTheAction: true;
}

/** Ties the options of a command to the arguments of its action. */
export function defineCommand<Options, Args>(command: {
  readonly name: string;
  readonly describe: string;
  readonly builder: (yargs: Argv<GlobalArgs>) => Argv<Options>;
  readonly load: () => Promise<Action<Args>>;
}): ArgumentsCamelCase<Options> extends Args ? Command : OptionMismatch {
  return command as never;
}
