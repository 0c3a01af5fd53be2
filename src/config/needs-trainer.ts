import { ENGINE_KINDS } from '../core/engine-kinds.ts';
import type { RunConfig } from './schema.ts';

/**
 * Whether a stage trains, or evaluates weights that a trainer hands over. Cold-start data come from an engine
 * alone, and an engine that takes no weights is evaluated as it is.
 */
export function needsTrainer({ engine, stages }: Pick<RunConfig, 'engine' | 'stages'>): boolean {
  const { loadWeights } = ENGINE_KINDS[engine.kind];
  return stages.some(({ kind }) => kind === 'sft' || kind === 'rl' || (kind === 'eval' && loadWeights));
}
