import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The live rig: the folder outside the repository that holds environments, models, servers and runs, and its vocabulary. */

/** A server of somebody else's that the rig starts. */
export type ServerName = 'vllm' | 'skyrl' | 'tuft';
/** The servers that train. */
export type TrainerName = Exclude<ServerName, 'vllm'>;
/** A model that the rig makes. */
export type ModelName = 'qwen3' | 'smollm2';

export const SERVER_NAMES: readonly ServerName[] = ['vllm', 'skyrl', 'tuft'];
export const TRAINER_NAMES: readonly TrainerName[] = ['skyrl', 'tuft'];
export const MODEL_NAMES: readonly ModelName[] = ['qwen3', 'smollm2'];

/** Where everything of the rig is. Absolute paths; none need exist. */
export interface Rig {
  readonly root: string;
  /** A file or folder below the root. */
  at(...parts: string[]): string;
  /** The Python of an environment. */
  pythonOf(environment: string): string;
  modelFolder(model: ModelName): string;
}

/** A fault the user can mend, told in one line. `exitCode` is 2 for wrong usage, else 1. */
export class RigError extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.name = 'RigError';
    this.exitCode = exitCode;
  }
}

/** Root of the repository, and the folder of these scripts. */
export const SCRIPTS = dirname(fileURLToPath(import.meta.url));
export const REPOSITORY = dirname(dirname(SCRIPTS));

/** The rig in `$PARALLEL_R1_LIVE`, or in `~/.cache/parallel-r1-live`. Makes nothing. */
export function locateRig(env: NodeJS.ProcessEnv): Rig {
  const root = resolve(env.PARALLEL_R1_LIVE || join(homedir(), '.cache', 'parallel-r1-live'));
  if (/[\s'"?#%]/.test(root)) {
    throw new RigError(
      `the folder ${JSON.stringify(root)} has a character that the servers' addresses do not bear; set PARALLEL_R1_LIVE to a plain path`,
      2,
    );
  }
  const at = (...parts: string[]) => join(root, ...parts);
  return {
    root,
    at,
    pythonOf: (environment) => at('envs', environment, 'bin', 'python'),
    modelFolder: (model) => at('models', model),
  };
}

/** Checks a word of the command line against the names it may be. */
export function readName<Name extends string>(value: string, names: readonly Name[], what: string): Name {
  const name = names.find((one) => one === value);
  if (name === undefined) throw new RigError(`${what} is ${JSON.stringify(value)}; it may be ${names.join(', ')}`, 2);
  return name;
}
