import type { SeriesPoint } from '../../src/ports/tracker.ts';

/** Points of steps `from` to `to`, for each key; the value tells step and key, the time the step. */
export function makePoints(
  from: number,
  to: number,
  keys: readonly string[] = ['reward/mean', 'format/valid'],
): SeriesPoint[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i).flatMap((globalStep) =>
    keys.map((key, k) => ({
      stageIndex: 2,
      step: globalStep,
      globalStep,
      key,
      value: globalStep + k / 8,
      wallTimeMs: 1_700_000_000_000 + 1000 * globalStep,
    })),
  );
}
