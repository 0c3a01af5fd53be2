import type { Rng } from './rng.ts';

/** Metrics over problems. `n` samples of one problem, `c` of them correct; a set is the plain mean over problems. */

/** Unbiased pass@k: chance that k of the n samples, drawn without replacement, hold a correct one. RangeError when k > n. */
export function computePassAt(n: number, c: number, k: number): number {
  if (k < 1 || k > n) throw new RangeError(`pass@k needs 1 <= k <= n, got k ${k}, n ${n}`);
  if (n - c < k) return 1;
  let miss = 1;
  for (let i = 0; i < k; i += 1) miss *= (n - c - i) / (n - i);
  return 1 - miss;
}

/** best@k, what the paper's tables call Pass@16: k draws WITH replacement, closed form of the bootstrap. */
export function computeBestAt(n: number, c: number, k: number): number {
  return n === 0 ? 0 : 1 - (1 - c / n) ** k;
}

/** One sample for the majority vote: its normalised answer (null: none found) and its verdict. */
export interface VotedSample {
  readonly answer: string | null;
  readonly correct: boolean;
}

/**
 * maj@k: `draws` times k samples are drawn with replacement; the most frequent answer (the first
 * seen wins a tie) is scored by its first member. No answer never wins against an answer.
 */
export function computeMajorityAt(samples: readonly VotedSample[], k: number, draws: number, rng: Rng): number {
  if (samples.length === 0) return 0;
  let correct = 0;
  for (let draw = 0; draw < draws; draw += 1) {
    const drawn = Array.from({ length: k }, () => samples[rng.nextInt(samples.length)]!);
    if (findMajority(drawn)?.correct) correct += 1;
  }
  return correct / draws;
}

/** The first sample of the most frequent answer, or null when no sample has an answer. */
export function findMajority(samples: readonly VotedSample[]): VotedSample | null {
  const votes = new Map<string, { first: VotedSample; count: number }>();
  for (const sample of samples) {
    if (sample.answer === null) continue;
    const vote = votes.get(sample.answer);
    if (vote === undefined) votes.set(sample.answer, { first: sample, count: 1 });
    else vote.count += 1;
  }
  let best: { first: VotedSample; count: number } | null = null;
  for (const vote of votes.values()) if (best === null || vote.count > best.count) best = vote;
  return best?.first ?? null;
}

/** A mean with a percentile bootstrap interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Mean over problems with a percentile bootstrap interval (resampling problems, not samples).
 * `level` is the coverage, for instance 0.95. All zeros for an empty list.
 */
export function bootstrapMean(
  perProblem: readonly number[],
  options: { readonly draws: number; readonly level: number; readonly rng: Rng },
): Interval {
  const count = perProblem.length;
  if (count === 0) return { mean: 0, low: 0, high: 0 };
  const means = Array.from({ length: options.draws }, () => {
    let sum = 0;
    for (let i = 0; i < count; i += 1) sum += perProblem[options.rng.nextInt(count)]!;
    return sum / count;
  }).sort((a, b) => a - b);
  const tail = (1 - options.level) / 2;
  const mean = perProblem.reduce((sum, value) => sum + value, 0) / count;
  return { mean, low: pickQuantile(means, tail), high: pickQuantile(means, 1 - tail) };
}

/** Quantile of sorted values with linear interpolation. */
function pickQuantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (at - below);
}
