import { isPresetName, PRESETS } from '../config/presets.ts';
import { readStoredConfig } from '../config/stored.ts';
import { createRng, hashSeed } from '../core/rng.ts';
import { type Estimate, estimateMean, estimateOverSeeds } from '../core/statistics/estimate-mean.ts';
import { ARMS, type ArmId, PREPARATION } from '../experiments/arms.ts';
import { EXPERIMENT_NAMES, EXPERIMENTS, type Experiment, type ExperimentName } from '../experiments/catalogue.ts';
import {
  type Counterpart,
  PAPER_CURVES,
  PAPER_TABLES,
  type PaperCurve,
  type PaperRow,
  type PaperTable,
} from '../experiments/paper-tables.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import type { MetricPoint } from '../ports/run-store/training.ts';
import { findEvaluations, type Shares } from './compare-runs.ts';
import type { FinishedArm } from './experiment-results.ts';

/** The tables and curves of the paper with what the runs of a store came to beside them. */

/** What is in the store. */
export interface Reproduction {
  /** What the figures say about the paper's and what they cannot, in two sentences. */
  readonly carriesOver: string;
  readonly tables: readonly { readonly table: PaperTable; readonly rows: readonly ComparedRow[] }[];
  readonly curves: readonly ComparedCurve[];
}

/** The same for whoever names no recipe. */
export interface StoreReproduction extends Reproduction {
  /** Null where the store has no experiment. */
  readonly experiment: ReproducedExperiment | null;
}

/** The experiment whose arms are beside the paper. */
export interface ReproducedExperiment {
  readonly preset: string | null;
  /** Paths of the settings in which its recipe differs from the preset; empty where there is no preset. */
  readonly changes: readonly string[];
  /** Arms that are done at one seed or more. */
  readonly arms: number;
  /** Seeds at which one arm or more is done, ascending. */
  readonly seeds: readonly number[];
  /** Runs of other experiments that are done, and left out. */
  readonly others: number;
}

/** A row of the paper and ours; null where nothing was run for it. */
export interface ComparedRow {
  readonly paper: PaperRow;
  readonly ours: OurRow | null;
  /** The experiment that runs what stands for the row; null where nothing of ours does. */
  readonly filledBy: ExperimentName | null;
}

/** A curve of the paper and ours. */
export interface ComparedCurve {
  readonly curve: PaperCurve;
  readonly points: readonly ComparedPoint[];
  readonly filledBy: ExperimentName;
}

/** Our figures of one row. */
export interface OurRow {
  /** `preset seen` or `arm recipe`: what the runs are of. */
  readonly ranAs: string;
  readonly runIds: readonly string[];
  readonly sets: readonly OurSet[];
  /** Share of rollouts with an executed block in the step of RL nearest to the moment; null where there was none. */
  readonly parallelRatio: number | null;
  /** What is otherwise than in the paper, each in half a line. */
  readonly differs: readonly string[];
}

/** Accuracy on one set. */
export interface OurSet {
  readonly set: string;
  /** Over seeds where there are two or more, else over problems. */
  readonly accuracy: Estimate;
  readonly over: 'seeds' | 'problems';
  readonly problems: number;
  readonly seeds: number;
}

/** One place of a curve: as a share of the training, what the paper shows there, and ours. */
export interface ComparedPoint {
  readonly share: number;
  readonly paper: number;
  readonly ours: number | null;
}

const LEVEL = 0.95;

/** What figures of another model can and cannot say about the paper's. */
const CARRIES_OVER =
  'Figures of another model and other problems are no reproduction of these numbers. What carries over is the direction of a ' +
  'difference between two rows, and only where its interval leaves out 0: parallel-r1 experiment.';

/** Puts the runs that are done beside the paper. A run of the preset comes before the arm of an experiment. */
export function collectReproduction(store: RunStore, arms: readonly FinishedArm[]): Reproduction {
  const runs = new Counterparts(store, arms);
  return {
    carriesOver: CARRIES_OVER,
    tables: PAPER_TABLES.map((table) => ({
      table,
      rows: table.rows.map((paper) => ({
        paper,
        ours: paper.counterpart === null ? null : measureRow(store, paper.counterpart, runs),
        filledBy: paper.counterpart === null ? null : findExperiment(paper.counterpart.arm),
      })),
    })),
    curves: PAPER_CURVES.map((curve) => ({
      curve,
      points: followCurve(store, curve, runs),
      filledBy: findExperiment(curve.arm),
    })),
  };
}

/** The first experiment of the list that has the arm. */
function findExperiment(arm: ArmId): ExperimentName {
  return EXPERIMENT_NAMES.find((name) => (EXPERIMENTS[name] as Experiment).arms.includes(arm))!;
}

/** The runs that stand for rows and curves, each read once: several rows share a run. */
class Counterparts {
  readonly #store: RunStore;
  readonly #arms: readonly FinishedArm[];
  readonly #done: readonly RunRecord[];
  readonly #measured = new Map<string, ReadonlyMap<string, Shares>>();

  constructor(store: RunStore, arms: readonly FinishedArm[]) {
    this.#store = store;
    this.#arms = arms;
    this.#done = store.listRuns().filter(({ status }) => status === 'done');
  }

