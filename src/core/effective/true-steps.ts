import { toVisibleText } from './visible-text.ts';

/** One calculation that stands in a text and is right: `4 + 10 + 3 + 2 = 19`. */
export interface TrueStep {
  /** Numbers of the side that calculates. */
  readonly operands: readonly number[];
  readonly result: number;
}

/** More is not read of one text: what a response calculates, and no list that grows with hostile input. */
const MAX_STEPS = 200;
const MAX_TOKENS = 40;

type Token = number | '+' | '-' | '*' | '/' | '(' | ')';

/**
 * The right calculations of a text: neighbouring sides of an equals sign, both without letters, one with an operator,
 * of equal value. A chain (`a = b = c`) gives one for each pair. Linear in the text.
 */
export function listTrueSteps(text: string): TrueStep[] {
  const steps: TrueStep[] = [];
  const sides = toPlainOperators(text).split(/=|≈/);
  for (let at = 0; at + 1 < sides.length && steps.length < MAX_STEPS; at += 1) {
    // A side in the middle of a chain is whole; an outer one is what stands next to the sign.
    const left = readSide(sides[at]!, 'end');
    const right = readSide(sides[at + 1]!, 'start');
    if (left === null || right === null || (left.operators === 0 && right.operators === 0)) continue;
    if (!isClose(left.value, right.value)) continue;
    const [work, result] = left.operators > 0 ? [left, right.value] : [right, left.value];
    steps.push({ operands: work.numbers, result });
  }
  return steps;
}

function toPlainOperators(text: string): string {
  return toVisibleText(text)
    .replaceAll(/\\(?:times|cdot)|[×·∙⋅]/g, '*')
    .replaceAll(/\\div|÷/g, '/')
    .replaceAll(/[−–]/g, '-')
    .replaceAll(/\\?\$|[€£%]/g, ' ');
}

interface Side {
  readonly value: number;
  readonly numbers: readonly number[];
  readonly operators: number;
}

/** The longest calculation at one end of a text between two equals signs; null when there is none. */
function readSide(text: string, end: 'start' | 'end'): Side | null {
  const tokens = end === 'start' ? takeFromStart(text) : takeFromEnd(text);
  const value = evaluate(tokens);
  if (value === null) return null;
  const numbers = tokens.filter((token) => typeof token === 'number');
  return {
    value,
    numbers,
    operators: tokens.filter((token) => typeof token === 'string' && '+-*/'.includes(token)).length,
  };
}

/** A number, an operator, a word, or any other character: sentence ends, commas, braces. */
const PIECE = /(\d+(?:,\d{3})*(?:\.\d+)?)|([-+*/()])|(\p{L}+)|(\S)/gu;

type Piece = Token | { readonly word: true } | { readonly other: true };

/** Enough for `MAX_TOKENS` tokens of a calculation; what stands before it is prose. */
const REACH_CHARS = 400;

function listPieces(text: string): Piece[] {
  return Array.from(text.matchAll(PIECE), ([, number, operator, word]): Piece => {
    if (number !== undefined) return Number(number.replaceAll(',', ''));
    if (operator !== undefined) return operator as Token;
    return word === undefined ? { other: true } : { word: true };
  });
}

const isWord = (piece: Piece | undefined) => typeof piece === 'object' && 'word' in piece;

/** Without units: a word after a number (`7 days`) and not before another one, and what something is per (`8/day`). */
function dropUnits(pieces: readonly Piece[]): Piece[] {
  const kept: Piece[] = [];
  for (let at = 0; at < pieces.length; at += 1) {
    if (pieces[at] === '/' && isWord(pieces[at + 1])) at += 1;
    else if (!isUnitAt(pieces, at)) kept.push(pieces[at]!);
  }
  return kept;
}

function isUnitAt(pieces: readonly Piece[], at: number): boolean {
  return isWord(pieces[at]) && typeof pieces[at - 1] === 'number' && typeof pieces[at + 1] !== 'number';
}

function takeFromStart(text: string): Token[] {
  const pieces = dropUnits(listPieces(text.slice(0, REACH_CHARS)));
  const end = pieces.findIndex((piece) => typeof piece === 'object');
  const tokens = (end < 0 ? pieces : pieces.slice(0, end)) as Token[];
  // What follows the number is prose: an operator at the end belongs to it.
  while (tokens.length > 0 && typeof tokens.at(-1) === 'string' && tokens.at(-1) !== ')') tokens.pop();
  return tokens.slice(0, MAX_TOKENS);
}

function takeFromEnd(text: string): Token[] {
  const pieces = dropUnits(listPieces(text.slice(-REACH_CHARS)));
  const tokens = pieces.slice(pieces.findLastIndex((piece) => typeof piece === 'object') + 1) as Token[];
  while (tokens.length > 0 && (tokens[0] === '+' || tokens[0] === '*' || tokens[0] === '/' || tokens[0] === ')'))
    tokens.shift();
  return tokens.slice(-MAX_TOKENS);
}

/** Value by the usual precedence; null for anything that is no whole calculation. */
function evaluate(tokens: readonly Token[]): number | null {
  let at = 0;
  const sum = (): number | null => {
    let value = product();
    while (value !== null && (tokens[at] === '+' || tokens[at] === '-')) {
      const sign = tokens[at] === '+' ? 1 : -1;
      at += 1;
      const next = product();
      value = next === null ? null : value + sign * next;
    }
    return value;
  };
  const product = (): number | null => {
    let value = factor();
    while (value !== null && (tokens[at] === '*' || tokens[at] === '/')) {
      const divides = tokens[at] === '/';
      at += 1;
      const next = factor();
      value = next === null ? null : divides ? value / next : value * next;
    }
    return value;
  };
  const factor = (): number | null => {
    const token = tokens[at];
    at += 1;
    if (typeof token === 'number') return token;
    if (token === '-') {
      const value = factor();
      return value === null ? null : -value;
    }
    if (token !== '(') return null;
    const value = sum();
    return tokens[at++] === ')' ? value : null;
  };
  const value = tokens.length === 0 ? null : sum();
  return value !== null && at === tokens.length && Number.isFinite(value) ? value : null;
}

/** Equal up to the rounding that people write: a thousandth, or a relative millionth. */
function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(1e-3, 1e-6 * Math.abs(b));
}
