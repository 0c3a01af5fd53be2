import { hasClass } from '../read/word-classes.ts';
import type { Item } from '../syntax-tree.ts';

/** Names of values: whether they stand in their order, and whether two of them name one thing. */

/** `(x, y) = (1, 2)` as `x = 1, y = 2`. */
export function nameMembers(subject: Item | null, value: Item): Item {
  if (subject === null || (subject.kind !== 'tuple' && subject.kind !== 'list')) return value;
  if (value.kind !== 'tuple' || subject.items.length !== value.items.length) return value;
  const items = subject.items.map(
    (side, k): Item => ({ kind: 'relation', sides: [side, value.items[k]!], ops: ['='], modulus: null, source: '' }),
  );
  return { kind: 'list', items, joint: ',', source: value.source };
}

/** The names of a list of named values; null when one has none. */
export function listNames(items: readonly Item[]): string[] | null {
  const names = items.map((item) =>
    item.kind === 'relation' && item.ops[0] === '=' ? item.sides[0]!.source.replace(/\s/g, '') : null,
  );
  return names.includes(null) ? null : (names as string[]);
}

/** Whether the value is one of something that is called by words, or tagged. */
export function isNamedByWords(item: Item): boolean {
  return item.kind === 'relation' && item.sides[0]?.kind === 'name';
}

export function isNamed(item: Item | undefined): boolean {
  return item?.kind === 'relation' && item.ops[0] === '=';
}

export function nameOf(item: Item): string {
  return item.kind === 'relation' ? item.sides[0]!.source : item.source;
}

/** Letters as they follow each other where they name coordinates; `w` may stand first or last, and a radius before its angles. */
const ORDER: readonly string[] = [
  ...'abcdefghijklmnopqrstuvwxyzw',
  ...'rho alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi sigma tau upsilon phi chi psi omega'.split(
    ' ',
  ),
];

/**
 * Whether names that differ stand in the order in which values without names are given: `x = 1, y = 2` says `(1, 2)`,
 * and `y = 1, x = 2` does not. Names that are no letters have no order.
 */
function areInUsualOrder(names: readonly string[]): boolean {
  if (new Set(names).size < names.length) return false;
  let last: readonly number[] = [-1, -1];
  for (const name of names) {
    const match = /^\\?([A-Za-z]+)(?:_\{?(\d{1,4})\}?)?$/.exec(name);
    const letter = match === null ? '' : match[1]!.toLowerCase();
    const places = ORDER.flatMap((one, place) => (one === letter ? [place] : []));
    if (places.length === 0) return true;
    const index = Number(match?.[2] ?? -1);
    const place = places.find((one) => one > last[0]! || (one === last[0] && index >= last[1]!));
    if (place === undefined) return false;
    last = [place, index];
  }
  return true;
}

/** Whether named values say a tuple: all of them hold, and an answer has them in their order; a reference has its own. */
export function isNamedTuple({ items, joint }: Extract<Item, { kind: 'list' }>, isAnswer: boolean): boolean {
  return joint !== 'or' && (!isAnswer || areInUsualOrder(listNames(items) ?? []));
}

/** `(y, x) = (1, 2)`: a subject whose members stand in another order than the values of a reference without names. */
export function isOutOfOrder(subject: Item): boolean {
  if (subject.kind !== 'tuple' && subject.kind !== 'list') return false;
  return !areInUsualOrder(subject.items.map(({ source }) => source.replace(/\s/g, '')));
}

/** Whether two names, of which one at least is no expression, are of two things. */
export function areOtherNames(gold: string, answer: string): boolean {
  return (
    isOperatedOn(gold) !== isOperatedOn(answer) ||
    areOtherFormulas(gold, answer) ||
    areOtherFigures(gold, answer) ||
    areOtherWords(gold, answer)
  );
}

/** `\\max k` is no `k`. */
function isOperatedOn(source: string): boolean {
  return /\\(?:max|min|sum)(?![A-Za-z])/.test(source);
}

/** `P(A|B)` and `P(B|A)`: names that are formulas, and differ. */
function areOtherFormulas(gold: string, answer: string): boolean {
  const [one, other] = [gold, answer].map((source) => source.replace(/\s|\$|\\(?:left|right|mid)(?![A-Za-z])/g, ''));
  return /[(|]/.test(one!) && /[(|]/.test(other!) && one !== other;
}

/** `\angle ABC` is `\angle CBA` and `\angle B`, and no other angle, side or triangle. */
function areOtherFigures(gold: string, answer: string): boolean {
  const [one, other] = [readFigure(gold), readFigure(answer)];
  if (one === null || other === null) return false;
  if (one.kind !== other.kind) return true;
  if (one.points === other.points || one.points === [...other.points].reverse().join('')) return false;
  if (one.kind === 'angle' && one.points.length !== other.points.length)
    return middleOf(one.points) !== middleOf(other.points);
  const sort = (points: string) => [...points].sort().join('');
  return one.kind !== 'triangle' || sort(one.points) !== sort(other.points);
}

const middleOf = (points: string): string => points[Math.floor(points.length / 2)]!;

/** A figure by its points; a pair of capital letters is a side. */
function readFigure(source: string): { readonly kind: string; readonly points: string } | null {
  const text = source.replace(/[\s{}$]|\\(?:left|right|mathrm|text)(?![A-Za-z])/g, '');
  const match = /^m?\\?(?:(?:measured)?(angle)|(triangle)|(?:overline|bar))?([A-Z]{1,4})$/.exec(text);
  if (match === null || (match[1] === undefined && match[2] === undefined && match[3]!.length !== 2)) return null;
  return { kind: match[1] ?? match[2] ?? 'side', points: match[3]! };
}

/** `\text{Alice}` and `\text{Bob}`: names in words that share none. */
function areOtherWords(gold: string, answer: string): boolean {
  const [mine, theirs] = [listWords(gold), listWords(answer)];
  return mine.length > 0 && theirs.length > 0 && !mine.some((word) => theirs.includes(word));
}

/** The words of a name that say something; none for a name with signs in it. */
function listWords(source: string): readonly string[] {
  const text = source.replace(/\\(?:text|textbf|mathrm|mbox|operatorname)(?![A-Za-z])|[{}$.,:\s]+/g, ' ').toLowerCase();
  if (!/^[\p{L} '-]*$/u.test(text)) return [];
  return text
    .split(' ')
    .filter((word) => word.length > 1 && !EMPTY.some((name) => hasClass(word, name)))
    .map((word) => (word.length > 3 && word.endsWith('s') ? word.slice(0, -1) : word));
}

const EMPTY = ['filler', 'preposition', 'answer', 'copula', 'lead'] as const;
