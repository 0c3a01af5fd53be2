import { LIMITS, Refusal } from '../limits.ts';
import type { Condition, Expr, Item, ListJoint, RelationOp, SetName, SetOp } from '../syntax-tree.ts';
import type { Skipped } from '../verdict.ts';
import { parseExpression } from './expression-parser.ts';
import { parseQuantity } from './quantity-parser.ts';
import type { Token } from './tokens.ts';
import { hasClass, toVocabulary } from './word-classes.ts';

/** An answer with its structure, and what was read over. */
export interface ParsedAnswer {
  readonly item: Item;
  readonly skipped: readonly Skipped[];
}

/**
 * Parses tokens as one answer, all of them: a list, relation, union, set, tuple, quantity or text. `adjuncts` allows
 * what sentences add to a number. Throws `Refusal` (`syntax`, `limit:…`) when they are none of these.
 */
export function parseTokens(tokens: readonly Token[], source: string, adjuncts: boolean): ParsedAnswer {
  if (tokens.length === 0) throw new Refusal('syntax');
  const parser = new AnswerParser(tokens, source, adjuncts);
  const item = parser.parse(0, tokens.length, 0);
  return { item, skipped: parser.skipped };
}

const OPENERS: ReadonlySet<string> = new Set(['(', '[', '{', '\\{', 'begin', 'langle', 'lfloor', 'lceil']);
const CLOSERS: ReadonlySet<string> = new Set([')', ']', '}', '\\}', 'end', 'rangle', 'rfloor', 'rceil']);
const RELATIONS: Readonly<Record<string, RelationOp>> = {
  ...{ '=': '=', '<': '<', '>': '>', '<=': '<=', '>=': '>=', '!=': '!=', '≈': '≈' },
  ...{ approx: '≈', equiv: '≡', sim: '∼', in: '∈' },
};
const SET_OPS: ReadonlySet<string> = new Set(['cup', 'cap', 'setminus']);
const SET_NAMES: Readonly<Record<string, SetName>> = {
  ...{ reals: 'R', integers: 'Z', naturals: 'N', rationals: 'Q', complexes: 'C', emptyset: 'empty' },
};
/** Longer texts are prose, not answers. */
const MAX_TEXT_ANSWER = 400;

type Stretch = readonly [from: number, to: number];

class AnswerParser {
  readonly skipped: Skipped[] = [];
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #adjuncts: boolean;
  /** Nesting before each token, brackets and environments alike. */
  readonly #levels: readonly number[];

  constructor(tokens: readonly Token[], source: string, adjuncts: boolean) {
    this.#source = source;
    this.#tokens = tokens;
    this.#adjuncts = adjuncts;
    this.#levels = measureLevels(tokens);
  }

  parse(from: number, to: number, depth: number): Item {
    if (depth > LIMITS.structureDepth) throw new Refusal('limit:structure');
    if (from >= to) throw new Refusal('syntax');
    const quantified = this.#parseQuantified(from, to, depth);
    if (quantified !== null) return quantified;
    const members = this.#split(from, to, isSeparator);
    if (members.length > 1) return this.#parseList(from, to, members, depth);
    return this.#parseSingle(...(members[0] ?? [from, to]), depth);
  }

