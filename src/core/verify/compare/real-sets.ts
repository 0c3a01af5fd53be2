import { Refusal } from '../limits.ts';
import {
  type Expr,
  type Item,
  isClosed,
  type ListJoint,
  type RelationItem,
  type RelationOp,
  type ScalarItem,
  type TupleItem,
  toScalar,
} from '../syntax-tree.ts';
import { type CompareContext, compareExpressions, signOfInfinity } from './compare-scalars.ts';
import { evaluateConstant } from './probe.ts';

/** An end of a stretch of real numbers; `expr` is null at infinity. */
interface End {
  readonly expr: Expr | null;
  readonly value: number;
  readonly isClosed: boolean;
}

interface Stretch {
  readonly low: End;
  readonly high: End;
}

/** A set of real numbers: stretches in order, none of which touch. */
export type RealSet = readonly Stretch[];

const MINUS_INFINITY: End = { expr: null, value: Number.NEGATIVE_INFINITY, isClosed: false };
const INFINITY: End = { expr: null, value: Number.POSITIVE_INFINITY, isClosed: false };
const ALL: RealSet = [{ low: MINUS_INFINITY, high: INFINITY }];

/** Whether two sets have the same stretches with the same kinds of ends. */
export function areEqualSets(a: RealSet, b: RealSet, context: CompareContext): boolean {
  return (
    a.length === b.length &&
    a.every((one, k) => isSameEnd(one.low, b[k]!.low, context) && isSameEnd(one.high, b[k]!.high, context))
  );
}

function isSameEnd(a: End, b: End, context: CompareContext): boolean {
  if (a.expr === null || b.expr === null) return a.value === b.value;
  return a.isClosed === b.isClosed && compareExpressions(a.expr, b.expr, context).equal;
}

/**
 * The set of real numbers an answer describes with closed ends: intervals, unions, inequalities in one name, set
 * builders, ℝ. Null for anything else. `name` is what the inequalities are about, null where there are none.
 */
export function toRealSet(
  item: Item,
  context: CompareContext,
): { readonly set: RealSet; readonly name: string | null } | null {
  try {
    const names = new Set<string>();
    const set = new SetReader(context, names).read(item);
    return set === null || names.size > 1 ? null : { set, name: [...names][0] ?? null };
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'nonfinite') return null;
    throw error;
  }
}

class SetReader {
  readonly #context: CompareContext;
  readonly #names: Set<string>;

  constructor(context: CompareContext, names: Set<string>) {
    this.#context = context;
    this.#names = names;
  }

  read(item: Item): RealSet | null {
    switch (item.kind) {
      case 'named-set':
        return item.name === 'R' ? ALL : item.name === 'empty' ? [] : null;
      case 'tuple':
        return this.#readInterval(item);
      case 'set':
        return this.#readPoints(item.items);
      case 'union':
        return this.#readUnion(item.parts, item.ops);
      case 'relation':
        return this.#readRelation(item);
      case 'builder':
        return this.#readBuilder(item.member, item.condition);
      case 'list':
        return this.#readList(item.items, item.joint);
      default:
        return null;
    }
  }

  /** The name of the member is bound: `\{t \mid t > 2\}` is about no `t`, and `\{x \mid y > 2\}` is no set of `x`. */
  #readBuilder(member: Item, condition: Item): RealSet | null {
    const bound = readBoundName(member);
    if (bound === null) return null;
    const names = new Set<string>();
    const set = new SetReader(this.#context, names).read(condition);
    return names.size === 1 && names.has(bound) ? set : null;
  }

  #readInterval({ open, close, items }: TupleItem): RealSet | null {
    const [low, high] = items;
    if (items.length !== 2 || low?.kind !== 'scalar' || high?.kind !== 'scalar') return null;
    const [from, to] = [this.#toEnd(low, open === '['), this.#toEnd(high, close === ']')];
    const stretch = from === null || to === null ? [] : this.#stretch(from, to);
    // `(2, -2)` is a pair, and no way to write the empty set.
    return stretch.length === 0 ? null : stretch;
  }

  /** Null for what has a unit, is not closed or not real. */
  #toEnd({ expr, unit }: ScalarItem, isClosed_: boolean): End | null {
    if (unit !== null) return null;
    const sign = signOfInfinity(expr);
    if (sign !== 0) return sign > 0 ? INFINITY : MINUS_INFINITY;
    if (!isClosed(expr)) return null;
    const { re, im } = evaluateConstant(expr, this.#context.steps);
    return im === 0 && Number.isFinite(re) ? { expr, value: re, isClosed: isClosed_ } : null;
  }

