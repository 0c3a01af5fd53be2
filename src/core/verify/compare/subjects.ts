import { type Expr, type Item, isClosed, listSymbols, toScalar } from '../syntax-tree.ts';
import { renameSymbols } from './compare-scalars.ts';
import { areOtherNames } from './member-names.ts';

/** What has a value, and whether two values are of the same thing. */

/** Compares two answers that are no relations. */
export type CompareValues = (gold: Item, answer: Item) => boolean;

type Apply = Extract<Expr, { type: 'apply' }>;

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

/** `y(x) = x^2` says what `y = x^2` says, and `y(t) = x^2` does not. */
function isOfArguments(subject: Apply, value: Item): boolean {
  const names = listArguments(subject);
  if (names === null || names.includes('')) return false;
  return (
    value.kind !== 'scalar' || isClosed(value.expr) || listSymbols(value.expr).some((name) => names.includes(name))
  );
}

/**
 * Whether a subject may be said to have the value. Beside symbols its arguments must be free, and a symbol is no
 * name for an expression of itself: `f(2) = x^2` and `x = x^2` define nothing.
 */
export function isDefinable(subject: Item, value: Item): boolean {
  if (value.kind !== 'scalar' || isClosed(value.expr)) return true;
  if (!isSubject(subject)) return false;
  if (subject.kind !== 'scalar') return true;
  const { expr } = subject;
  if (expr.type === 'apply') return listArguments(expr)?.includes('') === false;
  const held = listSymbols(value.expr);
  return !listSymbols(expr).some((name) => held.includes(name));
}

/** The symbols a function is defined for; null when an argument is anything else. */
function listArguments(expr: Expr): string[] | null {
  if (expr.type !== 'apply') return null;
  const names = expr.args.map((arg) => (arg.type === 'symbol' ? arg.name : isClosed(arg) ? '' : null));
  return names.includes(null) ? null : (names as string[]);
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
  if (isWords(gold) || isWords(answer)) return areOtherNames(gold.source, answer.source) ? null : value;
  if (gold.kind !== 'scalar' || answer.kind !== 'scalar') return alignStructures(gold, answer, value, areSame);
  const [wanted, found] = [gold.expr, answer.expr];
  if (wanted.type === 'apply' && found.type === 'apply') return alignArguments(wanted, found, value, areSame);
  if (wanted.type === 'symbol' && found.type === 'apply')
    return wanted.name === found.name && isDefinable(answer, value) && isOfArguments(found, value) ? value : null;
  if (wanted.type === 'symbol' && found.type === 'symbol') return wanted.name === found.name ? value : null;
  // `x = 5` is about x: no `2y = 5` says it. `m + n = 113` may be said as `S = 113`, and not as `m = 113`.
  if (wanted.type === 'symbol') return null;
  if (found.type === 'symbol') return listSymbols(wanted).includes(found.name) ? null : value;
  return areSame(gold, answer) ? value : null;
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
