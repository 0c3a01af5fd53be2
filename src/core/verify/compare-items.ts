import { compareRelations, findStatedValue, findValueSet } from './compare-relations.ts';
import { type CompareContext, compareExpressions, type Outcome } from './compare-scalars.ts';
import { expandSigns } from './expand-signs.ts';
import { LIMITS, Refusal } from './limits.ts';
import { resolveMatrices } from './matrix-value.ts';
import type { Policy } from './policy.ts';
import type { Expr, Item } from './syntax-tree.ts';

const NO: Outcome = { equal: false, rule: 'structure' };

/**
 * Compares a parsed answer with a parsed reference; the form of the reference decides what is
 * compared (verification 5). Throws `Refusal` when a bound is hit or a value is not finite.
 */
export function compareItems(gold: Item, answer: Item, context: CompareContext, depth = 0): Outcome {
  if (depth > LIMITS.structureDepth) throw new Refusal('limit:structure');
  if (gold.kind === 'relation' || answer.kind === 'relation') return compareWithRelation(gold, answer, context, depth);
  if (gold.kind === 'text' || answer.kind === 'text') return { equal: isSameText(gold, answer), rule: 'text' };
  if (gold.kind === 'scalar' && answer.kind === 'scalar') return compareScalarItems(gold, answer, context, depth);
  if (gold.kind === 'tuple' || answer.kind === 'tuple') return compareTuples(gold, answer, context, depth);
  if (gold.kind === 'union' || answer.kind === 'union') return compareUnions(gold, answer, context, depth);
  return compareMembers(gold, answer, context, depth);
}

function compareWithRelation(gold: Item, answer: Item, context: CompareContext, depth: number): Outcome {
  if (gold.kind === 'relation' && answer.kind === 'relation') {
    const direct = compareRelations(gold, answer, context.steps);
    if (direct?.equal) return direct;
  }
  const stated = gold.kind === 'relation' ? findStatedValue(gold) : gold;
  const goldValue = gold.kind === 'relation' ? (stated ?? findValueSet(gold)) : gold;
  // An inequality that meets a set may be the question said again: only where the reference is an inequality itself.
  const mayBeSet = stated === null || context.policy.setFromRelation;
  const answerValue =
    answer.kind === 'relation' ? (findStatedValue(answer) ?? (mayBeSet ? findValueSet(answer) : null)) : answer;
  if (goldValue === null || answerValue === null) return { equal: isSameText(gold, answer), rule: 'relation' };
  if (hasOtherName(gold, answer)) return { equal: false, rule: 'name' };
  return compareItems(goldValue, answerValue, context, depth + 1);
}

/** `x = 3` does not meet `y = 3` when both are single symbols. */
function hasOtherName(gold: Item, answer: Item): boolean {
  const [a, b] = [nameOf(gold), nameOf(answer)];
  return a !== null && b !== null && a !== b;
}

function nameOf(item: Item): string | null {
  if (item.kind !== 'relation' || item.ops[0] !== '=') return null;
  const side = item.sides[0]!;
  return side.kind === 'scalar' && side.expr.type === 'symbol' ? side.expr.name : null;
}

function isSameText(gold: Item, answer: Item): boolean {
  const a = toPlainText(gold);
  const b = toPlainText(answer);
  if (a === '' || b === '') return false;
  // Case tells single letters apart (a variable from a choice), not words.
  return a.length === 1 || b.length === 1 ? a === b : a.toLowerCase() === b.toLowerCase();
}

