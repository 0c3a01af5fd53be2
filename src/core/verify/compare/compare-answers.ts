import { LIMITS, Refusal } from '../limits.ts';
import {
  type Condition,
  type Expr,
  type Item,
  isSameTree,
  joinBinary,
  type RelationItem,
  type ScalarItem,
  toScalar,
} from '../syntax-tree.ts';
import { resolveMatrices } from '../value/matrix-value.ts';
import { alignUnits, type CompareContext, compareExpressions, type Outcome } from './compare-scalars.ts';
import { isNarrowed, isOwnDomain, isSameDomain, splitConditions } from './conditions.ts';
import { areCongruent, isRemainder } from './congruences.ts';
import {
  compareClocks,
  expandMember,
  expandSigns,
  findRows,
  findVector,
  hasUnit,
  haveLikeJoints,
  haveLikeUnits,
  isBoundList,
  isExplicitSet,
  isGrid,
  isRealSet,
  isWritten,
  membersOf,
  toQuotient,
  toStructure,
} from './item-forms.ts';
import { isNamed, isNamedByWords, isNamedTuple, isOutOfOrder, listNames, nameMembers, nameOf } from './member-names.ts';
import { areEqualSets, areOtherBounds, listBoundNames, toRealSet } from './real-sets.ts';
import { areProportional, findStated, type Stated, solvesEquation } from './stated-values.ts';
import { alignSubjects, isDefinable } from './subjects.ts';
import { isSameText } from './texts.ts';

const NO: Outcome = { equal: false, rule: 'structure' };

/**
 * Compares a parsed answer with a parsed reference; the form of the reference decides what is compared. Throws
 * `Refusal` when a bound is hit, a value is not finite, or equality cannot be confirmed.
 */
export function compareAnswers(gold: Item, answer: Item, context: CompareContext, depth = 0): Outcome {
  if (depth > LIMITS.structureDepth) throw new Refusal('limit:structure');
  // As a whole only: which letter stands for which is settled over all parts.
  if (depth === 0 && isSameTree(gold, answer)) return { equal: true, rule: 'identical' };
  return new Comparison(context, depth).compare(gold, answer);
}

class Comparison {
  readonly #context: CompareContext;
  readonly #depth: number;

  constructor(context: CompareContext, depth: number) {
    this.#context = context;
    this.#depth = depth;
  }

  compare(gold: Item, answer: Item): Outcome {
    if (gold.kind === 'conditional' || answer.kind === 'conditional') return this.#compareConditionals(gold, answer);
    if (gold.kind === 'relation' || answer.kind === 'relation') return this.#compareRelations(gold, answer);
    if (gold.kind === 'text' || answer.kind === 'text' || gold.kind === 'name' || answer.kind === 'name')
      return { equal: isSameText(gold.source, answer.source), rule: 'text' };
    if (gold.kind === 'clock' || answer.kind === 'clock') return compareClocks(gold, answer);
    if (gold.kind === 'ratio' || answer.kind === 'ratio') return this.#compareRatios(gold, answer);
    if (gold.kind === 'scalar' && answer.kind === 'scalar') return this.#compareScalars(gold, answer);
    if (isExplicitSet(gold) || isExplicitSet(answer)) return this.#compareSets(gold, answer);
    if (gold.kind === 'tuple' || answer.kind === 'tuple') return this.#compareTuples(gold, answer);
    return this.#compareMembers(gold, answer);
  }

  #inner(gold: Item, answer: Item): Outcome {
    return compareAnswers(gold, answer, this.#context, this.#depth + 1);
  }

  #areSame = (gold: Item, answer: Item): boolean => this.#inner(gold, answer).equal;

