/** Runs, their stages and prompts, and the versions that worked on them. */

/** `running` also after a crash: nobody was left to change it, and only the run lock tells. */
export type RunStatus = 'running' | 'interrupted' | 'failed' | 'done';

/** One resumable run. */
export interface RunRecord {
  /** Short, unique, sortable by time. */
  readonly id: string;
  /** What its owner calls it; not unique. */
  readonly name: string;
  /** Preset it was configured from; null when from none. */
  readonly preset: string | null;
  readonly seed: number;
  /** Resolved configuration as JSON, secrets never included. */
  readonly configJson: string;
  /** SHA-256 of `configJson`, hex: tells a configuration that was changed by hand. */
  readonly configHash: string;
  /** Version of this software that created the run. */
  readonly softwareVersion: string;
  readonly status: RunStatus;
  /** Why it failed or stopped; null otherwise. */
  readonly message: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What the decisions of a process that worked on a run depend on. */
export interface RunVersions {
  /** Version of this software. */
  readonly software: string;
  /** Name and version of the verifier, as `Verdict.verifier` has it; null where an old store cannot tell. */
  readonly verifier: string | null;
  /** Version of the configuration's meaning; null for runs older than the number. */
  readonly config: number | null;
}

/** A file that a run reads, as it was at one moment. */
export interface InputFile {
  /** How the configuration names it: a path, or the name of a set. */
  readonly input: string;
  readonly file: string;
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** What a stage of a curriculum does. */
export type StageKind = 'cold-start' | 'sft' | 'rl' | 'eval';

/** One stage of a run and how far it got. */
export interface StageRecord {
  /** Place in the curriculum, from 0. */
  readonly index: number;
  /** Name in the configuration, unique in the run. */
  readonly id: string;
  readonly kind: StageKind;
  readonly status: 'pending' | 'running' | 'done' | 'refused';
  /** Curriculum state as JSON (pilot and gate results, stop reason, cursors); owned by the pipeline. */
  readonly stateJson: string;
}

/** A prompt template. */
export interface PromptRecord {
  /** SHA-256 of the template text, hex. */
  readonly hash: string;
  /** Name with version, or the path of the user's own file. */
  readonly name: string;
  readonly text: string;
}

/** A template and what the run used it for: `student`, `teacher:<stage>`, `solution:<stage>`. */
export interface PromptUse extends PromptRecord {
  readonly role: string;
}

/** The family of `RunStore` that knows the runs themselves. */
export interface StoredRuns {
  /** Writes a run with its stages; survives power loss. Throws where the id is taken. */
  createRun(run: RunRecord, stages: readonly StageRecord[]): void;
  /** Null when there is no such run. */
  getRun(id: string): RunRecord | null;
  /** All runs, newest first. */
  listRuns(): RunRecord[];
  /** Replaces status and message and stamps the time; survives power loss. Throws where there is no such run. */
  setRunStatus(id: string, status: RunStatus, message: string | null): void;

  /** Replaces the configuration, under which the run goes on; survives power loss. Throws where there is no such run. */
  saveRunConfig(id: string, config: Pick<RunRecord, 'name' | 'configJson' | 'configHash'>): void;

  /** Versions under which the run was worked on, in that order: the first are those it began with. */
  listRunVersions(runId: string): RunVersions[];
  /** Notes the versions that work on the run from now on, unless they are the last ones noted. */
  saveRunVersions(runId: string, versions: RunVersions): void;

  /** The files the run reads, in the order in which they were noted: of one that changed the last counts. */
  listInputFiles(runId: string): (InputFile & { readonly sinceMs: number })[];
  /** Notes what a file holds from now on. */
  saveInputFile(runId: string, file: InputFile): void;

  /** In the order of the curriculum; empty for a run that is not there. */
  listStages(runId: string): StageRecord[];
  /** Writes status and state of one stage, replacing what is there; survives power loss. */
  saveStage(runId: string, stage: StageRecord): void;

  /** Notes that the run uses a template in a role. */
  savePrompt(runId: string, role: string, prompt: PromptRecord): void;
  /** In the order in which they were first used. */
  listPrompts(runId: string): PromptUse[];
}
