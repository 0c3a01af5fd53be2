import { isPresetName, PRESETS } from '../config/presets.ts';
import { type RunConfig, runConfigSchema } from '../config/schema.ts';
import { ARMS, type ArmId, prepareArm, trainArm } from '../experiments/arms.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { FinishedArm } from '../report/experiment-results.ts';
import { collectReproduction, isOfExperiment, type StoreReproduction } from '../report/reproduction.ts';
import { type KnownRun, KnownRuns, listFinishedArms } from './experiment-runs.ts';
import { isSameRecipe, listRecipeChanges } from './resume-changes.ts';
import { findLastState } from './run-record.ts';

/**
 * The paper's tables beside the runs of a store, where nobody says which recipe the arms are of: it is that of the newest
 * experiment. A store does not hold the recipe that an experiment began from, only what its arms made of it, so that it is
 * put together again from the two runs of an arm.
 */
export function reproduceStore(store: RunStore): StoreReproduction {
  const known = new KnownRuns(store);
  const trained = listTrained(store, known.all);
  const recipe = findRecipe(trained);
  if (recipe === null) return { ...collectReproduction(store, []), experiment: null };
  const seeds = [...new Set(trained.map(({ seed }) => seed))].sort((a, b) => a - b);
  const { finished } = listFinishedArms(store, { base: recipe.base, arms: Object.keys(ARMS) as ArmId[], seeds }, known);
  const shown = recipe.isWhole ? finished : finished.filter(({ arm, run }) => store.getRun(run.id)!.name === arm);
  return { ...collectReproduction(store, shown), experiment: describeExperiment(recipe, shown, trained) };
}

/** The run that trained an arm, with the recipe that follows from it and from the run that prepared it. */
interface TrainedArm {
  readonly arm: ArmId;
  readonly seed: number;
  readonly preset: string | null;
  readonly runId: string;
  readonly training: RunConfig;
  readonly preparation: RunConfig | null;
  /** What is prepared and what is trained, as one recipe: that of the experiment, with what the arm changes in it. */
  readonly base: RunConfig;
}

/** Newest first. */
function listTrained(store: RunStore, known: readonly KnownRun[]): TrainedArm[] {
  const done = known.filter(({ run }) => run.status === 'done');
  const byState = new Map(done.map((one) => [findLastState(store, one.run.id)?.path, one.config]));
  return done.flatMap(({ run, config: training, weights }): TrainedArm[] => {
    if (!Object.hasOwn(ARMS, run.name) || !isOfExperiment(run)) return [];
    const preparation = weights === null ? null : byState.get(weights);
    // What prepared it is gone, or was made by a version with other settings.
    if (preparation === undefined) return [];
    const base = { ...training, stages: [...(preparation?.stages ?? []), ...training.stages] };
    const { id: runId, preset, seed } = run;
    return [{ arm: run.name as ArmId, seed, preset, runId, training, preparation, base }];
  });
}

interface Recipe {
  readonly base: RunConfig;
  readonly preset: string | null;
  /** False: put together from an arm that changes the recipe. Then only arms under their own names are certain. */
  readonly isWhole: boolean;
}

/**
 * The recipe that the newest arm is of: that of an arm \`recipe\`, which changes nothing, or the preset as it is. Where it is
 * neither, the one that explains most arms.
 */
function findRecipe(trained: readonly TrainedArm[]): Recipe | null {
  const [newest] = trained;
  if (newest === undefined) return null;
  const { preset, seed } = newest;
  const whole = [
    ...trained.filter(({ arm }) => arm === 'recipe').map(({ base }) => base),
    ...(preset !== null && isPresetName(preset) ? [runConfigSchema.parse(PRESETS[preset])] : []),
  ].find((base) => explains(base, newest));
  if (whole !== undefined) return { base: whole, preset, isWhole: true };
  const peers = trained.filter((one) => one.seed === seed);
  const counted = peers
    .filter(({ base }) => explains(base, newest))
    .map(({ base }) => ({ base, arms: peers.filter((one) => explains(base, one)).length }))
    .sort((a, b) => b.arms - a.arms);
  return counted[0] === undefined ? null : { base: counted[0].base, preset, isWhole: false };
}

/** Whether the arm of that name of the recipe is this one. */
function explains(base: RunConfig, { arm, seed, training, preparation }: TrainedArm): boolean {
  if (!isSameRecipe(trainArm(base, arm, seed), training)) return false;
  const prepared = prepareArm(base, arm, seed);
  return preparation === null ? prepared.stages.length === 0 : isSameRecipe(prepared, preparation);
}

function describeExperiment(
  { base, preset }: Recipe,
  shown: readonly FinishedArm[],
  trained: readonly TrainedArm[],
): StoreReproduction['experiment'] {
  const ids = new Set(shown.map(({ run }) => run.id));
  return {
    preset,
    changes:
      preset !== null && isPresetName(preset) ? listPresetChanges(runConfigSchema.parse(PRESETS[preset]), base) : [],
    arms: new Set(shown.map(({ arm }) => arm)).size,
    seeds: [...new Set(shown.map(({ seed }) => seed))].sort((a, b) => a - b),
    others: trained.filter(({ runId }) => !ids.has(runId)).length,
  };
}

/** What was set otherwise than in the preset; not what every arm sets. */
function listPresetChanges(preset: RunConfig, base: RunConfig): string[] {
  const { seed } = base.run;
  const toArm = (config: RunConfig) => [prepareArm(config, 'recipe', seed), trainArm(config, 'recipe', seed)] as const;
  const [before, after] = [toArm(preset), toArm(base)];
  return [...new Set(before.flatMap((one, k) => listRecipeChanges(one, after[k]!).map(({ path }) => path)))];
}
