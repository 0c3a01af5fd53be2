import type { BigNumber } from 'mathjs';
import type { StepBudget } from '../limits.ts';
import type { Expr } from '../syntax-tree.ts';
import type { PreciseLibrary } from './precise-functions.ts';
import { absPrecise, evaluatePrecisely, type PreciseComplex, subtractPrecise } from './precise-value.ts';

/** Digits of the first evaluation where no value on the way is large; the second has twice as many. */
const BASE_DIGITS = 64;
const DIGITS_STEP = 64;
/** More are not computed: values of more than some 200 digits are left undecided. */
const MAX_DIGITS = 512;

/** Digits that may be lost on the way before agreement counts for nothing. */
const GUARD_DIGITS = 14;

/**
 * Whether two constants agree to 50 digits and more, where agreement to doubles is known. Evaluated at two
 * precisions: a true difference stays what it is, one that comes from rounding shrinks with it. Null where
 * one has no value within the bounds.
 */
export function confirmPrecisely(a: Expr, b: Expr, library: PreciseLibrary, steps: StepBudget): boolean | null {
  const first = compareAt(a, b, BASE_DIGITS, library, steps);
  if (first === null) return null;
  // Values of E digits can differ by 10^-E and less: `\sqrt{N^2+1}` and `N`. An operand of 10^-E must be seen, too.
  const wanted = BASE_DIGITS - GUARD_DIGITS + 2 * first.exponent;
  const digits = Math.max(BASE_DIGITS, Math.ceil(wanted / DIGITS_STEP) * DIGITS_STEP);
  if (digits > MAX_DIGITS) return null;
  const coarse = digits === BASE_DIGITS ? first : compareAt(a, b, digits, library, steps);
  if (coarse === null) return null;
  if (coarse.difference.isZero()) return true;
  const negligible = `1e-${digits - GUARD_DIGITS}`;
  if (coarse.difference.lte(coarse.size.times(negligible))) return true;
  const fine = compareAt(a, b, 2 * digits, library, steps);
  if (fine === null) return null;
  return fine.difference.lte(coarse.difference.times(`1e-${digits - 2 * GUARD_DIGITS}`));
}

interface Comparison {
  readonly difference: BigNumber;
  readonly size: BigNumber;
  /** Largest power of ten on the way, whether of a large value or of a small operand. */
  readonly exponent: number;
}

function compareAt(a: Expr, b: Expr, digits: number, library: PreciseLibrary, steps: StepBudget): Comparison | null {
  const math = library(digits);
  let exponent = 0;
  const onExponent = (e: number, isGiven: boolean) => {
    exponent = Math.max(exponent, e, isGiven ? -e : 0);
  };
  const evaluate = (expr: Expr): PreciseComplex | null =>
    evaluatePrecisely(expr, { math, steps, values: new Map(), onExponent });
  const left = evaluate(a);
  const right = left === null ? null : evaluate(b);
  if (left === null || right === null) return null;
  const [size, other] = [absPrecise(left, math), absPrecise(right, math)];
  return { difference: absPrecise(subtractPrecise(left, right), math), size: size.gt(other) ? size : other, exponent };
}
