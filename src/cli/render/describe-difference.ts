import type { PairedDifference } from '../../core/statistics/paired-difference.ts';

/** `+3.2 points (95 % interval -1.0 to +7.4, p = 0.120)`: an interval of some width always, whatever was seen. */
export function describeDifference({ difference, pValue }: Pick<PairedDifference, 'difference' | 'pValue'>): string {
  const p = pValue < 0.001 ? 'p below 0.001' : `p = ${pValue.toFixed(3)}`;
  const interval = `${signPoints(difference.low)} to ${signPoints(difference.high)}`;
  return `${signPoints(difference.mean)} points (95 % interval ${interval}, ${p})`;
}

/** A difference of shares in points, with its sign; no minus before a zero. */
export function signPoints(difference: number, digits = 1): string {
  const text = (100 * difference).toFixed(digits);
  return Number(text) === 0 ? `+${text.replace('-', '')}` : difference < 0 ? text : `+${text}`;
}

/** A share in percent, one place: `49.3 %`. */
export function writePercent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
