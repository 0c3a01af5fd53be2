import { reportYield, type YieldReport } from '../pipeline/cold-start/yield-report.ts';
import type { Evaluation } from '../pipeline/evaluate/measure-evaluation.ts';
import type { MetricPoint, RunRecord, RunStore, StageRecord } from '../ports/run-store.ts';
import { collectEvaluations } from './collect-evaluations.ts';

/** One value along a run, after `step` of a stage. */
export interface SeriesPoint {
  readonly stageIndex: number;
  readonly step: number;
  readonly value: number;
}

/** One held-out set over the run. Accuracy is mean@k; the fraction counts rollouts with a valid executed block. */
export interface EvalSeries {
  readonly set: string;
  readonly accuracy: readonly SeriesPoint[];
  readonly standardError: readonly SeriesPoint[];
  readonly validBlockFraction: readonly SeriesPoint[];
}

/** What a stage did, read off the store. */
export interface StageReport {
  readonly stage: StageRecord;
  readonly state: Readonly<Record<string, unknown>>;
  readonly yieldReport: YieldReport | null;
  /** Training curves by metric key; empty for stages without steps. */
  readonly curves: ReadonlyMap<string, readonly SeriesPoint[]>;
}

/** A run as `run` and `show` present it; every number comes from a row of the store. */
export interface RunReport {
  readonly run: RunRecord;
  readonly stages: readonly StageReport[];
  readonly evals: readonly EvalSeries[];
  /** Full figures of evaluation stages. */
  readonly evaluations: readonly Evaluation[];
  readonly rollouts: ReturnType<RunStore['summarizeRollouts']>;
}

const EVAL_KEY = /^eval\/(.+)\/(mean_accuracy|standard_error|valid_block_fraction)$/;

/** Reads everything a report shows. */
export async function collectRunReport(store: RunStore, run: RunRecord): Promise<RunReport> {
  const metrics = store.listMetrics(run.id);
  return {
    run,
    stages: store.listStages(run.id).map((stage) => describeStage(store, run, stage, metrics)),
    evals: collectEvals(metrics),
    evaluations: await collectEvaluations(store, run),
    rollouts: store.summarizeRollouts(run.id),
  };
}

function describeStage(
  store: RunStore,
  run: RunRecord,
  stage: StageRecord,
  metrics: readonly MetricPoint[],
): StageReport {
  const own = metrics.filter((point) => point.stageIndex === stage.index && !point.key.startsWith('eval/'));
  const curves = new Map<string, SeriesPoint[]>();
  for (const { key, stageIndex, step, value } of own) {
    const series = curves.get(key) ?? [];
    series.push({ stageIndex, step, value });
    curves.set(key, series);
  }
  return {
    stage,
    state: JSON.parse(stage.stateJson) as Record<string, unknown>,
    yieldReport: stage.kind === 'cold-start' ? reportYield({ store, runId: run.id }, stage.index) : null,
    curves,
  };
}

function collectEvals(metrics: readonly MetricPoint[]): EvalSeries[] {
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
    standardError: figures.standard_error ?? [],
    validBlockFraction: figures.valid_block_fraction ?? [],
  }));
}
