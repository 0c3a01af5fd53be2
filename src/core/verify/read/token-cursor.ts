import { Refusal } from '../limits.ts';
import type { Expr } from '../syntax-tree.ts';
import { parseDecimal } from '../value/rational.ts';
import type { Token } from './tokens.ts';

/** A place in a list of tokens, with what every parsing function needs to look at it and to move on. */
export class TokenCursor {
  protected readonly tokens: Token[];
  protected at = 0;

  constructor(tokens: readonly Token[]) {
    // A copy: one-digit TeX arguments cut number tokens.
    this.tokens = [...tokens];
  }

  protected peek(offset = 0): Token | undefined {
    return this.tokens[this.at + offset];
  }

  protected isOp(text: string, offset = 0): boolean {
    const token = this.tokens[this.at + offset];
    return token !== undefined && token.kind === 'op' && token.text === text;
  }

  protected isName(text: string, offset = 0): boolean {
    const token = this.tokens[this.at + offset];
    return token !== undefined && token.kind === 'name' && token.text === text;
  }

  protected takeOp(text: string): boolean {
    if (!this.isOp(text)) return false;
    this.at += 1;
    return true;
  }

  protected expectOp(text: string): void {
    if (!this.takeOp(text)) throw new Refusal('syntax');
  }

  protected skipOne(): Token {
    const token = this.tokens[this.at];
    if (token === undefined) throw new Refusal('syntax');
    this.at += 1;
    return token;
  }

  /** The tokens of `_1`, `_{n-1}` or `_n`, without the braces. */
  protected takeSubscript(): readonly Token[] {
    this.expectOp('_');
    if (!this.takeOp('{')) return [this.skipOne()];
    const from = this.at;
    for (let depth = 1; depth > 0; ) {
      const { kind, text } = this.skipOne();
      if (kind === 'op' && text === '{') depth += 1;
      if (kind === 'op' && text === '}') depth -= 1;
    }
    return this.tokens.slice(from, this.at - 1);
  }

  /** Plain text in braces: the name of an environment, the columns of an array. */
  protected takeBraced(): string {
    this.expectOp('{');
    let name = '';
    while (!this.takeOp('}')) name += this.skipOne().text;
    return name;
  }
}

/** A number node from the text of a number token. Throws `Refusal` when it is none, or out of bounds. */
export function toNumber(text: string): Expr {
  const open = text.indexOf('(');
  if (open >= 0) return toRepeating(text.slice(0, open), text.slice(open + 1, -1));
  const value = parseDecimal(text);
  if (value === null) throw new Refusal('limit:literal');
  return { type: 'number', value, decimals: countDecimals(text) };
}

/** `0.1` with the period `6` is 16/90 - 1/90: an exact fraction, no decimal. */
function toRepeating(head: string, period: string): Expr {
  const places = head.length - head.indexOf('.') - 1;
  const whole = BigInt(head.replace('.', '') || '0');
  const nines = 10n ** BigInt(period.length) - 1n;
  const num = whole * nines + BigInt(period);
  const den = nines * 10n ** BigInt(places);
  const over: Expr = { type: 'number', value: { num, den: 1n }, decimals: 0 };
  return { type: 'binary', op: '/', left: over, right: { type: 'number', value: { num: den, den: 1n }, decimals: 0 } };
}

/** Digits that are written behind the point; a power of ten moves it. */
function countDecimals(text: string): number {
  const [digits, exponent] = text.split('e');
  const point = digits!.indexOf('.');
  const places = point < 0 ? 0 : digits!.length - point - 1;
  return Math.max(0, places - Number(exponent ?? 0));
}

/** Whether a number token is digits alone. */
export function isWholeText(text: string): boolean {
  for (let k = 0; k < text.length; k += 1) if (text.charCodeAt(k) < 48 || text.charCodeAt(k) > 57) return false;
  return text !== '';
}

/** Whether a node is a number written without a point. */
export function isWhole(expr: Expr): boolean {
  return expr.type === 'number' && expr.decimals === 0;
}

/** Whether the last factor of a product is a plain number: then a number cannot follow. */
export function endsWithNumber(expr: Expr): boolean {
  if (expr.type === 'number' || expr.type === 'based') return true;
  return expr.type === 'binary' && expr.op !== '^' && endsWithNumber(expr.right);
}

/** `3\frac12`: a whole number directly before a `\frac` of whole numbers is a sum, no product. */
export function isMixedNumber(left: Expr, token: Token, right: Expr): boolean {
  const isFraction = right.type === 'binary' && right.op === '/' && isWhole(right.left) && isWhole(right.right);
  return isWhole(left) && token.kind === 'name' && token.text === 'frac' && isFraction;
}