  #stretch(low: End, high: End): RealSet {
    const order = this.#compare(low, high);
    return order < 0 || (order === 0 && low.isClosed && high.isClosed) ? [{ low, high }] : [];
  }

  /** Negative, zero or positive; two ends that agree as doubles are the same place only when that is confirmed. */
  #compare(a: End, b: End): number {
    const scale = Math.max(1, Math.abs(a.value), Math.abs(b.value));
    if (a.expr === null || b.expr === null || Math.abs(a.value - b.value) > 1e-9 * scale)
      return Math.sign(a.value - b.value);
    return compareExpressions(a.expr, b.expr, this.#context).equal ? 0 : Math.sign(a.value - b.value);
  }

  #readPoints(items: readonly Item[]): RealSet | null {
    let set: RealSet = [];
    for (const item of items) {
      const end = item.kind === 'scalar' ? this.#toEnd(item, true) : null;
      if (end === null || end.expr === null) return null;
      set = this.#unite(set, [{ low: end, high: end }]);
    }
    return set;
  }

  #readUnion(parts: readonly Item[], ops: readonly string[]): RealSet | null {
    let set = this.read(parts[0]!);
    for (const [k, op] of ops.entries()) {
      const next = set === null ? null : this.read(parts[k + 1]!);
      if (set === null || next === null) return null;
      if (op === 'cup') set = this.#unite(set, next);
      else set = this.#meet(set, op === 'cap' ? next : this.#complement(next));
    }
    return set;
  }

  /**
   * Bounds joined by "and" hold at once, others one of them. `[0,1] or [2,3]` is a union; of sets that share points, such as
   * `(0,1) or \mathbb{R}`, one is meant and nobody knows which.
   */
  #readList(items: readonly Item[], joint: ListJoint): RealSet | null {
    const isBoth = joint === 'and';
    const isUnion = joint === 'or' && items.every(({ kind }) => kind === 'tuple');
    if (!isUnion && !items.every(({ kind }) => kind === 'relation')) return null;
    const isBounds = items.every((item) => item.kind === 'relation' && item.ops.every((op) => op !== '='));
    const sets = items.map((item) => this.read(item));
    const isUnsaid = joint === ',' && isBounds && items.length > 1;
    return sets.reduce((all, set) => {
      if (all === null || set === null) return null;
      const common = this.#meet(all, set);
      if (isUnion && common.length > 0) return null;
      // `x > 1, x < 2` can only hold at once, `x < 1, x > 2` only one by one.
      return isBounds && (isBoth || (isUnsaid && common.length > 0)) ? common : this.#unite(all, set);
    });
  }

  /** `x > 2`, `-4 < m \le 0`, `x \ne 3`, `x = 1`, `x \in [0,1]`: a name and closed bounds. */
  #readRelation({ sides, ops }: RelationItem): RealSet | null {
    const at = sides.findIndex((side) => nameOf(side) !== null);
    if (at < 0 || sides.length > 3 || (sides.length === 3 && at !== 1)) return null;
    this.#names.add(nameOf(sides[at]!)!);
    if (ops[0] === '∈') return ops.length === 1 && at === 0 ? this.read(sides[1]!) : null;
    let set: RealSet = ALL;
    for (const [k, op] of ops.entries()) {
      const bound = k === at ? this.#readBound(op, sides[k + 1]!) : this.#readBound(FLIPPED[op] ?? op, sides[k]!);
      if (bound === null) return null;
      set = this.#meet(set, bound);
    }
    return set;
  }

  #readBound(op: RelationOp, side: Item): RealSet | null {
    if (side.kind !== 'scalar') return null;
    const end = this.#toEnd(side, op === '<=' || op === '>=' || op === '=');
    if (end === null) return null;
    if (op === '<' || op === '<=') return [{ low: MINUS_INFINITY, high: end }];
    if (op === '>' || op === '>=') return [{ low: end, high: INFINITY }];
    if (end.expr === null) return null;
    if (op === '=') return [{ low: end, high: end }];
    return op === '!='
      ? this.#complement([{ low: { ...end, isClosed: true }, high: { ...end, isClosed: true } }])
      : null;
  }

  #complement(set: RealSet): RealSet {
    const gaps: Stretch[] = [];
    let low = MINUS_INFINITY;
    for (const { low: from, high: to } of set) {
      if (from.expr !== null) gaps.push(...this.#stretch(low, { ...from, isClosed: !from.isClosed }));
      low = to.expr === null ? INFINITY : { ...to, isClosed: !to.isClosed };
    }
    if (low !== INFINITY) gaps.push(...this.#stretch(low, INFINITY));
    return gaps;
  }

  #meet(a: RealSet, b: RealSet): RealSet {
    return a.flatMap((one) =>
      b.flatMap((other) =>
        this.#stretch(this.#innermost(one.low, other.low, 1), this.#innermost(one.high, other.high, -1)),
      ),
    );
  }

  /** Of two low ends (`side` 1) the higher, of two high ends the lower; an open one of two in the same place. */
  #innermost(a: End, b: End, side: 1 | -1): End {
    const order = side * this.#compare(a, b);
    if (order !== 0) return order > 0 ? a : b;
    return a.isClosed ? b : a;
  }

  /** In order, with what touches joined. */
  #unite(a: RealSet, b: RealSet): RealSet {
    const sorted = [...a, ...b].sort((one, other) => this.#compareLows(one.low, other.low));
    const joined: Stretch[] = [];
    for (const stretch of sorted) {
      const last = joined.at(-1);
      if (last === undefined || !this.#touches(last.high, stretch.low)) joined.push(stretch);
      else joined[joined.length - 1] = { low: last.low, high: this.#outermost(last.high, stretch.high) };
    }
    return joined;
  }

  #compareLows(a: End, b: End): number {
    return this.#compare(a, b) || Number(b.isClosed) - Number(a.isClosed);
  }

  #touches(high: End, low: End): boolean {
    const order = this.#compare(low, high);
    return order < 0 || (order === 0 && (low.isClosed || high.isClosed));
  }

  #outermost(a: End, b: End): End {
    const order = this.#compare(a, b);
    if (order !== 0) return order > 0 ? a : b;
    return a.isClosed ? a : b;
  }
}

