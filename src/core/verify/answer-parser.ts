import { parseScalar } from './expression-parser.ts';
import { LIMITS, Refusal } from './limits.ts';
import type { Item, RelationOp } from './syntax-tree.ts';
import { foldCharacters, type Token, tokenize } from './tokens.ts';

/**
 * Parses an answer into its structure: list, relation, union, set, tuple, scalar or text. Throws
 * `Refusal` (`syntax`, `limit:…`) when it is none of these.
 */
export function parseAnswer(text: string): Item {
  const source = foldCharacters(text);
  const tokens = tokenize(source);
  if (tokens.length === 0) throw new Refusal('syntax');
  return new AnswerParser(source, tokens).parse(0, tokens.length, 0);
}

const OPENERS = new Set(['(', '[', '{', '\\{']);
const CLOSERS = new Set([')', ']', '}', '\\}']);
const RELATIONS: Readonly<Record<string, RelationOp>> = {
  '=': '=',
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
  '!=': '!=',
  '≈': '≈',
  approx: '≈',
  equiv: '≡',
  sim: '∼',
  in: '∈',
};
/** Longer texts are prose, not answers. */
const MAX_TEXT_ANSWER = 400;

class AnswerParser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  /** Nesting before each token, brackets and environments alike. */
  readonly #levels: readonly number[];

  constructor(source: string, tokens: readonly Token[]) {
    this.#source = source;
    this.#tokens = tokens;
    this.#levels = measureLevels(tokens);
  }

  parse(from: number, to: number, depth: number): Item {
    if (depth > LIMITS.structureDepth) throw new Refusal('limit:structure');
    if (from >= to) throw new Refusal('syntax');
    const source = this.#sourceOf(from, to);
    const members = this.#split(from, to, isSeparator);
    if (members.length > 1) return this.#parseList(members, source, depth);
    const [start, end] = members[0] ?? [from, to];
    return (
      this.#parseRelation(start, end, depth) ??
      this.#parseUnion(start, end, depth) ??
      this.#parseBracketed(start, end, depth) ??
      this.#parseLeaf(start, end)
    );
  }

  #sourceOf(from: number, to: number): string {
    const end = to < this.#tokens.length ? this.#tokens[to]!.at : this.#source.length;
    return this.#source.slice(this.#tokens[from]!.at, end).trim();
  }

  /** Stretches between the top-level tokens that match; empty ones are left out. */
  #split(from: number, to: number, matches: (token: Token) => boolean): [number, number][] {
    const parts: [number, number][] = [];
    const level = this.#levels[from]!;
    let start = from;
    for (let i = from; i <= to; i += 1) {
      if (i < to && !(this.#levels[i] === level && matches(this.#tokens[i]!))) continue;
      if (i > start) parts.push([start, i]);
      start = i + 1;
    }
    return parts;
  }

  #parseList(members: readonly (readonly [number, number])[], source: string, depth: number): Item {
    const kept = members.filter(([a, b]) => !(b - a === 1 && this.#tokens[a]!.text === 'ldots'));
    return { kind: 'list', items: kept.map(([a, b]) => this.parse(a, b, depth + 1)), source };
  }

  #parseRelation(from: number, to: number, depth: number): Item | null {
    const sides = this.#split(from, to, (token) => relationOf(token) !== null);
    const level = this.#levels[from]!;
    const ops: RelationOp[] = [];
    for (let i = from; i < to; i += 1) {
      const op = this.#levels[i] === level ? relationOf(this.#tokens[i]!) : null;
      if (op !== null) ops.push(op);
    }
    if (ops.length === 0) return null;
    if (sides.length !== ops.length + 1) throw new Refusal('syntax');
    const items = sides.map(([a, b]) => this.parse(a, b, depth + 1));
    const names = sides.map(([a, b]) => this.#isName(a, b));
    return { kind: 'relation', sides: items, ops, names, source: this.#sourceOf(from, to) };
  }

  /** A name has letters, and no operator or number outside brackets and subscripts. */
  #isName(from: number, to: number): boolean {
    const level = this.#levels[from]!;
    let hasLetter = false;
    for (let i = from; i < to; i += 1) {
      const token = this.#tokens[i]!;
      if (token.kind === 'letter' || token.kind === 'word' || token.kind === 'text') hasLetter = true;
      if (token.kind === 'name' && token.text !== 'frac') hasLetter = true;
      if (this.#levels[i] !== level) continue;
      if (token.kind === 'number' && this.#tokens[i - 1]?.text !== '_') return false;
      if (token.kind === 'op' && '+-*/^!'.includes(token.text)) return false;
      if (token.text === 'sqrt' || token.text === 'sum' || token.text === 'pi') return false;
    }
    return hasLetter;
  }

  #parseUnion(from: number, to: number, depth: number): Item | null {
    const isSetOp = (token: Token) =>
      token.kind === 'name' && (token.text === 'cup' || token.text === 'setminus' || token.text === 'cap');
    const parts = this.#split(from, to, isSetOp);
    if (parts.length < 2) return null;
    const level = this.#levels[from]!;
    const ops: string[] = [];
    for (let i = from; i < to; i += 1)
      if (this.#levels[i] === level && isSetOp(this.#tokens[i]!)) ops.push(this.#tokens[i]!.text);
    return {
      kind: 'union',
      parts: parts.map(([a, b]) => this.parse(a, b, depth + 1)),
      ops,
      source: this.#sourceOf(from, to),
    };
  }

  #parseBracketed(from: number, to: number, depth: number): Item | null {
    const open = this.#tokens[from]!;
    const close = this.#tokens[to - 1]!;
    const isPair = isOpener(open) && isCloser(close) && this.#closesAt(from, to - 1);
    if (!isPair) return null;
    const source = this.#sourceOf(from, to);
    if (to - from === 2) return open.text === '\\{' ? { kind: 'set', items: [], isBare: false, source } : null;
    const members = this.#split(from + 1, to - 1, isSeparator);
    const isSet = open.text === '\\{';
    if (members.length < 2 && !isSet) return this.#parseSingle(from, to, depth);
    const items = members.map(([a, b]) => this.parse(a, b, depth + 1));
    if (isSet || open.text === '{') return { kind: 'set', items, isBare: !isSet, source };
    return { kind: 'tuple', open: bracketOf(open), close: bracketOf(close), items, source };
  }

  /** Brackets around one member: dropped when the inside is a structure, else left to the expression parser. */
  #parseSingle(from: number, to: number, depth: number): Item | null {
    if (to - from < 3) return null;
    const inner = this.#tokens.slice(from + 1, to - 1);
    const isStructure = inner.some(
      (token) =>
        relationOf(token) !== null ||
        token.text === 'cup' ||
        token.kind === 'text' ||
        token.text === 'begin' ||
        token.text === ',',
    );
    return isStructure ? this.parse(from + 1, to - 1, depth + 1) : null;
  }

  /** Whether the bracket at `from` is closed by the one at `to`, and not before. */
  #closesAt(from: number, to: number): boolean {
    const level = this.#levels[from]!;
    for (let i = from + 1; i < to; i += 1) if (this.#levels[i]! <= level) return false;
    return this.#levels[to] === level + 1 || this.#levels[to] === level;
  }

  #parseLeaf(from: number, to: number): Item {
    const source = this.#sourceOf(from, to);
    const tokens = this.#tokens.slice(from, to);
    if (tokens.length === 1 && tokens[0]!.kind === 'text') return parseTextToken(tokens[0]!.text, source);
    try {
      const { expr, unit } = parseScalar(tokens);
      return { kind: 'scalar', expr, unit, source };
    } catch (error) {
      if (!(error instanceof Refusal) || error.reason !== 'syntax') throw error;
      if (source.length < MAX_TEXT_ANSWER && /\p{L}|\d:\d/u.test(source))
        return { kind: 'text', value: source, source };
      throw error;
    }
  }
}

