import type { PageOverview, PageStage } from '../report/page-data.ts';
import type { SeriesPoint } from '../report/report-data.ts';
import type { ChartDivider, ChartPoint } from './line-chart.tsx';

/** The steps of all stages of a run on one axis: a stage begins where the one before it ended. */
export interface RunSteps {
  readonly dividers: readonly ChartDivider[];
  /** Place of a step on the axis. */
  readonly place: (stageIndex: number, step: number) => number;
  /** `step 40 of rl-easy`. */
  readonly name: (place: number) => string;
  /** Stage and step of a place; of the end of one stage and the beginning of the next the former. */
  readonly find: (place: number) => { readonly stageIndex: number; readonly step: number };
}

/** Lays out the steps that anything was measured at. */
export function layRunSteps({ stages, heldOut }: PageOverview): RunSteps {
  const starts: { readonly stage: PageStage; readonly start: number; readonly steps: number }[] = [];
  let start = 0;
  for (const stage of stages) {
    const measured = heldOut.flatMap(({ accuracy }) => accuracy.filter(({ stageIndex }) => stageIndex === stage.index));
    const trained = Object.values(stage.curves).flatMap(({ steps }) => steps.slice(-1));
    const steps = Math.max(0, ...measured.map(({ step }) => step), ...trained);
    if (steps > 0) starts.push({ stage, start, steps });
    start += steps;
  }
  const find = (place: number) => {
    const found = starts.find((one) => place <= one.start + one.steps) ?? starts.at(-1);
    return { stage: found?.stage, stageIndex: found?.stage.index ?? 0, step: place - (found?.start ?? 0) };
  };
  return {
    dividers: starts.map(({ stage, start: x }) => ({ x, label: stage.id })),
    place: (stageIndex, step) => (starts.find(({ stage }) => stage.index === stageIndex)?.start ?? 0) + step,
    find,
    name: (place) => {
      const { stage, step } = find(place);
      return stage === undefined ? `step ${place}` : `step ${step} of ${stage.id}`;
    },
  };
}

/** A metric over all stages of some kinds, as points of a chart. `over` divides it by another metric of the same step. */
export function listPoints(
  stages: readonly PageStage[],
  { place }: RunSteps,
  key: string,
  over: string | null = null,
): ChartPoint[] {
  return stages.flatMap(({ index, curves }) => {
    const curve = curves[key];
    const other = over === null ? null : curves[over];
    if (curve === undefined || other === undefined) return [];
    return curve.steps.map((step, i) => {
      const value = curve.values[i]!;
      const divisor = other === null ? 1 : (other.values[i] ?? null);
      return { x: place(index, step), y: value === null || divisor === null || divisor === 0 ? null : value / divisor };
    });
  });
}

/** Held-out figures as points; `ends` of their intervals make a band. What is measured twice at a place counts once. */
export function listHeldOutPoints(
  series: readonly SeriesPoint[],
  { place }: RunSteps,
  ends: { readonly low: readonly SeriesPoint[]; readonly high: readonly SeriesPoint[] } = { low: [], high: [] },
): ChartPoint[] {
  const points = new Map<number, ChartPoint>();
  for (const { stageIndex, step, value } of series) {
    const x = place(stageIndex, step);
    const isHere = (one: SeriesPoint) => one.stageIndex === stageIndex && one.step === step;
    const [low, high] = [ends.low.find(isHere)?.value, ends.high.find(isHere)?.value];
    const band = low === undefined || high === undefined ? {} : { low, high };
    points.set(x, { x, y: value, ...band });
  }
  return [...points.values()];
}
