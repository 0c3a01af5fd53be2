import type { RunConfig } from '../config/schema.ts';
import { createRng, hashSeed } from '../core/rng.ts';
import { type Estimate, estimateMean } from '../core/statistics/estimate-mean.ts';
import {
  type Counterpart,
  PAPER_CURVES,
  PAPER_TABLES,
  type PaperCurve,
  type PaperRow,
  type PaperTable,
} from '../experiments/paper-tables.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { MetricPoint } from '../ports/run-store/training.ts';
import { findEvaluations, type Shares } from './compare-runs.ts';
import type { FinishedArm } from './experiment-results.ts';

/** The tables and curves of the paper with what the runs of a store came to beside them. */

/** What is in the store. */
export interface Reproduction {
  readonly tables: readonly {
    readonly table: PaperTable;
    readonly rows: readonly { readonly paper: PaperRow; readonly ours: OurRow | null }[];
  }[];
  readonly curves: readonly { readonly curve: PaperCurve; readonly points: readonly ComparedPoint[] }[];
}

/** Our figures of one row. */
export interface OurRow {
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

/** Puts the runs that are done beside the paper. A run of the preset comes before the arm of an experiment. */
export function collectReproduction(store: RunStore, arms: readonly FinishedArm[]): Reproduction {
  return {
    tables: PAPER_TABLES.map((table) => ({
      table,
      rows: table.rows.map((paper) => ({ paper, ours: measureRow(store, paper.counterpart, arms) })),
    })),
    curves: PAPER_CURVES.map((curve) => ({ curve, points: followCurve(store, curve, arms) })),
  };
}

function measureRow(store: RunStore, counterpart: Counterpart | null, arms: readonly FinishedArm[]): OurRow | null {
  if (counterpart === null) return null;
  const { preset, arm, moment } = counterpart;
  const named = preset === null ? [] : store.listRuns().filter((run) => run.preset === preset && run.status === 'done');
  const runIds =
    named.length > 0 ? named.map(({ id }) => id) : arms.filter((one) => one.arm === arm).map(({ run }) => run.id);
  if (runIds.length === 0) return null;
  const which = moment === 'end' ? 'last' : 'first';
  const measured = runIds.map((id) => findEvaluations(store, id, which));
  const names = [...new Set(measured.flatMap((sets) => [...sets.keys()]))];
  if (names.length === 0) return null;
  const ratios = runIds.flatMap((id) => findRatio(store, id, which) ?? []);
  return {
    runIds,
    sets: names.map((set) => measureSet(set, measured)),
    parallelRatio: ratios.length === 0 ? null : average(ratios),
    differs: describeDifferences(JSON.parse(store.getRun(runIds[0]!)!.configJson) as RunConfig),
  };
}

function measureSet(set: string, measured: readonly ReadonlyMap<string, Shares>[]): OurSet {
  const shares = measured.flatMap((sets) => sets.get(set) ?? []);
  const isOverSeeds = shares.length > 1;
  const values = isOverSeeds ? shares.map((one) => average([...one.values()])) : [...shares[0]!.values()];
  const rng = createRng(hashSeed(0, 'reproduce', set));
  const method = isOverSeeds ? 't' : 'bounded';
  return {
    set,
    accuracy: estimateMean(values, { method, level: LEVEL, range: [0, 1], rng })!,
    over: isOverSeeds ? 'seeds' : 'problems',
    problems: shares[0]!.size,
    seeds: shares.length,
  };
}

function findRatio(store: RunStore, runId: string, which: 'first' | 'last'): number | null {
  const points = store.listMetrics(runId, 'rollout/parallel_fraction');
  return points.at(which === 'first' ? 0 : -1)?.value ?? null;
}

function describeDifferences(config: RunConfig): string[] {
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
function followCurve(store: RunStore, curve: PaperCurve, arms: readonly FinishedArm[]): ComparedPoint[] {
  const series = arms
    .filter(({ arm }) => arm === curve.arm)
    .map(({ run }) => joinStages(store, run.id, curve.metric))
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
