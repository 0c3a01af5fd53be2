import { type Expr, listSymbols, someNode } from '../syntax-tree.ts';
import { hashText } from '../value/exact-value.ts';
import { makeRational, type Rational, ZERO } from '../value/rational.ts';

/** The points at which expressions with symbols are compared. */

/** A rational value for every symbol. */
export type Point = ReadonlyMap<string, Coordinate>;

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
export function isDiscrete(expr: Expr): boolean {
  return someNode(expr, (node) => {
    if (node.type === 'factorial' || node.type === 'double-factorial' || node.type === 'series') return true;
    if (node.type === 'call') return DISCRETE.has(node.name);
    return node.type === 'binary' && node.op === '^' && listSymbols(node.right).length > 0;
  });
}

const DISCRETE: ReadonlySet<string> = new Set(['binom', 'permutations', 'floor', 'ceil', 'mod', 'gcd', 'lcm']);

/** The fixed points at which expressions in these symbols are compared, one by one: signs, sizes, whole numbers. */
export function* listPoints(symbols: readonly string[], exprs: readonly Expr[]): Generator<Point> {
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

export function pointAt(symbols: readonly string[], k: number): Point {
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

/** The point with another value of one symbol. */
export function withValue(point: Point, name: string, t: number): Point {
  return new Map([...point, [name, toCoordinate(t)]]);
}

/** A double, rounded so that it is a fraction exactly. */
function toCoordinate(t: number): Coordinate {
  const scale = 2 ** 40;
  const rounded = Math.round(t * scale);
  return new Coordinate(rounded / scale, () => makeRational(BigInt(rounded), BigInt(scale)) ?? ZERO);
}
