/**
 * The distribution functions that intervals and tests need: normal, Student's t, beta, binomial.
 *
 * Formulae are cited by their number in the NIST Digital Library of Mathematical Functions (dlmf.nist.gov). Quantiles are
 * found by bisecting the distribution function, which is slower than a fitted polynomial but right to the last digits.
 * Arguments outside a function's domain throw RangeError.
 */

const LN_SQRT_2PI = 0.9189385332046728;

/** Enough terms for every series and continued fraction here; they end much earlier by their own tolerance. */
const MAX_TERMS = 20_000;

/** Relative size of a term below which a series or fraction has converged. */
const TOLERANCE = 1e-16;

/** Lanczos' coefficients for g = 7 and nine terms (C. Lanczos, SIAM J. Numer. Anal. B 1, 1964). */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** Logarithm of the gamma function for x > 0, to about 1e-14 of its size. */
export function computeLnGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`the gamma function is asked for at ${x}; it needs x > 0`);
  // DLMF 5.5.3, the reflection formula: the series wants x >= 0.5.
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - computeLnGamma(1 - x);
  const at = x - 1;
  const sum = LANCZOS.reduce((total, coefficient, i) => (i === 0 ? coefficient : total + coefficient / (at + i)), 0);
  const t = at + 7.5;
  return LN_SQRT_2PI + (at + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Distribution function of the standard normal: P(Z <= z). */
export function computeNormalCdf(z: number): number {
  const density = Math.exp(-0.5 * z * z - LN_SQRT_2PI);
  if (Math.abs(z) > 5) {
    // DLMF 7.9.1, the continued fraction of the tail: keeps its relative precision where 1 - cdf has none.
    let fraction = 0;
    for (let i = 60; i > 0; i -= 1) fraction = i / (Math.abs(z) + fraction);
    const tail = density / (Math.abs(z) + fraction);
    return z < 0 ? tail : 1 - tail;
  }
  // DLMF 7.6.2: all terms have one sign, so nothing cancels.
  let term = z;
  let sum = z;
  for (let i = 3; Math.abs(term) > TOLERANCE * Math.abs(sum); i += 2) {
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + density * sum;
}

/** The z with P(Z <= z) = p; -Infinity at 0, Infinity at 1. */
export function computeNormalQuantile(p: number): number {
  checkProbability(p);
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  return p <= 0.5 ? bisect((z) => computeNormalCdf(z) - p, -39, 0) : -computeNormalQuantile(1 - p);
}

/** Regularised incomplete beta function I_x(a, b): the distribution function of Beta(a, b) at x (DLMF 8.17). */
export function computeBetaCdf(x: number, a: number, b: number): number {
  if (!(a > 0 && b > 0)) throw new RangeError(`Beta(${a}, ${b}) needs two positive numbers`);
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // DLMF 8.17.4, the mirror image: the fraction converges fast left of the mean only.
  if (x > (a + 1) / (a + b + 2)) return 1 - computeBetaCdf(1 - x, b, a);
  const lnBeta = computeLnGamma(a) + computeLnGamma(b) - computeLnGamma(a + b);
  return (Math.exp(a * Math.log(x) + b * Math.log1p(-x) - lnBeta) / a) * computeBetaFraction(x, a, b);
}

/** The continued fraction DLMF 8.17.22 by Lentz's method. */
function computeBetaFraction(x: number, a: number, b: number): number {
  const keep = (value: number) => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / keep(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < MAX_TERMS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let change = 1;
    for (const coefficient of [even, odd]) {
      d = 1 / keep(1 + coefficient * d);
      c = keep(1 + coefficient / c);
      change = c * d;
      fraction *= change;
    }
    if (Math.abs(change - 1) < TOLERANCE) break;
  }
  return fraction;
}

/** The x with I_x(a, b) = p. */
export function computeBetaQuantile(p: number, a: number, b: number): number {
  checkProbability(p);
  return p === 0 || p === 1 ? p : bisect((x) => computeBetaCdf(x, a, b) - p, 0, 1);
}

/** P(|T| >= |t|) for Student's t with `df` degrees of freedom: the two-sided p value (DLMF 8.17.22 through I_x). */
export function computeTwoSidedT(t: number, df: number): number {
  if (!(df > 0)) throw new RangeError(`Student's t needs positive degrees of freedom, not ${df}`);
  return computeBetaCdf(df / (df + t * t), df / 2, 0.5);
}

/** The t that Student's distribution with `df` degrees of freedom stays below with chance p. */
export function computeTQuantile(p: number, df: number): number {
  checkProbability(p);
  if (p === 0.5) return 0;
  if (p < 0.5) return -computeTQuantile(1 - p, df);
  // I_x(df/2, 1/2) = 2 (1 - p) at x = df / (df + t²).
  const x = computeBetaQuantile(2 * (1 - p), df / 2, 0.5);
  return Math.sqrt((df * (1 - x)) / x);
}

/** P(X = c) for X ~ Binomial(n, p). */
export function computeBinomialPmf(c: number, n: number, p: number): number {
  if (c < 0 || c > n) return 0;
  if (p <= 0 || p >= 1) return c === (p <= 0 ? 0 : n) ? 1 : 0;
  const lnWays = computeLnGamma(n + 1) - computeLnGamma(c + 1) - computeLnGamma(n - c + 1);
  return Math.exp(lnWays + c * Math.log(p) + (n - c) * Math.log1p(-p));
}

/** P(X <= c) for X ~ Binomial(n, p) (DLMF 8.17.5). */
export function computeBinomialCdf(c: number, n: number, p: number): number {
  if (c < 0) return 0;
  return c >= n ? 1 : computeBetaCdf(1 - p, n - c, c + 1);
}

/** A zero of an increasing function between `low` and `high`, to the last digit; one of the two ends where no zero lies between. */
export function bisect(increasing: (x: number) => number, low: number, high: number): number {
  let [below, above] = [low, high];
  for (let round = 0; round < 1100; round += 1) {
    const middle = below + (above - below) / 2;
    if (middle === below || middle === above) break;
    if (increasing(middle) < 0) below = middle;
    else above = middle;
  }
  return above;
}

function checkProbability(p: number): void {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a probability lies between 0 and 1, and this is ${p}`);
}
