export type CheckpointKind = 'weights' | 'sampler_weights';

/** One saved checkpoint. `runId` is the id of the model that saved it. */
export interface CheckpointRef {
  readonly runId: string;
  readonly kind: CheckpointKind;
  readonly name: string;
}

const NAME = /^[A-Za-z0-9_-]{1,255}$/;

/** Ids are opaque, but they become parts of URLs and file names here. */
const RUN_ID = /^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,255}$/;

/** Whether every server takes a checkpoint of this name. */
export function isCheckpointName(name: string): boolean {
  return NAME.test(name);
}

/**
 * Reads `tinker://<run>/<kind>/<name>`, or `tinker://<run>/<name>` as SkyRL answers to sampler saves,
 * which needs the kind. Null for anything else.
 */
export function parseCheckpointPath(path: string, kindWhenShort: CheckpointKind | null): CheckpointRef | null {
  const parts = path.startsWith('tinker://') ? path.slice('tinker://'.length).split('/') : [];
  const [runId = '', kind, name = ''] = parts.length === 2 ? [parts[0], kindWhenShort, parts[1]] : parts;
  const isKind = kind === 'weights' || kind === 'sampler_weights';
  return parts.length <= 3 && isKind && RUN_ID.test(runId) && NAME.test(name) ? { runId, kind, name } : null;
}

/** The canonical path. */
export function toCheckpointPath({ runId, kind, name }: CheckpointRef): string {
  return `tinker://${runId}/${kind}/${name}`;
}

/** The route of a run's checkpoints below `api/v1/`. */
export function toCheckpointsRoute(runId: string): string {
  return `training_runs/${encodeURIComponent(runId)}/checkpoints`;
}
