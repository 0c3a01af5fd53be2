import { readStoredConfig } from '../config/stored.ts';
import type { ListedRollout } from '../ports/run-store/listings.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import { type ColdStartFunnel, collectFunnel } from './cold-start-funnel.ts';
import type { CountProblems } from './collect-evaluations.ts';
import type { AttemptDetail } from './describe-attempt.ts';
import type { RolloutDetail } from './describe-rollout.ts';
import type { ProblemGrid } from './problem-grid.ts';
import { collectReportData, type ReportData, type SeriesPoint, type StageReport } from './report-data.ts';
import type { StoreReproduction } from './reproduction.ts';

/** What the page shows first: the report of a run with curves short enough to be sent again and again. */
export interface PageOverview extends Omit<ReportData, 'stages'> {
  readonly stages: readonly PageStage[];
  /** Other runs of the store, newest first, for comparing. */
  readonly runs: readonly Pick<RunRecord, 'id' | 'name' | 'status' | 'createdAtMs'>[];
}

/** A stage with thinned curves. */
export interface PageStage extends Omit<StageReport, 'curves'> {
  readonly curves: Readonly<Record<string, PageCurve>>;
}

/** A curve as two arrays of one length; a value that is not finite is null. */
export interface PageCurve {
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
}

/** A page of a list of rollouts. */
export interface RolloutPage {
  readonly rows: readonly ListedRollout[];
  /** Rollouts that the filter lets through, on all pages. */
  readonly total: number;
}

/** What one self-contained file holds: everything counted, and a sample of what was written. */
export interface FileReport {
  readonly madeAtMs: number;
  readonly overview: PageOverview;
  readonly grids: readonly ProblemGrid[];
  readonly funnels: readonly ColdStartFunnel[];
  readonly samples: readonly RolloutDetail[];
  readonly attempts: readonly StageAttempts[];
  readonly reproduction: StoreReproduction;
  /** Rollouts and attempts of the run, of which samples are in the file. */
  readonly totals: { readonly rollouts: number; readonly attempts: number };
}

/** Sampled attempts of a cold-start stage. */
export interface StageAttempts {
  readonly stageIndex: number;
  readonly attempts: readonly AttemptDetail[];
}

/** Most points of a curve: more than a screen has room for is neither seen nor sent. */
const MAX_POINTS = 240;

/** Other runs that are offered for comparison. */
const MAX_RUNS = 100;

/** The overview of a run. `countProblems` as in `collectReportData`. */
export async function collectOverview(
  store: RunStore,
  run: RunRecord,
  countProblems?: CountProblems,
): Promise<PageOverview> {
  const { stages, ...report } = await collectReportData(store, run, countProblems);
  return {
    ...report,
    stages: stages.map(({ curves, ...stage }) => ({
      ...stage,
      curves: Object.fromEntries(Object.entries(curves).map(([key, points]) => [key, thinCurve(points)])),
    })),
    runs: store
      .listRuns()
      .filter(({ id }) => id !== run.id)
      .slice(0, MAX_RUNS)
      .map(({ id, name, status, createdAtMs }) => ({ id, name, status, createdAtMs })),
  };
}

/** The funnels of all cold-start stages of a run. */
export function collectFunnels(store: RunStore, run: RunRecord): ColdStartFunnel[] {
  const config = readStoredConfig(run);
  return store
    .listStages(run.id)
    .filter(({ kind }) => kind === 'cold-start')
    .flatMap((stage) => collectFunnel(store, run.id, stage, config) ?? []);
}

/** A curve of at most `MAX_POINTS` points: means of equal stretches, each at the last step of its stretch. */
export function thinCurve(points: readonly SeriesPoint[]): PageCurve {
  const width = Math.ceil(points.length / MAX_POINTS);
  const steps: number[] = [];
  const values: (number | null)[] = [];
  for (let from = 0; from < points.length; from += width) {
    const part = points.slice(from, from + width);
    const finite = part.map(({ value }) => value).filter(Number.isFinite);
    steps.push(part.at(-1)!.step);
    values.push(finite.length === 0 ? null : shorten(finite.reduce((sum, value) => sum + value, 0) / finite.length));
  }
  return { steps, values };
}

/** Five digits are more than a curve shows. */
function shorten(value: number): number {
  return Number(value.toPrecision(5));
}
