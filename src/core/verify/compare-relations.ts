import type { Outcome } from './compare-scalars.ts';
import { Refusal, type StepBudget } from './limits.ts';
import { probeQuotient } from './probe-equal.ts';
import { type Expr, type Item, listSymbols, type RelationOp } from './syntax-tree.ts';

type Relation = Extract<Item, { kind: 'relation' }>;

const FLIPPED: Partial<Record<RelationOp, RelationOp>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };

/**
 * The value a relation states, or null: the last member of a chain of equalities that begins with a
 * name or is all numbers (or the number of `7 = x`), without what follows an approximation sign; the set of a membership.
 */
export function findStatedValue(relation: Relation): Item | null {
  const approximation = relation.ops.indexOf('≈');
  const ops = approximation > 0 ? relation.ops.slice(0, approximation) : relation.ops;
  if (ops.length === 1 && ops[0] === '∈')
    return relation.names[0] || isSymbolList(relation.sides[0]!) ? relation.sides[1]! : null;
  if (ops.length === 1 && ops[0] === '≈') return relation.names[0] ? relation.sides[1]! : relation.sides[0]!;
  if (ops.length === 1 && ops[0] === '≡') return relation.names[0] ? relation.sides[1]! : null;
  if (ops.some((op) => op !== '=')) return null;
  const sides = relation.sides.slice(0, ops.length + 1);
  if (relation.names[0] || sides.every(isNumeric)) return sides.at(-1)!;
  return sides.length === 2 && isNumeric(sides[0]!) && isSymbol(sides[1]!) ? sides[0]! : null;
}

function isSymbolList(item: Item): boolean {
  return item.kind === 'list' || item.kind === 'tuple';
}

function isSymbol(item: Item): boolean {
  return item.kind === 'scalar' && item.expr.type === 'symbol';
}

function isNumeric(item: Item): boolean {
  return item.kind === 'scalar' && listSymbols(item.expr).length === 0;
}

/** The interval an inequality describes: `-793 < a < 10`, `x \ge 5`. Null for anything else. */
export function findValueSet(relation: Relation): Item | null {
  const { sides, ops, names } = relation;
  if (ops.length === 2 && names[1]) {
    const direction = ops[0]!.startsWith('<') ? '<' : '>';
    if (!ops.every((op) => op.startsWith(direction) && op !== '!=')) return null;
    return direction === '<'
      ? toInterval(sides[0]!, ops[0]!, sides[2]!, ops[1]!)
      : toInterval(sides[2]!, ops[1]!, sides[0]!, ops[0]!);
  }
  if (ops.length !== 1 || !/^[<>]/.test(ops[0]!)) return null;
  if (names[0])
    return ops[0]!.startsWith('<')
      ? toInterval(null, '<', sides[1]!, ops[0]!)
      : toInterval(sides[1]!, ops[0]!, null, '<');
  if (names[1])
    return ops[0]!.startsWith('<')
      ? toInterval(sides[0]!, ops[0]!, null, '<')
      : toInterval(null, '<', sides[0]!, ops[0]!);
  return null;
}

const INFINITY: Expr = { type: 'constant', name: 'infty' };

function toInterval(low: Item | null, lowOp: RelationOp, high: Item | null, highOp: RelationOp): Item {
  const toEnd = (expr: Expr): Item => ({ kind: 'scalar', expr, unit: null, source: '' });
  return {
    kind: 'tuple',
    open: lowOp.endsWith('=') ? '[' : '(',
    close: highOp.endsWith('=') ? ']' : ')',
    items: [low ?? toEnd({ type: 'negate', of: INFINITY }), high ?? toEnd(INFINITY)],
    source: '',
  };
}

/**
 * Compares two equations or inequalities of two sides: left minus right must be proportional, with a
 * factor that keeps the direction. Null when they are of other shapes.
 */
export function compareRelations(gold: Relation, answer: Relation, steps: StepBudget): Outcome | null {
  const [a, b] = [toDifference(gold), toDifference(answer)];
  if (a === null || b === null) return null;
  const sameOp = a.op === b.op;
  const flipped = FLIPPED[b.op] === a.op;
  if (!sameOp && !flipped) return { equal: false, rule: 'relation' };
  if (listSymbols(a.expr).length === 0 && listSymbols(b.expr).length === 0) return null;
  const quotient = probeSafely(a.expr, b.expr, steps);
  if (quotient === null) return { equal: false, rule: 'relation' };
  const isOriented = FLIPPED[a.op] !== undefined;
  return { equal: !isOriented || quotient > 0 === sameOp, rule: 'relation' };
}

function toDifference(relation: Relation): { readonly expr: Expr; readonly op: RelationOp } | null {
  const [left, right] = relation.sides;
  const op = relation.ops[0]!;
  if (relation.ops.length !== 1 || op === '∈' || op === '≈') return null;
  if (left?.kind !== 'scalar' || right?.kind !== 'scalar') return null;
  return { expr: { type: 'binary', op: '-', left: left.expr, right: right.expr }, op };
}

/** The real factor between both, or null; what cannot be evaluated is not proportional. */
function probeSafely(a: Expr, b: Expr, steps: StepBudget): number | null {
  try {
    const quotient = probeQuotient(a, b, steps);
    return quotient !== null && Math.abs(quotient.im) <= 1e-9 * Math.abs(quotient.re) ? quotient.re : null;
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'syntax') return null;
    throw error;
  }
}
