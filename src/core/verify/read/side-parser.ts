import { Refusal } from '../limits.ts';
import type { Condition, Item, ScalarItem, SetName } from '../syntax-tree.ts';
import { changesNumber } from './number-words.ts';
import { isComma, isSeparator, relationOf, type Token } from './token.ts';
import { StretchReader } from './token-stretches.ts';
import { hasClass, isNumberKind, toVocabulary } from './word-classes.ts';

/** Sets that have names. */
export const SET_NAMES: Readonly<Record<string, SetName>> = {
  ...{ reals: 'R', integers: 'Z', naturals: 'N', rationals: 'Q', complexes: 'C', emptyset: 'empty' },
};

const QUANTIFIERS: ReadonlySet<string> = new Set(
  'all any every each some integer integers real arbitrary positive natural'.split(' '),
);
/** Words of a description; a name has none of them. */
const DESCRIBERS: ReadonlySet<string> = new Set('all any every each some with such where which when'.split(' '));
/** Negations and environments. */
const UNNAMED: ReadonlySet<string> = new Set(['not', 'notin', 'begin', 'end']);
/** Names that stand before what they name. */
const NAMERS: ReadonlySet<string> = new Set('angle triangle sum max min overline'.split(' '));

/** Parses what stands beside a value: the name of what has it, the condition it holds under, the domain of its symbols. */
export abstract class SideParser extends StretchReader {
  /** The answer that a stretch of tokens is. Throws `Refusal`. */
  abstract parse(from: number, to: number, depth: number): Item;

