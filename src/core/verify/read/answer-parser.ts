import { LIMITS, Refusal } from '../limits.ts';
import type { Condition, Expr, Item, ListJoint, RelationOp, SetOp } from '../syntax-tree.ts';
import type { Skipped } from '../verdict.ts';
import { isPlainReason, isWordOf } from './cut-tail.ts';
import { parseExpression } from './expression-parser.ts';
import { isOtherScript } from './other-scripts.ts';
import { joinQuantities, MORE_BEHIND_AND, parseQuantity, readClock, readText } from './quantity-parser.ts';
import { isRestricting, SET_NAMES, SideParser } from './side-parser.ts';
import { isCloser, isComma, isOpener, isSeparator, relationOf, type Token } from './token.ts';
import { SET_OPS, type Stretch } from './token-stretches.ts';
import { hasClass, isNumberKind, toVocabulary } from './word-classes.ts';

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

/** Tags of parts, in the orders that are in use. */
const TAGS: readonly (readonly string[])[] = ['abcdefgh', 'ABCDEFGH', '12345678'].map((tags) => [...tags]);

const STRUCTURES: ReadonlySet<string> = new Set(['begin', ',', 'and', 'or']);

class AnswerParser extends SideParser {
  readonly #adjuncts: boolean;

  constructor(tokens: readonly Token[], source: string, adjuncts: boolean) {
    super(tokens, source);
    this.#adjuncts = adjuncts;
  }

  override parse(from: number, to: number, depth: number): Item {
    if (depth > LIMITS.structureDepth) throw new Refusal('limit:structure');
    if (from >= to) throw new Refusal('syntax');
    const special = this.#parseTagged(from, to, depth) ?? this.#parseQuantified(from, to, depth);
    if (special !== null) return special;
    if (!this.marks.separator) return this.#parseSingle(from, to, depth);
    const members = this.split(from, to, isSeparator);
    if (members.length > 1) return this.#parseList(from, to, members, depth);
    const [start, end] = members[0] ?? [from, to];
    return this.#parseSingle(start, end, depth);
  }

