import { LIMITS, Refusal } from '../limits.ts';
import type { Policy } from '../policy.ts';
import { type Item, isClosed } from '../syntax-tree.ts';
import { isEqual } from '../value/rational.ts';
import type { Skipped } from '../verdict.ts';
import { type ParsedAnswer, parseTokens } from './answer-parser.ts';
import { findCuts, isPlainContrast, isRestricting, isValueToken, isWordOf } from './cut-tail.ts';
import { DETERMINERS, isClear, isJoint, isLead, isPoint, isVerbLead, MEASURES, skipFillers } from './leads.ts';
import { foldNumberWords, startsNumber } from './number-words.ts';
import { hasSecondClause } from './quantity-parser.ts';
import type { Token } from './token.ts';
import { type TokenizedText, tokenize } from './tokens.ts';

/** A statement that was read as a whole. */
export interface Reading extends ParsedAnswer {
  /** The words a text answer consists of, without the sentence around them. */
  readonly words: string | null;
}

/** Reads a reference as a whole: no sentence around it. Throws `Refusal` when it cannot be read. */
export function readReference(text: string, { comma }: Policy): Reading {
  const { source, tokens } = tokenizeBounded(text, comma);
  return { ...parseTokens(foldNumberWords(trimTokens(tokens)), source, false), words: null };
}

/**
 * Reads a statement as a whole. Around the value only this may stand, and is named: a subject with a verb before it;
 * behind it a unit, a noun phrase, a reason, what it is opposed to, a remark. Throws `Refusal` when anything is left.
 */
export function readStatement(text: string, { comma }: Policy): Reading {
  const { source, tokens } = tokenizeBounded(text, comma);
  if (tokens.at(-1)?.text === '?' || tokens.some(isShortLabel) || isRange(tokens)) throw new Refusal('syntax');
  return new StatementReader(source, trimLead(trimTokens(tokens))).read();
}

/** "from 3 to 7", "somewhere between 3 and 7". */
function isRange(tokens: readonly Token[]): boolean {
  const at = tokens.findIndex(({ kind, text }) => kind !== 'word' || !RANGE_LEADS.has(text.toLowerCase()));
  return at >= 0 && tokens[at]!.kind === 'word' && /^(?:from|between)$/i.test(tokens[at]!.text);
}

const RANGE_LEADS: ReadonlySet<string> = new Set('in the a range interval somewhere anywhere anything'.split(' '));

/** The `A:` of a second answer on the line. */
function isShortLabel({ kind, text, zone }: Token, at: number, tokens: readonly Token[]): boolean {
  if (at === 0 || kind !== 'letter' || text !== 'A' || zone !== 'plain' || tokens[at + 1]?.text !== ':') return false;
  return tokens[at + 2]?.spaced === true;
}

function tokenizeBounded(text: string, comma: Policy['comma']): TokenizedText {
  if (text.length > LIMITS.extracted) throw new Refusal('limit:extracted');
  return tokenize(text, comma === 'decimal');
}

/** Without "Therefore," and its like. */
function trimLead(tokens: readonly Token[]): readonly Token[] {
  let from = 0;
  for (;;) {
    const [word, comma] = [tokens[from], tokens[from + 1]];
    if (word === undefined || comma === undefined || !isWordOf(word, 'lead')) return tokens.slice(from);
    from += comma.text === ',' || comma.text === ':' ? 2 : 1;
  }
}

/** Without punctuation around, and marks of approval behind. */
function trimTokens(tokens: readonly Token[]): readonly Token[] {
  let [from, to] = [0, tokens.length];
  while (from < to && (isPunctuation(tokens[from]!) || POINTERS.test(tokens[from]!.text))) from += 1;
  while (
    to > from &&
    (isPunctuation(tokens[to - 1]!) || APPROVAL.test(tokens[to - 1]!.text) || isExclamation(tokens, to - 1))
  )
    to -= 1;
  return tokens.slice(from, to);
}

/** Ticks, ends of proofs and signs of joy behind a statement; any other pictogram may doubt it or cross it out. */
const APPROVAL = /^(?:blacksquare|square|qed|checkmark|Box)$|^[✅✔✓☑∎■□▪🎉🎊😊🙂😀😃😄👍👏🙌🥳🌟⭐✨🎯🏆💪]$/u;

/** What points at a statement that follows. */
const POINTERS = /^(?:[👉✅➡📌🔹🔸▶➤]|Rightarrow|to)$/u;

function isPunctuation({ kind, text }: Token): boolean {
  return kind === 'op' && (text === '.' || text === ',' || text === ';' || text === ':' || text === '\\\\');
}

/** Behind a formula an exclamation mark ends the sentence; one of a factorial stands in it. */
function isExclamation(tokens: readonly Token[], at: number): boolean {
  return tokens[at]!.text === '!' && tokens[at]!.zone === 'plain' && tokens[at - 1]?.zone === 'math';
}

