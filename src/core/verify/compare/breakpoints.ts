import { childrenOf, type Expr, joinBinary, listSymbols, wholeNumber } from '../syntax-tree.ts';
import { type Point, withValue } from './probe-points.ts';

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
export function findBreakpoints(switches: readonly Expr[], bases: readonly Point[], evaluate: Evaluate): Point[] {
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
export function listSwitches(expr: Expr): Expr[] {
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