  /** The runs of the preset; where there are none, those of the arm. */
  list({ preset, arm }: Pick<Counterpart, 'preset' | 'arm'>): Pick<OurRow, 'ranAs' | 'runIds'> {
    const named = preset === null ? [] : this.#done.filter((run) => run.preset === preset && !isOfExperiment(run));
    if (named.length > 0) return { ranAs: `preset ${preset}`, runIds: named.map(({ id }) => id) };
    return { ranAs: `arm ${arm}`, runIds: this.#arms.filter((one) => one.arm === arm).map(({ run }) => run.id) };
  }

  measure(runId: string, which: 'first' | 'last'): ReadonlyMap<string, Shares> {
    const key = `${which} ${runId}`;
    const known = this.#measured.get(key) ?? findEvaluations(this.#store, runId, which);
    this.#measured.set(key, known);
    return known;
  }
}

/**
 * Whether `experiment` made the run: it is called as its runs are and is a part of its preset. All arms carry the preset
 * that they change, so that it alone says nothing; a run of a whole preset may be called like an arm: `sequential`.
 */
export function isOfExperiment(run: RunRecord): boolean {
  const { name, preset } = run;
  if (name !== PREPARATION && !Object.hasOwn(ARMS, name)) return false;
  if (preset === null || !isPresetName(preset)) return true;
  const ids = new Set(readStoredConfig(run)?.stages.map(({ id }) => id));
  return PRESETS[preset].stages.some(({ id }) => !ids.has(id));
}

function measureRow(store: RunStore, counterpart: Counterpart, runs: Counterparts): OurRow | null {
  const { ranAs, runIds } = runs.list(counterpart);
  if (runIds.length === 0) return null;
  const which = counterpart.moment === 'end' ? 'last' : 'first';
  const measured = runIds.map((id) => runs.measure(id, which));
  const names = [...new Set(measured.flatMap((sets) => [...sets.keys()]))];
  if (names.length === 0) return null;
  const ratios = runIds.flatMap((id) => findRatio(store, id, which) ?? []);
  return {
    ranAs,
    runIds,
    sets: names.map((set) => measureSet(set, measured)),
    parallelRatio: ratios.length === 0 ? null : average(ratios),
    differs: describeDifferences(store.getRun(runIds[0]!)!),
  };
}

function measureSet(set: string, measured: readonly ReadonlyMap<string, Shares>[]): OurSet {
  const shares = measured.flatMap((sets) => sets.get(set) ?? []);
  const isOverSeeds = shares.length > 1;
  const values = isOverSeeds ? shares.map((one) => average([...one.values()])) : [...shares[0]!.values()];
  const rng = createRng(hashSeed(0, 'reproduce', set));
  const options = { level: LEVEL, range: [0, 1], rng } as const;
  return {
    set,
    accuracy: isOverSeeds
      ? estimateOverSeeds(values, options)!
      : estimateMean(values, { ...options, method: 'bounded' })!,
    over: isOverSeeds ? 'seeds' : 'problems',
    problems: shares[0]!.size,
    seeds: shares.length,
  };
}

function findRatio(store: RunStore, runId: string, which: 'first' | 'last'): number | null {
  const points = store.listMetrics(runId, 'rollout/parallel_fraction');
  return points.at(which === 'first' ? 0 : -1)?.value ?? null;
}

function describeDifferences(run: RunRecord): string[] {
  const config = readStoredConfig(run);
  if (config === null) return [`made by version ${run.softwareVersion}, whose settings this version cannot read`];
  const { engine, stages, training, eval: held } = config;
  const rl = stages.filter((stage) => stage.kind === 'rl');
  const steps = rl.reduce((sum, stage) => sum + stage.steps, 0);
  const rollouts = [...new Set(rl.map(({ batchSize, groupSize }) => batchSize * groupSize))];
  return [
    engine.kind === 'embedded' ? 'the embedded model, .16 M parameters, in place of Qwen3-4B' : `model ${engine.model}`,
    `evaluated on ${held.sets.map(({ name, samples }) => `${name} x ${samples}`).join(', ')}`,
    `${steps} steps of RL, ${rollouts.join(' and ')} rollouts each`,
    `layout ${training.layout}`,
  ];
}

/** Ours at the same share of the training, mean over seeds: the nearest step. */
function followCurve(store: RunStore, curve: PaperCurve, runs: Counterparts): ComparedPoint[] {
  const series = runs
    .list(curve)
    .runIds.map((id) => joinStages(store, id, curve.metric))
    .filter((points) => points.length > 0);
  return curve.points.map(({ step, value }) => {
    const share = step / curve.steps;
    const ours = series.map((points) => findNearest(points, share));
    return { share, paper: value, ours: ours.length === 0 ? null : average(ours) };
  });
}

interface PlacedValue {
  readonly place: number;
  readonly value: number;
}

/** The values of a metric over all stages, each at its share of all steps. Null: mean accuracy of the sets. */
function joinStages(store: RunStore, runId: string, metric: string | null): PlacedValue[] {
  const points = store
    .listMetrics(runId, metric ?? 'eval/')
    .filter(({ key }) => metric !== null || key.endsWith('/mean_accuracy'));
  const lengths = new Map<number, number>();
  for (const { stageIndex, step } of points) lengths.set(stageIndex, Math.max(lengths.get(stageIndex) ?? 0, step));
  const total = [...lengths.values()].reduce((sum, length) => sum + length, 0);
  const before = (stageIndex: number) =>
    [...lengths].reduce((sum, [index, length]) => (index < stageIndex ? sum + length : sum), 0);
  const places = Map.groupBy(points, ({ stageIndex, step }: MetricPoint) => before(stageIndex) + step);
  return [...places].map(([step, values]) => ({
    place: step / Math.max(1, total),
    value: average(values.map(({ value }) => value)),
  }));
}

function findNearest(points: readonly PlacedValue[], share: number): number {
  return points.reduce((best, one) => (Math.abs(one.place - share) < Math.abs(best.place - share) ? one : best)).value;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
