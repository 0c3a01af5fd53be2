import { LIMITS, Refusal, type StepBudget } from '../limits.ts';
import {
  childrenOf,
  type Expr,
  hasType,
  joinBinary,
  listSymbols,
  replaceNodes,
  someNode,
  wholeNumber,
} from '../syntax-tree.ts';
import { hashText } from '../value/exact-value.ts';
import {
  absComplex,
  type Complex,
  evaluateNumerically,
  fromReal,
  isFiniteComplex,
  type NumericScope,
  subtractComplex,
} from '../value/numeric-value.ts';
import { makeRational, type Rational, ZERO } from '../value/rational.ts';

/** A rational value for every symbol. */
type Point = ReadonlyMap<string, Coordinate>;

/** One value of a symbol: as a double, and exactly, made where that is asked for. */
class Coordinate {
  readonly double: number;
  readonly #toExact: () => Rational;
  #exact: Rational | null = null;

  constructor(double: number, toExact: () => Rational) {
    this.double = double;
    this.#toExact = toExact;
  }

  get exact(): Rational {
    this.#exact ??= this.#toExact();
    return this.#exact;
  }
}

const RELATIVE = 1e-9;
const ABSOLUTE = 1e-13;
/** A difference that is larger, relative to what was added and subtracted, does not come from rounding. */
const CANCELLED = 1e-9;
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

/** The fixed points at which expressions in these symbols are compared, one by one: signs, sizes, whole numbers. */
function* listPoints(symbols: readonly string[], exprs: readonly Expr[]): Generator<Point> {
  for (let k = 0; k < SIZES.length; k += 1) yield pointAt(symbols, k);
  if (!exprs.some(isDiscrete)) return;
  for (const [k, values] of WHOLE.entries()) {
    const whole = (sign: 1 | -1) => new Map(symbols.map((name, s) => [name, wholeAt(values, s, sign)]));
    yield whole(1);
    if (k < 2) yield whole(-1);
  }
}

function wholeAt(values: readonly number[], symbol: number, sign: 1 | -1): Coordinate {
  const value = sign * (values[symbol % 4]! + Math.floor(symbol / 4));
  return new Coordinate(value, () => ({ num: BigInt(value), den: 1n }));
}

function pointAt(symbols: readonly string[], k: number): Point {
  return new Map(symbols.map((name) => [name, coordinatesOf(name)[k]!]));
}

/** The values of the symbols that were met last. */
const COORDINATES = new Map<string, readonly Coordinate[]>();
const MAX_KNOWN = 256;

/** Values of a symbol at the points: a function of its name alone, so that both sides see the same. */
function coordinatesOf(name: string): readonly Coordinate[] {
  let known = COORDINATES.get(name);
  if (known === undefined) {
    if (COORDINATES.size >= MAX_KNOWN) COORDINATES.clear();
    known = SIZES.map((_, point) => coordinateAt(name, point));
    COORDINATES.set(name, known);
  }
  return known;
}

function coordinateAt(name: string, point: number): Coordinate {
  const [num, den] = SIZES[point]!;
  const hash = hashText(name, 77_003 + point * 7919);
  const isPositive = SIGNS[point] === '?' ? (hash >> 20) % 2 === 0 : SIGNS[point] === '+';
  const [over, under] = [(isPositive ? 1 : -1) * num * (1009 + (hash % 500)), den * 1009];
  return new Coordinate(over / under, () => makeRational(BigInt(over), BigInt(under))!);
}

/** A value at one point. */
interface Sample {
  readonly value: Complex;
  /** Whether it is real, and every step to it. */
  readonly isReal: boolean;
  /** Largest operand on the way: doubles that differ by much less may be equal. */
  readonly peak: number;
}