class StatementReader {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #refusal: Refusal | null = null;

  constructor(source: string, tokens: readonly Token[]) {
    this.#source = source;
    this.#tokens = tokens;
  }

  read(): Reading {
    const found =
      this.#readGloss() ?? this.#readMainClause() ?? this.#readWithTail(this.#tokens) ?? this.#readConclusion();
    if (found === null) throw this.#refusal ?? new Refusal('syntax');
    return found;
  }

  /** "1/4 (= 0.25)" says one value twice and is read as the chain it is; what it is about ("(≈ 5.657)") is a remark. */
  #readGloss(): Reading | null {
    const tokens = this.#tokens;
    const open = tokens.findLastIndex(({ text }) => text === '(');
    const sign = tokens[open + 1]?.text ?? '';
    if (open < 1 || tokens.at(-1)!.text !== ')' || !/^(?:=|≈|approx)$/.test(sign)) return null;
    const head = tokens.slice(0, open);
    if (sign === '=') return this.#readWithTail([...head, ...tokens.slice(open + 1, -1)]);
    const reading = this.#readWithTail(head);
    return reading && withSkipped(reading, [{ what: 'remark', text: this.#write(tokens.slice(open)) }]);
  }

  /** Reads tokens as a value, or as a sentence, once without a tail and once for each place where a tail may begin. */
  #readWithTail(tokens: readonly Token[]): Reading | null {
    if (isSubject(tokens)) return this.#readByEquation(tokens) ?? this.#readByCopula(tokens);
    const whole = this.#readVote(tokens) ?? this.#readTwice(tokens) ?? this.#readSentence(tokens);
    if (whole !== null) return whole;
    if (hasSecondClause(tokens)) return null;
    for (const { at, what } of findCuts(tokens)) {
      const tail = tokens.slice(at);
      if (what === 'remark' && tail.some((token) => isWordOf(token, 'bound'))) continue;
      if (what === 'contrast' ? !isPlainContrast(tail) : what !== 'reason' && tail.some(isRestricting)) continue;
      const head = this.#readSentence(trimTokens(tokens.slice(0, at)));
      if (head !== null && head.item.kind !== 'text') return withSkipped(head, [{ what, text: this.#write(tail) }]);
    }
    return null;
  }

  /** "Yes, it is", "No, because 2 is even": what follows a yes or no explains it, unless it turns. */
  #readVote(tokens: readonly Token[]): Reading | null {
    const [vote, comma] = tokens;
    if (vote === undefined || comma?.text !== ',' || !/^(?:yes|no|true|false)$/i.test(vote.text)) return null;
    const rest = tokens.slice(2);
    const turns = rest.some(
      (token) =>
        /^(?:but|yes|no|true|false|or|some|maybe|perhaps|except|unless|if|only|however|sometimes|wait|actually)$/i.test(
          token.text,
        ) || token.kind === 'unknown',
    );
    if (
      turns ||
      !rest.some(({ kind }) => kind === 'word') ||
      (/^(?:yes|true)$/i.test(vote.text) && rest.some(isRestricting))
    )
      return null;
    const said = this.#parse([vote]);
    return said && withSkipped({ ...said, words: vote.text }, [{ what: 'reason', text: this.#write(rest) }]);
  }

  /** "7 (seven)" and "seven (7)" say one value twice; two values are none. */
  #readTwice(tokens: readonly Token[]): Reading | null {
    if (tokens.at(-1)?.text !== ')') return null;
    const open = tokens.findIndex(({ text }) => text === '(');
    const [head, inside] = [tokens.slice(0, open), tokens.slice(open + 1, -1)];
    if (open < 1 || inside.length === 0) return null;
    const isWords = (part: readonly Token[]) =>
      startsNumber(part[0]!.text.toLowerCase()) && part.every(({ kind, text }) => kind === 'word' || text === '-');
    const isDigits = (part: readonly Token[]) => part.length === 1 && part[0]!.kind === 'number';
    if (!(isWords(head) && isDigits(inside)) && !(isDigits(head) && isWords(inside))) return null;
    const [said, again] = [this.#parse(head), this.#parse(inside)];
    const isSame =
      said?.item.kind === 'scalar' &&
      again?.item.kind === 'scalar' &&
      said.item.expr.type === 'number' &&
      again.item.expr.type === 'number' &&
      isEqual(said.item.expr.value, again.item.expr.value);
    if (!isSame) throw new Refusal('syntax');
    return withSkipped({ ...said, words: null }, [{ what: 'remark', text: this.#write(tokens.slice(open)) }]);
  }

  #write(tokens: readonly Token[]): string {
    return tokens.length === 0 ? '' : this.#source.slice(tokens[0]!.at, tokens.at(-1)!.end).trim();
  }

  #readSentence(tokens: readonly Token[]): Reading | null {
    if (tokens.length === 0) return null;
    const direct = this.#parse(tokens);
    if (direct !== null)
      return direct.item.kind === 'text' ? this.#readWords(tokens, direct) : { ...direct, words: null };
    return this.#readByEquation(tokens) ?? this.#readByCopula(tokens) ?? this.#readByVerb(tokens);
  }

  /** A text answer: "The direction is east" states "east". */
  #readWords(tokens: readonly Token[], parsed: ParsedAnswer): Reading {
    const at = tokens.findLastIndex((token) => isWordOf(token, 'copula'));
    const isStated = at >= 0 && at < tokens.length - 1 && isLead(tokens.slice(0, at));
    return { ...parsed, words: isStated ? this.#write(tokens.slice(at + 1)) : null };
  }

  #parse(tokens: readonly Token[]): ParsedAnswer | null {
    try {
      return parseTokens(foldNumberWords(tokens), this.#source, true);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // A bound that was hit is told, whatever else fails.
      if (error.reason !== 'syntax') this.#refusal = error;
      return null;
    }
  }

  /** "She sold 48 + 24 = 72 clips": words and an equation of closed values; "Total = 72 clips": words and a value. */
  #readByEquation(tokens: readonly Token[]): Reading | null {
    const at = tokens.findLastIndex(({ kind, text }) => kind === 'op' && text === '=');
    if (at <= 0) return null;
    let from = at;
    while (from > 0 && isCalculation(tokens[from - 1]!)) from -= 1;
    const lead = tokens.slice(0, from);
    if (!isClear(lead)) return null;
    const isNamed = from === at;
    if (isNamed && lead.some(isSign)) return null;
    // `f(3) = 5` is no calculation with 3, nor is "B with t = 5" one of a value named.
    if (
      isNamed
        ? lead.some((one, k) => isValueToken(one, k, lead) && !isPoint(one))
        : lead.length > 0 && lead.at(-1)!.kind !== 'word'
    )
      return null;
    const value = this.#parse(tokens.slice(isNamed ? at + 1 : from));
    if (value === null || !isClosedValue(value.item, isNamed)) return null;
    return withSkipped({ ...value, words: null }, [{ what: 'lead', text: this.#write(lead) }]);
  }

  /** "The area of ABC is 12 square units", "Total: 26 dollars", "5 is the answer". */
  #readByCopula(tokens: readonly Token[]): Reading | null {
    const lastValue = tokens.findLastIndex(isValueToken);
    const lastWord = tokens.findLastIndex(({ kind }) => kind === 'word');
    const lastOther = tokens.findLastIndex((token) => !isWordOf(token, 'answer'));
    for (let at = tokens.length - 2; at > 0; at -= 1) {
      if (!isJoint(tokens, at)) continue;
      const isPredicate = lastValue <= at && lastWord > at;
      if (isPredicate && lastOther > at && !isNamingPredicate(tokens.slice(at + 1))) continue;
      const [lead, rest] = [tokens.slice(0, at), tokens.slice(at + 1)];
      if (isPredicate) {
        const said = this.#parse(lead);
        return said === null || (lastOther > at && said.item.kind !== 'scalar')
          ? null
          : withSkipped({ ...said, words: null }, [{ what: 'remark', text: this.#write(tokens.slice(at)) }]);
      }
      if (!isLead(lead)) return null;
      const value = this.#parse(skipFillers(rest)) ?? this.#readByVerb(rest);
      return value === null
        ? null
        : withSkipped({ words: null, ...value }, [{ what: 'lead', text: this.#write(tokens.slice(0, at + 1)) }]);
    }
    return null;
  }

  /** "She earned 72 dollars": a verb and no number before the value. */
  #readByVerb(tokens: readonly Token[]): Reading | null {
    const at = tokens.findIndex(isValueToken);
    if (at <= 0) return null;
    const lead = tokens.slice(0, at);
    const isTime = /^(?:after|in)$/i.test(lead.at(-1)!.text);
    if (!isLead(isTime ? lead.slice(0, -1) : lead)) return null;
    const isMeasure = MEASURES.has(tokens.at(-1)!.text.toLowerCase()) && lead.some((one) => isWordOf(one, 'verb'));
    if (!isMeasure && !isTime && !isVerbLead(lead)) return null;
    const value = this.#parse(tokens.slice(at));
    if (isTime && !isDuration(value)) return null;
    // "the two" counts what was said before, "he came in 2nd" counts nothing.
    if (tokens[at]!.kind === 'word' && DETERMINERS.has(tokens[at - 1]!.text.toLowerCase())) return null;
    if (value === null || value.skipped.some(({ what }) => what === 'ordinal')) return null;
    return withSkipped({ ...value, words: null }, [{ what: 'lead', text: this.#write(lead) }]);
  }

  /** "Since $a = 3$, the area is 12", "With 3 boxes left, she sold 5": what an opening phrase says is a reason or a circumstance. */
  #readMainClause(): Reading | null {
    const tokens = this.#tokens;
    if (!OPENERS.test(tokens[0]?.text ?? '')) return null;
    const isCase = CASE_OPENERS.test(tokens[0]!.text);
    for (let at = 2; at < Math.min(tokens.length, MAX_OPENING); at += 1) {
      const { kind, text } = tokens[at]!;
      if (isWordOf(tokens[at]!, 'condition') || (isCase && kind === 'op' && /^[=<>]/.test(text))) return null;
      if (text !== ',') continue;
      const main = trimLead(tokens.slice(at + 1));
      const reading = this.#readWithTail(main);
      // A value alone is no clause: "In all, 5".
      if (reading !== null && (reading.item.kind === 'relation' || reading.skipped.some(({ what }) => what === 'lead')))
        return withSkipped(reading, [{ what: 'lead', text: this.#write(tokens.slice(0, at)) }]);
    }
    return null;
  }

  /** `a = b \Rightarrow x = 5` states what follows the last arrow. */
  #readConclusion(): Reading | null {
    const at = this.#tokens.findLastIndex(({ kind, text }) => kind === 'name' && text === 'Rightarrow');
    if (at <= 0) return null;
    const before = this.#tokens.slice(0, at);
    if (!before.some(({ text }) => text === '=' || text === '<' || text === '>')) return null;
    const reading = this.#readSentence(trimTokens(this.#tokens.slice(at + 1)));
    return reading === null || reading.item.kind !== 'relation'
      ? null
      : withSkipped(reading, [{ what: 'lead', text: this.#write(before) }]);
  }
}

/** Words with which a phrase opens that says why, how or when. */
const OPENERS =
  /^(?:since|because|as|although|though|using|adding|subtracting|multiplying|dividing|doubling|counting|substituting|solving|combining|with|without|after|before|by|from|in|on|at|among|given|knowing|over|during)$/i;
/** With a relation in it such a phrase makes a case. */
const CASE_OPENERS = /^(?:with|in|on|at|given)$/i;
/** Tokens in which the comma behind it is looked for. */
const MAX_OPENING = 40;

function withSkipped(reading: Reading, skipped: readonly Skipped[]): Reading {
  return { ...reading, skipped: [...reading.skipped, ...skipped] };
}

/** A sign or a command before a name: `< k = 10`, `\\sum k = 10`. */
const isSign = ({ kind, text }: Token): boolean =>
  kind === 'name' || kind === 'unknown' || (kind === 'op' && !',:;()'.includes(text));

/** "The trains meet after 3 hours": behind "after" and "in" a time alone is what was asked for. */
function isDuration(value: ParsedAnswer | null): boolean {
  return value?.item.kind === 'scalar' && value.item.unit?.known?.dimension === 'time^1';
}

/** A value, or for an equation all of its sides, without symbols. */
function isClosedValue(item: Item, isNamed: boolean): boolean {
  if (item.kind === 'scalar') return isNamed && isClosed(item.expr);
  return (
    item.kind === 'relation' && !isNamed && item.sides.every((side) => side.kind === 'scalar' && isClosed(side.expr))
  );
}

/** "14 is the smallest such number": the value is what words without a value say it is, and nothing denies or bounds it. */
function isNamingPredicate([article, ...rest]: readonly Token[]): boolean {
  return (
    /^(?:the|our)$/i.test(article!.text) &&
    rest.length > 0 &&
    rest.every(
      (token) =>
        token.kind === 'word' &&
        !isRestricting(token) &&
        !(['bound', 'condition', 'reason', 'copula'] as const).some((name) => isWordOf(token, name)),
    )
  );
}

/** "The 5 friends share the cake": what is said of so many is a sentence, whatever its verb is. */
function isSubject(tokens: readonly Token[]): boolean {
  const [determiner, value] = tokens;
  if (tokens.length < SUBJECT_TOKENS || !DETERMINERS.has(determiner!.text.toLowerCase())) return false;
  return (
    isValueToken(value!, 1, tokens) &&
    value!.zone !== 'math' &&
    tokens.slice(2, 4).every(({ kind }) => kind === 'word') &&
    tokens.slice(4).every(({ kind }) => kind === 'word' || kind === 'number')
  );
}

/** A determiner, a number, a noun, and more than a word about it. */
const SUBJECT_TOKENS = 5;

/** What a calculation consists of: no words, no symbols but the `x` that multiplies. */
function isCalculation({ kind, text }: Token): boolean {
  if (kind === 'op') return !',;:.'.includes(text);
  return (
    kind === 'number' || kind === 'currency' || (kind === 'name' && text !== 'and' && text !== 'or') || text === 'x'
  );
}
