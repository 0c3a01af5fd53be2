import { LIMITS, Refusal, type StepBudget } from '../limits.ts';
import { type Expr, hasType, listSymbols, replaceNodes, someNode } from '../syntax-tree.ts';
import { absComplex, type Complex, fromReal, isFiniteComplex, subtractComplex } from '../value/complex-value.ts';
import { evaluateNumerically, type NumericScope } from '../value/numeric-value.ts';
import { hashText } from '../value/opaque-value.ts';
import { makeRational, type Rational, toDouble } from '../value/rational.ts';
import { findBreakpoints, type Point } from './breakpoints.ts';

const RELATIVE = 1e-9;
const ABSOLUTE = 1e-13;
/** Points with a real value of the reference that are needed, and those that are confirmed with many digits. */
const MIN_POINTS = 4;
const CONFIRMED = 2;
const MAX_TRIED = 5;

/** Sizes of the values by point: around one, near zero, large. A symbol's own hash shifts each a little. */
const SIZES: readonly (readonly [num: number, den: number])[] = [
  [17, 5],
  [2, 7],
  [9, 8],
  [53, 6],
  [2, 7],
  [17, 5],
  [9, 8],
  [53, 6],
  [17, 5],
  [5, 11],
  [4001, 3],
  [4001, 3],
  [1, 83],
  [211, 2],
];
/** Signs by point: `+`, `-`, or `?` for one that differs from symbol to symbol. */
const SIGNS = '++++????--+-??';

/** Whole numbers by point: the values of the first symbols; `n` above `k` in some, below in others. */
const WHOLE: readonly (readonly number[])[] = [
  [7, 4, 3, 2],
  [3, 6, 8, 5],
  [9, 2, 5, 4],
  [4, 5, 2, 6],
  [1, 2, 1, 3],
  [12, 5, 4, 3],
];

/** Whether an expression has values, or other values, on whole numbers. */
function isDiscrete(expr: Expr): boolean {
  return someNode(expr, (node) => {
    if (node.type === 'factorial' || node.type === 'double-factorial' || node.type === 'series') return true;
    if (node.type === 'call') return DISCRETE.has(node.name);
    return node.type === 'binary' && node.op === '^' && listSymbols(node.right).length > 0;
  });
}

const DISCRETE: ReadonlySet<string> = new Set(['binom', 'permutations', 'floor', 'ceil', 'mod', 'gcd', 'lcm']);

/** The fixed points at which expressions in these symbols are compared: signs, sizes, whole numbers. */
export function listPoints(symbols: readonly string[], exprs: readonly Expr[]): Point[] {
  const points: Point[] = SIZES.map((_, k) => new Map(symbols.map((name) => [name, valueAt(name, k)])));
  if (!exprs.some(isDiscrete)) return points;
  for (const [k, values] of WHOLE.entries()) {
    points.push(
      new Map(symbols.map((name, s) => [name, { num: BigInt(values[s % 4]! + Math.floor(s / 4)), den: 1n }])),
    );
    if (k < 2) points.push(new Map(symbols.map((name, s) => [name, { num: BigInt(-values[s % 4]!), den: 1n }])));
  }
  return points;
}

/** Value of a symbol at a point: a function of its name alone, so that both sides see the same. */
function valueAt(name: string, point: number): Rational {
  const [num, den] = SIZES[point]!;
  const hash = hashText(name, 77_003 + point * 7919);
  const sign = SIGNS[point] === '?' ? (hash >> 20) % 2 === 0 : SIGNS[point] === '+';
  const size = makeRational(BigInt(num * (1009 + (hash % 500))), BigInt(den * 1009))!;
  return sign ? size : { num: -size.num, den: size.den };
}

/** What both sides are at one point. */
interface Sample {
  readonly gold: Complex;
  readonly answer: Complex;
  /** Whether the reference has a real value there, every step of it. */
  readonly isReal: boolean;
}

function evaluateAt(expr: Expr, point: Point, steps: StepBudget): { value: Complex; isReal: boolean } {
  const scope: NumericScope = {
    steps,
    leftReals: false,
    valueOf: (name) => fromReal(toDouble(point.get(name) ?? { num: 0n, den: 0n })),
  };
  const value = evaluateNumerically(expr, scope);
  return { value, isReal: value.im === 0 && !scope.leftReals };
}

function sample(gold: Expr, answer: Expr, point: Point, steps: StepBudget): Sample {
  const left = evaluateAt(gold, point, steps);
  const right = evaluateAt(answer, point, steps);
  return { gold: left.value, answer: right.value, isReal: left.isReal };
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
  const points = listPoints(symbols, [gold, answer]);
  points.push(...findBreakpoints([gold, answer], points, (expr, point) => evaluateAt(expr, point, steps).value.re));
  const real: Point[] = [];
  const other: { point: Point; isClose: boolean }[] = [];
  for (const point of points) {
    const { gold: left, answer: right, isReal } = sample(gold, answer, point, steps);
    if (!isFiniteComplex(left)) continue;
    const isClose = isFiniteComplex(right) && areClose(left, right);
    if (!isReal) {
      other.push({ point, isClose });
      continue;
    }
    if (!isClose && !isExcused(gold, answer, point, right, confirm)) return false;
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
  return [...point.values()].every(({ num, den }) => den === 1n && num > 0n);
}

/** Where doubles cancel they may differ by chance: an exact value decides. A pole or overflow of the answer alone is a difference. */
function isExcused(gold: Expr, answer: Expr, point: Point, right: Complex, confirm: Confirm): boolean {
  if (!isFiniteComplex(right)) return isUndefinedByNature(answer, right);
  try {
    return confirm(substitute(gold, point), substitute(answer, point));
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'unconfirmed') return false;
    throw error;
  }
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
    try {
      if (!confirm(substitute(gold, point), substitute(answer, point))) return false;
      confirmed += 1;
    } catch (error) {
      if (!(error instanceof Refusal) || error.reason !== 'unconfirmed') throw error;
    }
    if (confirmed === CONFIRMED) return true;
  }
  throw new Refusal('unconfirmed');
}

/** The expression with numbers for its symbols. */
export function substitute(expr: Expr, point: Point): Expr {
  return replaceNodes(expr, (node) => {
    const value = node.type === 'symbol' ? point.get(node.name) : undefined;
    return value === undefined ? null : { type: 'number', value, decimals: 0 };
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
  return evaluateNumerically(expr, { steps, leftReals: false, valueOf: () => fromReal(Number.NaN) });
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
    const [left, right] = [evaluateAt(a, point, steps).value, evaluateAt(b, point, steps).value];
    if (
      !isFiniteComplex(left) ||
      !isFiniteComplex(right) ||
      absComplex(left) < ABSOLUTE ||
      absComplex(right) < ABSOLUTE
    )
      continue;
    if (Math.abs(left.im) + Math.abs(right.im) > 0) return null;
    const factor: Expr = { type: 'binary', op: '/', left: substitute(a, point), right: substitute(b, point) };
    return { factor, sign: Math.sign(left.re / right.re) };
  }
  return null;
}

/** Whether an expression has a part that means nothing as a number: a base, a matrix. */
export function hasNoValue(expr: Expr): boolean {
  return hasType(expr, 'based') || hasType(expr, 'matrix');
}
