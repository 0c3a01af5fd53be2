import { fitTheilSen, type Slope } from './theil-sen.ts';

/** What the samples of a soak say: for each measure its level, its slope after warm-up, and whether a week of that would double it. */

const HOURS_PER_WEEK = 168;

/** Points of one measure that slopes are made of; more are thinned out. */
const MAX_POINTS = 1000;

/** One measure over time. `hours` since the start of the soak. */
export interface Series {
  readonly name: string;
  readonly unit: 'bytes' | 'count';
  readonly points: readonly { readonly hours: number; readonly value: number }[];
}

/** `holds`: not doubled in a week even at the upper end of the interval. `grows`: doubled even at its lower end. */
export type TrendVerdict = 'holds' | 'grows' | 'undecided';

export interface Trend {
  readonly name: string;
  readonly unit: Series['unit'];
  /** Median of the samples after warm-up. */
  readonly level: number;
  readonly max: number;
  readonly last: number;
  /** Per hour; null when there were too few samples. */
  readonly slope: Slope | null;
  /** What a week adds, as a share of the level. */
  readonly weekShare: Slope | null;
  readonly verdict: TrendVerdict;
}

/**
 * Judges one measure. `warmUp` is the share of the samples that is left out at the beginning; `share` the share of the
 * time in which the watched processes could work: a week at full speed is a week of that many more hours.
 */
export function judgeSeries(series: Series, { warmUp, share }: { warmUp: number; share: number }): Trend {
  const settled = series.points.slice(Math.floor(series.points.length * warmUp));
  const every = Math.ceil(settled.length / MAX_POINTS) || 1;
  const slope = fitTheilSen(settled.filter((_, i) => i % every === 0).map(({ hours, value }) => [hours, value]));
  const values = settled.map(({ value }) => value);
  const level = values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
  const week = HOURS_PER_WEEK / share / Math.max(level, 1);
  const weekShare =
    slope === null ? null : { median: slope.median * week, low: slope.low * week, high: slope.high * week };
  const verdict =
    weekShare === null ? 'undecided' : weekShare.high < 1 ? 'holds' : weekShare.low > 1 ? 'grows' : 'undecided';
  return {
    name: series.name,
    unit: series.unit,
    level,
    max: values.reduce((most, value) => Math.max(most, value), 0),
    last: values.at(-1) ?? 0,
    slope,
    weekShare,
    verdict,
  };
}

/** The trends as lines of a table. */
export function renderTrends(trends: readonly Trend[]): string {
  const head = ['measure', 'level', 'most', 'last', 'an hour adds', 'a week adds', 'verdict'];
  const rows = trends.map(({ name, unit, level, max, last, slope, weekShare, verdict }) => [
    name,
    ...[level, max, last].map((value) => show(value, unit)),
    slope === null ? '-' : show(slope.median, unit),
    weekShare === null ? '-' : `${percent(weekShare.median)} (${percent(weekShare.low)} to ${percent(weekShare.high)})`,
    verdict,
  ]);
  const widths = head.map((word, i) => Math.max(word.length, ...rows.map((row) => row[i]!.length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function show(value: number, unit: Series['unit']): string {
  return unit === 'count' ? String(Math.round(value * 100) / 100) : `${(value / 1e6).toFixed(3)} MB`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
