import {
  type Expr,
  hasType,
  type Item,
  isClosed,
  joinBinary,
  listSymbols,
  type RelationItem,
  type RelationOp,
  replaceNodes,
  type ScalarItem,
} from '../syntax-tree.ts';
import { isFiniteComplex } from '../value/numeric-value.ts';
import { type CompareContext, compareProportion, countDecimals } from './compare-scalars.ts';
import { evaluateConstant } from './probe.ts';
import { type CompareValues, isSubject } from './subjects.ts';

/** What a relation says a value is. */
export interface Stated {
  readonly value: Item;
  /** What has the value: `x`, `f(n)`, `m+n`, `(p,q,r)`; null for `2+3=5`. */
  readonly subject: Item | null;
  /** The value in another form, behind `\approx`: it agrees with the first as far as it is written. */
  readonly other: Item | null;
}

/**
 * The value a relation states. In a chain of equalities every closed side must have the same value, and that is it;
 * without one the last side is the value of a name on the left. A standard form `… = 0` states no value, nor does a
 * chain whose sides differ: null.
 */
export function findStated(relation: RelationItem, areSame: CompareValues, context: CompareContext): Stated | null {
  const { sides, ops } = relation;
  if (ops.length === 0) return { value: sides[0]!, subject: null, other: null };
  if (ops.length === 1 && (ops[0] === '∈' || ops[0] === '∼')) {
    // Nothing is a member of a number.
    const isMeant = isSubject(sides[0]!) && (ops[0] === '∼' || sides[1]!.kind !== 'scalar');
    return isMeant ? { value: sides[1]!, subject: sides[0]!, other: null } : null;
  }
  const first = ops.indexOf('≈');
  if (ops.some((op) => op !== '=' && op !== '≈' && op !== '≡')) return null;
  // A name that is only about its value (`\Delta p \approx 3`) has it.
  const isOnlyAbout = first === 0 && isSubject(sides[0]!);
  const exact = first < 0 || isOnlyAbout ? sides : sides.slice(0, first + 1);
  const stated = findChainValue(exact, ops[0] === '≡', areSame, context);
  const other = first < 0 || isOnlyAbout ? null : sides.at(-1)!;
  if (stated === null || other === null) return stated;
  return { ...stated, other: isRounded(stated.value, other, context) ? other : null };
}

function findChainValue(
  sides: readonly Item[],
  isCongruence: boolean,
  areSame: CompareValues,
  context: CompareContext,
): Stated | null {
  const closed = sides.filter((side, k) => isValue(side) && !(k === 0 && isSubject(side)));
  const open = sides.filter((side) => !closed.includes(side));
  // "The length equals $w = 17$" is about `w`.
  const subject = open.find((side) => side.kind === 'scalar' && isOneLetter(side)) ?? open[0] ?? null;
  const value = closed.at(-1);
  if (value === undefined) return findSymbolicValue(sides, areSame);
  if (
    !isCongruence &&
    !closed.every((side) => side === value || areSame(value, side) || isRounded(side, value, context))
  )
    return null;
  if (subject !== null && !isSubject(subject)) {
    if (isZero(value) && !isCombination(subject)) return null;
    // `-x = 5` is about x, and `5 = x + 1` an equation for it.
    if (isMarked(subject) || (!isCombination(subject) && sides.lastIndexOf(subject) > sides.indexOf(value)))
      return null;
  }
  const exact = closed.find((side) => side !== value && isRounded(side, value, context) && !areSame(value, side));
  return exact === undefined ? { value, subject, other: null } : { value: exact, subject, other: value };
}

/** `f(x) = 2x`, `A = \frac{1}{2} b h`; an identity `(a-1)(a+1) = a^2-1` states either side. */
function findSymbolicValue(sides: readonly Item[], areSame: CompareValues): Stated | null {
  const last = sides.at(-1)!;
  if (last.kind === 'name') return null;
  const [first, ...rest] = sides;
  if (isSubject(first!))
    return rest.every((side) => side === last || areSame(last, side))
      ? { value: last, subject: first!, other: null }
      : null;
  return sides.every((side) => side === last || areSame(last, side))
    ? { value: last, subject: null, other: null }
    : null;
}

/** Something that is a value and not a name or an expression in symbols. */
function isValue(item: Item): boolean {
  if (item.kind === 'scalar') return isClosed(item.expr);
  return item.kind !== 'name' && item.kind !== 'text' && item.kind !== 'relation';
}

