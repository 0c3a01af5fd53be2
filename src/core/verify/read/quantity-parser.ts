import { Refusal } from '../limits.ts';
import { type Expr, type Item, isClosed, joinBinary, type ScalarItem, type Unit } from '../syntax-tree.ts';
import { divide, type Rational } from '../value/rational.ts';
import type { Skipped } from '../verdict.ts';
import { parseLeading } from './expression-parser.ts';
import { CHANGES_BEHIND, CUBED_BEHIND } from './latin-languages.ts';
import { toNumber } from './number-literal.ts';
import { ORDINALS, startsWithMultiplier } from './number-words.ts';
import { countsValue, isOtherScript } from './other-scripts.ts';
import type { Token } from './token.ts';
import { findUnit } from './units.ts';
import { hasClass, isNumberKind, toVocabulary } from './word-classes.ts';

/** A value with what stands behind it, read as a whole. */
export interface ParsedQuantity {
  readonly item: ScalarItem;
  readonly skipped: readonly Skipped[];
}

/**
 * Reads tokens as one quantity: an expression, its unit, and a noun phrase that changes nothing. `adjuncts` allows
 * numbers behind a preposition ("72 clips in 2 months"), as sentences have them. Throws `Refusal` for anything else.
 */
export function parseQuantity(tokens: readonly Token[], source: string, adjuncts: boolean): ParsedQuantity {
  if (tokens.length === 1 && tokens[0]!.kind === 'number')
    return { item: { kind: 'scalar', expr: toNumber(tokens[0]!.text), unit: null, source }, skipped: [] };
  return parseWithLetterUnit(tokens, source) ?? new QuantityParser(tokens, source, adjuncts).parse();
}

/** `5 m`: a single letter behind a blank at the end is a unit, and a symbol where the other side has one. */
function parseWithLetterUnit(tokens: readonly Token[], source: string): ParsedQuantity | null {
  for (let k = Math.max(1, tokens.length - 10); k < tokens.length; k += 1) {
    const token = tokens[k]!;
    if (token.kind !== 'letter' || token.zone !== 'plain' || !token.spaced || tokens[k - 1]!.kind !== 'number')
      continue;
    const found = findUnit(tokens, k, true);
    if (found?.next !== tokens.length) return null;
    const head = parseLeading(tokens.slice(0, k));
    const whole = parseLeading(tokens);
    if (head.next < k) return null;
    const product = whole.next < tokens.length ? {} : { product: whole.expr };
    const item: ScalarItem = { kind: 'scalar', expr: head.expr, unit: found.unit, ...product, source };
    return { item, skipped: [{ what: 'unit', text: found.unit.text }] };
  }
  return null;
}

class QuantityParser {
  readonly #tokens: readonly Token[];
  readonly #source: string;
  readonly #adjuncts: boolean;
  readonly #skipped: Skipped[] = [];
  #at = 0;
  /** Whether nothing stands between the last unit and this place. */
  #endsWithUnit = false;

  constructor(tokens: readonly Token[], source: string, adjuncts: boolean) {
    this.#tokens = tokens;
    this.#source = source;
    this.#adjuncts = adjuncts;
  }

  parse(): ParsedQuantity {
    let { expr, unit } = this.#parseTerm();
    while (this.#at < this.#tokens.length) {
      const sign = this.#takeSign(unit);
      if (sign === null) throw new Refusal('syntax');
      const term = this.#parseTerm();
      expr = joinBinary(sign, expr, convertTo(unit!, term.unit, term.expr));
    }
    if (unit !== null && unit.known !== null) this.#skipped.unshift({ what: 'unit', text: unit.text });
    return { item: { kind: 'scalar', expr, unit, source: this.#source }, skipped: this.#skipped };
  }

  /** `2 cm + 3 cm`, and `2 hours 30 minutes`, which is a sum as well. */
  #takeSign(unit: Unit | null): '+' | '-' | null {
    const token = this.#tokens[this.#at]!;
    if (unit === null) return null;
    if (token.kind === 'number') return unit.known !== null && this.#endsWithUnit ? '+' : null;
    if (token.kind !== 'op' || (token.text !== '+' && token.text !== '-')) return null;
    this.#at += 1;
    return token.text;
  }

  /** An expression with the unit and the nouns behind it. */
  #parseTerm(): { readonly expr: Expr; readonly unit: Unit | null } {
    const rest = this.#tokens.slice(this.#at);
    const { expr, next, currency } = parseLeading(rest);
    this.#at += next;
    if (currency !== null) this.#skipped.push({ what: 'currency', text: currency.text });
    const money = currency === null ? null : findUnit([currency], 0, false)!.unit;
    if (this.#at === this.#tokens.length) return { expr, unit: money };
    this.#skipOrdinal(rest, next);
    const unit = this.#takeUnit();
    this.#endsWithUnit = unit !== null || money !== null;
    const noun = this.#takeNouns();
    if (noun !== null) this.#endsWithUnit = false;
    return { expr, unit: mergeUnits(money, unit) ?? noun };
  }

  /** `12th` is 12 where nothing follows. */
  #skipOrdinal(rest: readonly Token[], next: number): void {
    const tail = rest.slice(next).filter(({ text }) => text !== '^' && text !== '{' && text !== '}');
    if (tail.length !== 1 || rest[next - 1]?.kind !== 'number' || !ORDINALS.has(tail[0]!.text)) return;
    if (tail[0]!.spaced && rest[next]!.text !== '^') return;
    this.#skipped.push({ what: 'ordinal', text: tail[0]!.text });
    this.#at = this.#tokens.length;
  }

