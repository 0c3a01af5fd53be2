import type { Skipped } from '../verdict.ts';
import { startsNumber } from './number-words.ts';
import { isCaseOf } from './quantity-parser.ts';
import type { Token } from './token.ts';
import { hasClass, isInfinitive, toVocabulary } from './word-classes.ts';

/** Tails of a statement that say something about its value and do not change it, and the tokens they are told by. */

/** More are not looked for in one statement. */
const MAX_CUTS = 6;

export function isWordOf({ kind, text }: Token, name: Parameters<typeof hasClass>[1]): boolean {
  return kind === 'word' && hasClass(toVocabulary(text), name);
}

export function isRestricting(token: Token): boolean {
  return (
    isWordOf(token, 'denial') ||
    isWordOf(token, 'report') ||
    token.kind === 'unknown' ||
    (token.kind === 'name' && token.text === 'or')
  );
}

export function isValueToken(token: Token, at: number, tokens: readonly Token[]): boolean {
  if (token.kind === 'number' || token.kind === 'currency') return true;
  if (token.kind === 'word') return startsNumber(token.text.toLowerCase());
  if (token.kind === 'name') return token.text !== 'and' && token.text !== 'or';
  if (token.kind === 'letter') return token.zone === 'math' && !isWordOf(tokens[at + 1] ?? token, 'copula');
  return token.kind === 'op' && '-+([{\\{'.includes(token.text) && tokens[at + 1]?.kind !== 'word';
}

export interface Cut {
  readonly at: number;
  readonly what: Skipped['what'];
}

/** Where a tail may begin that says something about the value and does not change it. */
export function findCuts(tokens: readonly Token[]): Cut[] {
  const cuts: Cut[] = [];
  const lastValue = tokens.findLastIndex(isValueToken);
  let depth = 0;
  let reasons = 0;
  for (let at = 1; at < tokens.length && cuts.length < MAX_CUTS; at += 1) {
    const { kind, text } = tokens[at]!;
    if (kind === 'op' && (text === '(' || text === '[' || text === '{')) depth += 1;
    if (kind === 'op' && (text === ')' || text === ']' || text === '}')) depth -= 1;
    // A tail of one member is none of the whole list.
    if (depth === 0 && text === ';') return [];
    if (depth > 0 || kind !== 'word') continue;
    // Each reason is read to its end.
    if (hasClass(text.toLowerCase(), 'reason')) reasons += 1;
    const what = reasons > MAX_CUTS ? null : findCut(tokens, at, text.toLowerCase(), at <= lastValue);
    if (what !== null) cuts.push({ at, what });
  }
  return cuts;
}

function findCut(tokens: readonly Token[], at: number, word: string, hasValue: boolean): Skipped['what'] | null {
  const before = tokens[at - 1]!;
  const after = tokens[at + 1]?.text ?? '';
  const follows = (...signs: readonly string[]) => signs.includes(before.text);
  switch (word) {
    case 'instead':
    case 'rather':
      return after === (word === 'instead' ? 'of' : 'than') ? 'contrast' : null;
    case 'not':
      return hasValue && follows(',', 'and', 'but') ? 'contrast' : null;
    case 'which':
    case 'so':
      return follows(',') ? 'remark' : null;
    case 'rounded':
      return after === 'to' ? 'remark' : null;
    case 'when':
      return after === 'rounded' || !hasValue ? 'remark' : null;
    default:
      if (hasClass(word, 'reason')) return isPlainReason(tokens.slice(at)) ? 'reason' : null;
      return isAdjunct(tokens, at) || isPurpose(before, word, tokens[at + 1]) ? 'remark' : null;
  }
}

/** What a value may be opposed to: no more than another value, and nothing that says when it is so. */
export function isPlainContrast(tail: readonly Token[]): boolean {
  const from = /^than$/i.test(tail[1]?.text ?? '') ? 2 : 1;
  const reason = tail.findIndex((token) => isWordOf(token, 'reason'));
  return !tail
    .slice(from, reason < 0 ? tail.length : reason)
    .some(
      (token) =>
        isRestricting(token) ||
        /^(?:and|to)$/.test(token.text) ||
        (['condition', 'bound', 'copula'] as const).some((name) => isWordOf(token, name)) ||
        (token.kind === 'op' && /^[<>]=?$/.test(token.text)),
    );
}

/** A reason may say anything, but for a hedge, a condition, an operation at its end, and a second value behind "to" or "or". */
export function isPlainReason(tail: readonly Token[]): boolean {
  if (
    HEDGES.test(tail.map(({ text }) => text).join(' ')) ||
    tail.some((token) => isWordOf(token, 'condition') || token.text === 'unless')
  )
    return false;
  if (tail.some(({ kind, text }) => kind === 'name' && text === 'or')) return false;
  if (tail.slice(-3).some(({ text }) => /^(?:plus|minus|times|and|or)$/.test(text))) return false;
  return !tail.some(
    ({ text }, at) => /^(?:to|or)$/.test(text) && at + 1 < tail.length && isValueToken(tail[at + 1]!, at + 1, tail),
  );
}

/** A reason that is none. */
const HEDGES =
  /(?<![a-z])(?:guess|maybe|perhaps|unsure|not sure|no idea|don't know|does not work|not the answer|not (?:right|correct|true)|wrong|incorrect|exponents?)(?![a-z])/i;

/** "to fill 12 boxes" behind a noun. */
function isPurpose(before: Token, word: string, next: Token | undefined): boolean {
  return word === 'to' && before.kind === 'word' && next?.kind === 'word' && isInfinitive(next.text);
}

/** "with t = 24 minutes in the shop" behind a noun; "in the worst case" and "for odd n" make another value of it. */
function isAdjunct(tokens: readonly Token[], at: number): boolean {
  const word = tokens[at]!.text.toLowerCase();
  return (
    tokens[at - 1]!.kind === 'word' &&
    !isCaseOf(tokens, at) &&
    !tokens.slice(at, at + 4).some(({ text }) => /^worst$/i.test(text)) &&
    !/^(?:of|by|to|per|into|de|von|di|da|par|por)$/.test(word) &&
    (word === 'with' || hasClass(word, 'preposition'))
  );
}
