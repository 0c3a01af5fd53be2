import type { RunConfig } from '../config/schema.ts';
import { describeFit, describeMisfit, fitLengths } from '../core/fit-lengths.ts';
import { UsageError } from '../errors.ts';
import { findContext } from '../pipeline/engine/find-context.ts';
import type { Engine } from '../ports/engine.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import { hashConfig } from './run-record.ts';
import { systemClock } from './system-clock.ts';

/** A run that is about to begin, or to go on. */
interface FittedRun {
  readonly runId: string;
  readonly config: RunConfig;
  readonly store: RunStore;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * The configuration with lengths that fit into the context of the student's model, where its server tells it: it would
 * refuse every longer request. What was fitted is stored, and a run that has sampled keeps the lengths it began with.
 * Throws `UsageError` where lengths that were set do not fit, or no block would fit into what is left.
 */
export async function fitToStudent(run: FittedRun, engine: Engine): Promise<RunConfig> {
  const { runId, config, store, reporter, signal } = run;
  const { model } = config.engine;
  if (config.stages.every(({ kind }) => kind === 'cold-start')) return config;
  const contextTokens = await findContext({ engine, clock: systemClock, signal }, model);
  if (contextTokens === null) return config;
  const { maxPromptTokens, maxResponseTokens } = config.rollout;
  if (maxPromptTokens + maxResponseTokens <= contextTokens) return config;
  const misfit = describeMisfit(model, config.rollout, contextTokens);
  if (store.listStages(runId).some(({ kind, status }) => kind !== 'cold-start' && status !== 'pending')) {
    reporter.warn(`${misfit}: longer requests will be refused; a run that has begun keeps its lengths`);
    return config;
  }
  const lengths = fitLengths(config.rollout, contextTokens);
  const remedy = 'set both lower, or serve the model with a longer context (vLLM: --max-model-len)';
  if (lengths === null) throw new UsageError(`${misfit}; ${remedy}`);
  const fitted = { ...config, rollout: { ...config.rollout, ...lengths } };
  const configJson = JSON.stringify(fitted);
  store.saveRunConfig(runId, { name: fitted.run.name, configJson, configHash: hashConfig(configJson) });
  reporter.info(describeFit(model, lengths, contextTokens));
  return fitted;
}
