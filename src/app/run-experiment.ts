import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { RunConfig } from '../config/schema.ts';
import { parseStoredConfig } from '../config/stored.ts';
import { InterruptedError, ParallelR1Error, UsageError } from '../errors.ts';
import { type ArmId, prepareArm, trainArm } from '../experiments/arms.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import type { RunParts } from './run-parts.ts';
import { resumeRun, startRun } from './start-run.ts';

/**
 * Runs of an experiment: for every seed and arm one run that prepares (shared by all arms that prepare the same) and one
 * that trains from its weights. The store is the only memory: a run that is there and done is not made again, one that
 * was stopped goes on.
 */

/** One arm at one seed. */
export interface ArmRun {
  readonly arm: ArmId;
  readonly seed: number;
  /** The run that was trained, done or not; null when it has not begun. */
  readonly run: RunRecord | null;
}

export interface ExperimentOptions {
  readonly db: string;
  /** The recipe that the arms change. */
  readonly base: RunConfig;
  readonly preset: string | null;
  readonly arms: readonly ArmId[];
  readonly seeds: readonly number[];
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
        if (error instanceof UsageError || !(error instanceof ParallelR1Error)) throw error;
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
async function finishRun(options: ExperimentOptions, recipe: RunConfig, weightsOf: string | null): Promise<string> {
  const { db, preset, reporter, signal } = options;
  const config = nameRun(recipe, weightsOf);
  const known = findKnown(db, config);
  const parts = { ...options.parts, reporter };
  if (known?.status === 'done') return known.id;
  if (known !== null) return (await resumeRun({ db, runId: known.id, parts, signal })).runId;
  return (await startRun({ db, config, preset, weightsOf, parts, signal })).runId;
}

/** The runs of the arms as the store has them. */
export function listArmRuns(
  store: RunStore,
  { base, arms, seeds }: Pick<ExperimentOptions, 'base' | 'arms' | 'seeds'>,
): ArmRun[] {
  const known = indexRuns(store);
  return arms.flatMap((arm) =>
    seeds.map((seed) => {
      const preparation = prepareArm(base, arm, seed);
      const training = trainArm(base, arm, seed);
      if (preparation.stages.length === 0) return { arm, seed, run: findRunOf(known, training) };
      const prepared = findRunOf(known, preparation);
      return { arm, seed, run: prepared === null ? null : findRunOf(known, nameRun(training, prepared.id)) };
    }),
  );
}

/** Stands between the name of an arm and the run whose weights it begins with. */
const AFTER = '.after-';

function nameRun(config: RunConfig, weightsOf: string | null): RunConfig {
  if (weightsOf === null) return config;
  return { ...config, run: { ...config.run, name: `${config.run.name}${AFTER}${weightsOf}` } };
}

function findKnown(db: string, config: RunConfig): RunRecord | null {
  using store = openRunStore(db);
  return findRunOf(indexRuns(store), config);
}

/** Runs by what they compute: of several the newest that is done, else the newest. */
type KnownRuns = ReadonlyMap<string, RunRecord>;

function indexRuns(store: RunStore): KnownRuns {
  const known = new Map<string, RunRecord>();
  for (const run of store.listRuns()) {
    const method = describeStored(run);
    if (method === null) continue;
    const other = known.get(method);
    if (other === undefined || (other.status !== 'done' && run.status === 'done')) known.set(method, run);
  }
  return known;
}

/** The run of that recipe and those weights, whatever its arm is called. */
function findRunOf(known: KnownRuns, config: RunConfig): RunRecord | null {
  return known.get(describeMethod(config)) ?? null;
}

/** The recipe of a stored run as this version reads it; null for one that it cannot read. */
function describeStored(run: RunRecord): string | null {
  try {
    return describeMethod(parseStoredConfig(run));
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

/** A configuration without what changes nothing about what is computed; two arms that come to the same have one run. */
function describeMethod(config: RunConfig): string {
  const { name, seed } = config.run;
  return JSON.stringify({ ...config, run: { weightsOf: name.split(AFTER)[1] ?? null, seed }, trackers: null });
}
