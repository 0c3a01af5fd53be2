import { LIMITS, Refusal, type StepBudget } from '../limits.ts';
import { type Expr, hasType, listSymbols, replaceNodes, someNode } from '../syntax-tree.ts';
import {
  absComplex,
  type Complex,
  evaluateNumerically,
  fromReal,
  isFiniteComplex,
  type NumericScope,
  subtractComplex,
} from '../value/numeric-value.ts';
import { findBreakpoints, listSwitches } from './breakpoints.ts';
import { isDiscrete, listPoints, type Point, pointAt } from './probe-points.ts';

const RELATIVE = 1e-9;
const ABSOLUTE = 1e-13;
/** A difference that is larger, relative to what was added and subtracted, does not come from rounding. */
const CANCELLED = 1e-9;
/** Points with a real value of the reference that are needed, and those that are confirmed with many digits. */
const MIN_POINTS = 4;
const CONFIRMED = 2;
const MAX_TRIED = 5;

/** A value at one point. */
interface Sample {
  readonly value: Complex;
  /** Whether it is real, and every step to it. */
  readonly isReal: boolean;
  /** Whether a step to it was too large or too small for a double. */
  readonly leftRange: boolean;
  /** Largest operand on the way: doubles that differ by much less may be equal. */
  readonly peak: number;
}

function evaluateAt(expr: Expr, point: Point, steps: StepBudget): Sample {
  const scope: NumericScope = {
    steps,
    leftReals: false,
    leftRange: false,
    peak: 0,
    valueOf: (name) => fromReal(point.get(name)?.double ?? Number.NaN),
  };
  const value = evaluateNumerically(expr, scope);
  const { leftReals, leftRange, peak } = scope;
  return { value, isReal: value.im === 0 && !leftReals, leftRange, peak };
}

/** Confirms or refutes that two closed expressions are equal; throws `Refusal('unconfirmed')` when it can do neither. */
export type Confirm = (gold: Expr, answer: Expr) => boolean;

/**
 * Whether two expressions with symbols have equal values wherever the reference has one: at points of both signs,
 * near zero and far from it, on whole numbers where that matters, and on both sides of every place where one of them
 * breaks. Doubles only refute; equality is confirmed at some of the points with exact or long arithmetic. Throws
 * `Refusal`: `nonfinite` where too few points have a value, `unconfirmed` where nothing confirms.
 */
export function areEqualEverywhere(gold: Expr, answer: Expr, steps: StepBudget, confirm: Confirm): boolean {
  const symbols = [...new Set([...listSymbols(gold), ...listSymbols(answer)])];
  if (symbols.length > LIMITS.symbols) throw new Refusal('limit:symbols');
  const real: Point[] = [];
  const other: { point: Point; isClose: boolean }[] = [];
  for (const point of listAllPoints(symbols, [gold, answer], steps)) {
    const [left, right] = [evaluateAt(gold, point, steps), evaluateAt(answer, point, steps)];
    if (!isFiniteComplex(left.value)) continue;
    if (right.leftRange && !isFiniteComplex(right.value)) {
      // No evidence either way, unless long arithmetic has a value here.
      if (confirmAt(gold, answer, point, confirm) === false) return false;
      continue;
    }
    const isClose = isFiniteComplex(right.value) && areClose(left.value, right.value);
    if (!left.isReal) {
      other.push({ point, isClose });
      continue;
    }
    if (!isClose && !isExcused(gold, answer, point, [left, right], confirm)) return false;
    real.push(point);
  }
  // Where the reference is real nowhere, its complex values count.
  const isComplex = real.length < MIN_POINTS;
  if (isComplex && other.some(({ isClose }) => !isClose)) return false;
  const usable = isComplex ? [...real, ...other.map(({ point }) => point)] : real;
  if (usable.length < MIN_POINTS) throw new Refusal('nonfinite');
  // Factorials and the like have exact values on whole numbers.
  const inOrder = [gold, answer].some(isDiscrete)
    ? usable.toSorted((a, b) => Number(isWholePoint(b)) - Number(isWholePoint(a)))
    : usable;
  return isConfirmed(gold, answer, inOrder, confirm);
}

function isWholePoint(point: Point): boolean {
  return [...point.values()].every(({ double }) => Number.isInteger(double) && double > 0);
}

/** Where large doubles cancel they may differ by chance: an exact value decides. A pole of the answer alone is a difference. */
function isExcused(
  gold: Expr,
  answer: Expr,
  point: Point,
  [left, right]: readonly [Sample, Sample],
  confirm: Confirm,
): boolean {
  if (!isFiniteComplex(right.value)) return isUndefinedByNature(answer, right.value);
  const difference = absComplex(subtractComplex(left.value, right.value));
  if (difference > CANCELLED * Math.max(left.peak, right.peak)) return false;
  return confirmAt(gold, answer, point, confirm) === true;
}

