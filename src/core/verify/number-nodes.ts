import { Refusal } from './limits.ts';
import { parseDecimal } from './rational.ts';
import type { Expr } from './syntax-tree.ts';
import type { Token } from './tokens.ts';

/** A number node from digits with at most one point. Throws `Refusal` when they are none. */
export function toNumber(text: string): Expr {
  const value = parseDecimal(text);
  if (value === null) throw new Refusal('limit:literal');
  return { type: 'number', value, decimals: countDecimals(text) };
}

function countDecimals(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

/** Whether a number token has no point. */
export function isWholeText(text: string): boolean {
  return /^\d+$/.test(text);
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
