import type { StepBudget } from '../limits.ts';
import {
  childrenOf,
  type Expr,
  hasType,
  type Item,
  isClosed,
  joinBinary,
  type ScalarItem,
  type TupleItem,
  toScalar,
  type Unit,
  withChildren,
} from '../syntax-tree.ts';
import { resolveMatrices } from '../value/matrix-value.ts';
import { divide, isEqual, makeRational } from '../value/rational.ts';
import { isInfinite, type Outcome } from './compare-scalars.ts';
import { listNames } from './member-names.ts';
import { readBoundName, toInterval } from './real-sets.ts';
import { isSubject } from './subjects.ts';

/**
 * Whether members without a unit in the reference may be met by members with these: one scale for each dimension, and
 * a unit behind all of them or the last alone. `1 cm, 2 m` and `1 cm, 2` say other values than `1, 2`.
 */
export function haveLikeUnits(golds: readonly Item[], answers: readonly Item[]): boolean {
  if (golds.some(hasUnit)) return true;
  const values = answers.filter((item) => item.kind !== 'scalar' || (isClosed(item.expr) && !isInfinite(item.expr)));
  const units = values.map((item) => findUnitOf(item)?.known ?? null);
  const known = units.filter((unit) => unit !== null);
  if (known.length === 0) return true;
  const isScaled = known.some((unit) =>
    known.some((other) => unit.dimension === other.dimension && !isEqual(unit.factor, other.factor)),
  );
  const isBehindAll = values.every(hasUnit) || (known.length === 1 && units.at(-1) !== null);
  return !isScaled && isBehindAll;
}

/** The unit of a value, be it a named one. */
function findUnitOf(item: Item): Unit | null {
  if (item.kind === 'relation' && item.ops.length === 1 && item.ops[0] === '=') return findUnitOf(item.sides.at(-1)!);
  return item.kind === 'scalar' ? item.unit : null;
}

/** Sets that say so themselves, so that a pair beside them is an interval. */
export function isExplicitSet({ kind }: Item): boolean {
  return kind === 'union' || kind === 'builder' || kind === 'named-set';
}

/** `x < 1 \text{ or } x > 2`: a list of bounds is one set. */
export function isBoundList(item: Item): boolean {
  if (item.kind !== 'list') return false;
  return (
    item.items.every((one) => one.kind === 'relation') &&
    item.items.some((one) => one.kind === 'relation' && one.ops.some((op) => /^[<>!]/.test(op)))
  );
}

/** An inequality as the interval it describes, a list of them as their union. */
export function toStructure(item: Item): Item {
  if (item.kind === 'relation')
    return toInterval(item) ?? (item.ops[0] === '∈' && isSubject(item.sides[0]!) ? item.sides[1]! : item);
  if (item.kind === 'builder' && item.condition.kind === 'relation') {
    const name = readBoundName(item.member);
    return (name === null ? null : toInterval(item.condition, name)) ?? item;
  }
  if (!isBoundList(item) || item.kind !== 'list') return item;
  const parts = item.items.map(toStructure);
  return { kind: 'union', parts, ops: parts.slice(1).map(() => 'cup' as const), source: item.source };
}

/** A time as it is written. */
type ClockTime = Pick<Extract<Item, { kind: 'clock' }>, 'digits' | 'half'>;

export function compareClocks(gold: Item, answer: Item): Outcome {
  // `1:18` may be a ratio: by the numbers that are written.
  const ratio = gold.kind === 'ratio' ? gold : answer.kind === 'ratio' ? answer : null;
  if (ratio !== null) {
    const clock = gold.kind === 'clock' ? gold : answer;
    const written = ratio.parts.map((part) => (part.type === 'number' ? String(part.value.num) : '?')).join(':');
    const isSame = clock.kind === 'clock' && clock.half === null && clock.digits === written;
    return { equal: isSame, rule: 'ratio' };
  }
  if (isFraction(gold) || isFraction(answer)) return { equal: isSameRatio(gold, answer), rule: 'ratio' };
  const [left, right] = [readClock(gold), readClock(answer)];
  if (left === null || right === null) return { equal: false, rule: 'clock' };
  const [one, other] = [toMinuteOfDay(left), toMinuteOfDay(right)];
  if (one !== null && other !== null) return { equal: one === other, rule: 'clock' };
  const isSameHour = left.digits === right.digits || writeMinutes(left) === writeMinutes(right);
  const equal = isSameHour && (left.half === right.half || left.half === null || right.half === null);
  return { equal, rule: 'clock' };
}

type Fraction = ScalarItem & { readonly expr: Extract<Expr, { type: 'binary' }> };

function isFraction(item: Item): item is Fraction {
  return item.kind === 'scalar' && item.expr.type === 'binary' && item.expr.op === '/' && item.unit === null;
}

/** `5:12` beside a fraction is a ratio, and no time. */
function isSameRatio(gold: Item, answer: Item): boolean {
  const [fraction, clock] = isFraction(gold) ? [gold, answer] : [answer, gold];
  if (!isFraction(fraction) || clock.kind !== 'clock' || clock.half !== null) return false;
  const match = /^(\d{1,2}):([1-9]\d?)$/.exec(clock.digits);
  const { left, right } = fraction.expr;
  if (match === null || left.type !== 'number' || right.type !== 'number') return false;
  const [over, under] = [makeRational(BigInt(match[1]!), BigInt(match[2]!)), divide(left.value, right.value)];
  return over !== null && under !== null && isEqual(over, under);
}

