import { LIMITS, type StepBudget } from '../limits.ts';
import { type Expr, replaceNodes, wholeNumber } from '../syntax-tree.ts';
import {
  addBounded,
  atanBounded,
  type Bounded,
  boundRational,
  divideBounded,
  expBounded,
  lnBounded,
  magnitude,
  multiplyBounded,
  negateBounded,
  PI_BOUNDED,
  PRECISION,
  rootBounded,
  sinBounded,
  UNIT,
} from './bounded-value.ts';
import { evaluateExactly } from './exact-value.ts';

/** Largest error with which two values may pass for equal, relative to the larger one or to 1: about 45 digits. */
const MAX_ERROR_BITS = 150n;

/**
 * Where a value on the way has more bits before the point, two numbers may differ by less than the digits
 * behind it show: `\sqrt{N^2+1}` and `N` differ by 1/2N.
 */
const MAX_SEPARABLE_BITS = 300n;

/** What an evaluation spends, the largest value it met, and the smallest that is not zero (0 for one that may be zero). */
interface Evaluation {
  readonly steps: StepBudget;
  peak: bigint;
  trough: bigint;
}

type Of<T extends Expr['type']> = Extract<Expr, { type: T }>;

const ONE: Bounded = { value: UNIT, error: 0n };
const TWO: Bounded = { value: 2n * UNIT, error: 0n };
const TEN: Bounded = { value: 10n * UNIT, error: 0n };
const HUNDRED: Bounded = { value: 100n * UNIT, error: 0n };
const QUARTER_TURN: Bounded = { value: PI_BOUNDED.value / 2n, error: PI_BOUNDED.error };
const DEGREE: Bounded = { value: PI_BOUNDED.value / 180n, error: PI_BOUNDED.error };
const NO_VALUES = new Map<string, never>();

/**
 * Second look at two constants that agree as doubles: `\sqrt{10^{20}+1}` and `10^{10}` do, and differ. True or
 * false when both have a value in long fixed-point arithmetic that is good enough to tell; null when one has none
 * there (complex, out of bounds, an unsupported function), both vanish, or a part is too small to be seen.
 */
export function confirmEqual(a: Expr, b: Expr, steps: StepBudget): boolean | null {
  const evaluation: Evaluation = { steps, peak: 0n, trough: UNIT };
  const left = evaluateBounded(a, evaluation);
  if (left === null) return null;
  const right = evaluateBounded(b, evaluation);
  if (right === null) return null;
  const error = left.error + right.error;
  if (magnitude(left.value - right.value) > error) return false;
  // Of two values this close either one gives the size.
  return isSharp(magnitude(left.value), error, evaluation) ? true : null;
}

/** Whether an error is small enough for agreement within it to mean equality. */
function isSharp(size: bigint, error: bigint, { peak, trough }: Evaluation): boolean {
  if (error === 0n) return true;
  // Zero, or too small to be told from it.
  if (size <= error || trough <= error << 8n) return false;
  if (peak >> (PRECISION + MAX_SEPARABLE_BITS) > 0n) return false;
  return error << MAX_ERROR_BITS <= UNIT || error << MAX_ERROR_BITS <= size;
}

function evaluateBounded(expr: Expr, evaluation: Evaluation): Bounded | null {
  evaluation.steps.spend(5);
  const bounded = evaluateNode(expr, evaluation);
  if (bounded === null) return null;
  const size = magnitude(bounded.value);
  if (size > evaluation.peak) evaluation.peak = size;
  const seen = size > bounded.error ? size : 0n;
  if (seen < evaluation.trough && (size > 0n || bounded.error > 0n)) evaluation.trough = seen;
  return bounded;
}

