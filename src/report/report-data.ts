import type { PairedDifference } from '../core/statistics/paired-difference.ts';
import { reportYield, type YieldReport } from '../pipeline/cold-start/yield-report.ts';
import { compareMeasured } from '../pipeline/evaluate/measure-evaluation.ts';
import type { FailedAttempts } from '../ports/run-store/attempts.ts';
import type { RolloutSummary } from '../ports/run-store/rollouts.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord, StageRecord } from '../ports/run-store/runs.ts';
import type { MetricPoint } from '../ports/run-store/training.ts';
import { chooseThought, type Thought } from './choose-thought.ts';
import { type CountProblems, collectEvaluations, type Evaluations, listMeasured } from './collect-evaluations.ts';

/**
 * The figures of a run as plain data: what a terminal, a page, a file and a tracker show. All of it is read off the
 * store; it can be written as JSON and read back unchanged.
 */
export interface ReportData {
  readonly run: ReportedRun;
  readonly boundaries: Boundaries;
  readonly stages: readonly StageReport[];
  readonly heldOut: readonly HeldOutSeries[];
  /** Full figures of evaluation stages. */
  readonly evaluations: Evaluations['figures'];
  /** Their sets that were answered without forks too. */
  readonly twins: Evaluations['twins'];
  /** One sentence for each evaluation stage that has no figures. */
  readonly evaluationGaps: Evaluations['gaps'];
  readonly rollouts: readonly RolloutSummary[];
  /** Files that were not what they were when the run first read them, and with which it went on all the same. */
  readonly changedInputs: readonly ChangedInput[];
  /** One held-out problem before and after; null where none shows what was learned. */
  readonly thought: Thought | null;
}

/** A file that changed under a run, and since when the run reads it so. */
export interface ChangedInput {
  readonly file: string;
  readonly bytes: number;
  readonly sinceMs: number;
}

/** The row of a run, with its configuration as it was stored and the store it is in. */
export interface ReportedRun extends Omit<RunRecord, 'configJson'> {
  readonly config: unknown;
  readonly file: string;
}

/** What a stage did. */
export interface StageReport {
  readonly index: number;
  readonly id: string;
  readonly kind: StageRecord['kind'];
  readonly status: StageRecord['status'];
  /** What the stage left in the curriculum state. */
  readonly state: Readonly<Record<string, unknown>>;
  /** Null unless the stage makes cold-start data. */
  readonly yield: YieldReport | null;
  /** Failed attempts of a cold-start stage per code, each with what the server said last. */
  readonly failures: readonly FailedAttempts[];
  /** Training curves by metric key; empty for stages without steps. */
  readonly curves: Readonly<Record<string, readonly SeriesPoint[]>>;
}

/** One value along a run, after `step` of a stage. */
export interface SeriesPoint {
  readonly stageIndex: number;
  readonly step: number;
  readonly value: number;
}

/** One held-out set over the run. Accuracy is mean@k; the fraction counts rollouts with a valid executed block. */
export interface HeldOutSeries {
  readonly set: string;
  readonly accuracy: readonly SeriesPoint[];
  /** Ends of the 95 % interval of the accuracy; empty in runs of a version that did not store them. */
  readonly low: readonly SeriesPoint[];
  readonly high: readonly SeriesPoint[];
  readonly standardError: readonly SeriesPoint[];
  readonly validBlockFraction: readonly SeriesPoint[];
  /** How its rollouts think in parallel, by metric key: `block/per_answer` (docs/analyses.md). */
  readonly analyses: Readonly<Record<string, readonly SeriesPoint[]>>;
}

/** What the stages of a run did to the held-out figures. */
export interface Boundaries {
  /** `after sft`, `after rl-easy`, ... */
  readonly labels: readonly string[];
  readonly sets: readonly BoundaryFigures[];
}

/** Held-out figures of one set at the boundaries of the stages, in order; null where nothing was measured. */
export interface BoundaryFigures {
  readonly set: string;
  readonly accuracy: readonly (number | null)[];
  readonly validBlockFraction: readonly (number | null)[];
  /** The last moment against the first, problem by problem; null where there is one moment only, or nothing to pair. */
  readonly gain: Pick<PairedDifference, 'difference' | 'pValue'> | null;
}

/**
 * Reads what a report shows. `countProblems` is asked only about evaluations that were stored before rollouts named
 * their set.
 */
export async function collectReportData(
  store: RunStore,
  run: RunRecord,
  countProblems: CountProblems = async () => null,
): Promise<ReportData> {
  const metrics = store.listMetrics(run.id);
  const stages = store.listStages(run.id).map((stage) => describeStage(store, run, stage, metrics));
  const heldOut = collectHeldOut(metrics);
  const { figures, twins, gaps } = await collectEvaluations(store, run, countProblems);
  const { configJson, ...row } = run;
  return {
    run: { ...row, file: store.file, config: JSON.parse(configJson) as unknown },
    boundaries: collectBoundaries(store, run, stages, heldOut),
    stages,
    heldOut,
    evaluations: figures,
    twins,
    evaluationGaps: gaps,
    rollouts: store.summarizeRollouts(run.id),
    changedInputs: listChangedInputs(store, run.id),
    thought: chooseThought(store, run.id),
  };
}

