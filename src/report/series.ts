import type { RunStore } from '../ports/run-store/run-store.ts';
import type { StepPlace } from '../ports/run-store/training.ts';
import type { SeriesPoint } from '../ports/tracker.ts';

/** The stored series of a run, read in pages. */
export interface SeriesReader {
  /**
   * All points of at most `limit` steps after the global step `after` (null: from the beginning) and before the place `end`
   * (null: to the newest), ascending in global step, then key.
   */
  read(after: number | null, end: StepPlace | null, limit: number): SeriesPoint[];
}

/** What is read of a store here. */
type SeriesStore = Pick<RunStore, 'listStepFigures' | 'listLastFigures'>;

/**
 * Puts the steps of all stages on one axis: each stage begins where the one before it ended, one further, since the
 * figures before its first step (step 0) are not those after the last step before. `beginMs` dates figures that belong to
 * no training step until a step with a time was read.
 */
export function openSeries(store: SeriesStore, runId: string, beginMs: number): SeriesReader {
  let wallTimeMs = beginMs;
  return {
    read: (after, end, limit) => {
      const axis = layOutStages(store.listLastFigures(runId));
      const start = after === null ? null : findPlace(axis, after);
      const steps = store.listStepFigures(runId, start, limit).filter((place) => end === null || isBefore(place, end));
      return steps.flatMap(({ stageIndex, step, committedAtMs, metrics }) => {
        wallTimeMs = committedAtMs ?? wallTimeMs;
        const globalStep = axis.find((stage) => stage.stageIndex === stageIndex)!.first + step;
        return Object.entries(metrics).map(([key, value]) => ({
          ...{ stageIndex, step, globalStep, key, value, wallTimeMs },
        }));
      });
    },
  };
}

/** Where a stage lies on the axis of the run. */
interface StageSpan {
  readonly stageIndex: number;
  /** Global step of its step 0. */
  readonly first: number;
  readonly lastStep: number;
}

function layOutStages(lasts: readonly StepPlace[]): StageSpan[] {
  let first = 0;
  return lasts.map(({ stageIndex, step }) => {
    const span = { stageIndex, first, lastStep: step };
    first += step + 1;
    return span;
  });
}

/** The place of a global step; beyond the last one, that of the last. */
function findPlace(axis: readonly StageSpan[], globalStep: number): StepPlace | null {
  const stage = axis.findLast(({ first }) => first <= globalStep);
  if (stage === undefined) return null;
  return { stageIndex: stage.stageIndex, step: Math.min(globalStep - stage.first, stage.lastStep) };
}

function isBefore(place: StepPlace, end: StepPlace): boolean {
  return place.stageIndex < end.stageIndex || (place.stageIndex === end.stageIndex && place.step < end.step);
}