function evaluateNode(expr: Expr, evaluation: Evaluation): Bounded | null {
  const of = (child: Expr) => evaluateBounded(child, evaluation);
  switch (expr.type) {
    case 'number':
      // The last digits of a longer literal lie behind ours.
      return expr.value.den >> (PRECISION - MAX_ERROR_BITS) > 0n ? null : boundRational(expr.value);
    case 'constant':
      if (expr.name === 'pi') return PI_BOUNDED;
      return expr.name === 'e' ? expBounded(ONE) : null;
    case 'negate':
      return lift(of(expr.of), negateBounded);
    case 'percent':
      return lift(of(expr.of), (value) => divideBounded(value, HUNDRED));
    case 'degree':
      return lift(of(expr.of), (value) => multiplyBounded(value, DEGREE));
    case 'root':
      return evaluateRoot(expr, evaluation);
    case 'binary':
      return evaluateBinary(expr, evaluation);
    case 'call':
      return EXACT_ONLY.has(expr.name) ? evaluateByExactness(expr, evaluation) : evaluateCall(expr, evaluation);
    case 'factorial':
    case 'double-factorial':
    case 'apply':
      return evaluateByExactness(expr, evaluation);
    case 'series':
      return evaluateByExactness(expr, evaluation) ?? evaluateSeries(expr, evaluation);
    default:
      return null;
  }
}

/** Functions that jump, or are defined on whole numbers. */
const EXACT_ONLY: ReadonlySet<string> = new Set(['binom', 'permutations', 'gcd', 'lcm', 'mod']);

function evaluateByExactness(expr: Expr, { steps }: Evaluation): Bounded | null {
  return lift(evaluateExactly(expr, { steps, values: NO_VALUES }), boundRational);
}

function lift<T>(value: T | null, apply: (value: T) => Bounded | null): Bounded | null {
  return value === null ? null : apply(value);
}

function evaluateRoot(expr: Of<'root'>, evaluation: Evaluation): Bounded | null {
  if (expr.degree.type !== 'number' || expr.degree.value.den !== 1n) return null;
  return lift(evaluateBounded(expr.of, evaluation), (of) => takeRoot(of, expr.degree, evaluation));
}

/** A root of a degree from 2 to 12; odd roots of negative numbers are negative. */
function takeRoot(of: Bounded, degreeNode: Expr, evaluation: Evaluation): Bounded | null {
  const degree = degreeNode.type === 'number' && degreeNode.value.den === 1n ? degreeNode.value.num : 0n;
  if (degree < 2n || degree > 12n) return null;
  evaluation.steps.spend(50);
  if (of.value >= 0n) return rootBounded(of, degree);
  return degree % 2n === 1n ? lift(rootBounded(negateBounded(of), degree), negateBounded) : null;
}

function evaluateBinary(expr: Of<'binary'>, evaluation: Evaluation): Bounded | null {
  const left = evaluateBounded(expr.left, evaluation);
  if (left === null) return null;
  if (expr.op === '^') return raise(left, expr.right, evaluation);
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
  }
}

