import { computeTQuantile } from './distributions.ts';
import { computeMean, isNearlyConstant } from './estimate-mean.ts';
import type { ProblemCounts } from './outcomes.ts';

/**
 * What a comparison of two runs on the same problems can find. Differences scatter for two reasons: problems gain
 * differently (`between`), and k samples only estimate what a run can do on one (`within` / k). More samples lower the
 * second part only. Formulae after E. Miller, Adding Error Bars to Evals (arXiv 2411.00640, section 5), with t in place of z.
 */

/** Scatter of the differences of problems. */
export interface DifferenceSpread {
  /** Variance of a problem's difference with the samples at hand. */
  readonly variance: number;
  /** Samples per problem and run; the harmonic mean where they differ. */
  readonly samples: number;
  /**
   * `paired`: seen in the differences. `unpaired`: too few problems differ to show it, so the scatter of two independent
   * runs stands in, which is too much rather than too little. `assumed`: there is no second run yet.
   */
  readonly basis: 'paired' | 'unpaired' | 'assumed';
  /**
   * Variance of the true differences, and the variance that one sample of each run adds: `variance` = between + within /
   * samples. Null where fewer than half of the problems have two samples in both runs: a single sample cannot tell the
   * two parts apart.
   */
  readonly parts: { readonly between: number; readonly within: number } | null;
}

/** Shares of right answers scatter between problems by `between`, and one sample of a problem by `within`. */
export interface RunSpread {
  readonly between: number;
  readonly within: number;
  /** Standard error if the same problems were sampled again: how much a rerun of this very set varies. */
  readonly rerunError: number;
}

/** Splits the scatter of one run (one-way analysis of variance); null unless two problems have two samples each. */
export function measureRunSpread(counts: readonly ProblemCounts[]): RunSpread | null {
  const usable = counts.filter(({ n }) => n >= 2);
  if (usable.length < 2) return null;
  const noise = computeMean(usable.map((problem) => computeWithin(problem) / problem.n));
  return {
    between: Math.max(0, computeVariance(usable.map(({ n, c }) => c / n)) - noise),
    within: computeMean(usable.map(computeWithin)),
    rerunError: Math.sqrt(noise / usable.length),
  };
}

/** Unbiased estimate of p(1 - p) for one problem. */
function computeWithin({ n, c }: ProblemCounts): number {
  return ((c / n) * (1 - c / n) * n) / (n - 1);
}