/** `9 a.m.` is `9:00`; a 9 alone may be no time. */
function writeMinutes({ digits, half }: ClockTime): string {
  return half === null || digits.includes(':') ? digits : `${digits}:00`;
}

/** Minutes after midnight of a time that says which half of the day it is in: `5 PM`, `17:00`, `0:30`; null for `5:00`. */
function toMinuteOfDay({ digits, half }: ClockTime): number | null {
  const [hours = 0, minutes] = digits.split(':').map(Number);
  const isHour =
    half === null ? (hours > 12 || hours === 0) && hours < 24 && minutes !== undefined : hours > 0 && hours < 13;
  if (!isHour) return null;
  return (half === null ? hours : (hours % 12) + (half === 'pm' ? 12 : 0)) * 60 + (minutes ?? 0);
}

/** The digits of a clock time; 9 of `9 a.m.` may stand alone. */
function readClock(item: Item): ClockTime | null {
  if (item.kind === 'clock') return item;
  const isHour =
    item.kind === 'scalar' && item.unit === null && item.expr.type === 'number' && item.expr.value.den === 1n;
  return isHour && item.expr.type === 'number' ? { digits: `${item.expr.value.num}`, half: null } : null;
}

export function toQuotient(item: Item): Item | null {
  if (item.kind === 'scalar') return item;
  if (item.kind !== 'ratio' || item.parts.length !== 2) return null;
  return toScalar(joinBinary('/', item.parts[0]!, item.parts[1]!));
}

export function membersOf(item: Item): readonly Item[] {
  return item.kind === 'list' || item.kind === 'set' ? item.items : [item];
}

/**
 * Whether two lists may be met by each other: values of different names that all hold are not values of which one
 * holds, and a list that is one choice of several is no member of a longer one.
 */
export function haveLikeJoints(gold: Item, answer: Item): boolean {
  return isChoice(gold) === isChoice(answer) && !holdsJointList(gold) && !holdsJointList(answer);
}

/** `x = 1 \text{ or } y = 2`, `5 \text{ apples or } 7 \text{ pears}`. */
function isChoice(item: Item): boolean {
  if (item.kind !== 'list' || item.joint !== 'or') return false;
  const units = item.items.flatMap((one) => (one.kind === 'scalar' && one.unit !== null ? [one.unit.text] : []));
  const names = listNames(item.items) ?? (units.length === item.items.length ? units : []);
  return new Set(names).size > 1;
}

/** `5 \text{ or } 6 \text{ and } 7`. */
function holdsJointList(item: Item): boolean {
  return item.kind === 'list' && item.joint === 'or' && item.items.some((one) => one.kind === 'list');
}

/** Both readings of an expression with `\pm` or `\mp` (all signs together), or the expression alone. */
export function expandSigns(expr: Expr): Expr[] {
  return hasType(expr, 'plus-minus') ? [readWithSign(expr, 1), readWithSign(expr, -1)] : [expr];
}

function readWithSign(expr: Expr, sign: 1 | -1): Expr {
  if (expr.type !== 'plus-minus')
    return withChildren(
      expr,
      childrenOf(expr).map((child) => readWithSign(child, sign)),
    );
  const right = readWithSign(expr.right, sign);
  const isPlus = expr.sign * sign === 1;
  if (expr.left === null) return isPlus ? right : { type: 'negate', of: right };
  return joinBinary(isPlus ? '+' : '-', readWithSign(expr.left, sign), right);
}

/** `1 \pm \sqrt2` inside a list stands for two members. */
export function expandMember(item: Item): readonly Item[] {
  if (item.kind === 'list') return item.items.flatMap(expandMember);
  if (item.kind !== 'scalar') return [item];
  const readings = expandSigns(item.expr);
  return readings.length === 1 ? [item] : readings.map(toScalar);
}

/** `[[1, 2], [3, 4]]`: a matrix as programs write it. */
export function isGrid({ open, items }: TupleItem): boolean {
  return open === '[' && items.every((item) => item.kind === 'tuple' && item.open === '[' && item.close === ']');
}

export function hasUnit(item: Item): boolean {
  return findUnitOf(item) !== null;
}

/** A set in braces of its own. */
export function isRealSet(item: Item): boolean {
  return item.kind === 'set' && !item.isBare;
}

/** Digits with a sign or a percent sign: what an approximate form may be met by. */
export function isWritten(item: Item): boolean {
  if (item.kind !== 'scalar') return false;
  const { expr } = item;
  return expr.type === 'number' || ((expr.type === 'negate' || expr.type === 'percent') && expr.of.type === 'number');
}

/** Rows of a matrix, each as a tuple in square brackets. */
export function findRows(item: Item, steps: StepBudget): TupleItem[] | null {
  if (item.kind !== 'scalar' || !hasType(item.expr, 'matrix')) return null;
  const resolved = resolveMatrices(item.expr, steps);
  if (resolved.type !== 'matrix') return null;
  return resolved.rows.map((row) => ({ kind: 'tuple', open: '[', close: ']', items: row.map(toScalar), source: '' }));
}

/** Entries of a matrix of one row or one column. */
export function findVector(item: Item, steps: StepBudget): Item[] | null {
  const rows = findRows(item, steps);
  if (rows === null || (rows.length !== 1 && rows[0]!.items.length !== 1)) return null;
  return rows.flatMap(({ items }) => items);
}
