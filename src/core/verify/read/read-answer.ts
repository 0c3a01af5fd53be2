import { LIMITS, Refusal } from '../limits.ts';
import type { Policy } from '../policy.ts';
import { type Item, isClosed } from '../syntax-tree.ts';
import { isEqual } from '../value/rational.ts';
import type { Skipped } from '../verdict.ts';
import { type ParsedAnswer, parseTokens } from './answer-parser.ts';
import { findCuts, isPlainContrast, isRestricting, isValueToken, isWordOf } from './cut-tail.ts';
import { foldNumberWords, startsNumber } from './number-words.ts';
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
  while (to > from && (isPunctuation(tokens[to - 1]!) || APPROVAL.test(tokens[to - 1]!.text))) to -= 1;
  return tokens.slice(from, to);
}

/** Ticks, ends of proofs and signs of joy behind a statement; any other pictogram may doubt it or cross it out. */
const APPROVAL = /^(?:blacksquare|square|qed|checkmark|Box)$|^[✅✔✓☑∎■□▪🎉🎊😊🙂😀😃😄👍👏🙌🥳🌟⭐✨🎯🏆💪]$/u;

/** What points at a statement that follows. */
const POINTERS = /^(?:[👉✅➡📌🔹🔸▶➤]|Rightarrow|to)$/u;

