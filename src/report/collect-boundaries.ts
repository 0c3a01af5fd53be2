import type { EvalSeries, RunReport, SeriesPoint } from './collect-run-report.ts';

/** Held-out figures of one set at the boundaries of the stages, in order; null where nothing was measured. */
export interface BoundaryFigures {
  readonly set: string;
  readonly accuracy: readonly (number | null)[];
  readonly validBlockFraction: readonly (number | null)[];
  /** Standard error of the last accuracy, over problems. */
  readonly standardError: number | null;
}

/** What a run's stages did to the held-out figures. */
export interface Boundaries {
  /** `after sft`, `after rl-easy`, ... */
  readonly labels: readonly string[];
  readonly sets: readonly BoundaryFigures[];
}

/** A moment of the run: the weights after `step` of a stage. */
interface Moment {
  readonly label: string;
  readonly stageIndex: number;
  readonly step: number;
}

/** Picks the figures before the first measured stage and after each one. */
export function collectBoundaries(report: RunReport): Boundaries {
  const moments = listMoments(report);
  return {
    labels: moments.map(({ label }) => label),
    sets: report.evals.map((series) => ({
      set: series.set,
      accuracy: moments.map((moment) => findValue(series.accuracy, moment)),
      validBlockFraction: moments.map((moment) => findValue(series.validBlockFraction, moment)),
      standardError: series.standardError.at(-1)?.value ?? null,
    })),
  };
}

function listMoments({ stages, evals }: RunReport): Moment[] {
  const moments: Moment[] = [];
  for (const [index, { stage }] of stages.entries()) {
    const steps = listSteps(evals, stage.index);
    const first = steps[0];
    const last = steps.at(-1);
    if (first === undefined || last === undefined) continue;
    if (stage.kind === 'eval') {
      moments.push({ label: stage.id, stageIndex: stage.index, step: last });
      continue;
    }
    const before = stages[index - 1]?.stage.id;
    // A later stage begins with the weights the one before ended with.
    if (moments.length === 0)
      moments.push({
        label: before === undefined ? 'before' : `after ${before}`,
        stageIndex: stage.index,
        step: first,
      });
    if (last > first)
      moments.push({
        label: stage.status === 'done' ? `after ${stage.id}` : `${stage.id} step ${last}`,
        stageIndex: stage.index,
        step: last,
      });
  }
  return moments;
}

function listSteps(evals: readonly EvalSeries[], stageIndex: number): number[] {
  const steps = evals.flatMap(({ accuracy }) =>
    accuracy.filter((point) => point.stageIndex === stageIndex).map(({ step }) => step),
  );
  return [...new Set(steps)].sort((a, b) => a - b);
}

function findValue(series: readonly SeriesPoint[], { stageIndex, step }: Moment): number | null {
  return series.find((point) => point.stageIndex === stageIndex && point.step === step)?.value ?? null;
}
