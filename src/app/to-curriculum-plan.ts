import type { RunConfig } from '../config/schema.ts';
import type { CurriculumPlan } from '../core/curriculum.ts';

/** The part of a configuration that the pipeline executes. */
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
      keep: config.trainer.keep,
      // A server that was started for the run does not come back.
      patienceMs: config.trainer.url === null ? 0 : config.trainer.operationTimeoutSeconds * 1000,
    },
    rollout: config.rollout,
    layout: config.training.layout,
    verifyMode: config.verify.mode,
    formatMode: config.format.mode,
    formatPromote: config.format.promote ?? [],
    effective: config.effective,
    watchdog: config.watchdog,
    stages: config.stages,
    eval: config.eval,
  };
}