function isPunctuation({ kind, text }: Token): boolean {
  return kind === 'op' && (text === '.' || text === ',' || text === ';' || text === ':' || text === '\\\\');
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
    const found = this.#readWithTail(this.#tokens) ?? this.#readConclusion();
    if (found === null) throw this.#refusal ?? new Refusal('syntax');
    return found;
  }

  /** Reads tokens as a value, or as a sentence, once without a tail and once for each place where a tail may begin. */
  #readWithTail(tokens: readonly Token[]): Reading | null {
    const whole = this.#readVote(tokens) ?? this.#readTwice(tokens) ?? this.#readSentence(tokens);
    if (whole !== null) return whole;
    for (const { at, what } of findCuts(tokens)) {
      const tail = tokens.slice(at);
      if (what === 'remark' && tail.some((token) => isWordOf(token, 'bound'))) continue;
      if (what === 'contrast' ? !isPlainContrast(tail.slice(1)) : what !== 'reason' && tail.some(isRestricting))
        continue;
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
        /^(?:but|yes|no|true|false|or|maybe|perhaps|except|unless|if|only|however|sometimes|wait|actually)$/i.test(
          token.text,
        ) || token.kind === 'unknown',
    );
    if (turns || rest.length === 0 || (/^(?:yes|true)$/i.test(vote.text) && rest.some(isRestricting))) return null;
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
    // `f(3) = 5` is no calculation with 3, nor is "B with t = 5" one of a value named.
    if (isNamed ? lead.some(isValueToken) : lead.length > 0 && lead.at(-1)!.kind !== 'word') return null;
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
      if (isPredicate && lastOther > at) continue;
      const [lead, rest] = [tokens.slice(0, at), tokens.slice(at + 1)];
      if (isPredicate) {
        const said = this.#parse(lead);
        return said === null
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
    const isMeasure = MEASURES.has(tokens.at(-1)!.text.toLowerCase()) && lead.some((one) => isWordOf(one, 'verb'));
    if (!isLead(lead) || !(isMeasure || isVerbLead(lead))) return null;
    const value = this.#parse(tokens.slice(at));
    // "the two" counts what was said before, "he came in 2nd" counts nothing.
    if (tokens[at]!.kind === 'word' && DETERMINERS.has(tokens[at - 1]!.text.toLowerCase())) return null;
    if (value === null || value.skipped.some(({ what }) => what === 'ordinal')) return null;
    return withSkipped({ ...value, words: null }, [{ what: 'lead', text: this.#write(lead) }]);
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

function withSkipped(reading: Reading, skipped: readonly Skipped[]): Reading {
  return { ...reading, skipped: [...reading.skipped, ...skipped] };
}

/** A copula, or the colon behind words. */
function isJoint(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at]!;
  if (isWordOf(token, 'copula')) return true;
  return token.kind === 'op' && token.text === ':' && tokens[at - 1]!.kind !== 'number';
}

/** Whether a subject leaves its value alone: it does not deny, and does not state a value of its own. */
function isLead(lead: readonly Token[]): boolean {
  // "It is not 10, it's 11": what was denied is said, and something else follows.
  if (lead.length > 1 && lead.at(-1)!.kind === 'number' && isWordOf(lead.at(-2)!, 'denial')) return true;
  if (lead.some(isRestricting) || lead.slice(-2).some((token) => isWordOf(token, 'bound') && !EXTREME.test(token.text)))
    return false;
  return !lead.some(
    (token, at) =>
      (isWordOf(token, 'copula') || token.text === '=') && lead.slice(at + 1).some((one) => one.kind === 'number'),
  );
}

/** "The minimum is 5": what has the value, and no bound of it. */
const EXTREME = /^(?:maximum|minimum)$/i;

/** Whether words and numbers before an equation leave it alone: no denial, no condition, no reason it belongs to. */
function isClear(lead: readonly Token[]): boolean {
  const changes = (token: Token, at: number) =>
    isRestricting(token) || isWordOf(token, 'condition') || (at > 0 && isWordOf(token, 'reason'));
  const clause = lead.slice(lead.findLastIndex(({ text }) => text === ',') + 1);
  if (lead.some(changes) || clause.some((token) => isWordOf(token, 'bound'))) return false;
  const last = lead.at(-1);
  return last === undefined || !isWordOf(last, 'preposition') || isPhrase(lead);
}

/** A value, or for an equation all of its sides, without symbols. */
function isClosedValue(item: Item, isNamed: boolean): boolean {
  if (item.kind === 'scalar') return isNamed && isClosed(item.expr);
  return (
    item.kind === 'relation' && !isNamed && item.sides.every((side) => side.kind === 'scalar' && isClosed(side.expr))
  );
}

/** What a calculation consists of: no words, no symbols but the `x` that multiplies. */
function isCalculation({ kind, text }: Token): boolean {
  if (kind === 'op') return !',;:.'.includes(text);
  return (
    kind === 'number' || kind === 'currency' || (kind === 'name' && text !== 'and' && text !== 'or') || text === 'x'
  );
}

/** Whether words end in a verb whose object a value may be: "she earned", "which leaves her with", "a total of". */
function isVerbLead(lead: readonly Token[]): boolean {
  if (lead.some(({ kind, text }) => kind === 'number' || (kind === 'op' && text !== ','))) return false;
  const end = lead.findLastIndex((token) => !isTrailing(token)) + 1;
  const verb = lead[end - 1];
  if (verb === undefined) return false;
  if (isPhrase(lead.slice(0, end))) return true;
  if (isWordOf(verb, 'verb') || isWordOf(verb, 'copula') || NO_VERB_NEEDED.test(verb.text)) return true;
  return isUnknownVerb(lead[end - 2], verb);
}

/** What may stand between a verb and its value. */
function isTrailing(token: Token): boolean {
  if (token.kind === 'letter') return token.text === 'a';
  if (isWordOf(token, 'verb') || isWordOf(token, 'copula')) return false;
  return isWordOf(token, 'filler') || isWordOf(token, 'approximation');
}

/** A verb that no list has, by its place behind a pronoun or its form behind a noun: "she bakes", "Tom baked", "il a". */
function isUnknownVerb(before: Token | undefined, { kind, text, zone }: Token): boolean {
  if (before === undefined || zone === 'math') return false;
  if (PRONOUNS.has(before.text.toLowerCase()))
    return kind === 'word' ? !NO_VERBS.has(text.toLowerCase()) : text === 'a' && /^(?:il|elle|on)$/i.test(before.text);
  if (kind !== 'word' || before.kind !== 'word' || !/^[a-z]{2,}(?:s|ed)$/.test(text)) return false;
  return !['preposition', 'filler', 'copula', 'verb'].some((name) => isWordOf(before, name as 'verb'));
}

const DETERMINERS: ReadonlySet<string> = new Set('the these those both all any such'.split(' '));

/** "She planted the tree 3 years ago": a quantity that no verb has for its object. */
const MEASURES: ReadonlySet<string> = new Set('ago later earlier away apart ahead'.split(' '));

const PRONOUNS: ReadonlySet<string> = new Set(
  'he she it they we you i there il elle ils elles on nous vous'.split(' '),
);
const NO_VERBS: ReadonlySet<string> = new Set('of in on at for from to with by per into compare need'.split(' '));

/** Scripts in which verbs are not told apart here. */
const NO_VERB_NEEDED = /[\u0600-\u06ff\u0900-\u097f\u2e80-\ud7af]/;

/** "a total of", "increases by", "comes to", "leaves her with". */
function isPhrase(lead: readonly Token[]): boolean {
  const [before, last] = [lead.at(-2)?.text.toLowerCase() ?? '', lead.at(-1)!.text.toLowerCase()];
  switch (last) {
    case 'of':
      return /^(?:answer|result|ratio|total|profit|amount|value|distance|area|cost|price|weight|length|speed|age|average|change|income|number)$/.test(
        before,
      );
    case 'by':
      return /^(?:increases?d?|decreases?d?|grows?|grew|rises?|rose|falls?|fell|drops?|dropped|given)$/.test(before);
    case 'to':
      return /^(?:comes?|came|amounts?|amounted|simplifies|reduces|evaluates|sums|adds|totals?|equal)$/.test(before);
    case 'with':
      return /^(?:left|ends?|ended|up|her|him|them)$/.test(before);
    default:
      return last === 'in' && /^(?:saves?|earns?|makes?|took|takes)$/.test(before);
  }
}

function skipFillers(tokens: readonly Token[]): readonly Token[] {
  let from = isPhrase(tokens.slice(0, 2)) || /^in (?:total|all)$/i.test(writeWords(tokens)) ? 2 : 0;
  while (from < tokens.length - 1 && isWordOf(tokens[from]!, 'filler')) from += 1;
  return tokens.slice(from);
}

function writeWords(tokens: readonly Token[]): string {
  return `${tokens[0]?.text} ${tokens[1]?.text}`;
}