/** Whether two expressions are equal at a point; null where that can neither be confirmed nor refuted. */
function confirmAt(gold: Expr, answer: Expr, point: Point, confirm: Confirm): boolean | null {
  try {
    return confirm(substitute(gold, point), substitute(answer, point));
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'unconfirmed') return null;
    throw error;
  }
}

/** The fixed points, and those around the places where one of the expressions breaks. */
function* listAllPoints(symbols: readonly string[], exprs: readonly Expr[], steps: StepBudget): Generator<Point> {
  yield* listPoints(symbols, exprs);
  const switches = exprs.flatMap(listSwitches).filter((one) => listSymbols(one).length > 0);
  if (switches.length === 0) return;
  const bases = [pointAt(symbols, 0), pointAt(symbols, 5)];
  yield* findBreakpoints(switches, bases, (expr, point) => evaluateAt(expr, point, steps).value.re);
}

/** An overflow is no value, and factorials have none below zero; a division by zero is a difference. */
function isUndefinedByNature(expr: Expr, { re }: Complex): boolean {
  if (hasType(expr, 'factorial')) return true;
  return (
    Math.abs(re) === Number.POSITIVE_INFINITY && !someNode(expr, (node) => node.type === 'binary' && node.op === '/')
  );
}

function isConfirmed(gold: Expr, answer: Expr, points: readonly Point[], confirm: Confirm): boolean {
  let confirmed = 0;
  for (const point of points.slice(0, MAX_TRIED)) {
    const isSame = confirmAt(gold, answer, point, confirm);
    if (isSame === false) return false;
    if (isSame === true) confirmed += 1;
    if (confirmed === CONFIRMED) return true;
  }
  throw new Refusal('unconfirmed');
}

/** The expression with numbers for its symbols. */
export function substitute(expr: Expr, point: Point): Expr {
  return replaceNodes(expr, (node) => {
    const value = node.type === 'symbol' ? point.get(node.name) : undefined;
    return value === undefined ? null : { type: 'number', value: value.exact, decimals: 0 };
  });
}

function areClose(a: Complex, b: Complex): boolean {
  const difference = absComplex(subtractComplex(a, b));
  return difference <= ABSOLUTE || difference <= RELATIVE * Math.max(absComplex(a), absComplex(b));
}

/** Whether two closed expressions agree as doubles; throws `Refusal('nonfinite')` when one has no finite value. */
export function agreeAsDoubles(a: Expr, b: Expr, steps: StepBudget): boolean {
  const [left, right] = [evaluateConstant(a, steps), evaluateConstant(b, steps)];
  if (!isFiniteComplex(left) || !isFiniteComplex(right)) throw new Refusal('nonfinite');
  return areClose(left, right);
}

/** Value of an expression without symbols as a complex double. */
export function evaluateConstant(expr: Expr, steps: StepBudget): Complex {
  return evaluateNumerically(expr, {
    steps,
    leftReals: false,
    leftRange: false,
    peak: 0,
    valueOf: () => fromReal(Number.NaN),
  });
}

/**
 * The constant by which `b` has to be multiplied to give `a`, as a closed expression that is right if there is one;
 * null when no point has values for it.
 */
export function findFactor(
  a: Expr,
  b: Expr,
  steps: StepBudget,
): { readonly factor: Expr; readonly sign: number } | null {
  const symbols = [...new Set([...listSymbols(a), ...listSymbols(b)])];
  for (const point of listPoints(symbols, [a, b])) {
    const [one, other] = [evaluateAt(a, point, steps), evaluateAt(b, point, steps)];
    if (isLostInRounding(one) || isLostInRounding(other)) continue;
    const [left, right] = [one.value, other.value];
    if (Math.abs(left.im) + Math.abs(right.im) > 0) return null;
    const factor: Expr = { type: 'binary', op: '/', left: substitute(a, point), right: substitute(b, point) };
    return { factor, sign: Math.sign(left.re / right.re) };
  }
  return null;
}

/** No value, zero, or so little beside what it was calculated from that it may be: an identity says so everywhere. */
function isLostInRounding({ value, peak }: Sample): boolean {
  return !isFiniteComplex(value) || absComplex(value) < ABSOLUTE || absComplex(value) < CANCELLED * peak;
}

/** Whether an expression has a part that means nothing as a number: a base, a matrix. */
export function hasNoValue(expr: Expr): boolean {
  return hasType(expr, 'based') || hasType(expr, 'matrix');
}
