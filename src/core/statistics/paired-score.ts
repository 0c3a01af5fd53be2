import { bisect, computeNormalQuantile } from './distributions.ts';

/** What two runs did on the same problems, one sample each. */
export interface PairedCounts {
  readonly problems: number;
  /** Problems that the second run solved and the first did not. */
  readonly won: number;
  /** Problems that the first run solved and the second did not. */
  readonly lost: number;
}

/**
 * Tango's score interval for the difference of two paired shares, second run minus first (T. Tango, Statistics in Medicine
 * 17, 1998): the differences that a score test would not reject. It inverts the same test as McNemar's, and has a width
 * even where no problem differs: ± z²/(n + z²). RangeError for impossible counts.
 */
export function computePairedScoreInterval(counts: PairedCounts, level: number): { low: number; high: number } {
  const { problems, won, lost } = counts;
  if (problems < 1 || won < 0 || lost < 0 || won + lost > problems)
    throw new RangeError(`${won} won and ${lost} lost of ${problems} problems is impossible`);
  const z = computeNormalQuantile((1 + level) / 2);
  const estimate = (won - lost) / problems;
  // The score falls as the supposed difference grows: the upper end is where it reaches -z, the lower where it leaves z.
  return {
    low: bisect((difference) => z - computeScore(counts, difference), -1, estimate),
    high: bisect((difference) => -z - computeScore(counts, difference), estimate, 1),
  };
}

/** Tango's score statistic for a supposed difference; its chance of a loss is the restricted maximum-likelihood estimate. */
function computeScore({ problems: n, won, lost }: PairedCounts, difference: number): number {
  const deviation = won - lost - n * difference;
  const b = (2 * n - won + lost) * difference - won - lost;
  const c = -lost * difference * (1 - difference);
  const lossChance = Math.max(0, (Math.sqrt(Math.max(0, b * b - 8 * n * c)) - b) / (4 * n));
  const variance = n * (2 * lossChance + difference * (1 - difference));
  if (deviation === 0) return 0;
  return variance <= 0 ? Math.sign(deviation) * Infinity : deviation / Math.sqrt(variance);
}
