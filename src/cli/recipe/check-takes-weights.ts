import type { RunConfig } from '../../config/schema.ts';
import { describeLack, ENGINE_KINDS } from '../../core/engine-kinds.ts';
import { UsageError } from '../../errors.ts';

/** Refuses the weights of another run for an engine that takes none, before anything is connected. Throws `UsageError`. */
export function checkTakesWeights({ engine: { kind } }: RunConfig): void {
  if (ENGINE_KINDS[kind].loadWeights) return;
  throw new UsageError(`engine.kind: ${kind} ${describeLack('loadWeights', ', which --from needs')}`);
}
