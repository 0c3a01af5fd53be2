import { existsSync } from 'node:fs';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { RunConfig } from '../config/schema.ts';
import { InterruptedError, ParallelR1Error, StoreError, UsageError } from '../errors.ts';
import { type ArmId, prepareArm, trainArm } from '../experiments/arms.ts';
import type { Reporter } from '../ports/reporter.ts';
import { type KnownRun, KnownRuns, type PlannedArms } from './experiment-runs.ts';
import { listChanges } from './resume-changes.ts';
import type { RunParts } from './run-parts.ts';
import { resumeRun, startRun } from './start-run.ts';

/**
 * Runs of an experiment: for every seed and arm one run that prepares (shared by all arms that prepare the same) and one
 * that trains from its weights. The store is the only memory: a run that is there and done is not made again, one that
 * was stopped goes on.
 */

/** What `runExperiment` runs, where, and who hears of it. */
export interface ExperimentOptions extends PlannedArms {
  readonly db: string;
  readonly preset: string | null;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** What stands in for what the recipes would connect. */
  readonly parts?: RunParts;
}

/** An arm that could not be run to its end, and why. */
export interface ArmFailure {
  readonly arm: ArmId;
  readonly seed: number;
  readonly message: string;
}

/**
 * Runs what is not there yet, all arms of one seed before the next seed. An arm that fails is named in the result and the others go on.
 * Rejects with `InterruptedError` when the signal stopped it; called again it goes on where it was.
 */
export async function runExperiment(options: ExperimentOptions): Promise<readonly ArmFailure[]> {
  const failures: ArmFailure[] = [];
  const total = options.seeds.length * options.arms.length;
  let place = 0;
  for (const seed of options.seeds) {
    for (const arm of options.arms) {
      place += 1;
      options.reporter.info(`arm ${place} of ${total}: ${arm}, seed ${seed}`);
      try {
        await finishArm(options, arm, seed);
      } catch (error) {
        if (error instanceof InterruptedError)
          throw new InterruptedError('stopped; the same command goes on', { cause: error });
        // What is wrong with the recipe or the store is wrong for every arm.
        const isAlone =
          error instanceof ParallelR1Error && !(error instanceof UsageError || error instanceof StoreError);
        if (!isAlone) throw error;
        failures.push({ arm, seed, message: error.message });
        options.reporter.warn(`${arm}, seed ${seed}: ${error.message}`);
      }
    }
  }
  return failures;
}

async function finishArm(options: ExperimentOptions, arm: ArmId, seed: number): Promise<void> {
  const preparation = prepareArm(options.base, arm, seed);
  const training = trainArm(options.base, arm, seed);
  if (training.stages.length === 0) throw new UsageError('this recipe has no RL stage, so there is nothing to compare');
  const prepared = preparation.stages.length === 0 ? null : await finishRun(options, preparation, null);
  await finishRun(options, training, prepared);
}

/** Starts the run, goes on with it, or leaves it as it is; its id. */
async function finishRun(options: ExperimentOptions, config: RunConfig, weightsOf: string | null): Promise<string> {
  const { db, preset, reporter, signal } = options;
  const known = findKnown(db, config, weightsOf);
  const parts = { ...options.parts, reporter };
  if (known?.run.status === 'done') return known.run.id;
  if (known !== null) {
    // A server may have moved since.
    const moved = listChanges(known.config, config).filter(({ path }) => path !== 'run.name');
    const overrides = moved.map(({ path, after }) => ({ flag: path, path, value: after }));
    return (await resumeRun({ db, runId: known.run.id, overrides, parts, signal })).runId;
  }
  return (await startRun({ db, config, preset, weightsOf, parts, signal })).runId;
}

function findKnown(db: string, config: RunConfig, weightsOf: string | null): KnownRun | null {
  if (!existsSync(db)) return null;
  using store = openRunStore(db, { readonly: true });
  return new KnownRuns(store).find(config, weightsOf);
}