function evaluateAt(expr: Expr, point: Point, steps: StepBudget): Sample {
  const scope: NumericScope = {
    steps,
    leftReals: false,
    peak: 0,
    valueOf: (name) => fromReal(point.get(name)?.double ?? Number.NaN),
  };
  const value = evaluateNumerically(expr, scope);
  return { value, isReal: value.im === 0 && !scope.leftReals, peak: scope.peak };
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
  try {
    return confirm(substitute(gold, point), substitute(answer, point));
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'unconfirmed') return false;
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
  return evaluateNumerically(expr, { steps, leftReals: false, peak: 0, valueOf: () => fromReal(Number.NaN) });
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

type Evaluate = (expr: Expr, point: Point) => number;

/** Places on a line where a sign is looked for. */
const GRID: readonly number[] = [0.01, 0.3, 1, 3, 10, 100, 1e4, 1e7].flatMap((size) => [size, -size]);
const BISECTIONS = 48;
/** Distances from a place where an expression breaks, relative to its size. */
const OFFSETS: readonly number[] = [1e-8, 1e-4, 0.13, 1.7];
const MAX_SWITCHES = 12;
const MAX_POINTS = 64;

/**
 * Points on both sides of every place where an expression changes its formula: where the inside of an absolute value
 * or a sign is zero, two arguments of a maximum are equal, or what is rounded is a whole number. Along each symbol,
 * the others held at the given points.
 */
function findBreakpoints(switches: readonly Expr[], bases: readonly Point[], evaluate: Evaluate): Point[] {
  const found: Point[] = [];
  for (const one of switches.slice(0, MAX_SWITCHES)) {
    for (const base of bases) {
      for (const name of listSymbols(one)) {
        const along = (t: number) => evaluate(one, withValue(base, name, t));
        for (const root of findRoots(along)) found.push(...around(root).map((t) => withValue(base, name, t)));
        if (found.length > MAX_POINTS) return found;
      }
    }
  }
  return found;
}

/** Expressions whose zeros are the places where the formula changes. */
function listSwitches(expr: Expr): Expr[] {
  const inner = childrenOf(expr).flatMap(listSwitches);
  if (expr.type !== 'call') return inner;
  const [first, second] = expr.args;
  switch (expr.name) {
    case 'abs':
    case 'sgn':
      return [...inner, first!];
    case 'floor':
    case 'ceil':
      return [...inner, ...[-1n, 0n, 1n].map((level) => joinBinary('-', first!, wholeNumber(level)))];
    case 'mod':
      return [...inner, first!, joinBinary('-', first!, second!)];
    case 'max':
    case 'min':
      return [...inner, ...expr.args.slice(1).map((other) => joinBinary('-', first!, other))];
    default:
      return inner;
  }
}

/** Zeros of a function of one number: between places of different sign, and where a straight line through two places meets zero. */
function findRoots(along: (t: number) => number): number[] {
  const places = GRID.toSorted((a, b) => a - b).map((t) => ({ t, value: along(t) }));
  const roots: number[] = [];
  for (let k = 1; k < places.length; k += 1) {
    const [a, b] = [places[k - 1]!, places[k]!];
    if (a.value * b.value < 0) roots.push(bisect(along, a.t, b.t, a.value));
  }
  for (const [s, t] of [
    [1, 3],
    [-1, -3],
    [100, 10_000],
  ] as const) {
    const [u, v] = [along(s), along(t)];
    const root = s - (u * (t - s)) / (v - u);
    if (Number.isFinite(root) && Math.abs(root) < 1e15) roots.push(root);
  }
  return roots;
}

function bisect(along: (t: number) => number, from: number, to: number, valueAtFrom: number): number {
  let [low, high] = [from, to];
  for (let k = 0; k < BISECTIONS; k += 1) {
    const middle = (low + high) / 2;
    if (along(middle) * valueAtFrom > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function around(root: number): number[] {
  const size = Math.max(1, Math.abs(root));
  return OFFSETS.flatMap((offset) => [root + offset * size, root - offset * size]);
}

function withValue(point: Point, name: string, t: number): Point {
  return new Map([...point, [name, toCoordinate(t)]]);
}

/** A double, rounded so that it is a fraction exactly. */
function toCoordinate(t: number): Coordinate {
  const scale = 2 ** 40;
  const rounded = Math.round(t * scale);
  return new Coordinate(rounded / scale, () => makeRational(BigInt(rounded), BigInt(scale)) ?? ZERO);
}