function computeVariance(values: readonly number[]): number {
  const mean = computeMean(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}

/** The scatter that two runs show on the problems they share; null for fewer than two of them. */
export function measureDifferenceSpread(
  first: readonly ProblemCounts[],
  second: readonly ProblemCounts[],
): DifferenceSpread | null {
  const ofSecond = new Map(second.map((counts) => [counts.problem, counts]));
  const pairs = first.flatMap((a) => {
    const b = ofSecond.get(a.problem);
    return b === undefined ? [] : [{ a, b }];
  });
  if (pairs.length < 2) return null;
  const differences = pairs.map(({ a, b }) => b.c / b.n - a.c / a.n);
  const basis = isNearlyConstant(differences) ? 'unpaired' : 'paired';
  const variance =
    basis === 'paired'
      ? computeVariance(differences)
      : computeVariance(pairs.map(({ a }) => a.c / a.n)) + computeVariance(pairs.map(({ b }) => b.c / b.n));
  const samples = 1 / computeMean(pairs.map(({ a, b }) => (1 / a.n + 1 / b.n) / 2));
  const settled = pairs.filter(({ a, b }) => a.n >= 2 && b.n >= 2);
  if (settled.length < pairs.length / 2) return { variance, samples, basis, parts: null };
  const noise = computeMean(settled.map(({ a, b }) => computeWithin(a) / a.n + computeWithin(b) / b.n));
  const within = noise * samples;
  return { variance, samples, basis, parts: { between: Math.max(0, variance - noise), within } };
}

/**
 * The scatter to expect of a comparison before there is a second run. It is assumed to scatter like the first, and its
 * shares of right answers to be correlated with the first's over the problems by `correlation` (near 1 for runs from one
 * model).
 */
export function assumeDifferenceSpread(run: RunSpread, samples: number, correlation: number): DifferenceSpread {
  if (!(correlation >= -1 && correlation <= 1))
    throw new RangeError(`a correlation lies between -1 and 1, and this is ${correlation}`);
  const parts = { between: 2 * run.between * (1 - correlation), within: 2 * run.within };
  return { variance: parts.between + parts.within / samples, samples, basis: 'assumed', parts };
}

export interface PowerQuestion {
  readonly spread: DifferenceSpread;
  readonly problems: number;
  /** The true difference to be found, as a share (.044 for 4.4 points). */
  readonly difference: number;
  /** Chance of finding it. */
  readonly power: number;
  /** 1 minus the chance of finding a difference where there is none. */
  readonly level: number;
}

export interface PowerAnswer extends PowerQuestion {
  /** The difference that these problems and samples find with that power. */
  readonly detectable: number;
  /** Problems, with the samples at hand, that `difference` needs. */
  readonly problemsNeeded: number;
  /** Samples of each problem and run that `difference` needs on as many problems. `unknown` where one sample a problem cannot tell. */
  readonly samplesNeeded: number | 'no number is enough' | 'unknown';
}

/** Works out what can be found and what it would take; null where no scatter was seen, which says nothing. */
export function planComparison(question: PowerQuestion): PowerAnswer | null {
  const { spread, problems, difference, power, level } = question;
  if (!(difference > 0 && difference <= 1))
    throw new RangeError(`a difference lies between 0 and 1, and this is ${difference}`);
  if (!(power > 0 && power < 1 && level > 0 && level < 1)) throw new RangeError('power and level lie between 0 and 1');
  if (problems < 2 || spread.variance <= 0) return null;
  const errors = countErrors(problems, power, level);
  return {
    ...question,
    detectable: errors * Math.sqrt(spread.variance / problems),
    problemsNeeded: findProblems(question),
    samplesNeeded: spread.parts === null ? 'unknown' : findSamples(spread.parts, problems * (difference / errors) ** 2),
  };
}

/** Standard errors that a difference must measure: t for the level plus t for the power. */
function countErrors(problems: number, power: number, level: number): number {
  return computeTQuantile((1 + level) / 2, problems - 1) + computeTQuantile(power, problems - 1);
}

/** Doubles, then bisects: adding problems only lowers the quantiles, so once a number is enough every larger one is. */
function findProblems({ spread, difference, power, level }: PowerQuestion): number {
  const isEnough = (problems: number) =>
    countErrors(problems, power, level) ** 2 * (spread.variance / problems) <= difference ** 2;
  let above = 2;
  while (!isEnough(above)) above *= 2;
  let below = 1;
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (isEnough(middle)) above = middle;
    else below = middle;
  }
  return above;
}

/** The fewest samples with between + within / samples <= allowed. */
function findSamples(parts: { between: number; within: number }, allowed: number): number | 'no number is enough' {
  if (parts.between >= allowed) return 'no number is enough';
  return Math.max(1, Math.ceil(parts.within / (allowed - parts.between)));
}

/** The answer as one or two sentences for a report. Shares become points. */
export function statePower(answer: PowerAnswer): string {
  const { problems, spread, difference, power, level, detectable, problemsNeeded, samplesNeeded } = answer;
  const points = (share: number) => `${(100 * share).toFixed(1)} points`;
  const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`;
  const samples = Number(spread.samples.toFixed(1));
  const each = samples === 1 ? '1 sample each' : `${samples} samples each`;
  // No two shares are further apart than that.
  if (detectable > 1)
    return `${problems} problems with ${each} are too few for any difference to be found in ${percent(power)} of repeats, at level ${percent(level)}. For ${points(difference)} it takes ${problemsNeeded} problems.`;
  const found = `${problems} problems with ${each} find a difference of ${points(detectable)} in ${percent(power)} of repeats, at level ${percent(level)}.`;
  if (detectable <= difference) return `${found} That is enough for ${points(difference)}.`;
  const bySamples =
    samplesNeeded === 'unknown'
      ? ''
      : samplesNeeded === 'no number is enough'
        ? '; more samples of these problems would not be enough'
        : `, or ${samplesNeeded} samples each on these`;
  return `${found} For ${points(difference)} it takes ${problemsNeeded} problems${bySamples}.`;
}