function listChangedInputs(store: RunStore, runId: string): ChangedInput[] {
  const first = new Set<string>();
  return store.listInputFiles(runId).flatMap(({ input, file, bytes, sinceMs }) => {
    if (first.has(input)) return [{ file, bytes, sinceMs }];
    first.add(input);
    return [];
  });
}

function describeStage(
  store: RunStore,
  run: RunRecord,
  { index, id, kind, status, stateJson }: StageRecord,
  metrics: readonly MetricPoint[],
): StageReport {
  const own = metrics.filter(({ stageIndex, key }) => stageIndex === index && !key.startsWith('eval/'));
  const curves = new Map<string, SeriesPoint[]>();
  for (const { key, stageIndex, step, value } of own) {
    const series = curves.get(key) ?? [];
    series.push({ stageIndex, step, value });
    curves.set(key, series);
  }
  return {
    ...{ index, id, kind, status },
    state: JSON.parse(stateJson) as Record<string, unknown>,
    yield: kind === 'cold-start' ? reportYield({ store, runId: run.id }, index) : null,
    failures: kind === 'cold-start' ? store.listFailedAttempts(run.id, index) : [],
    curves: Object.fromEntries(curves),
  };
}

const EVAL_KEY = /^eval\/([^/]+)\/(.+)$/;

function collectHeldOut(metrics: readonly MetricPoint[]): HeldOutSeries[] {
  const sets = new Map<string, { [figure: string]: SeriesPoint[] }>();
  for (const { key, stageIndex, step, value } of metrics) {
    const match = EVAL_KEY.exec(key);
    if (match === null) continue;
    const [, set, figure] = match as unknown as [string, string, string];
    const figures = sets.get(set) ?? {};
    sets.set(set, figures);
    const points = figures[figure] ?? [];
    figures[figure] = points;
    points.push({ stageIndex, step, value });
  }
  return [...sets].map(([set, figures]) => ({
    set,
    accuracy: figures.mean_accuracy ?? [],
    low: figures.interval_low ?? [],
    high: figures.interval_high ?? [],
    standardError: figures.standard_error ?? [],
    validBlockFraction: figures.valid_block_fraction ?? [],
    analyses: Object.fromEntries(Object.entries(figures).filter(([key]) => key.includes('/'))),
  }));
}

/** A moment of the run: the weights after `step` of a stage. */
interface Moment {
  readonly label: string;
  readonly stageIndex: number;
  readonly step: number;
}

/** Picks the figures before the first measured stage and after each one. */
function collectBoundaries(
  store: RunStore,
  run: RunRecord,
  stages: readonly StageReport[],
  heldOut: readonly HeldOutSeries[],
): Boundaries {
  const moments = listMoments(stages, heldOut);
  return {
    labels: moments.map(({ label }) => label),
    sets: heldOut.map((series) => ({
      set: series.set,
      accuracy: moments.map((moment) => findValue(series.accuracy, moment)),
      validBlockFraction: moments.map((moment) => findValue(series.validBlockFraction, moment)),
      gain: measureGain(store, run, series, moments),
    })),
  };
}

/** The first of these moments with figures of the set and the last, from the rollouts of both. */
function measureGain(
  store: RunStore,
  { id, seed }: RunRecord,
  { set, accuracy }: HeldOutSeries,
  moments: readonly Moment[],
): BoundaryFigures['gain'] {
  const measured = moments.filter((moment) => findValue(accuracy, moment) !== null);
  const [first, last] = [measured[0], measured.at(-1)];
  if (first === undefined || last === undefined || first === last) return null;
  const [before, after] = [first, last].map(({ stageIndex, step }) =>
    listMeasured(store, id, { stageIndex, purpose: 'eval', step, set }),
  );
  const { paired } = compareMeasured(before!, after!, seed);
  return paired === null ? null : { difference: paired.difference, pValue: paired.pValue };
}

function listMoments(stages: readonly StageReport[], heldOut: readonly HeldOutSeries[]): Moment[] {
  const moments: Moment[] = [];
  for (const [position, { index, id, kind, status }] of stages.entries()) {
    const steps = listSteps(heldOut, index);
    const first = steps[0];
    const last = steps.at(-1);
    if (first === undefined || last === undefined) continue;
    if (kind === 'eval') {
      moments.push({ label: id, stageIndex: index, step: last });
      continue;
    }
    const before = stages[position - 1];
    // A later stage begins with the weights that the one before ended with: measured there, or here where it was not.
    const isTrained = before !== undefined && (before.kind === 'sft' || before.kind === 'rl');
    if (moments.length === 0 || (isTrained && moments.at(-1)!.stageIndex !== before.index))
      moments.push({ label: before === undefined ? 'before' : `after ${before.id}`, stageIndex: index, step: first });
    if (last > first)
      moments.push({ label: status === 'done' ? `after ${id}` : `${id} step ${last}`, stageIndex: index, step: last });
  }
  return moments;
}

function listSteps(heldOut: readonly HeldOutSeries[], stageIndex: number): number[] {
  const steps = heldOut.flatMap(({ accuracy }) =>
    accuracy.filter((point) => point.stageIndex === stageIndex).map(({ step }) => step),
  );
  return [...new Set(steps)].sort((a, b) => a - b);
}

function findValue(series: readonly SeriesPoint[], { stageIndex, step }: Moment): number | null {
  return series.find((point) => point.stageIndex === stageIndex && point.step === step)?.value ?? null;
}