const FLIPPED: Partial<Record<RelationOp, RelationOp>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };

/** The name that a set builder binds where its members are real: `x`, or `x \in \mathbb{R}`. Null for anything else. */
export function readBoundName(member: Item): string | null {
  if (member.kind === 'scalar') return member.expr.type === 'symbol' && member.unit === null ? member.expr.name : null;
  if (member.kind !== 'relation' || member.ops.length !== 1 || member.ops[0] !== '∈') return null;
  const [variable, domain] = member.sides;
  return domain?.kind === 'named-set' && domain.name === 'R' ? readBoundName(variable!) : null;
}

/** What the relations of an item are about, each name once; null where one of them is about nothing that has a name. */
export function listBoundNames(item: Item): readonly string[] | null {
  const relations = item.kind === 'list' ? item.items : [item];
  const names = relations.map((one) =>
    one.kind === 'relation' ? (one.sides.map(nameOf).find((name) => name !== null) ?? null) : null,
  );
  return names.includes(null) ? null : [...new Set(names as string[])];
}

/** `x > 2a` and `z > 2a`: bounds of two things. */
export function areOtherBounds(gold: Item, answer: Item): boolean {
  if (!isBound(gold) || !isBound(answer)) return false;
  const [mine, theirs] = [listBoundNames(gold), listBoundNames(answer)];
  if (mine?.length !== 1 || theirs?.length !== 1) return false;
  return mine[0]!.replace(/\s/g, '') !== theirs[0]!.replace(/\s/g, '');
}

function isBound(item: Item): boolean {
  return item.kind === 'relation' && item.ops.every((op) => /^[<>]/.test(op));
}

/** What an inequality is about: a symbol, a function of one, a thing with a name. */
function nameOf(item: Item): string | null {
  if (item.kind === 'name') return item.value;
  if (item.kind !== 'scalar' || item.unit !== null) return null;
  if (item.expr.type === 'symbol') return item.expr.name;
  return item.expr.type === 'apply' ? item.source : null;
}

/**
 * The interval an inequality in one name describes, with ends of any kind; null for anything else. `name` is what it
 * has to be about, null where anything will do.
 */
export function toInterval({ sides, ops }: RelationItem, name: string | null = null): TupleItem | null {
  const at = sides.findIndex((side) => (name === null ? nameOf(side) !== null : nameOf(side) === name));
  const isDouble = sides.length === 3 && at === 1 && ops[0]![0] === ops[1]![0];
  if (at < 0 || !ops.every((op) => /^[<>]/.test(op)) || (sides.length !== 2 && !isDouble)) return null;
  const lower =
    sides.length === 3 ? (ops[0]!.startsWith('<') ? 0 : 2) : (at === 0) === ops[0]!.startsWith('>') ? 1 - at : -1;
  const upper = sides.length === 3 ? 2 - lower : lower < 0 ? 1 - at : -1;
  const kindAt = (side: number) => ops[side > at ? side - 1 : side]!.endsWith('=');
  const infinity: Expr = { type: 'constant', name: 'infty' };
  return {
    kind: 'tuple',
    open: lower >= 0 && kindAt(lower) ? '[' : '(',
    close: upper >= 0 && kindAt(upper) ? ']' : ')',
    items: [
      lower >= 0 ? sides[lower]! : toScalar({ type: 'negate', of: infinity }),
      upper >= 0 ? sides[upper]! : toScalar(infinity),
    ],
    source: '',
  };
}
