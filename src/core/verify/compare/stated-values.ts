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
  toScalar,
} from '../syntax-tree.ts';
import { isFiniteComplex } from '../value/numeric-value.ts';
import { type CompareContext, compareProportion, countDecimals, renameSymbols } from './compare-scalars.ts';
import { evaluateConstant } from './probe.ts';

/** What a relation says a value is. */
export interface Stated {
  readonly value: Item;
  /** What has the value: `x`, `f(n)`, `m+n`, `(p,q,r)`; null for `2+3=5`. */
  readonly subject: Item | null;
  /** The value in another form, behind `\approx`: it agrees with the first as far as it is written. */
  readonly other: Item | null;
}

/** Compares two answers that are no relations. */
export type CompareValues = (gold: Item, answer: Item) => boolean;

/**
 * The value a relation states. In a chain of equalities every closed side must have the same value, and that is it;
 * without one the last side is the value of a name on the left. A standard form `… = 0` states no value, nor does a
 * chain whose sides differ: null.
 */
export function findStated(relation: RelationItem, areSame: CompareValues, context: CompareContext): Stated | null {
  const { sides, ops } = relation;
  if (ops.length === 0) return { value: sides[0]!, subject: null, other: null };
  if (ops.length === 1 && (ops[0] === '∈' || ops[0] === '∼'))
    return isSubject(sides[0]!) ? { value: sides[1]!, subject: sides[0]!, other: null } : null;
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
  const subject = sides.find((side) => !closed.includes(side)) ?? null;
  const value = closed.at(-1);
  if (value === undefined) return findSymbolicValue(sides, areSame);
  if (
    !isCongruence &&
    !closed.every((side) => side === value || areSame(value, side) || isRounded(side, value, context))
  )
    return null;
  if (subject !== null && isZero(value) && !isSubject(subject) && !isCombination(subject)) return null;
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

function isZero(item: Item): boolean {
  return item.kind === 'scalar' && item.expr.type === 'number' && item.expr.value.num === 0n;
}

/** A thing that may have a value: a symbol, a function of symbols, a name in words, a tuple of symbols. */
export function isSubject(item: Item): boolean {
  if (item.kind === 'name' || item.kind === 'text') return true;
  if (item.kind === 'tuple' || item.kind === 'list') return item.items.every(isSubject);
  if (item.kind === 'ratio') return item.parts.every(({ type }) => type === 'symbol' || type === 'binary');
  if (item.kind !== 'scalar') return false;
  const { expr } = item;
  if (expr.type === 'symbol') return true;
  if (expr.type === 'call' && expr.name === 'abs') return expr.args.every((arg) => !isClosed(arg));
  return expr.type === 'apply' && listArguments(expr) !== null;
}

/** The symbols a function is defined for; null when an argument is anything else. */
function listArguments(expr: Expr): string[] | null {
  if (expr.type !== 'apply') return null;
  const names = expr.args.map((arg) => (arg.type === 'symbol' ? arg.name : isClosed(arg) ? '' : null));
  return names.includes(null) ? null : (names as string[]);
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

/**
 * Whether two subjects may have one value, and the second's value in the first one's symbols: `f(m) = 2m` says what
 * `f(n) = 2n` says. Null when they are different things.
 */
export function alignSubjects(
  gold: Item | null,
  answer: Item | null,
  value: Item,
  areSame: CompareValues,
): Item | null {
  if (gold === null || answer === null) return value;
  if (isWords(gold) || isWords(answer)) return areOtherFormulas(gold, answer) ? null : value;
  if (gold.kind !== 'scalar' || answer.kind !== 'scalar') return alignStructures(gold, answer, value, areSame);
  const [wanted, found] = [gold.expr, answer.expr];
  if (wanted.type === 'apply' && found.type === 'apply') return alignArguments(wanted, found, value, areSame);
  if (wanted.type === 'symbol' && found.type === 'symbol') return wanted.name === found.name ? value : null;
  // `x = 5` is about x: no `2y = 5` says it. `m + n = 113` may be said as `S = 113`, and not as `m = 113`.
  if (wanted.type === 'symbol') return null;
  if (found.type === 'symbol') return listSymbols(wanted).includes(found.name) ? null : value;
  return areSame(gold, answer) ? value : null;
}

/** `P(A|B)` and `P(B|A)`: names that are formulas, and differ. */
function areOtherFormulas(gold: Item, answer: Item): boolean {
  const [one, other] = [gold.source, answer.source].map((source) =>
    source.replace(/\s|\$|\\(?:left|right|mid)(?![A-Za-z])/g, ''),
  );
  return /[(|]/.test(one!) && /[(|]/.test(other!) && one !== other;
}

/** `(x, y)` and `(y, x)` in the same order; other letters for all of them are other names for the same. */
function alignStructures(gold: Item, answer: Item, value: Item, areSame: CompareValues): Item | null {
  if (gold.kind !== answer.kind) return null;
  if (areSame(gold, answer)) return value;
  const [wanted, found] = [listOwnNames(gold), listOwnNames(answer)];
  if (wanted === null || found === null || wanted.length !== found.length) return null;
  if (!wanted.some((name) => found.includes(name))) return value;
  const order = wanted.map((name) => found.indexOf(name));
  if (order.includes(-1) || value.kind !== 'tuple' || value.items.length !== order.length) return null;
  return { ...value, items: order.map((at) => value.items[at]!) };
}

/** What a tuple, list or ratio of symbols is made of. */
function listOwnNames(item: Item): readonly string[] | null {
  if (item.kind === 'ratio') return item.parts.flatMap((part) => listSymbols(part));
  return item.kind === 'tuple' || item.kind === 'list' ? item.items.map(({ source }) => source.trim()) : null;
}

type Apply = Extract<Expr, { type: 'apply' }>;

function alignArguments(gold: Apply, answer: Apply, value: Item, areSame: CompareValues): Item | null {
  const [wanted, found] = [listArguments(gold), listArguments(answer)];
  if (wanted === null || found === null) return areSame(toScalar(gold), toScalar(answer)) ? value : null;
  if (gold.name !== answer.name || wanted.length !== found.length) return null;
  if (wanted.some((name, k) => (name === '') !== (found[k] === ''))) return null;
  if (wanted.includes('') && !areSame(toScalar(gold), toScalar(answer))) return null;
  // `P(A)` and `P(B)` are of different events.
  if (wanted.some((name, k) => name !== found[k] && /^[A-Z]/.test(name))) return null;
  const names = new Map(found.flatMap((name, k): [string, string][] => (name === '' ? [] : [[name, wanted[k]!]])));
  // `f(t) = 4x` is no rule for `f(x)`: what is renamed must not meet its like.
  const free = value.kind === 'scalar' ? listSymbols(value.expr).filter((name) => !names.has(name)) : [];
  if (free.some((name) => wanted.includes(name))) return null;
  return value.kind === 'scalar' ? { ...value, expr: renameSymbols(value.expr, names) } : value;
}

function isWords(item: Item): boolean {
  return item.kind === 'name' || item.kind === 'text';
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
