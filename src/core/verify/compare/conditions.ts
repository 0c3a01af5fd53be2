import type { StepBudget } from '../limits.ts';
import { type Condition, type Item, listSymbols } from '../syntax-tree.ts';
import { evaluateExactly } from '../value/exact-value.ts';
import { add, type Rational } from '../value/rational.ts';
import type { CompareContext } from './compare-scalars.ts';
import { listBoundNames, toRealSet } from './real-sets.ts';
import { type CompareValues, isSubject } from './subjects.ts';

/** An answer without its conditions, and these apart. */
export interface Conditions {
  readonly item: Item;
  readonly conditions: readonly Condition[];
  readonly qualifiers: readonly Condition[];
}

export function splitConditions(item: Item): Conditions {
  const all: Condition[] = [];
  let inner = item;
  while (inner.kind === 'conditional') {
    all.push(inner.condition);
    inner = inner.item;
  }
  return {
    item: inner,
    conditions: all.filter(({ isQualifier }) => !isQualifier),
    qualifiers: all.filter(({ isQualifier }) => isQualifier),
  };
}

/** The numbers that a statement of the domain names: a set by its letter, what is left of it by its words. Null where it names none. */
export function findDomain({ item, source }: Condition): string | null {
  if (item?.kind === 'relation' && item.ops[0] === '∈') {
    const [, set] = item.sides;
    return set?.kind === 'named-set' ? set.name : (set?.source.replace(/\s/g, '') ?? null);
  }
  if (item !== null) return null;
  const words = source.toLowerCase();
  const set = /integer|mathbb\s?\{?\s?z/.test(words)
    ? 'Z'
    : /natural|mathbb\s?\{?\s?n/.test(words)
      ? 'N'
      : /real|mathbb\s?\{?\s?r/.test(words)
        ? 'R'
        : null;
  if (set === null) return null;
  if (/non-?negative|non-?positive|negative|odd|even|non-?zero|prime|[\^_+*]/.test(words))
    return words.replace(/[\s$]/g, '');
  return set === 'Z' && words.includes('positive') ? 'N' : set;
}

/** Whether a condition is `x \ne 1` beside an expression that has no value there: its own domain. */
export function isOwnDomain({ item }: Condition, gold: Item, steps: StepBudget): boolean {
  if (item?.kind !== 'relation' || item.ops.length !== 1 || item.ops[0] !== '!=' || gold.kind !== 'scalar')
    return false;
  const [symbol, at] = item.sides.map((side) => (side.kind === 'scalar' ? side.expr : null));
  if (symbol?.type !== 'symbol' || !at) return false;
  const value = evaluateExactly(at, { steps, values: new Map() });
  if (value === null || listSymbols(gold.expr).join() !== symbol.name) return false;
  const evaluateAt = (point: Rational) =>
    evaluateExactly(gold.expr, { steps, values: new Map([[symbol.name, point]]) });
  const beside = add(value, { num: 1n, den: 97n });
  return beside !== null && evaluateAt(value) === null && evaluateAt(beside) !== null;
}

/**
 * Whether a statement of the domain says more than the item alone: whole numbers of a stretch are not the stretch
 * (`[1, 2], x \in \mathbb{Z}`), `x > 3` for some `x` is not all of it, `\{\}, x \in \mathbb{R}` says two things.
 */
export function isNarrowed(item: Item, domain: Condition, context: CompareContext): boolean {
  const { symbols } = domain;
  const subjects = listSubjects(item);
  const isAbout = (name: string) => subjects.includes(name);
  if (/(?<![a-z])some(?![a-z])/i.test(domain.source) && symbols.some(isAbout)) return true;
  if (
    domain.item?.kind === 'relation' &&
    domain.item.ops[0] === '∈' &&
    (item.kind === 'set' || item.kind === 'named-set')
  )
    return true;
  const numbers = findDomain(domain);
  if (numbers === null || numbers === 'R' || numbers === 'C') return false;
  if (domain.item !== null && !isNamedSet(domain.item)) return false;
  const range = toRealSet(item, context);
  if (range !== null && (range.name === null || symbols.length === 0 || symbols.includes(range.name)))
    return range.set.some(({ low, high }) => low.value < high.value);
  return range === null && isBound(item) && (symbols.length === 0 || symbols.some(isAbout));
}

function isNamedSet(item: Item): boolean {
  return item.kind === 'relation' && item.sides[1]?.kind === 'named-set';
}

function isBound(item: Item): boolean {
  return item.kind === 'list'
    ? item.items.every(isBound)
    : item.kind === 'relation' && item.ops.every((op) => /^[<>]/.test(op));
}

/** The letters that an item is about: those that are bounded, and those that a function or a name is said to have a value for. */
function listSubjects(item: Item): readonly string[] {
  if (item.kind === 'list') return item.items.flatMap(listSubjects);
  if (item.kind !== 'relation') return [];
  const [first] = item.sides;
  const own = first?.kind === 'scalar' && isSubject(first) ? listSymbols(first.expr) : [];
  return isBound(item) ? [...own, ...(listBoundNames(item) ?? [])] : own;
}

/** Two domains that are both inequalities, or both sets of numbers, must agree; "for some" is not "for all"; other words need not. */
export function isSameDomain(gold: Condition, answer: Condition, areSame: CompareValues): boolean {
  const isSome = ({ source }: Condition) => /(?<![a-z])some(?![a-z])/i.test(source);
  const isAll = ({ source }: Condition) => /(?<![a-z])(?:all|any|every|each)(?![a-z])|\\forall|∀/i.test(source);
  if ((isSome(gold) && isAll(answer)) || (isAll(gold) && isSome(answer))) return false;
  const [wanted, found] = [findDomain(gold), findDomain(answer)];
  if (wanted !== null && found !== null) return wanted === found;
  if (gold.item?.kind !== 'relation' || answer.item?.kind !== 'relation') return true;
  if (gold.item.ops.includes('∈') || answer.item.ops.includes('∈')) return true;
  return areSame(gold.item, answer.item);
}