/** `\text{13}` is a number, `\text{Evelyn}` a text. */
function parseTextToken(value: string, source: string): Item {
  if (/^[-\d.,/ ]*\d$/.test(value)) {
    try {
      const inner = parseScalar(tokenize(value));
      return { kind: 'scalar', expr: inner.expr, unit: inner.unit, source };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return { kind: 'text', value, source };
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

function isOpener(token: Token): boolean {
  if (token.kind === 'op') return OPENERS.has(token.text);
  return (
    token.kind === 'name' &&
    (token.text === 'begin' || token.text === 'langle' || token.text === 'lfloor' || token.text === 'lceil')
  );
}

function isCloser(token: Token): boolean {
  if (token.kind === 'op') return CLOSERS.has(token.text);
  return (
    token.kind === 'name' &&
    (token.text === 'end' || token.text === 'rangle' || token.text === 'rfloor' || token.text === 'rceil')
  );
}

function bracketOf(token: Token): string {
  if (token.text === 'langle') return '(';
  return token.text === 'rangle' ? ')' : token.text;
}

function relationOf(token: Token): RelationOp | null {
  if (token.kind !== 'op' && token.kind !== 'name') return null;
  return Object.hasOwn(RELATIONS, token.text) ? RELATIONS[token.text]! : null;
}

function isSeparator(token: Token): boolean {
  if (token.kind === 'op') return token.text === ',' || token.text === ';';
  return token.kind === 'name' && (token.text === 'and' || token.text === 'or');
}
