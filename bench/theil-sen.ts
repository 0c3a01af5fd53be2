/**
 * Theil-Sen: the median slope over all pairs of points, with Sen's interval for it. A few wild points do not move it.
 * The interval takes points as independent; memory that wanders makes it too narrow, and a longer soak is the remedy.
 */

/** Standard normal quantile of a two-sided 95 %. */
const Z95 = 1.959964;

/** Slopes in units of y per unit of x. */
export interface Slope {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The slope of the points; null with fewer than three different x. */
export function fitTheilSen(points: readonly (readonly [x: number, y: number])[]): Slope | null {
  const slopes: number[] = [];
  for (const [i, [x1, y1]] of points.entries()) {
    for (const [x2, y2] of points.slice(i + 1)) if (x2 !== x1) slopes.push((y2 - y1) / (x2 - x1));
  }
  const n = points.length;
  if (slopes.length < 3) return null;
  const sorted = Float64Array.from(slopes).sort();
  const spread = Z95 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const at = (rank: number) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))]!;
  const last = sorted.length - 1;
  return { median: at(last / 2), low: at((last - spread) / 2), high: at((last + spread) / 2) };
}