  /** `parse`, and null where it refuses the syntax. */
  protected parseQuietly(from: number, to: number, depth: number): Item | null {
    try {
      return this.parse(from, to, depth);
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'syntax') return null;
      throw error;
    }
  }

  /** Place of the first condition behind the beginning of a stretch; -1 when there is none. */
  protected findCondition(from: number, to: number): number {
    return this.find(from, to, (_, at) => this.opensCondition(at), from + 1);
  }

  /** Whether a condition or a statement of the domain begins at this token. */
  protected opensCondition(at: number): boolean {
    const token = this.tokens[at]!;
    if (token.kind === 'name') return token.text === 'forall';
    if (token.kind !== 'word') return false;
    const word = toVocabulary(token.text);
    // "the fries it had when Dave bought it": no formula, no condition.
    if (word === 'when' && !this.tokens.slice(at).some(({ kind }) => kind !== 'word')) return false;
    return hasClass(word, 'condition') || word === 'where' || word === 'otherwise' || this.opensQualifier(at);
  }

  /** "for all", "for some integer", "for x > 0"; "18 for each person" is none. */
  protected opensQualifier(at: number): boolean {
    if (this.tokens[at]!.text.toLowerCase() !== 'for') return false;
    const next = this.tokens[at + 1];
    if (next === undefined) return false;
    if (next.kind === 'word') return QUANTIFIERS.has(next.text.toLowerCase());
    return next.kind === 'letter' || next.kind === 'name';
  }

  /** `k \in \mathbb{Z}` beside an answer: the domain of a symbol. */
  protected isMembership(from: number, to: number): boolean {
    const at = this.find(from, to, ({ kind, text }) => kind === 'name' && text === 'in');
    return at > from && SET_NAMES[this.tokens[at + 1]?.text ?? ''] !== undefined;
  }

  protected parseCondition(from: number, to: number, depth: number): Condition {
    const level = this.levels[from]!;
    let start = from;
    let isQualifier = this.isMembership(from, to);
    // The words that open it: "for all real", "if".
    while (start < to && this.levels[start] === level && isOpeningWord(this.tokens[start]!)) {
      const word = this.tokens[start]!.text.toLowerCase();
      isQualifier ||= QUANTIFIERS.has(word) || word === 'forall';
      start += 1;
    }
    if (this.tokens.slice(from, to).some(({ kind }) => kind === 'unknown')) throw new Refusal('syntax');
    const source = this.sourceOf(from, to);
    const symbols = this.tokens.slice(from, to).flatMap(({ kind, text }) => (kind === 'letter' ? [text] : []));
    if (start === to) return { isQualifier, item: null, symbols, source };
    const rest = this.tokens.slice(start, to);
    const isRelation = (token: Token) => relationOf(token) !== null;
    // `k \in \mathbb{Z} = 7919` says two things.
    if (this.isMembership(from, to) && this.split(from, to, isRelation).length > 2) throw new Refusal('syntax');
    const hasRelation = rest.some(isRelation);
    if (isSayingMore(rest, hasRelation)) throw new Refusal('syntax');
    if (!hasRelation) isQualifier ||= rest.some(({ text }) => /^(?:integers?|reals?|naturals?|arbitrary)$/.test(text));
    if (isQualifier && this.tokens.slice(from, to).some(isDenying)) throw new Refusal('syntax');
    return { isQualifier, item: hasRelation ? this.parseQuietly(start, to, depth + 1) : null, symbols, source };
  }

  /** `x > 3 \text{ integer}`: what stands behind a bound as its unit says which numbers are meant. */
  protected readNumberKind(item: Item): Item {
    if (item.kind !== 'relation' || !item.ops.some((op) => /^[<>]/.test(op))) return item;
    const kinds = item.sides.flatMap((side) =>
      side.kind === 'scalar' && isKindOfNumbers(side) ? [side.unit!.text] : [],
    );
    if (kinds.length === 0) return item;
    const sides = item.sides.map((side) =>
      side.kind === 'scalar' && isKindOfNumbers(side) ? { ...side, unit: null } : side,
    );
    const source = kinds.join(' ');
    const isQualifier = kinds.every((kind) => /^(?:integer|real|natural)$/.test(kind));
    return this.attach({ ...item, sides }, [{ isQualifier, item: null, symbols: [], source }]);
  }

  /** The answer under these conditions. */
  protected attach(item: Item, conditions: readonly Condition[]): Item {
    return conditions.reduce<Item>((inner, condition) => {
      if (condition.isQualifier) this.skipped.push({ what: 'qualifier', text: condition.source });
      return { kind: 'conditional', item: inner, condition, source: inner.source };
    }, item);
  }

  /** `\begin{cases} a & x > 0 \\ b & x \le 0 \end{cases}`: a list of cases, each under its condition. */
  protected parseCases(from: number, to: number): Item | null {
    if (this.tokens[from]!.text !== 'begin' || this.tokens[from + 2]?.text !== 'cases') return null;
    if (to - from < 9 || this.tokens[to - 4]!.text !== 'end') throw new Refusal('syntax');
    const rows = this.split(from + 4, to - 4, ({ text }) => text === '\\\\');
    const items = rows.map(([a, b]) => this.#parseCase(a, b));
    return { kind: 'list', items, joint: ',', source: this.sourceOf(from, to) };
  }

  #parseCase(from: number, to: number): Item {
    const at = this.find(from, to, ({ text }) => text === '&');
    if (at <= from || at === to - 1) throw new Refusal('syntax');
    const end = this.tokens[at - 1]!.text === ',' ? at - 1 : at;
    const last = isSeparator(this.tokens[to - 1]!) ? to - 1 : to;
    return this.attach(this.parse(from, end, 2), [this.parseCondition(at + 1, last, 2)]);
  }

  /** Where a group in parentheses at the end opens that holds a condition or words, and is no part of the value. */
  protected findTrailingGroup(from: number, to: number): number | null {
    if (to - from < 4 || this.tokens[to - 1]!.text !== ')') return null;
    const level = this.levels[to - 1]!;
    let open = to - 2;
    while (open > from && this.levels[open]! > level) open -= 1;
    if (open <= from || this.tokens[open]!.text !== '(') return null;
    const inside = this.tokens.slice(open + 1, to - 1);
    const isOwn = inside.some((token) => token.kind === 'word' || relationOf(token) !== null || token.text === 'bmod');
    const hasHead = this.tokens.slice(from, open).some(({ kind }) => kind !== 'word');
    return isOwn && hasHead ? open : null;
  }

  /** A side of a relation. Where `mayBeName`, what cannot be parsed may be a name: `\text{Area}`, `\angle ABC`. */
  protected parseSide(first: number, to: number, depth: number, mayBeName: boolean): Item {
    const from = this.#skipLead(first, to);
    if (!mayBeName) return this.parse(from, to, depth + 1);
    if (this.tokens.slice(from, to).every(({ kind }) => kind === 'word')) return this.toName(from, to);
    const open = this.#findArguments(from, to);
    if (open > 0) return this.#parseFunction(from, open, to);
    const item = this.parseQuietly(from, to, depth + 1);
    return item === null || item.kind === 'text' ? this.toName(from, to) : item;
  }

  /** "We find that", "The length of the diagonal equals" before a formula: what is named stands in the formula. */
  #skipLead(from: number, to: number): number {
    let start = from;
    while (start < to && isLeadWord(this.tokens[start]!)) start += 1;
    const copula = this.#findCopula(from, to);
    if (copula >= start) start = this.tokens[copula + 1]?.text === ':' ? copula + 2 : copula + 1;
    if (start === from || start >= to || this.tokens[start]!.kind === 'word') return from;
    this.skip('lead', from, start);
    return start;
  }

  /** The copula between words that leave the value alone and a formula; -1 where there is none. */
  #findCopula(from: number, to: number): number {
    const at = this.tokens.slice(from, to).findIndex((token) => token.kind !== 'word' && token.kind !== 'letter');
    const end = at < 0 ? to : from + at;
    const copula = this.tokens.findLastIndex(
      ({ kind, text }, k) => k > from && k < end && kind === 'word' && hasClass(text.toLowerCase(), 'copula'),
    );
    const lead = this.tokens.slice(from, copula);
    return copula < 0 || lead.some((token, k) => isDescribing(token) || isPartOf(lead, k)) ? -1 : copula;
  }

  /** Where the brackets of a function open: `A(x)`, `P(X = 1)`, `f'(x)`, `y_1(x)`, `f^{-1}(x)`, and nothing behind them; -1 for anything else. */
  #findArguments(from: number, to: number): number {
    if (this.tokens[from]!.kind !== 'letter' || this.tokens[to - 1]!.text !== ')') return -1;
    const mark = this.tokens[from + 1]?.text;
    const open = this.find(from, to, ({ text }) => text === '(');
    if (open < 0 || open >= to - 2 || this.tokens[open]!.spaced || !this.closesAt(open, to - 1)) return -1;
    const marked = this.tokens.slice(from + 1, open);
    const written = marked.map(({ text }) => text).join('');
    const isMarked =
      open === from + 1 ||
      (mark === "'" && open === from + 2) ||
      (mark === '_' && isGroup(marked.slice(1))) ||
      /^\^\{?-1\}?$/.test(written);
    if (!isMarked) return -1;
    // `C(n, 2)` counts, and `x_1(x_2 + 1)` is a product.
    const isCount = this.tokens[from]!.text === 'C' && this.find(open + 1, to - 1, isComma) > 0;
    const inside = this.tokens.slice(open + 1, to - 1);
    const isPlain =
      open === from + 1 || mark === "'" || inside.every((token) => token.kind === 'letter' || isComma(token));
    return isCount || !isPlain ? -1 : open;
  }

  #parseFunction(from: number, open: number, to: number): Item {
    const source = this.sourceOf(from, to);
    const name = this.tokens
      .slice(from, open)
      .map(({ text }) => text)
      .join('')
      .replace(/[{}]/g, '');
    const args = this.split(open + 1, to - 1, isComma).map(([a, b]) => this.parseQuietly(a, b, 2));
    const exprs = args.flatMap((arg) => (arg?.kind === 'scalar' ? [arg.expr] : []));
    if (exprs.length < args.length) return { kind: 'name', value: source, source };
    return { kind: 'scalar', expr: { type: 'apply', name, args: exprs }, unit: null, source };
  }

  /** Whether tokens name something: letters or words, and none that denies, bounds or describes. */
  protected isName(from: number, to: number): boolean {
    const tokens = this.tokens.slice(from, to);
    if (tokens.some((token) => token.kind === 'unknown' || token.kind === 'number' || isDescribing(token)))
      return false;
    // "a third of AB" is another value than AB.
    if (tokens.some((_, k) => isPartOf(tokens, k))) return false;
    return tokens.some(({ kind }) => kind === 'word') || (NAMERS.has(tokens[0]!.text) && tokens.length > 1);
  }

  protected toName(from: number, to: number): Item {
    if (!this.isName(from, to)) throw new Refusal('syntax');
    const source = this.sourceOf(from, to);
    return { kind: 'name', value: source, source };
  }
}