/** `x + y + z`, `mn`: symbols without a number, so that an equation with zero says its value. */
function isCombination(item: Item): boolean {
  return item.kind === 'scalar' && !hasType(item.expr, 'number');
}

/** A letter with what may stand around it: `w`, `-w`, `w^2`, `f(x)`. */
function isOneLetter(item: ScalarItem): boolean {
  const { expr } = item;
  return (
    isSubject(item) || isMarked(item) || (expr.type === 'binary' && expr.op === '^' && expr.left.type === 'symbol')
  );
}

/** A sign or a mark around something that has no value yet. */
function isMarked(item: Item): boolean {
  return item.kind === 'scalar' && (item.expr.type === 'negate' || item.expr.type === 'percent');
}

function isZero(item: Item): boolean {
  return item.kind === 'scalar' && item.expr.type === 'number' && item.expr.value.num === 0n;
}

/** Whether a decimal is what the value comes to when it is rounded at the decimal's last digit. */
function isRounded(value: Item, decimal: Item, context: CompareContext): boolean {
  if (value.kind !== 'scalar' || decimal.kind !== 'scalar' || !isClosed(value.expr)) return false;
  const places = countDecimals(decimal.expr);
  if (!Number.isFinite(places)) return false;
  const [exact, written] = [evaluateConstant(value.expr, context.steps), evaluateConstant(decimal.expr, context.steps)];
  if (!isFiniteComplex(exact) || !isFiniteComplex(written) || exact.im !== 0) return false;
  return Math.abs(exact.re - written.re) <= 0.5 * 10 ** -places * (1 + 1e-9);
}

const FLIPPED: Partial<Record<RelationOp, RelationOp>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };

/** Whether two equations or inequalities of two sides say the same: left minus right is proportional, with a factor that keeps the direction. */
export function areProportional(gold: RelationItem, answer: RelationItem, context: CompareContext): boolean {
  const [a, b] = [toDifference(gold), toDifference(answer)];
  if (a === null || b === null) return false;
  const sameOp = a.op === b.op;
  if (!sameOp && FLIPPED[b.op] !== a.op) return false;
  if (isClosed(a.expr) || isClosed(b.expr)) return false;
  const sign = compareProportion(a.expr, b.expr, context);
  return sign !== null && (FLIPPED[a.op] === undefined || sign > 0 === sameOp);
}

function toDifference({ sides, ops, modulus }: RelationItem): { readonly expr: Expr; readonly op: RelationOp } | null {
  const [left, right] = sides;
  const op = ops[0];
  if (ops.length !== 1 || modulus !== null || op === undefined || op === '∈' || op === '≈' || op === '≡') return null;
  if (left?.kind !== 'scalar' || right?.kind !== 'scalar') return null;
  // `t = 5 s` and `t = 5 h` differ by no factor of their numbers.
  if (left.unit !== null || right.unit !== null) return null;
  return { expr: joinBinary('-', left.expr, right.expr), op };
}

/**
 * Whether an expression solves an equation of which it is not a side: `xy = 6` is met by `\frac{6}{x}`. The equation
 * must be linear in the symbol that it is solved for, and the answer must not hold it.
 */
export function solvesEquation(equation: RelationItem, answer: Expr, isSame: (a: Expr, b: Expr) => boolean): boolean {
  const difference = toDifference(equation);
  if (difference === null || difference.op !== '=' || isClosed(answer)) return false;
  const held = listSymbols(answer);
  if (!held.some((name) => listSymbols(difference.expr).includes(name))) return false;
  return listSymbols(difference.expr).some((name) => {
    if (held.includes(name)) return false;
    const at = (value: Expr) => replaceSymbol(difference.expr, name, value);
    const [zero, one, two] = [0n, 1n, 2n].map((n) => at({ type: 'number', value: { num: n, den: 1n }, decimals: 0 }));
    // Linear: f(2) - f(1) = f(1) - f(0), and not constant.
    if (!isSame(joinBinary('-', two!, one!), joinBinary('-', one!, zero!)) || isSame(one!, zero!)) return false;
    return isSame(at(answer), { type: 'number', value: { num: 0n, den: 1n }, decimals: 0 });
  });
}

function replaceSymbol(expr: Expr, name: string, value: Expr): Expr {
  return replaceNodes(expr, (node) => (node.type === 'symbol' && node.name === name ? value : null));
}