  /** A condition must be met by an equal one; a statement of the domain may be left out. */
  #compareConditionals(gold: Item, answer: Item): Outcome {
    const [left, right] = [splitConditions(gold), splitConditions(answer)];
    for (const { symbols } of [...left.qualifiers, ...right.qualifiers])
      for (const name of symbols) this.#context.parameters.add(name);
    const isOwn = (one: Condition) => isOwnDomain(one, left.item, this.#context.steps);
    if (left.conditions.length === 0 && right.conditions.length > 0 && right.conditions.every(isOwn))
      return this.#inner(left.item, right.item);
    if (left.conditions.length !== right.conditions.length) return { equal: false, rule: 'condition' };
    const areMet = left.conditions.every((one, k) => this.#isSameCondition(one, right.conditions[k]!));
    const [mine, theirs] = [left.qualifiers[0], right.qualifiers[0]];
    const fits = mine === undefined || theirs === undefined || isSameDomain(mine, theirs, this.#areSame);
    if (!areMet || !fits) return { equal: false, rule: 'condition' };
    if (mine === undefined && theirs !== undefined && isNarrowed(right.item, theirs, this.#context))
      return { equal: false, rule: 'condition' };
    return this.#inner(left.item, right.item);
  }

  #isSameCondition(gold: Condition, answer: Condition): boolean {
    if (gold.item !== null && answer.item !== null) return this.#areSame(gold.item, answer.item);
    return isSameText(gold.source, answer.source);
  }

  #compareRelations(gold: Item, answer: Item): Outcome {
    if (gold.kind === 'relation' && answer.kind === 'relation') return this.#compareTwoRelations(gold, answer);
    if (gold.kind === 'relation') return this.#compareToRelation(gold, answer);
    const relation = answer as RelationItem;
    const stated = findStated(relation, this.#areSame, this.#context);
    if (
      stated !== null &&
      relation.modulus !== null &&
      !isRemainder(stated.value, relation.modulus, this.#context.steps)
    )
      return { equal: false, rule: 'congruence' };
    if (stated !== null) return this.#compareToStated(gold, stated);
    if (this.#context.policy.setFromRelation) return this.#compareSets(gold, relation);
    return { equal: false, rule: 'relation' };
  }

  /** A reference that is a plain value and an answer that states one. */
  #compareToStated(gold: Item, { value, subject, other }: Stated): Outcome {
    // `f(x+1) = 2x` does not define `f(x)`.
    if (subject !== null && (!isDefinable(subject, value) || isOutOfOrder(subject)))
      return { equal: false, rule: 'name' };
    const named = nameMembers(subject, value);
    const outcome = this.#inner(gold, gold.kind === 'list' || gold.kind === 'set' ? named : value);
    return outcome.equal || other === null || !isWritten(gold) ? outcome : this.#inner(gold, other);
  }

  #compareToRelation(gold: RelationItem, answer: Item): Outcome {
    if (gold.modulus !== null) return this.#compareToClass(gold, answer);
    const stated = findStated(gold, this.#areSame, this.#context);
    if (stated !== null) {
      if (answer.kind === 'list' && !answer.items.every((item) => this.#mayBeSubject(stated.subject, item)))
        return { equal: false, rule: 'name' };
      const value = answer.kind === 'list' ? nameMembers(stated.subject, stated.value) : stated.value;
      const outcome = this.#inner(value, answer);
      if (outcome.equal) return outcome;
      if (stated.other !== null && isWritten(answer) && this.#areSame(stated.other, answer))
        return { equal: true, rule: 'approximation' };
    }
    if (answer.kind === 'scalar' && answer.unit === null) {
      const isSame = (a: Expr, b: Expr) => compareExpressions(a, b, this.#context).equal;
      return { equal: solvesEquation(gold, answer.expr, isSame), rule: 'equation' };
    }
    return this.#compareSets(gold, answer);
  }

  /** `y = 5` is no value of `x`; a list of values may name them one by one. */
  #mayBeSubject(subject: Item | null, item: Item): boolean {
    if (subject === null || subject.kind !== 'scalar' || item.kind !== 'relation' || item.ops[0] !== '=') return true;
    const said = findStated(item, this.#areSame, this.#context);
    return said === null || alignSubjects(subject, said.subject, said.value, this.#areSame) !== null;
  }

  /** `2 mod 5` is the class that `x \equiv 2 \pmod 5` names. */
  #compareToClass(gold: RelationItem, answer: Item): Outcome {
    const stated = findStated(gold, this.#areSame, this.#context);
    const isClass =
      answer.kind === 'scalar' && answer.unit === null && answer.expr.type === 'call' && answer.expr.name === 'mod';
    if (!isClass || stated === null) return { equal: false, rule: 'congruence' };
    const [rest, modulus] = answer.expr.args;
    return this.#compareCongruent([stated.value, gold.modulus], [toScalar(rest!), modulus!]);
  }

  #compareTwoRelations(gold: RelationItem, answer: RelationItem): Outcome {
    if (this.#isSameChain(gold, answer)) return { equal: true, rule: 'relation' };
    if (areProportional(gold, answer, this.#context)) return { equal: true, rule: 'relation' };
    // An inequality that meets a set may be the question said again: by policy only.
    const maySay = this.#context.policy.setFromRelation || !gold.ops.includes('∈') || answer.ops.includes('∈');
    const sets = maySay ? this.#compareSets(gold, answer) : NO;
    if (sets.equal) return sets;
    const [left, right] = [gold, answer].map((one) => findStated(one, this.#areSame, this.#context));
    if (left === null || right === null || left === undefined || right === undefined)
      return { equal: false, rule: 'relation' };
    const value = alignSubjects(left.subject, right.subject, right.value, this.#areSame);
    if (value === null) return { equal: false, rule: 'name' };
    // A remainder may be stated with its modulus; a number with a name is no class of numbers.
    if (gold.modulus !== null || answer.modulus !== null)
      return this.#compareCongruent([left.value, gold.modulus], [value, answer.modulus]);
    return this.#inner(left.value, value);
  }

  /** The same signs between sides that are equal one by one, in this order or in the other. */
  #isSameChain(gold: RelationItem, answer: RelationItem): boolean {
    if (
      gold.ops.length === 0 ||
      gold.ops.length !== answer.ops.length ||
      gold.modulus !== null ||
      answer.modulus !== null
    )
      return false;
    if (gold.ops.length < 2 && !gold.ops.some((op) => op === '∈' || op === '∼')) return false;
    const flipped = answer.ops.toReversed().map((op) => FLIPPED[op] ?? op);
    const isSame = (ops: readonly string[], sides: readonly Item[]) =>
      haveLikeUnits(gold.sides, sides) &&
      gold.ops.every((op, k) => op === ops[k]) &&
      gold.sides.every((side, k) => this.#areSame(side, sides[k]!));
    return isSame(answer.ops, answer.sides) || isSame(flipped, answer.sides.toReversed());
  }

  #compareCongruent(gold: readonly [Item, Expr | null], answer: readonly [Item, Expr | null]): Outcome {
    const isSame = (left: Expr, right: Expr) => compareExpressions(left, right, this.#context).equal;
    return { equal: areCongruent(gold, answer, isSame), rule: 'congruence' };
  }

  #compareScalars(gold: ScalarItem, answer: ScalarItem): Outcome {
    const isPlain = gold.expr.type === 'number' && answer.expr.type === 'number';
    if (isPlain && gold.unit === null && answer.unit === null)
      return compareExpressions(gold.expr, answer.expr, this.#context);
    const aligned = alignUnits(gold, answer, this.#context.policy.units);
    if (aligned === null) return { equal: false, rule: 'unit' };
    const [golds, answers] = [expandSigns(aligned.gold), expandSigns(aligned.answer)];
    if (golds.length > 1 || answers.length > 1) return this.#matchSets(golds.map(toScalar), answers.map(toScalar));
    const left = resolveMatrices(golds[0]!, this.#context.steps);
    const right = resolveMatrices(answers[0]!, this.#context.steps);
    if (left.type === 'matrix' || right.type === 'matrix') return this.#compareMatrices(left, right);
    return compareExpressions(left, right, this.#context);
  }

  #compareMatrices(gold: Expr, answer: Expr): Outcome {
    if (gold.type !== 'matrix' || answer.type !== 'matrix') return NO;
    if (gold.rows.length !== answer.rows.length || gold.rows[0]!.length !== answer.rows[0]!.length) return NO;
    const equal = gold.rows.every((row, i) =>
      row.every((entry, k) => compareExpressions(entry, answer.rows[i]![k]!, this.#context).equal),
    );
    return { equal, rule: 'matrix' };
  }

  #compareRatios(gold: Item, answer: Item): Outcome {
    if (gold.kind === 'ratio' && answer.kind === 'ratio') {
      if (gold.parts.length !== answer.parts.length) return { equal: false, rule: 'ratio' };
      const [g, a] = [gold.parts[0]!, answer.parts[0]!];
      const equal = gold.parts.every((part, k) => {
        const [left, right] = [joinBinary('*', part, a), joinBinary('*', answer.parts[k]!, g)];
        return compareExpressions(left, right, this.#context).equal;
      });
      return { equal, rule: 'ratio' };
    }
    const [left, right] = [toQuotient(gold), toQuotient(answer)];
    if (left === null || right === null) return { equal: false, rule: 'ratio' };
    return { ...this.#inner(left, right), rule: 'ratio' };
  }

  #compareSets(gold: Item, answer: Item): Outcome {
    const rule = 'set';
    const left = toRealSet(gold, this.#context);
    const right = left === null ? null : toRealSet(answer, this.#context);
    if (left !== null && right !== null) {
      const isOther = left.name !== null && right.name !== null && left.name !== right.name;
      return { equal: !isOther && areEqualSets(left.set, right.set, this.#context), rule };
    }
    if (isBoundList(gold) || isBoundList(answer)) {
      const [mine, theirs] = [listBoundNames(gold), listBoundNames(answer)];
      const isOneName = mine?.length === 1 && theirs?.length === 1 && mine[0] === theirs[0];
      if (mine !== null && theirs !== null && !isOneName) return this.#compareBoundsByName(gold, answer);
    }
    if (areOtherBounds(gold, answer)) return { equal: false, rule: 'name' };
    const [a, b] = [toStructure(gold), toStructure(answer)];
    if (a.kind === 'named-set' || b.kind === 'named-set')
      return {
        equal: a.kind === b.kind && a.kind === 'named-set' && b.kind === 'named-set' && a.name === b.name,
        rule,
      };
    if (a.kind === 'builder' && b.kind === 'builder')
      return { equal: this.#areSame(a.member, b.member) && this.#areSame(a.condition, b.condition), rule };
    if (a.kind === 'tuple' && b.kind === 'tuple') return this.#compareTuples(a, b);
    return a.kind === 'union' && b.kind === 'union' ? this.#compareUnions(a, b) : { equal: false, rule };
  }

  /** `a > 0, b < 0`: each bound by the one of its name, all of them or one of them on both sides. */
  #compareBoundsByName(gold: Item, answer: Item): Outcome {
    if (gold.kind !== 'list' || answer.kind !== 'list' || (gold.joint === 'or') !== (answer.joint === 'or'))
      return { equal: false, rule: 'set' };
    return this.#matchSets(gold.items, answer.items);
  }

  #compareUnions(gold: Extract<Item, { kind: 'union' }>, answer: Extract<Item, { kind: 'union' }>): Outcome {
    if (gold.ops.includes('setminus') || answer.ops.includes('setminus')) {
      if (gold.ops.join() !== answer.ops.join()) return NO;
      return this.#compareInOrder(gold.parts, answer.parts, 'union');
    }
    if (new Set([...gold.ops, ...answer.ops]).size > 1) return NO;
    return { ...this.#matchSets(gold.parts, answer.parts), rule: 'union' };
  }

  #compareTuples(gold: Item, answer: Item): Outcome {
    if (gold.kind === 'tuple' && answer.kind === 'tuple') {
      const sameBrackets = gold.open === answer.open && gold.close === answer.close;
      if (!sameBrackets && gold.items.length === 2) return { equal: false, rule: 'brackets' };
      return this.#compareInOrder(gold.items, answer.items, 'tuple');
    }
    // `{1,3}` in bare braces is a point to many models; a real set is not.
    if (gold.kind === 'tuple' && answer.kind === 'set' && gold.open === '(' && gold.close === ')')
      return this.#compareInOrder(gold.items, answer.items, 'tuple');
    const [tuple, other] = gold.kind === 'tuple' ? [gold, answer] : [answer, gold];
    if (tuple.kind !== 'tuple') return NO;
    const rows = findRows(other, this.#context.steps);
    if (rows !== null && isGrid(tuple)) {
      const [left, right] = gold.kind === 'tuple' ? [tuple.items, rows] : [rows, tuple.items];
      return this.#compareInOrder(left, right, 'matrix');
    }
    const vector = findVector(other, this.#context.steps);
    if (vector !== null) {
      const [left, right] = gold.kind === 'tuple' ? [tuple.items, vector] : [vector, tuple.items];
      return this.#compareInOrder(left, right, 'vector');
    }
    if (other.kind !== 'list') return NO;
    if (isBoundList(other)) return this.#compareSets(gold, answer);
    // `x = 1, y = 2` names what `(1, 2)` has in order; a plain list is a list of tuples.
    if (other.items.every((item) => item.kind === 'relation')) {
      if (!isNamedTuple(other, other === answer)) return { equal: false, rule: 'named-list' };
      const [left, right] = gold.kind === 'tuple' ? [tuple.items, other.items] : [other.items, tuple.items];
      return this.#compareInOrder(left, right, 'named-list');
    }
    return this.#matchSets(membersOf(gold), membersOf(answer));
  }

  #compareInOrder(gold: readonly Item[], answer: readonly Item[], rule: string): Outcome {
    if (gold.length !== answer.length) return { equal: false, rule };
    if (!haveLikeUnits(gold, answer)) return { equal: false, rule: 'unit' };
    return { equal: gold.every((item, i) => this.#areSame(item, answer[i]!)), rule };
  }

  #compareMembers(gold: Item, answer: Item): Outcome {
    const [golds, answers] = [membersOf(gold), membersOf(answer)];
    if (isBoundList(gold) || isBoundList(answer)) return this.#compareSets(gold, answer);
    if (!haveLikeJoints(gold, answer)) return { equal: false, rule: 'joint' };
    // `15 pears, 15` says two things; the last unit of `15.5 or 31/2 inches` is that of both.
    if (answer.kind === 'list' && answer.joint !== 'or' && golds.some((item) => this.#isMetTwice(item, answers)))
      return { equal: false, rule: 'unit' };
    // `x = 1, 2` names all of its members, `1, x = 2` says two things.
    if (!isNamed(answers[0]) && answers.some(isNamed)) return { equal: false, rule: 'joint' };
    // `AB = 4, CD = 5` is met by `4, 5` in the same order.
    const [mine, theirs] = [listNames(golds), listNames(answers)];
    if (
      golds.length > 1 &&
      mine !== null &&
      theirs !== null &&
      golds.every(isNamedByWords) &&
      answers.every(isNamedByWords)
    )
      return this.#compareByName(golds, answers);
    // Each name has a value of its own, so that there are no more names than values.
    if (theirs !== null && new Set(theirs).size > golds.flatMap(expandMember).length)
      return { equal: false, rule: 'name' };
    if (golds.length > 1 && mine !== null && theirs === null && new Set(mine).size === mine.length)
      return this.#compareInOrder(golds, answers, 'named-list');
    if (this.#context.policy.order === 'sequence' && gold.kind === 'list' && answer.kind === 'list')
      return this.#compareInOrder(golds, answers, 'sequence');
    return this.#matchSets(golds, answers);
  }

  /** Whether two members meet one of the reference, one with a unit and one without. */
  #isMetTwice(gold: Item, answers: readonly Item[]): boolean {
    if (!answers.some(hasUnit) || answers.every(hasUnit)) return false;
    const partners = answers.filter((answer) => this.#areSame(gold, answer));
    return partners.some(hasUnit) && !partners.every(hasUnit);
  }

  /** `Alice: 5, Bob: 3`: by their names where these are the same, else in order. */
  #compareByName(golds: readonly Item[], answers: readonly Item[]): Outcome {
    const find = (gold: Item) => answers.filter((answer) => isSameText(nameOf(gold), nameOf(answer)));
    if (golds.length !== answers.length || !golds.every((gold) => find(gold).length === 1))
      return this.#compareInOrder(golds, answers, 'named-list');
    return this.#compareInOrder(
      golds,
      golds.map((gold) => find(gold)[0]!),
      'named-list',
    );
  }

  /** Equality as sets, by value: every member of one side has an equal one on the other. */
  #matchSets(gold: readonly Item[], answer: readonly Item[]): Outcome {
    if (!haveLikeUnits(gold, answer)) return { equal: false, rule: 'unit' };
    const [golds, answers] = [gold.flatMap(expandMember), answer.flatMap(expandMember)];
    if (golds.length > LIMITS.members || answers.length > LIMITS.members) throw new Refusal('limit:members');
    const met = new Set<Item>();
    const equal = golds.every((item) => {
      // `{1, {2}}` has another member than `{1, 2}`.
      const partners = answers.filter((other) => isRealSet(item) === isRealSet(other) && this.#areSame(item, other));
      for (const partner of partners) met.add(partner);
      return partners.length > 0;
    });
    return { equal: equal && met.size === answers.length, rule: 'set' };
  }
}

const FLIPPED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };
