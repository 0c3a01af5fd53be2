import {
  addBounded,
  type Bounded,
  boundRational,
  divideBounded,
  expBounded,
  lnBounded,
  magnitude,
  multiplyBounded,
  negateBounded,
  PI_BOUNDED,
  rootBounded,
  sinBounded,
} from './bounded-value.ts';
import { PRECISION, UNIT } from './fixed-point.ts';
import { LIMITS, type StepBudget } from './limits.ts';
import type { Expr } from './syntax-tree.ts';

/** Largest error with which two values may pass for equal, relative to the larger one or to 1: about 45 digits. */
const MAX_ERROR_BITS = 150n;

/**
 * Where a value on the way has more bits before the point, two numbers may differ by less than the digits
 * behind it show: `\sqrt{N^2+1}` and `N` differ by 1/2N.
 */
const MAX_SEPARABLE_BITS = 300n;

/** What an evaluation spends, and the largest value it met. */
interface Evaluation {
  readonly steps: StepBudget;
  peak: bigint;
}

const ONE: Bounded = { value: UNIT, error: 0n };
const TEN: Bounded = { value: 10n * UNIT, error: 0n };
const QUARTER_TURN: Bounded = { value: PI_BOUNDED.value / 2n, error: PI_BOUNDED.error };

/**
 * Second look at two constants that agree as doubles: `\sqrt{10^{20}+1}` and `10^{10}` do, and
 * differ. True or false when both have a value in long fixed-point arithmetic that is good enough to tell;
 * null when one has none there (complex, out of bounds, an unsupported function) or both vanish.
 */
export function confirmEqual(a: Expr, b: Expr, steps: StepBudget): boolean | null {
  const evaluation: Evaluation = { steps, peak: 0n };
  const left = evaluateBounded(a, evaluation);
  if (left === null) return null;
  const right = evaluateBounded(b, evaluation);
  if (right === null) return null;
  const error = left.error + right.error;
  if (magnitude(left.value - right.value) > error) return false;
  // Of two values this close either one gives the size.
  return isSharp(magnitude(left.value), error, evaluation.peak) ? true : null;
}

/** Whether an error is small enough for agreement within it to mean equality. */
function isSharp(size: bigint, error: bigint, peak: bigint): boolean {
  if (error === 0n) return true;
  // Zero, or too small to be told from it.
  if (size <= error) return false;
  if (peak >> (PRECISION + MAX_SEPARABLE_BITS) > 0n) return false;
  return error << MAX_ERROR_BITS <= UNIT || error << MAX_ERROR_BITS <= size;
}

function evaluateBounded(expr: Expr, evaluation: Evaluation): Bounded | null {
  evaluation.steps.spend(5);
  const value = evaluateNode(expr, evaluation);
  if (value !== null && magnitude(value.value) > evaluation.peak) evaluation.peak = magnitude(value.value);
  return value;
}

function evaluateNode(expr: Expr, evaluation: Evaluation): Bounded | null {
  switch (expr.type) {
    case 'number':
      return boundRational(expr.value);
    case 'constant':
      if (expr.name === 'pi') return PI_BOUNDED;
      return expr.name === 'e' ? expBounded(ONE) : null;
    case 'negate':
      return lift(evaluateBounded(expr.of, evaluation), negateBounded);
    case 'percent':
      return lift(evaluateBounded(expr.of, evaluation), (value) => divideBounded(value, HUNDRED));
    case 'degree':
      return evaluateBounded(expr.of, evaluation);
    case 'root':
      return evaluateRoot(expr, evaluation);
    case 'binary':
      return evaluateBinary(expr, evaluation);
    case 'call':
      return evaluateCall(expr, evaluation);
    default:
      return null;
  }
}

const HUNDRED: Bounded = { value: 100n * UNIT, error: 0n };

function lift(value: Bounded | null, apply: (value: Bounded) => Bounded | null): Bounded | null {
  return value === null ? null : apply(value);
}

function evaluateRoot(expr: Extract<Expr, { type: 'root' }>, evaluation: Evaluation): Bounded | null {
  if (expr.degree.type !== 'number' || expr.degree.value.den !== 1n) return null;
  const degree = expr.degree.value.num;
  if (degree < 2n || degree > 12n) return null;
  evaluation.steps.spend(50);
  return lift(evaluateBounded(expr.of, evaluation), (value) => {
    if (value.value >= 0n) return rootBounded(value, degree);
    return degree % 2n === 1n ? lift(rootBounded(negateBounded(value), degree), negateBounded) : null;
  });
}

function evaluateBinary(expr: Extract<Expr, { type: 'binary' }>, evaluation: Evaluation): Bounded | null {
  const left = evaluateBounded(expr.left, evaluation);
  if (left === null) return null;
  const right = evaluateBounded(expr.right, evaluation);
  if (right === null) return null;
  switch (expr.op) {
    case '+':
      return addBounded(left, right);
    case '-':
      return addBounded(left, negateBounded(right));
    case '*':
      return multiplyBounded(left, right);
    case '/':
      return divideBounded(left, right);
    case '^':
      return raise(left, right, evaluation);
  }
}

function raise(base: Bounded, exponent: Bounded, evaluation: Evaluation): Bounded | null {
  const whole = exponent.value >> PRECISION;
  if (exponent.error === 0n && whole << PRECISION === exponent.value && magnitude(whole) <= BigInt(LIMITS.exponent)) {
    return raiseToInteger(base, Number(whole));
  }
  evaluation.steps.spend(200);
  return lift(lnBounded(base), (ln) => lift(multiplyBounded(ln, exponent), expBounded));
}

function raiseToInteger(base: Bounded, exponent: number): Bounded | null {
  let result: Bounded | null = ONE;
  let square: Bounded | null = base;
  for (let left = Math.abs(exponent); left > 0; left = Math.floor(left / 2)) {
    if (square === null || result === null) return null;
    if (left % 2 === 1) result = multiplyBounded(result, square);
    if (left > 1) square = multiplyBounded(square, square);
  }
  return exponent < 0 ? lift(result, (power) => divideBounded(ONE, power)) : result;
}

function evaluateCall(expr: Extract<Expr, { type: 'call' }>, evaluation: Evaluation): Bounded | null {
  evaluation.steps.spend(200);
  const x = evaluateBounded(expr.args[0]!, evaluation);
  if (x === null) return null;
  switch (expr.name) {
    case 'abs':
      return { value: magnitude(x.value), error: x.error };
    case 'exp':
      return expBounded(x);
    case 'ln':
      return lnBounded(x);
    case 'log':
      return evaluateLog(expr, x, evaluation);
    case 'sin':
      return sinBounded(x);
    case 'cos':
      return cosine(x);
    case 'tan':
      return divideBounded(sinBounded(x), cosine(x));
    default:
      return null;
  }
}

function cosine(x: Bounded): Bounded {
  return sinBounded(addBounded(x, QUARTER_TURN));
}

function evaluateLog(expr: Extract<Expr, { type: 'call' }>, x: Bounded, evaluation: Evaluation): Bounded | null {
  const base = expr.args[1] === undefined ? TEN : evaluateBounded(expr.args[1], evaluation);
  const ln = lnBounded(x);
  const lnBase = lift(base, lnBounded);
  return ln === null || lnBase === null ? null : divideBounded(ln, lnBase);
}