  #takeUnit(): Unit | null {
    const isPer = this.#tokens[this.#at]?.text === '/';
    const isAfterNumber = this.#tokens[this.#at - 1]!.kind === 'number' && this.#tokens[this.#at]?.spaced === true;
    const found = findUnit(this.#tokens, isPer ? this.#at + 1 : this.#at, isPer || isAfterNumber);
    if (found === null) {
      if (isPer) this.#at += 1;
      return null;
    }
    this.#at = found.next;
    return isPer ? { text: `/${found.unit.text}`, known: null } : found.unit;
  }

  /**
   * Words behind a value that change nothing about it, as a unit that is not known. Stops at a sign; a word that
   * denies, bounds, multiplies or conditions makes the whole unreadable.
   */
  #takeNouns(): Unit | null {
    const from = this.#at;
    const nouns: string[] = [];
    let isAdjunct = false;
    for (; this.#at < this.#tokens.length; this.#at += 1) {
      const token = this.#tokens[this.#at]!;
      if (token.kind === 'word' && isOtherScript(token.text)) {
        nouns.push(...this.#takeCounted(this.#at > from));
        this.#at -= 1;
      } else if (isNounWord(token, this.#at > from)) {
        const word = toVocabulary(token.text);
        if (makesAnother(this.#tokens, this.#at) || opensSecondClause(this.#tokens, this.#at))
          throw new Refusal('syntax');
        isAdjunct ||= (this.#at > from || this.#endsWithUnit) && hasClass(word, 'preposition');
        if (!isAdjunct && isContentWord(word)) nouns.push(word);
      } else if (!isNounSign(token, this.#tokens[this.#at + 1]) && !(isAdjunct && this.#isInAdjunct())) break;
    }
    if (this.#at === from) return null;
    const last = this.#tokens[this.#at - 1]!;
    if (last.kind === 'word' && /^(?:to|of|at|by|per|from|than|with|for)$/i.test(last.text))
      throw new Refusal('syntax');
    const text = this.#tokens.slice(from, this.#at).map(({ text: one }) => one);
    this.#skipped.push({ what: 'noun', text: text.join(' ') });
    return nouns.length === 0 ? null : { text: nouns.map(toSingular).join(' '), known: null };
  }

  /** Words in another script, as one noun. Throws `Refusal` where they may change the value. */
  #takeCounted(isFollowing: boolean): string[] {
    const from = this.#at;
    while (this.#at < this.#tokens.length && isOtherScript(this.#tokens[this.#at]!.text)) this.#at += 1;
    const words = this.#tokens.slice(from, this.#at).map(({ text }) => text);
    if (!countsValue(words, isFollowing || this.#endsWithUnit)) throw new Refusal('syntax');
    return words;
  }

  /** The number of "in 2 months" behind a noun; "of 5", "by 3" and "to 7" make the value another one. */
  #isInAdjunct(): boolean {
    const token = this.#tokens[this.#at]!;
    if (!this.#adjuncts || (token.kind !== 'number' && token.kind !== 'currency')) return false;
    if (token.kind === 'number' && this.#tokens[this.#at - 1]!.kind === 'currency') return true;
    const words = this.#tokens.slice(Math.max(0, this.#at - 3), this.#at).map(({ text }) => text.toLowerCase());
    const at = words.findLastIndex((word) => hasClass(word, 'preposition'));
    if (at < 0 || words.slice(at).some((word) => hasClass(word, 'verb'))) return false;
    if (words[at] === 'to' || words.slice(at).some((word) => hasClass(word, 'bound'))) throw new Refusal('syntax');
    const isDirect = at === words.length - 1;
    const isLast = this.#at + 1 === this.#tokens.length;
    if (isDirect && (isLast || /^(?:of|by|to|per|into)$/.test(words[at]!))) throw new Refusal('syntax');
    return true;
  }
}

/** Money per unit, or money in words and sign at once: the written unit counts. */
function mergeUnits(money: Unit | null, unit: Unit | null): Unit | null {
  if (money === null) return unit;
  return unit === null || unit.text.startsWith('/') ? money : unit;
}

/** Whether a word makes another value with the words beside it: "and then some", "to the fourth", "for odd n". */
function makesAnother(tokens: readonly Token[], at: number): boolean {
  const [before, word] = [tokens[at - 1]!.text, toVocabulary(tokens[at]!.text)];
  if ((MORE_BEHIND_AND.test(word) && before === 'and') || CUBED_BEHIND.test(`${before} ${word}`)) return true;
  return isPowerWord(tokens, at) || isCaseOf(tokens, at);
}

/** "12 apples at first and now has 7", "12 boys and there are 7 girls": a second statement behind "and". */
function opensSecondClause(tokens: readonly Token[], at: number): boolean {
  const { kind, text } = tokens[at]!;
  if (kind !== 'word' || !tokens.slice(Math.max(0, at - 2), at).some((one) => isAnd(one.text))) return false;
  if (hasClass(text.toLowerCase(), 'verb') && text !== 'there') return isAnd(tokens[at - 1]!.text);
  return /^(?:now|then|there|he|she|it|they|we)$/i.test(text) || hasClass(text.toLowerCase(), 'copula');
}

/** Whether a second statement opens anywhere. */
export function hasSecondClause(tokens: readonly Token[]): boolean {
  return tokens.some(({ text }) => isAnd(text)) && tokens.some((_, at) => opensSecondClause(tokens, at));
}

const isAnd = (text: string): boolean => text === 'and' || text === 'but';

/** "to the fourth", "orders of magnitude". */
function isPowerWord(tokens: readonly Token[], at: number): boolean {
  const word = (offset: number) => tokens[at + offset]?.text.toLowerCase() ?? '';
  if (/^orders?$/.test(word(0))) return word(1) === 'of' && word(2) === 'magnitude';
  return word(0) === 'to' && word(1) === 'the' && (ORDINALS.has(word(2)) || POWERS.test(word(2)));
}

const POWERS = /^(?:second|power|[a-z]{1,12}th)$/;

/** "for odd n": the value of one case. */
export function isCaseOf(tokens: readonly Token[], at: number): boolean {
  return (
    tokens[at]!.text.toLowerCase() === 'for' &&
    isNumberKind(tokens[at + 1]?.text ?? '') &&
    tokens[at + 2]?.kind === 'letter'
  );
}

/** A word of a noun phrase. Throws `Refusal` for one that may change the value. */
function isNounWord(token: Token, isFollowing: boolean): boolean {
  if (token.kind === 'letter') return isFollowing ? token.zone === 'text' : token.spaced && /^[aAI]$/.test(token.text);
  if (token.kind !== 'word') return false;
  const word = toVocabulary(token.text);
  const changes =
    RESTRICTING.some((name) => hasClass(word, name)) ||
    LIMITS_BEHIND.has(word) ||
    CHANGES_BEHIND.has(word) ||
    startsWithMultiplier(token);
  if (changes || (!token.spaced && token.zone === 'plain')) throw new Refusal('syntax');
  return true;
}

const RESTRICTING = ['denial', 'condition', 'reason'] as const;

/** "5 at least", "5 and above"; "4 more than Alice" is 4. A second verb makes a second statement. */
const LIMITS_BEHIND: ReadonlySet<string> = new Set(
  'mn bn tn mln bln mio thsd k ppm ppb bps bp basis base permille promille bang exponent exponents etc score kilo mega giga milli micro nano octal hex hexadecimal binary ternary least most minimum maximum up upwards above below under over beyond worst is are was were equals equal est sont ist sind es son'.split(
    ' ',
  ),
);

/** "5 and then some", "5 pounds and change": more than that. */
export const MORE_BEHIND_AND = /^(?:then|change|counting|rising|falling|so|some|maybe|etc)$/;

/** A hyphen between two words. */
function isNounSign(token: Token, next: Token | undefined): boolean {
  if (token.kind === 'name' && token.text === 'and') return next?.kind === 'word';
  return token.text === '-' && !token.spaced && next?.kind === 'word' && !next.spaced;
}

function isContentWord(word: string): boolean {
  return !hasClass(word, 'filler') && !hasClass(word, 'preposition') && !hasClass(word, 'verb');
}

function toSingular(word: string): string {
  return word.length > 3 && word.endsWith('s') ? word.slice(0, -1) : word;
}

/** "2 hours and 30 minutes": a value in a smaller unit behind one in a larger is its rest. Null for anything else. */
export function joinQuantities(first: Item, second: Item, source: string): Item | null {
  if (first.kind !== 'scalar' || second.kind !== 'scalar' || !isClosed(first.expr) || !isClosed(second.expr))
    return null;
  const [unit, smaller] = [first.unit?.known, second.unit?.known];
  if (!unit || !smaller || unit.dimension !== smaller.dimension) return null;
  const factor = divide(smaller.factor, unit.factor)!;
  if (factor.num >= factor.den) return null;
  return { ...first, expr: joinBinary('+', first.expr, scale(second.expr, factor)), source };
}

/** A value in another unit of the same dimension, in the first one's. Throws `Refusal` where that is not possible. */
function convertTo(unit: Unit, from: Unit | null, expr: Expr): Expr {
  if (from === null && expr.type === 'number' && expr.value.num === 0n) return expr;
  if (from === null) throw new Refusal('syntax');
  if (unit.known === null || from.known === null) {
    if (unit.text === from.text) return expr;
    throw new Refusal('syntax');
  }
  if (unit.known.dimension !== from.known.dimension) throw new Refusal('syntax');
  return scale(expr, divide(from.known.factor, unit.known.factor)!);
}

/** The expression times a rational number. */
export function scale(expr: Expr, factor: Rational): Expr {
  if (factor.num === factor.den) return expr;
  return joinBinary('*', expr, { type: 'number', value: factor, decimals: 0 });
}

/** `4:30`, `12:00 PM`, `9 a.m.`, `9 o'clock`. Null for anything else. */
export function readClock(tokens: readonly Token[], source: string): Item | null {
  const [hours, colon, minutes] = tokens;
  if (hours?.kind !== 'number' || !/^\d{1,2}$/.test(hours.text)) return null;
  const isFull = colon?.text === ':' && minutes?.kind === 'number' && /^[0-5]\d$/.test(minutes.text) && !minutes.spaced;
  const behind = tokens.slice(isFull ? 3 : 1);
  if (!isFull && behind.length === 1 && behind[0]!.text.toLowerCase() === "o'clock")
    return { kind: 'clock', digits: `${Number(hours.text)}:00`, half: null, source };
  const half = readHalf(behind);
  if (half === undefined || (!isFull && half === null)) return null;
  return { kind: 'clock', digits: `${Number(hours.text)}${isFull ? `:${minutes.text}` : ''}`, half, source };
}

/** `p.m.`; null where nothing stands, undefined for anything else. */
function readHalf(tokens: readonly Token[]): 'am' | 'pm' | null | undefined {
  const text = tokens
    .map((token) => token.text.toLowerCase())
    .join('')
    .replaceAll('.', '');
  if (text === '') return null;
  return text === 'am' || text === 'pm' ? text : undefined;
}

/** Longer texts are prose, not answers. */
const MAX_TEXT_ANSWER = 400;

/** Words alone, or the dots of a list that goes on; null when there is a sign, a number or a formula. */
export function readText(tokens: readonly Token[], source: string): Item | null {
  if (source.length > MAX_TEXT_ANSWER || tokens[0]!.kind === 'number') return null;
  if (tokens.length === 1 && tokens[0]!.text === 'ldots') return { kind: 'text', value: source, source };
  // `\pi` square feet, `x` cm.
  const isSymbol = (tokens[0]!.kind === 'name' || tokens[0]!.kind === 'letter') && tokens[0]!.zone !== 'text';
  if (isSymbol && tokens.length > 1 && findUnit(tokens, 1, true)?.next === tokens.length) return null;
  const isText = tokens.every(({ kind, text, zone }) => {
    if (kind === 'letter' || kind === 'name') return zone === 'text' || tokens.length > 1;
    return kind === 'word' || (kind === 'op' && "-.'()".includes(text));
  });
  if (!isText || !tokens.some(({ kind }) => kind === 'word')) return null;
  const words = tokens.map(({ text }) => text.toLowerCase()).join(' ');
  const name = ALL_REALS.test(words) ? 'R' : NO_SOLUTION.test(words) ? 'empty' : null;
  return name === null ? { kind: 'text', value: source, source } : { kind: 'named-set', name, source };
}

/** Sets in words. */
const ALL_REALS = /^(?:the set of )?(?:all |any |every )(?:the )?(?:reals|real numbers?)$/;
const NO_SOLUTION = /^(?:the )?(?:empty set|null set)$|^(?:there (?:is|are) )?no solutions?(?: exists?)?$/;