function raise(base: Bounded, power: Expr, evaluation: Evaluation): Bounded | null {
  if (base.value < 0n && power.type === 'binary' && power.op === '/' && power.left.type === 'number') {
    const root = takeRoot(base, power.right, evaluation);
    return lift(root, (value) => raise(value, power.left, evaluation));
  }
  const exponent = evaluateBounded(power, evaluation);
  if (exponent === null) return null;
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

function evaluateCall(expr: Of<'call'>, evaluation: Evaluation): Bounded | null {
  evaluation.steps.spend(200);
  const args: Bounded[] = [];
  for (const arg of expr.args) {
    const value = evaluateBounded(arg, evaluation);
    if (value === null) return null;
    args.push(value);
  }
  return CALLS[expr.name]?.(args[0]!, args) ?? null;
}

const CALLS: Readonly<Record<string, (x: Bounded, args: readonly Bounded[]) => Bounded | null>> = {
  abs: (x) => ({ value: magnitude(x.value), error: x.error }),
  sgn: (x) => (magnitude(x.value) > x.error ? { value: x.value > 0n ? UNIT : -UNIT, error: 0n } : null),
  floor: (x) => roundDown(x),
  ceil: (x) => lift(roundDown(negateBounded(x)), negateBounded),
  max: (_, args) => args.reduce((a, b) => (a.value >= b.value ? a : b)),
  min: (_, args) => args.reduce((a, b) => (a.value <= b.value ? a : b)),
  exp: expBounded,
  ln: lnBounded,
  log: (x, args) => lift(lnBounded(x), (ln) => lift(lnBounded(args[1] ?? TEN), (base) => divideBounded(ln, base))),
  sin: sinBounded,
  cos: cosine,
  tan: (x) => divideBounded(sinBounded(x), cosine(x)),
  cot: (x) => divideBounded(cosine(x), sinBounded(x)),
  sec: (x) => divideBounded(ONE, cosine(x)),
  csc: (x) => divideBounded(ONE, sinBounded(x)),
  atan: atanBounded,
  asin: arcsine,
  acos: (x) => lift(arcsine(x), (value) => addBounded(QUARTER_TURN, negateBounded(value))),
  asinh: (x) => lift(rootOfSquare(x, ONE), (root) => lnBounded(addBounded(root, x))),
  acosh: (x) =>
    x.value < UNIT + x.error
      ? null
      : lift(rootOfSquare(x, negateBounded(ONE)), (root) => lnBounded(addBounded(root, x))),
  atanh: (x) =>
    lift(divideBounded(addBounded(ONE, x), addBounded(ONE, negateBounded(x))), (quotient) =>
      lift(lnBounded(quotient), (twice) => divideBounded(twice, TWO)),
    ),
  sinh: (x) => combineExponentials(x, (up, down) => addBounded(up, negateBounded(down))),
  cosh: (x) => combineExponentials(x, addBounded),
  tanh: (x) =>
    lift(expBounded(addBounded(x, x)), (twice) =>
      divideBounded(addBounded(twice, negateBounded(ONE)), addBounded(twice, ONE)),
    ),
};

/** Null where the error does not tell on which side of a whole number the value lies. */
function roundDown({ value, error }: Bounded): Bounded | null {
  const low = (value - error) >> PRECISION;
  return low === (value + error) >> PRECISION ? { value: low << PRECISION, error: 0n } : null;
}

function cosine(x: Bounded): Bounded {
  return sinBounded(addBounded(x, QUARTER_TURN));
}

function arcsine(x: Bounded): Bounded | null {
  if (x.error === 0n && magnitude(x.value) === UNIT) return x.value > 0n ? QUARTER_TURN : negateBounded(QUARTER_TURN);
  const rest = lift(multiplyBounded(x, x), (square) => addBounded(ONE, negateBounded(square)));
  if (rest === null || rest.value <= rest.error) return null;
  return lift(rootBounded(rest, 2n), (root) => lift(divideBounded(x, root), atanBounded));
}

/** `\sqrt{x^2 + a}`. */
function rootOfSquare(x: Bounded, a: Bounded): Bounded | null {
  const square = lift(multiplyBounded(x, x), (value) => addBounded(value, a));
  return square === null || square.value < 0n ? null : rootBounded(square, 2n);
}

function combineExponentials(x: Bounded, combine: (up: Bounded, down: Bounded) => Bounded): Bounded | null {
  const [up, down] = [expBounded(x), expBounded(negateBounded(x))];
  return up === null || down === null ? null : divideBounded(combine(up, down), TWO);
}

/** A series whose bounds are whole numbers; its index is put into the terms as a number. */
function evaluateSeries(expr: Of<'series'>, evaluation: Evaluation): Bounded | null {
  const scope = { steps: evaluation.steps, values: NO_VALUES };
  const [from, to] = [evaluateExactly(expr.from, scope), evaluateExactly(expr.to, scope)];
  if (from === null || to === null || from.den !== 1n || to.den !== 1n) return null;
  if (to.num - from.num >= BigInt(LIMITS.terms)) return null;
  let result: Bounded | null = expr.op === 'sum' ? { value: 0n, error: 0n } : ONE;
  for (let k = from.num; k <= to.num && result !== null; k += 1n) {
    const term = evaluateBounded(substituteSymbol(expr.body, expr.variable, k), evaluation);
    if (term === null) return null;
    result = expr.op === 'sum' ? addBounded(result, term) : multiplyBounded(result, term);
  }
  return result;
}

function substituteSymbol(expr: Expr, name: string, value: bigint): Expr {
  return replaceNodes(expr, (node) => (node.type === 'symbol' && node.name === name ? wholeNumber(value) : null));
}
