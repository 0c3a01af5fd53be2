import type { RunConfig } from '../config/schema.ts';
import type { CurriculumPlan } from '../core/curriculum.ts';

/**
 * The part of a configuration that the pipeline executes.
 */
export function toCurriculumPlan(config: RunConfig): CurriculumPlan {
  return {
    seed: config.run.seed,
    engine: {
      model: config.engine.model,
      maxInFlight: config.engine.maxInFlight,
      eosTokens: config.engine.eosTokens,
    },
    trainer: {
      baseModel: config.trainer.baseModel ?? config.engine.model,
      rank: config.trainer.lora.rank,
      seed: config.embedded.modelSeed ?? config.run.seed,
    },
    rollout: config.rollout,
    layout: config.training.layout,
    verifyMode: config.verify.mode,
    formatMode: config.format.mode,
    formatPromote: config.format.promote ?? [],
    stages: config.stages,
    eval: config.eval,
  };
}