function isPartOf(tokens: readonly Token[], at: number): boolean {
  return tokens[at]!.kind === 'word' && changesNumber(tokens[at]!.text) && tokens[at + 1]?.text === 'of';
}

/** One token, or all of them in braces. */
function isGroup(tokens: readonly Token[]): boolean {
  if (tokens.length === 1) return true;
  const [open, close] = [tokens[0]?.text, tokens.at(-1)?.text];
  return open === '{' && close === '}' && tokens.slice(1, -1).every(({ text }) => text !== '{' && text !== '}');
}

/** A condition with another statement in it: "for all x 12", "k in Z 12", "for each room is 340". */
function isSayingMore(tokens: readonly Token[], hasRelation: boolean): boolean {
  return tokens.some(({ kind, spaced }, at) => {
    const before = tokens[at - 1];
    if (kind !== 'number' || before === undefined) return false;
    const isApart = spaced && (before.kind === 'letter' || SET_NAMES[before.text] !== undefined);
    return (
      isApart ||
      (!hasRelation &&
        tokens.slice(0, at).some((one) => one.kind === 'word' && /^(?:is|are|was|were)$/i.test(one.text)))
    );
  });
}

function isKindOfNumbers({ unit }: ScalarItem): boolean {
  return (
    unit !== null &&
    unit.known === null &&
    unit.text.split(' ').some((word) => isNumberKind(word) || isNumberKind(`${word}s`))
  );
}

