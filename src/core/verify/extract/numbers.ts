/** One piece of a numeric expression. */
interface Piece {
  readonly kind: 'number' | 'sign' | 'operator' | 'open' | 'close' | 'break';
  readonly at: number;
  readonly end: number;
}

const NUMBER = /(?:\d{1,3}(?:(?:,|\{,\}|,\\!)\d{3})+(?!\d)|\d{1,3}(?: \d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+/y;
/** Code units from the end that are searched, and members of one list. */
const SEARCHED = 8_000;
const MAX_JOINED = 20;
/** Operands of one expression; a longer one is no answer, and half of it would be a wrong one. */
const MAX_OPERANDS = 60;

/**
 * The last numeric expression of a stretch (`7`, `3/4`, `-(2+1)`, `1,000.99`, `28%`), or several that
 * are joined by "or" and "and" as a list; null when there is none. Digits glued to letters before
 * them are no numbers. One pass forward, one back.
 */
export function findLastNumber(fullText: string): string | null {
  const text = fullText.slice(-SEARCHED);
  const pieces = splitPieces(text);
  let end = pieces.length - 1;
  const members: string[] = [];
  let after = -1;
  while (end >= 0) {
    if (members.length > MAX_JOINED) return null;
    const found = findExpression(pieces, end);
    if (found === null) break;
    const [first, last] = found;
    const stop = pieces[last]!.end;
    if (after >= 0 && !/^\s{0,3},?\s{0,3}(?:or|and|ou|et|und|oder|或|和)\s{0,3}$/i.test(text.slice(stop, after))) break;
    members.unshift(text.slice(pieces[first]!.at, stop) + takePercent(text, stop));
    after = pieces[first]!.at;
    end = first - 1;
  }
  return members.length === 0 ? null : members.join('; ');
}

function takePercent(text: string, at: number): string {
  return /^\s?\$?\s?(?:\\?%|percent\b|pct\b)/.test(text.slice(at, at + 12)) ? '\\%' : '';
}

function splitPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  const push = (kind: Piece['kind'], end: number) => {
    if (kind !== 'break' || pieces.at(-1)?.kind !== 'break') pieces.push({ kind, at, end });
    at = end;
  };
  while (at < text.length) {
    const char = text[at]!;
    NUMBER.lastIndex = at;
    const number = /[\d.]/.test(char) ? NUMBER.exec(text) : null;
    if (number !== null) {
      const end = at + number[0].length;
      push(isPartOfName(text, at, end) || isDenied(text, at) ? 'break' : 'number', end);
    } else if (/[+\-−]/.test(char)) push('sign', at + 1);
    else if (/[*/×÷^]/.test(char)) push('operator', at + 1);
    else if (char === '(') push('open', at + 1);
    else if (char === ')') push('close', at + 1);
    else if (/\s/.test(char)) at += 1;
    else push('break', at + 1);
  }
  return pieces;
}

/** `XDY2K`, `x_2`, `x^2`, `a/2` and `2nd` hold no number. */
function isPartOfName(text: string, at: number, end: number): boolean {
  if (/[A-Za-z_]$/.test(text.slice(at - 1, at)) || /[A-Za-z}][-+*/^]$/.test(text.slice(Math.max(0, at - 2), at)))
    return true;
  return /^(?:st|nd|rd|th)(?![A-Za-z])/.test(text.slice(end, end + 3));
}

/** "It is not 7." */
function isDenied(text: string, at: number): boolean {
  return /(?:(?<![A-Za-z])not|n't)\s$/.test(text.slice(Math.max(0, at - 6), at));
}

/** First and last piece of the last expression that ends at or before `end`. */
function findExpression(pieces: readonly Piece[], end: number): [first: number, last: number] | null {
  for (let last = end; last >= 0; last -= 1) {
    const start = findOperandStart(pieces, last);
    if (start === null) continue;
    const first = extendBack(pieces, start);
    return first === null ? null : [first, last];
  }
  return null;
}

/** Where the operand begins that ends at this piece: a number, or brackets that hold one. */
function findOperandStart(pieces: readonly Piece[], last: number): number | null {
  const kind = pieces[last]!.kind;
  if (kind === 'number') return last;
  if (kind !== 'close') return null;
  // Longer brackets than this are no numeric expression, and looking further would not be linear.
  const limit = Math.max(0, last - 60);
  for (let at = last - 1, depth = 1, digits = false; at >= limit; at -= 1) {
    const piece = pieces[at]!.kind;
    if (piece === 'break') return null;
    if (piece === 'number') digits = true;
    if (piece === 'close') depth += 1;
    if (piece === 'open') depth -= 1;
    if (depth === 0) return digits ? at : null;
  }
  return null;
}

/** Takes in what stands before: operands with operators between, at the front a sign that touches; null when it is too long. */
function extendBack(pieces: readonly Piece[], start: number): number | null {
  let first = start;
  for (let operands = 0; operands < MAX_OPERANDS; operands += 1) {
    const operator = pieces[first - 1];
    if (operator?.kind !== 'operator' && operator?.kind !== 'sign') return first;
    const operand = first >= 2 ? findOperandStart(pieces, first - 2) : null;
    const isSign = operator.kind === 'sign' && operator.end === pieces[first]!.at;
    if (operand === null) return isSign ? first - 1 : first;
    first = operand;
  }
  return null;
}
