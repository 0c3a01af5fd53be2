import type { JsonObject } from '../http/body-fields.ts';
import type { LiveModel } from './live-models.ts';
import type { TrainerContext } from './trainer-context.ts';

/** Checks a request at once (throwing what the client did wrong) and answers the work to be queued. */
export type OperationParser = (body: JsonObject, model: LiveModel, ctx: TrainerContext) => () => Promise<unknown>;

/** Keys a numbered operation may have: its own and those all have. */
export function operationKeys(...own: readonly string[]): ReadonlySet<string> {
  return new Set(['model_id', 'seq_id', 'type', ...own]);
}

/** Now, as checkpoints record it. */
export function timestamp(ctx: TrainerContext): string {
  return new Date(ctx.sessions.now()).toISOString();
}