/** Letters, digits and operators alone; empty for a structure whose source has commands or operators. */
function toPlainText(item: Item): string {
  const source = item.kind === 'text' ? item.value : item.source;
  const bare = source.replace(/\\(?:text|mbox|textbf|mathrm|operatorname)(?![A-Za-z])/g, '');
  if (item.kind !== 'text' && !/^[\p{L}\d\s().,'"{}$]*$/u.test(bare)) return '';
  return bare.replace(/(?<!\d)\.|\.(?!\d)|(?<=\p{L})-(?=\p{L})|[^-\p{L}\p{N}.+*/=<>^:_\\]/gu, '');
}

function compareScalarItems(
  gold: Extract<Item, { kind: 'scalar' }>,
  answer: Extract<Item, { kind: 'scalar' }>,
  context: CompareContext,
  depth: number,
): Outcome {
  if (!areUnitsCompatible(gold.unit, answer.unit, context.policy.units)) return { equal: false, rule: 'unit' };
  const golds = expandSigns(gold.expr);
  const answers = expandSigns(answer.expr);
  if (golds.length > 1 || answers.length > 1) {
    return matchSets(golds.map(toItem), answers.map(toItem), context, depth);
  }
  const left = resolveMatrices(golds[0]!, context.steps);
  const right = resolveMatrices(answers[0]!, context.steps);
  if (left.type === 'matrix' || right.type === 'matrix') return compareMatrices(left, right, context);
  return compareExpressions(left, right, context);
}

/** Singular and plural of one word are one unit. */
function areUnitsCompatible(gold: string | null, answer: string | null, rule: Policy['units']): boolean {
  if (rule === 'ignore') return true;
  if (gold === null || answer === null) return rule === 'absent-ok' || gold === answer;
  return gold.replace(/s$/, '') === answer.replace(/s$/, '');
}

function toItem(expr: Expr): Item {
  return { kind: 'scalar', expr, unit: null, source: '' };
}

function compareMatrices(gold: Expr, answer: Expr, context: CompareContext): Outcome {
  if (gold.type !== 'matrix' || answer.type !== 'matrix') return NO;
  if (gold.rows.length !== answer.rows.length || gold.rows[0]!.length !== answer.rows[0]!.length) return NO;
  const equal = gold.rows.every((row, i) =>
    row.every((entry, k) => compareExpressions(entry, answer.rows[i]![k]!, context).equal),
  );
  return { equal, rule: 'matrix' };
}

function compareTuples(gold: Item, answer: Item, context: CompareContext, depth: number): Outcome {
  if (gold.kind === 'tuple' && answer.kind === 'tuple') {
    const sameBrackets = gold.open === answer.open && gold.close === answer.close;
    if (!sameBrackets && gold.items.length === 2) return { equal: false, rule: 'brackets' };
    return compareInOrder(gold.items, answer.items, context, depth, 'tuple');
  }
  // `{1,3}` in bare braces is a point to many models; a real set is not.
  if (gold.kind === 'tuple' && answer.kind === 'set' && gold.open === '(' && gold.close === ')') {
    return compareInOrder(gold.items, answer.items, context, depth, 'tuple');
  }
  const [tuple, other] = gold.kind === 'tuple' ? [gold, answer] : [answer, gold];
  const vector = tuple.kind === 'tuple' ? findVector(other, context) : null;
  if (vector !== null && tuple.kind === 'tuple') {
    const [left, right] = gold.kind === 'tuple' ? [tuple.items, vector] : [vector, tuple.items];
    return compareInOrder(left, right, context, depth, 'vector');
  }
  if (gold.kind === 'set' || gold.kind === 'list' || answer.kind === 'set' || answer.kind === 'list')
    return compareLoneMember(gold, answer, context, depth);
  return NO;
}

/** A list or set of one tuple, compared with the tuple itself. */
function compareLoneMember(gold: Item, answer: Item, context: CompareContext, depth: number): Outcome {
  if (gold.kind === 'set' || answer.kind === 'set') return NO;
  return matchSets(membersOf(gold), membersOf(answer), context, depth);
}

/** Entries of a matrix of one row or one column. */
function findVector(item: Item, context: CompareContext): Item[] | null {
  if (item.kind !== 'scalar') return null;
  const resolved = resolveMatrices(item.expr, context.steps);
  if (resolved.type !== 'matrix') return null;
  if (resolved.rows.length !== 1 && resolved.rows[0]!.length !== 1) return null;
  return resolved.rows.flat().map(toItem);
}

function compareInOrder(
  gold: readonly Item[],
  answer: readonly Item[],
  context: CompareContext,
  depth: number,
  rule: string,
): Outcome {
  if (gold.length !== answer.length) return { equal: false, rule };
  return { equal: gold.every((item, i) => compareItems(item, answer[i]!, context, depth + 1).equal), rule };
}

function compareUnions(gold: Item, answer: Item, context: CompareContext, depth: number): Outcome {
  if (gold.kind !== 'union' || answer.kind !== 'union') return NO;
  if (gold.ops.includes('setminus') || answer.ops.includes('setminus')) {
    if (gold.ops.join() !== answer.ops.join()) return NO;
    return compareInOrder(gold.parts, answer.parts, context, depth, 'union');
  }
  if (new Set([...gold.ops, ...answer.ops]).size > 1) return NO;
  return { ...matchSets(gold.parts, answer.parts, context, depth), rule: 'union' };
}

function membersOf(item: Item): readonly Item[] {
  return item.kind === 'list' || item.kind === 'set' ? item.items : [item];
}

function compareMembers(gold: Item, answer: Item, context: CompareContext, depth: number): Outcome {
  const golds = membersOf(gold);
  const answers = membersOf(answer);
  const isNamed = (items: readonly Item[]) => items.some((item) => item.kind === 'relation');
  // `AB = 4, CD = 5` is met by `4, 5` in the same order.
  if (golds.length > 1 && isNamed(golds) !== isNamed(answers))
    return compareInOrder(golds, answers, context, depth, 'named-list');
  if (context.policy.order === 'sequence' && gold.kind === 'list' && answer.kind === 'list')
    return compareInOrder(golds, answers, context, depth, 'sequence');
  return matchSets(golds, answers, context, depth);
}

/** Equality as sets, by value: every member of one side has an equal one on the other. */
function matchSets(gold: readonly Item[], answer: readonly Item[], context: CompareContext, depth: number): Outcome {
  const golds = gold.flatMap(expandMember);
  const answers = answer.flatMap(expandMember);
  if (golds.length > LIMITS.members || answers.length > LIMITS.members) throw new Refusal('limit:members');
  const isMet = (item: Item, others: readonly Item[], goldFirst: boolean) =>
    others.some(
      (other) =>
        (goldFirst ? compareItems(item, other, context, depth + 1) : compareItems(other, item, context, depth + 1))
          .equal,
    );
  const equal = golds.every((item) => isMet(item, answers, true)) && answers.every((item) => isMet(item, golds, false));
  return { equal, rule: 'set' };
}

/** `1 \pm \sqrt2` inside a list stands for two members. */
function expandMember(item: Item): readonly Item[] {
  if (item.kind === 'list') return item.items.flatMap(expandMember);
  if (item.kind !== 'scalar') return [item];
  const readings = expandSigns(item.expr);
  return readings.length === 1 ? [item] : readings.map(toItem);
}