  /** `(a) 17 (b) 3`: values of parts that are tagged in their order. */
  #parseTagged(from: number, to: number, depth: number): Item | null {
    if (this.tokens[from]!.text !== '(' || this.tokens[from + 2]?.text !== ')') return null;
    const tags: number[] = [];
    for (const order of TAGS) {
      for (const [k, tag] of order.entries()) {
        const at = this.find(
          from,
          to,
          (_, place) => this.#isTag(place, tag),
          tags.length === 0 ? from : tags.at(-1)! + 3,
        );
        if (at < 0 || (k === 0 && at !== from)) break;
        tags.push(at);
      }
      if (tags.length > 1) break;
      tags.length = 0;
    }
    if (
      tags.length < 2 ||
      tags.some((at, k) => isSeparator(this.tokens[at + 3] ?? this.tokens[at]!) || at + 3 === (tags[k + 1] ?? to))
    )
      return null;
    const items = tags.map((at, k): Item => {
      let end = tags[k + 1] ?? to;
      while (end > at + 4 && isSeparator(this.tokens[end - 1]!)) end -= 1;
      const start = this.tokens[at + 3]?.text === ':' ? at + 4 : at + 3;
      // `(b) 9; 10` and `(b) 9 or 10` may end the list, or leave it open.
      if (k === tags.length - 1 && this.find(start, end, isOpenJoint) >= 0) throw new Refusal('syntax');
      const name = this.sourceOf(at, at + 3);
      const sides: Item[] = [{ kind: 'name', value: name, source: name }, this.parse(start, end, depth + 1)];
      return { kind: 'relation', sides, ops: ['='], modulus: null, source: this.sourceOf(at, end) };
    });
    return { kind: 'list', items, joint: ',', source: this.sourceOf(from, to) };
  }

  #isTag(at: number, tag: string): boolean {
    return this.tokens[at]!.text === '(' && this.tokens[at + 1]?.text === tag && this.tokens[at + 2]?.text === ')';
  }

  /** `\forall x > 0, 3^x \ge x^2`, "for all x, f(x) = 2x". */
  #parseQuantified(from: number, to: number, depth: number): Item | null {
    if (this.tokens[from]!.text !== 'forall' && !this.opensQualifier(from)) return null;
    const comma = this.find(from, to, ({ text }) => text === ',' || text === ':');
    if (comma < 0) throw new Refusal('syntax');
    return this.attach(this.parse(comma + 1, to, depth + 1), [this.parseCondition(from, comma, depth)]);
  }

  #parseList(from: number, to: number, members: readonly Stretch[], depth: number): Item {
    const items: Item[] = [];
    const conditions: Condition[] = [];
    for (const [a, b] of members) {
      if (items.length > 0 && (this.opensCondition(a) || this.isMembership(a, b)))
        conditions.push(this.parseCondition(a, b, depth));
      else if (items.length > 0 && this.#isAside(members[0]!, a, b)) this.skip('noun', a, b);
      else items.push(this.parse(a, b, depth + 1));
    }
    const joint = this.#findJoint(from, to);
    // One value of two is none; words beside a value are a sentence, no list.
    const isMixed = items.some(isWords) && !items.every(isWords);
    if (isMixed || (items.length === 1 && joint === 'or')) throw new Refusal('syntax');
    const source = this.sourceOf(from, to);
    const joined = items.length === 2 && joint === 'and' ? joinQuantities(items[0]!, items[1]!, source) : null;
    if (joined !== null) return this.attach(joined, conditions);
    return this.attach(items.length === 1 ? items[0]! : { kind: 'list', items, joint, source }, conditions);
  }

  #findJoint(from: number, to: number): ListJoint {
    const isJoint = ({ kind, text }: Token) => kind === 'name' && (text === 'and' || text === 'or');
    if (isJoint(this.tokens[to - 1]!)) throw new Refusal('syntax');
    const joints = new Set<string>();
    this.find(from, to, (token) => isJoint(token) && !joints.add(token.text));
    // "5 or 6 and 7" may be either.
    if (joints.size > 1) throw new Refusal('syntax');
    return joints.has('or') ? 'or' : joints.has('and') ? 'and' : ',';
  }

  /** Words alone behind a quantity: "72 clips altogether in April and May", "5, in total". */
  #isAside([first, end]: Stretch, from: number, to: number): boolean {
    if (!this.#adjuncts || !this.tokens.slice(first, end).some(({ kind }) => kind === 'number')) return false;
    if (this.tokens[from - 1]!.text === 'or' || MORE_BEHIND_AND.test(this.tokens[from]!.text)) return false;
    const isBound = this.tokens.slice(first, end).some(({ kind, text }) => kind === 'op' && /^[<>]/.test(text));
    if (isBound && this.tokens.slice(from, to).some(({ text }) => isNumberKind(text))) return false;
    return this.tokens
      .slice(from, to)
      .every((token) => token.kind === 'word' && !isRestricting(token) && !isOtherScript(token.text));
  }

  /** One member: what it states, and the condition behind it. */
  #parseSingle(from: number, to: number, depth: number): Item {
    const at = this.marks.word || this.marks.modulus ? this.findCondition(from, to) : -1;
    if (at > 0) return this.attach(this.#parseSingle(from, at, depth), [this.parseCondition(at, to, depth)]);
    const group = this.findTrailingGroup(from, to);
    if (group !== null) return this.#parseWithGroup(from, to, group, depth);
    return (
      this.#parseRelation(from, to, depth) ??
      this.#parseUnion(from, to, depth) ??
      this.#parseBracketed(from, to, depth) ??
      this.#parseLeaf(from, to)
    );
  }

  /** A value with parentheses behind it: `(\text{mod } 5)`, a condition, or a remark in words. */
  #parseWithGroup(from: number, to: number, open: number, depth: number): Item {
    const item = this.#parseSingle(from, open, depth + 1);
    const inside = this.tokens.slice(open + 1, to - 1);
    if (inside[0]!.text === 'bmod') return this.#withModulus(item, parseExpression(inside.slice(1)), from, to);
    if (this.#adjuncts && isWordOf(inside[0]!, 'reason') && isPlainReason(inside)) {
      this.skip('reason', open, to);
      return item;
    }
    const isLimiting = this.opensCondition(open + 1) || inside.some((token) => relationOf(token) !== null);
    if (isLimiting || this.#isKind(item, inside))
      return this.attach(item, [this.parseCondition(open + 1, to - 1, depth)]);
    if (!this.#adjuncts || inside.some((token) => isRestricting(token) || /^(?:or|base)$/i.test(token.text)))
      throw new Refusal('syntax');
    this.skip('remark', open, to);
    return item;
  }

  /** "(n odd)", and "(integers)" behind a bound or an interval. */
  #isKind(item: Item, inside: readonly Token[]): boolean {
    if (!inside.some(({ kind, text }) => kind === 'word' && isNumberKind(text))) return false;
    return item.kind !== 'scalar' || inside.some(({ kind, text }) => kind === 'letter' && !/^[aAI]$/.test(text));
  }

  #parseRelation(from: number, to: number, depth: number): Item | null {
    const modulus = this.marks.modulus ? this.find(from, to, ({ text }) => text === 'pmod') : -1;
    if (modulus > from) {
      const item = this.#parseSingle(from, modulus, depth + 1);
      return this.#withModulus(item, parseExpression(stripBraces(this.tokens.slice(modulus + 1, to))), from, to);
    }
    if (!this.marks.relation) return this.#parseLabelled(from, to, depth);
    const ops: RelationOp[] = [];
    this.find(from, to, (token) => {
      const op = relationOf(token);
      if (op !== null) ops.push(op);
      return false;
    });
    if (ops.length === 0) return this.#parseLabelled(from, to, depth);
    const sides = this.split(from, to, (token) => relationOf(token) !== null);
    if (this.#isChangedOutside(from, to) || this.#isCompared(from, to)) throw new Refusal('syntax');
    if (sides.length === 1 && ops.length === 1) return this.#parseOneSided(sides[0]!, ops[0]!, from, depth);
    if (sides.length !== ops.length + 1) throw new Refusal('syntax');
    const mayBeName = (side: number) => side < sides.length - 1 || sides.length === 2;
    const items = sides.map(([a, b], k) => this.parseSide(a, b, depth, mayBeName(k)));
    if (items.every(({ kind }) => kind === 'name')) throw new Refusal('syntax');
    const source = this.sourceOf(from, to);
    return this.readNumberKind(
      toCongruence(items, ops, source) ?? { kind: 'relation', sides: items, ops, modulus: null, source },
    );
  }

  /** `minus $S = 5$`, `$k = 5$ plus one`: an operation in words beside a formula that is a relation. */
  #isChangedOutside(from: number, to: number): boolean {
    const isIn = (token: Token | undefined) => token?.zone === 'math';
    if (this.find(from, to, (token) => relationOf(token) !== null && isIn(token)) < 0) return false;
    const isOperation = ({ kind, text, zone }: Token, at: number) =>
      zone === 'plain' &&
      kind === 'op' &&
      '+-*/^!'.includes(text) &&
      relationOf(this.tokens[at - 1] ?? this.tokens[at]!) === null;
    return this.find(from, to, isOperation) >= 0;
  }

  /** "three less than $S = 5$". */
  #isCompared(from: number, to: number): boolean {
    return this.marks.word && this.find(from, to, ({ kind, text }) => kind === 'word' && /^than$/i.test(text)) >= 0;
  }

  /** `= 5` and `\approx 5` say 5; `> 5` says no value. */
  #parseOneSided([start, end]: Stretch, op: RelationOp, from: number, depth: number): Item {
    if (start === from || (op !== '=' && op !== '≈')) throw new Refusal('syntax');
    if (op === '≈') this.skip('approximation', from, start);
    return this.#parseSingle(start, end, depth + 1);
  }

  #withModulus(item: Item, modulus: Expr, from: number, to: number): Item {
    const source = this.sourceOf(from, to);
    if (item.kind === 'relation') return { ...item, modulus, source };
    return { kind: 'relation', sides: [item], ops: [], modulus, source };
  }

  /** `Paolo: 18`: words, a colon, and their value. */
  #parseLabelled(from: number, to: number, depth: number): Item | null {
    const colon = this.marks.colon ? this.find(from, to, ({ text }) => text === ':') : -1;
    if (colon <= from || colon === to - 1 || !this.isName(from, colon)) return null;
    const sides = [this.toName(from, colon), this.#parseSingle(colon + 1, to, depth + 1)];
    return { kind: 'relation', sides, ops: ['='], modulus: null, source: this.sourceOf(from, to) };
  }

  #parseUnion(from: number, to: number, depth: number): Item | null {
    const isOp = (token: Token, at: number) =>
      (token.kind === 'name' && SET_OPS.has(token.text)) || (token.text === '-' && this.#isDifference(from, at));
    if (!this.marks.setOp || this.find(from, to, isOp, from + 1) < 0) return null;
    const parts: Item[] = [];
    const ops: SetOp[] = [];
    let start = from;
    for (;;) {
      const at = this.find(from, to, isOp, start);
      parts.push(this.parse(start, at < 0 ? to : at, depth + 1));
      if (at < 0) break;
      ops.push(this.tokens[at]!.text === '-' ? 'setminus' : (this.tokens[at]!.text as SetOp));
      start = at + 1;
    }
    return { kind: 'union', parts, ops, source: this.sourceOf(from, to) };
  }

  /** `\{x \mid x < 2\} - \{1\}`, `\mathbb{R} - \{0\}`. */
  #isDifference(from: number, at: number): boolean {
    if (at === from || this.tokens[at + 1]?.text !== '\\{') return false;
    const before = this.tokens[at - 1]!;
    return before.text === '\\}' || SET_NAMES[before.text] !== undefined;
  }

  #parseBracketed(from: number, end: number, depth: number): Item | null {
    const to = this.#isTransposed(from, end) ? end - (this.tokens[end - 1]!.text === '}' ? 4 : 2) : end;
    const [open, close] = [this.tokens[from]!, this.tokens[to - 1]!];
    const source = this.sourceOf(from, to);
    const name = to - from === 1 ? SET_NAMES[open.text] : undefined;
    if (name !== undefined) return { kind: 'named-set', name, source };
    if (!isOpener(open) || !isCloser(close) || !this.closesAt(from, to - 1)) return null;
    const isSet = open.text === '\\{';
    if (to - from === 2) return isSet ? { kind: 'set', items: [], isBare: false, source } : null;
    const bar = isSet ? this.find(from + 1, to - 1, ({ text }) => text === '|' || text === ':') : -1;
    if (bar > from + 1) return this.#parseBuilder(from, bar, to, depth);
    const members = this.split(from + 1, to - 1, isComma);
    if (members.length < 2 && !isSet) return this.#parseBracketedOne(from, to, depth);
    const items = members.map(([a, b]) => this.parse(a, b, depth + 1));
    if (isSet || open.text === '{') return { kind: 'set', items, isBare: !isSet, source };
    return { kind: 'tuple', open: bracketOf(open), close: bracketOf(close), items, source };
  }

  /** `(1, 2, 3)^T`: a row that is written for a column. */
  #isTransposed(from: number, to: number): boolean {
    const isGroup = this.tokens[to - 1]!.text === '}' && this.tokens[to - 3]?.text === '{';
    const mark = this.tokens[isGroup ? to - 2 : to - 1]!;
    const hat = isGroup ? to - 4 : to - 2;
    if (mark.kind !== 'letter' || mark.text !== 'T' || hat < from + 4 || this.tokens[hat]!.text !== '^') return false;
    return this.closesAt(from, hat - 1) && this.find(from + 1, hat - 1, isComma) > 0;
  }

  #parseBuilder(from: number, bar: number, to: number, depth: number): Item {
    const member = this.parse(from + 1, bar, depth + 1);
    const condition = this.parse(bar + 1, to - 1, depth + 1);
    return { kind: 'builder', member, condition, source: this.sourceOf(from, to) };
  }

  /** Brackets around one member: dropped when the inside is a structure, else left to the expression parser. */
  #parseBracketedOne(from: number, to: number, depth: number): Item | null {
    if (this.tokens[from]!.kind === 'name') return null;
    const isStructure = this.tokens
      .slice(from + 1, to - 1)
      .some(
        (token) =>
          relationOf(token) !== null || SET_OPS.has(token.text) || token.kind === 'word' || STRUCTURES.has(token.text),
      );
    return isStructure ? this.parse(from + 1, to - 1, depth + 1) : null;
  }

  #parseLeaf(from: number, to: number): Item {
    const tokens = this.tokens.slice(from, to);
    const source = this.sourceOf(from, to);
    return (
      this.parseCases(from, to) ??
      readClock(tokens, source) ??
      this.#parseRatio(from, to) ??
      readText(tokens, source) ??
      this.#parseQuantity(from, to, source)
    );
  }

  #parseQuantity(from: number, to: number, source: string): Item {
    let start = from;
    while (start < to - 1 && this.#isFiller(start)) start += 1;
    const parsed = parseQuantity(this.tokens.slice(start, to), source, this.#adjuncts);
    this.skipped.push(...parsed.skipped);
    return parsed.item;
  }

  /** "only 5", "either 3", "about 72", "a total of 7". */
  #isFiller(at: number): boolean {
    const token = this.tokens[at]!;
    // `un7`.
    if (this.tokens[at + 1]?.kind === 'number' && !this.tokens[at + 1]!.spaced && token.zone === 'plain') return false;
    if (token.text === '.' && at > 0 && hasClass(this.tokens[at - 1]!.text.toLowerCase(), 'approximation')) return true;
    if (token.kind !== 'word') {
      if (!token.spaced) return false;
      // "Il y a 7 pommes", "elle a 7 pommes".
      const isFrench = FRENCH_SUBJECTS.test(`${this.tokens[at - 1]?.text} ${token.text}`);
      return isFrench || (token.text === 'a' && this.tokens[at + 1]?.kind === 'word');
    }
    const word = toVocabulary(token.text);
    if (hasClass(word, 'approximation')) this.skipped.push({ what: 'approximation', text: word });
    else if (word === 'of') return /^(?:total|sum)$/.test(this.tokens[at - 1]?.text ?? '');
    else if ((!hasClass(word, 'filler') || word === 'every') && word !== 'either' && word !== 'sum') return false;
    return true;
  }

  #parseRatio(from: number, to: number): Item | null {
    if (!this.marks.colon || this.find(from, to, ({ text }) => text === ':') < 0) return null;
    const parts = this.split(from, to, ({ text }) => text === ':');
    if (parts.length < 2) throw new Refusal('syntax');
    const exprs = parts.map(([a, b]) => parseExpression(this.tokens.slice(a, b)));
    return { kind: 'ratio', parts: exprs, source: this.sourceOf(from, to) };
  }
}