  /** One member: what it states, and the condition behind it. */
  #parseSingle(from: number, to: number, depth: number): Item {
    const at = this.#findCondition(from, to);
    if (at === from) throw new Refusal('syntax');
    if (at > 0) return this.#attach(this.#parseSingle(from, at, depth), [this.#parseCondition(at, to, depth)]);
    const group = this.#findTrailingGroup(from, to);
    if (group !== null) return this.#parseWithGroup(from, to, group, depth);
    return (
      this.#parseRelation(from, to, depth) ??
      this.#parseUnion(from, to, depth) ??
      this.#parseBracketed(from, to, depth) ??
      this.#parseLeaf(from, to)
    );
  }

  #sourceOf(from: number, to: number): string {
    return this.#source.slice(this.#tokens[from]!.at, this.#tokens[to - 1]!.end).trim();
  }

  /** Stretches between the top-level tokens that match; empty ones are left out. */
  #split(from: number, to: number, matches: (token: Token) => boolean): Stretch[] {
    const parts: Stretch[] = [];
    const level = this.#levels[from]!;
    let start = from;
    for (let i = from; i <= to; i += 1) {
      if (i < to && !(this.#levels[i] === level && matches(this.#tokens[i]!))) continue;
      if (i > start) parts.push([start, i]);
      start = i + 1;
    }
    return parts;
  }

  /** First top-level token from `from` on that matches, -1 when there is none. */
  #find(from: number, to: number, matches: (token: Token, at: number) => boolean, start = from): number {
    const level = this.#levels[from]!;
    for (let i = start; i < to; i += 1) if (this.#levels[i] === level && matches(this.#tokens[i]!, i)) return i;
    return -1;
  }

  /** `\forall x > 0, 3^x \ge x^2`, "for all x, f(x) = 2x". */
  #parseQuantified(from: number, to: number, depth: number): Item | null {
    const first = this.#tokens[from]!;
    if (first.text !== 'forall' && !this.#opensQualifier(from)) return null;
    const comma = this.#find(from, to, ({ text }) => text === ',' || text === ':');
    if (comma < 0) throw new Refusal('syntax');
    return this.#attach(this.parse(comma + 1, to, depth + 1), [this.#parseCondition(from, comma, depth)]);
  }

  #parseList(from: number, to: number, members: readonly Stretch[], depth: number): Item {
    const items: Item[] = [];
    const conditions: Condition[] = [];
    for (const [a, b] of members) {
      if (items.length > 0 && (this.#opensCondition(a) || this.#isMembership(a, b)))
        conditions.push(this.#parseCondition(a, b, depth));
      else if (items.length > 0 && this.#isAside(members[0]!, a, b)) this.#skip('noun', a, b);
      else items.push(this.parse(a, b, depth + 1));
    }
    const joint = this.#findJoint(from, to);
    if (items.length === 1 && joint === 'or') throw new Refusal('syntax');
    // Words beside a value are a sentence, no list.
    const isMixed = items.some((item) => isWords(item)) && !items.every((item) => isWords(item));
    if (isMixed) throw new Refusal('syntax');
    const source = this.#sourceOf(from, to);
    return this.#attach(items.length === 1 ? items[0]! : { kind: 'list', items, joint, source }, conditions);
  }

  #findJoint(from: number, to: number): ListJoint {
    const level = this.#levels[from]!;
    let joint: ListJoint = ',';
    for (let i = from; i < to; i += 1) {
      const { kind, text } = this.#tokens[i]!;
      if (this.#levels[i] !== level || kind !== 'name') continue;
      if (text === 'or') return 'or';
      if (text === 'and') joint = 'and';
    }
    const last = this.#tokens[to - 1]!;
    if (last.kind === 'name' && (last.text === 'and' || last.text === 'or')) throw new Refusal('syntax');
    return joint;
  }

  /** Words alone behind a quantity: "72 clips altogether in April and May", "5, in total". */
  #isAside([first, end]: Stretch, from: number, to: number): boolean {
    if (!this.#adjuncts || !this.#tokens.slice(first, end).some(({ kind }) => kind === 'number')) return false;
    if (this.#tokens[from - 1]!.text === 'or') return false;
    return this.#tokens.slice(from, to).every((token) => token.kind === 'word' && !isRestricting(token));
  }

  #skip(what: Skipped['what'], from: number, to: number): void {
    this.skipped.push({ what, text: this.#sourceOf(from, to) });
  }

  /** Whether a condition or a statement of the domain begins at this token. */
  #opensCondition(at: number): boolean {
    const token = this.#tokens[at]!;
    if (token.kind === 'name') return token.text === 'forall';
    if (token.kind !== 'word') return false;
    const word = toVocabulary(token.text);
    if (word === 'when' && !this.#tokens.slice(at).some(({ kind }) => kind !== 'word')) return false;
    return hasClass(word, 'condition') || word === 'where' || word === 'otherwise' || this.#opensQualifier(at);
  }

  /** "for all", "for some integer", "for x > 0"; "18 for each person" is none. */
  #opensQualifier(at: number): boolean {
    if (this.#tokens[at]!.text.toLowerCase() !== 'for') return false;
    const next = this.#tokens[at + 1];
    if (next === undefined) return false;
    if (next.kind === 'word') return QUANTIFIERS.has(next.text.toLowerCase());
    return next.kind === 'letter' || next.kind === 'name';
  }

  #findCondition(from: number, to: number): number {
    return this.#find(from, to, (_, at) => this.#opensCondition(at), from + 1);
  }

  /** `k \in \mathbb{Z}` beside an answer: the domain of a symbol. */
  #isMembership(from: number, to: number): boolean {
    const at = this.#find(from, to, ({ kind, text }) => kind === 'name' && text === 'in');
    return at > from && SET_NAMES[this.#tokens[at + 1]?.text ?? ''] !== undefined;
  }

  #parseCondition(from: number, to: number, depth: number): Condition {
    const level = this.#levels[from]!;
    let start = from;
    let isQualifier = this.#isMembership(from, to);
    // The words that open it: "for all real", "if".
    while (start < to && this.#levels[start] === level && isOpeningWord(this.#tokens[start]!)) {
      const word = this.#tokens[start]!.text.toLowerCase();
      isQualifier ||= QUANTIFIERS.has(word) || word === 'forall';
      start += 1;
    }
    const source = this.#sourceOf(from, to);
    const symbols = this.#tokens.slice(from, to).flatMap(({ kind, text }) => (kind === 'letter' ? [text] : []));
    if (start === to) return { isQualifier, item: null, symbols, source };
    const rest = this.#tokens.slice(start, to);
    const hasRelation = rest.some((token) => relationOf(token) !== null);
    if (!hasRelation) isQualifier ||= rest.some(({ text }) => /^(?:integers?|reals?|naturals?|arbitrary)$/.test(text));
    return { isQualifier, item: hasRelation ? this.#parseQuietly(start, to, depth + 1) : null, symbols, source };
  }

  #parseQuietly(from: number, to: number, depth: number): Item | null {
    try {
      return this.parse(from, to, depth);
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'syntax') return null;
      throw error;
    }
  }

  #attach(item: Item, conditions: readonly Condition[]): Item {
    return conditions.reduce<Item>((inner, condition) => {
      if (condition.isQualifier) this.skipped.push({ what: 'qualifier', text: condition.source });
      return { kind: 'conditional', item: inner, condition, source: inner.source };
    }, item);
  }

  /** Where a group in parentheses at the end opens that holds a condition or words, and is no part of the value. */
  #findTrailingGroup(from: number, to: number): number | null {
    if (to - from < 4 || this.#tokens[to - 1]!.text !== ')') return null;
    const level = this.#levels[to - 1]!;
    let open = to - 2;
    while (open > from && this.#levels[open]! > level) open -= 1;
    if (open <= from || this.#tokens[open]!.text !== '(') return null;
    const inside = this.#tokens.slice(open + 1, to - 1);
    const isOwn = inside.some((token) => token.kind === 'word' || relationOf(token) !== null || token.text === 'bmod');
    const hasHead = this.#tokens.slice(from, open).some(({ kind }) => kind !== 'word');
    return isOwn && hasHead ? open : null;
  }

  #parseWithGroup(from: number, to: number, open: number, depth: number): Item {
    const item = this.#parseSingle(from, open, depth + 1);
    const inside = this.#tokens.slice(open + 1, to - 1);
    if (inside[0]!.text === 'bmod') return this.#withModulus(item, parseExpression(inside.slice(1)), from, to);
    const isLimiting = this.#opensCondition(open + 1) || inside.some((token) => relationOf(token) !== null);
    if (isLimiting) return this.#attach(item, [this.#parseCondition(open + 1, to - 1, depth)]);
    if (!this.#adjuncts || inside.some((token) => isRestricting(token) || token.text === 'or'))
      throw new Refusal('syntax');
    this.#skip('remark', open, to);
    return item;
  }

  #parseRelation(from: number, to: number, depth: number): Item | null {
    const level = this.#levels[from]!;
    const modulus = this.#find(from, to, ({ kind, text }) => kind === 'name' && text === 'pmod');
    if (modulus > from) {
      const item = this.#parseSingle(from, modulus, depth + 1);
      const inside = stripBraces(this.#tokens.slice(modulus + 1, to));
      return this.#withModulus(item, parseExpression(inside), from, to);
    }
    const ops: RelationOp[] = [];
    for (let i = from; i < to; i += 1) {
      const op = this.#levels[i] === level ? relationOf(this.#tokens[i]!) : null;
      if (op !== null) ops.push(op);
    }
    if (ops.length === 0) return this.#parseLabelled(from, to, depth);
    const sides = this.#split(from, to, (token) => relationOf(token) !== null);
    if (sides.length === ops.length && ops.length === 1 && sides[0]![0] > from && (ops[0] === '=' || ops[0] === '≈')) {
      if (ops[0] === '≈') this.skipped.push({ what: 'approximation', text: this.#tokens[from]!.text });
      return this.#parseSingle(...sides[0]!, depth + 1);
    }
    if (sides.length !== ops.length + 1) throw new Refusal('syntax');
    const source = this.#sourceOf(from, to);
    const items = sides.map(([a, b], k) => this.#parseSide(a, b, depth, k < sides.length - 1 || sides.length === 2));
    if (items.every(({ kind }) => kind === 'name')) throw new Refusal('syntax');
    return { kind: 'relation', sides: items, ops, modulus: null, source };
  }

  #withModulus(item: Item, modulus: Expr, from: number, to: number): Item {
    const source = this.#sourceOf(from, to);
    if (item.kind === 'relation') return { ...item, modulus, source };
    return { kind: 'relation', sides: [item], ops: [], modulus, source };
  }

  /** `Paolo: 18`: words, a colon, and their value. */
  #parseLabelled(from: number, to: number, depth: number): Item | null {
    const colon = this.#find(from, to, ({ text }) => text === ':');
    if (colon <= from || colon === to - 1 || !this.#isName(from, colon)) return null;
    const sides = [this.#toName(from, colon), this.#parseSingle(colon + 1, to, depth + 1)];
    return { kind: 'relation', sides, ops: ['='], modulus: null, source: this.#sourceOf(from, to) };
  }

  /** A side of a relation; what cannot be parsed may be a name: `\text{Area}`, `\angle ABC`. */
  #parseSide(first: number, to: number, depth: number, mayBeName: boolean): Item {
    const from = this.#skipLead(first, to);
    if (mayBeName && this.#tokens.slice(from, to).every(({ kind }) => kind === 'word')) return this.#toName(from, to);
    if (mayBeName && this.#isFunction(from, to)) return this.#parseFunction(from, to);
    try {
      const item = this.parse(from, to, depth + 1);
      return item.kind === 'text' && mayBeName ? this.#toName(from, to) : item;
    } catch (error) {
      if (!(error instanceof Refusal) || error.reason !== 'syntax' || !mayBeName || !this.#isName(from, to))
        throw error;
      return this.#toName(from, to);
    }
  }

  /** "We find that" before a formula. */
  #skipLead(from: number, to: number): number {
    let start = from;
    while (start < to && this.#tokens[start]!.kind === 'word' && isLeadWord(this.#tokens[start]!)) start += 1;
    if (start === from || start === to || this.#tokens[start]!.kind === 'word') return from;
    this.#skip('lead', from, start);
    return start;
  }

  /** `A(x)`, `P(X = 1)`: a letter and one pair of brackets. */
  #isFunction(from: number, to: number): boolean {
    const open = from + (this.#tokens[from + 1]?.text === "'" ? 2 : 1);
    const isOpen = this.#tokens[from]!.kind === 'letter' && this.#tokens[open]?.text === '(' && open < to - 2;
    return isOpen && this.#closesAt(open, to - 1);
  }

  #parseFunction(from: number, to: number): Item {
    const source = this.#sourceOf(from, to);
    const open = this.#tokens[from + 1]!.text === '(' ? from + 1 : from + 2;
    const name = this.#tokens
      .slice(from, open)
      .map(({ text }) => text)
      .join('');
    const args = this.#split(open + 1, to - 1, isComma).map(([a, b]) => this.#parseQuietly(a, b, 2));
    const exprs = args.flatMap((arg) => (arg?.kind === 'scalar' ? [arg.expr] : []));
    if (exprs.length < args.length) return { kind: 'name', value: source, source };
    return { kind: 'scalar', expr: { type: 'apply', name, args: exprs }, unit: null, source };
  }

  /** Whether tokens name something: letters or words, and none that denies or bounds. */
  #isName(from: number, to: number): boolean {
    const tokens = this.#tokens.slice(from, to);
    if (tokens.some((token) => isRestricting(token) || token.kind === 'unknown' || token.kind === 'number'))
      return false;
    // "all primes p with p" describes; it does not name.
    if (tokens.some((token) => token.text === 'not' || token.text === 'notin' || isDescribing(token))) return false;
    return tokens.some(({ kind }) => kind === 'word') || (NAMERS.has(tokens[0]!.text) && tokens.length > 1);
  }

  #toName(from: number, to: number): Item {
    if (!this.#isName(from, to)) throw new Refusal('syntax');
    const source = this.#sourceOf(from, to);
    return { kind: 'name', value: source, source };
  }

  #parseUnion(from: number, to: number, depth: number): Item | null {
    const isOp = (token: Token, at: number) =>
      (token.kind === 'name' && SET_OPS.has(token.text)) || (token.text === '-' && this.#isDifference(from, at));
    if (this.#find(from, to, isOp, from + 1) < 0) return null;
    const parts: Item[] = [];
    const ops: SetOp[] = [];
    let start = from;
    for (;;) {
      const at = this.#find(from, to, isOp, start);
      const end = at < 0 ? to : at;
      parts.push(this.parse(start, end, depth + 1));
      if (at < 0) break;
      ops.push(this.#tokens[at]!.text === '-' ? 'setminus' : (this.#tokens[at]!.text as SetOp));
      start = at + 1;
    }
    return { kind: 'union', parts, ops, source: this.#sourceOf(from, to) };
  }

  /** `\{x \mid x < 2\} - \{1\}`, `\mathbb{R} - \{0\}`. */
  #isDifference(from: number, at: number): boolean {
    if (at === from || this.#tokens[at + 1]?.text !== '\\{') return false;
    const before = this.#tokens[at - 1]!;
    return before.text === '\\}' || SET_NAMES[before.text] !== undefined;
  }

  #parseBracketed(from: number, to: number, depth: number): Item | null {
    const [open, close] = [this.#tokens[from]!, this.#tokens[to - 1]!];
    const source = this.#sourceOf(from, to);
    if (to - from === 1) return SET_NAMES[open.text] === undefined ? null : toNamedSet(open, source);
    if (!isOpener(open) || !isCloser(close) || !this.#closesAt(from, to - 1)) return null;
    const isSet = open.text === '\\{';
    if (to - from === 2) return isSet ? { kind: 'set', items: [], isBare: false, source } : null;
    const bar = isSet ? this.#find(from + 1, to - 1, ({ text }) => text === '|' || text === ':') : -1;
    if (bar > from + 1) return this.#parseBuilder(from, bar, to, depth);
    const members = this.#split(from + 1, to - 1, isComma);
    if (members.length < 2 && !isSet) return this.#parseBracketedOne(from, to, depth);
    const items = members.map(([a, b]) => this.parse(a, b, depth + 1));
    if (isSet || open.text === '{') return { kind: 'set', items, isBare: !isSet, source };
    return { kind: 'tuple', open: bracketOf(open), close: bracketOf(close), items, source };
  }

  #parseBuilder(from: number, bar: number, to: number, depth: number): Item {
    const member = this.parse(from + 1, bar, depth + 1);
    const condition = this.parse(bar + 1, to - 1, depth + 1);
    return { kind: 'builder', member, condition, source: this.#sourceOf(from, to) };
  }

  /** Brackets around one member: dropped when the inside is a structure, else left to the expression parser. */
  #parseBracketedOne(from: number, to: number, depth: number): Item | null {
    const inner = this.#tokens.slice(from + 1, to - 1);
    if (inner.length === 0 || this.#tokens[from]!.kind === 'name') return null;
    const isStructure = inner.some(
      (token) =>
        relationOf(token) !== null || SET_OPS.has(token.text) || token.kind === 'word' || STRUCTURES.has(token.text),
    );
    return isStructure ? this.parse(from + 1, to - 1, depth + 1) : null;
  }

  /** Whether the bracket at `from` is closed by the one at `to`, and not before. */
  #closesAt(from: number, to: number): boolean {
    const level = this.#levels[from]!;
    for (let i = from + 1; i < to; i += 1) if (this.#levels[i]! <= level) return false;
    return this.#levels[to] === level;
  }

  #parseLeaf(from: number, to: number): Item {
    const tokens = this.#tokens.slice(from, to);
    const source = this.#sourceOf(from, to);
    return (
      this.#parseCases(from, to) ??
      readClock(tokens, source) ??
      this.#parseRatio(from, to) ??
      readText(tokens, source) ??
      this.#parseQuantity(from, to, source)
    );
  }

  #parseQuantity(from: number, to: number, source: string): Item {
    let start = from;
    while (start < to - 1 && this.#isFiller(start)) start += 1;
    const parsed = parseQuantity(this.#tokens.slice(start, to), source, this.#adjuncts);
    this.skipped.push(...parsed.skipped);
    return parsed.item;
  }

  /** "only 5", "either 3", "about 72", "a total of 7". */
  #isFiller(at: number): boolean {
    const token = this.#tokens[at]!;
    const word = toVocabulary(token.text);
    if (token.kind !== 'word') return token.text === 'a' && token.spaced && this.#tokens[at + 1]?.kind === 'word';
    if (hasClass(word, 'approximation')) this.skipped.push({ what: 'approximation', text: word });
    else if (word === 'of') return /^(?:total|sum)$/.test(this.#tokens[at - 1]?.text ?? '');
    else if (!hasClass(word, 'filler') && word !== 'either' && word !== 'sum') return false;
    return true;
  }

  #parseRatio(from: number, to: number): Item | null {
    if (this.#find(from, to, ({ text }) => text === ':') < 0) return null;
    const parts = this.#split(from, to, ({ text }) => text === ':');
    if (parts.length < 2) throw new Refusal('syntax');
    const exprs = parts.map(([a, b]) => parseExpression(this.#tokens.slice(a, b)));
    return { kind: 'ratio', parts: exprs, source: this.#sourceOf(from, to) };
  }

  /** `\begin{cases} a & x > 0 \\ b & x \le 0 \end{cases}`: a list of cases, each under its condition. */
  #parseCases(from: number, to: number): Item | null {
    const name = this.#tokens.slice(from + 1, from + 4).map(({ text }) => text);
    if (this.#tokens[from]!.text !== 'begin' || name.join('') !== '{cases}') return null;
    if (to - from < 9 || this.#tokens[to - 4]!.text !== 'end') throw new Refusal('syntax');
    const level = this.#levels[from + 4]!;
    const rows: Item[] = [];
    let start = from + 4;
    for (let i = start; i <= to - 4; i += 1) {
      if (i < to - 4 && !(this.#levels[i] === level && this.#tokens[i]!.text === '\\\\')) continue;
      if (i > start) rows.push(this.#parseCase(start, i));
      start = i + 1;
    }
    return { kind: 'list', items: rows, joint: ',', source: this.#sourceOf(from, to) };
  }

  #parseCase(from: number, to: number): Item {
    const at = this.#find(from, to, ({ text }) => text === '&');
    if (at <= from || at === to - 1) throw new Refusal('syntax');
    const end = this.#tokens[at - 1]!.text === ',' ? at - 1 : at;
    const last = isSeparator(this.#tokens[to - 1]!) ? to - 1 : to;
    return this.#attach(this.parse(from, end, 2), [this.#parseCondition(at + 1, last, 2)]);
  }
}

const QUANTIFIERS: ReadonlySet<string> = new Set([
  ...['all', 'any', 'every', 'each', 'some', 'integer', 'integers', 'real', 'arbitrary', 'positive', 'natural'],
]);
const DESCRIBERS: ReadonlySet<string> = new Set([
  'all',
  'any',
  'every',
  'each',
  'some',
  'with',
  'such',
  'where',
  'which',
  'when',
]);
/** Names that stand before what they name. */
const NAMERS: ReadonlySet<string> = new Set(['angle', 'triangle', 'sum', 'max', 'min', 'overline']);
const STRUCTURES: ReadonlySet<string> = new Set(['begin', ',', 'and', 'or']);

/** A word that makes a value another one, or none. */
function isRestricting({ kind, text }: Token): boolean {
  if (kind !== 'word') return false;
  const word = toVocabulary(text);
  return hasClass(word, 'denial') || hasClass(word, 'bound') || hasClass(word, 'condition');
}

function isWords(item: Item): boolean {
  return item.kind === 'text' && !/^(?:\\[lc]?dots|\.\.\.)/.test(item.value);
}

function isDescribing({ kind, text }: Token): boolean {
  if (kind !== 'word') return false;
  const word = toVocabulary(text);
  return DESCRIBERS.has(word) || (hasClass(word, 'preposition') && !/^(?:of|in|de|du)$/.test(word));
}

function isLeadWord({ text }: Token): boolean {
  const word = toVocabulary(text);
  return hasClass(word, 'filler') || hasClass(word, 'verb') || hasClass(word, 'copula');
}

function isOpeningWord(token: Token): boolean {
  if (token.text === 'forall') return true;
  if (token.kind !== 'word') return false;
  const word = toVocabulary(token.text);
  return (
    hasClass(word, 'condition') ||
    hasClass(word, 'qualifier') ||
    QUANTIFIERS.has(word) ||
    /^(?:numbers?|values?|of)$/.test(word)
  );
}

function stripBraces(tokens: readonly Token[]): readonly Token[] {
  return tokens[0]?.text === '{' && tokens.at(-1)?.text === '}' ? tokens.slice(1, -1) : tokens;
}

function toNamedSet(token: Token, source: string): Item {
  return { kind: 'named-set', name: SET_NAMES[token.text]!, source };
}

/** `4:30`, `12:00 PM`, `9 a.m.`: compared as written. */
function readClock(tokens: readonly Token[], source: string): Item | null {
  const [hours, colon, minutes] = tokens;
  if (hours?.kind !== 'number' || !/^\d{1,2}$/.test(hours.text)) return null;
  const isFull = colon?.text === ':' && minutes?.kind === 'number' && /^[0-5]\d$/.test(minutes.text) && !minutes.spaced;
  const half = readHalf(tokens.slice(isFull ? 3 : 1));
  if (half === undefined || (!isFull && half === null)) return null;
  return { kind: 'clock', digits: `${Number(hours.text)}:${isFull ? minutes.text : '00'}`, half, source };
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

/** Words alone; null when there is a sign, a number or a formula. */
function readText(tokens: readonly Token[], source: string): Item | null {
  if (source.length > MAX_TEXT_ANSWER) return null;
  if (tokens.length === 1 && tokens[0]!.text === 'ldots') return { kind: 'text', value: source, source };
  const isText = tokens.every(({ kind, text, zone }) =>
    kind === 'letter' || kind === 'name'
      ? zone === 'text' || tokens.length > 1
      : kind === 'word' || '-.\'()"'.includes(text),
  );
  return isText && tokens.some(({ kind }) => kind === 'word') ? { kind: 'text', value: source, source } : null;
}

function measureLevels(tokens: readonly Token[]): number[] {
  const levels: number[] = [];
  let level = 0;
  for (const token of tokens) {
    if (isCloser(token)) level = Math.max(0, level - 1);
    levels.push(level);
    if (isOpener(token)) level += 1;
  }
  return levels;
}

function isBracketKind({ kind }: Token): boolean {
  return kind === 'op' || kind === 'name';
}

function isOpener(token: Token): boolean {
  return isBracketKind(token) && OPENERS.has(token.text);
}

function isCloser(token: Token): boolean {
  return isBracketKind(token) && CLOSERS.has(token.text);
}

function bracketOf({ text }: Token): string {
  if (text === 'langle') return '(';
  return text === 'rangle' ? ')' : text;
}

function relationOf({ kind, text }: Token): RelationOp | null {
  if (kind !== 'op' && kind !== 'name') return null;
  return Object.hasOwn(RELATIONS, text) ? RELATIONS[text]! : null;
}

function isComma({ kind, text }: Token): boolean {
  return kind === 'op' && (text === ',' || text === ';');
}

function isSeparator(token: Token): boolean {
  return isComma(token) || (token.kind === 'name' && (token.text === 'and' || token.text === 'or'));
}