function isDenying({ kind, text }: Token): boolean {
  return kind === 'word' && hasClass(toVocabulary(text), 'denial');
}

/** A word that makes a value another one, or none. */
export function isRestricting({ kind, text }: Token): boolean {
  if (kind !== 'word') return false;
  const word = toVocabulary(text);
  return hasClass(word, 'denial') || hasClass(word, 'bound') || hasClass(word, 'condition');
}

/** "all primes p with p" describes, `\text{not }x` denies; neither names. */
function isDescribing(token: Token): boolean {
  if (token.kind === 'name') return UNNAMED.has(token.text);
  if (token.kind !== 'word') return false;
  const word = toVocabulary(token.text);
  // "Maximum = 2" names what has the value.
  if (/^(?:maximum|minimum)$/.test(word)) return false;
  if (isRestricting(token) || DESCRIBERS.has(word) || hasClass(word, 'reason')) return true;
  if (hasClass(word, 'report') && word !== 'expected') return true;
  return hasClass(word, 'preposition') && !/^(?:of|in|de|du)$/.test(word);
}

function isLeadWord({ kind, text }: Token): boolean {
  if (kind !== 'word') return false;
  const word = text.toLowerCase();
  return hasClass(word, 'filler') || hasClass(word, 'verb') || hasClass(word, 'copula');
}

function isOpeningWord({ kind, text }: Token): boolean {
  if (text === 'forall') return true;
  if (kind !== 'word') return false;
  const word = toVocabulary(text);
  if (QUANTIFIERS.has(word) || /^(?:numbers?|values?|of)$/.test(word)) return true;
  return hasClass(word, 'condition') || hasClass(word, 'qualifier');
}