const FRENCH_SUBJECTS = /^(?:(?:il|elle|on|y) a|il y)$/i;

function isOpenJoint({ text }: Token): boolean {
  return text === ';' || text === 'or';
}

/** Words, and not the dots of a list that goes on. */
function isWords(item: Item): boolean {
  return item.kind === 'text' && !/^(?:\\[lc]?dots|\.\.\.)/.test(item.value);
}

/** `x \equiv 2 \mod 19`. */
function toCongruence(sides: readonly Item[], ops: readonly RelationOp[], source: string): Item | null {
  const last = sides.at(-1);
  if (!ops.includes('≡') || last?.kind !== 'scalar' || last.expr.type !== 'call' || last.expr.name !== 'mod')
    return null;
  const [value, modulus] = last.expr.args;
  return {
    kind: 'relation',
    sides: [...sides.slice(0, -1), { ...last, expr: value! }],
    ops,
    modulus: modulus!,
    source,
  };
}

function stripBraces(tokens: readonly Token[]): readonly Token[] {
  return tokens[0]?.text === '{' && tokens.at(-1)?.text === '}' ? tokens.slice(1, -1) : tokens;
}

function bracketOf({ text }: Token): string {
  if (text === 'langle') return '(';
  return text === 'rangle' ? ')' : text;
}
