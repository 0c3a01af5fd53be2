import type { Expr } from '../syntax-tree.ts';
import type { Token } from './token.ts';

/** Whether a node is a number written without a point. */
export function isWhole(expr: Expr): boolean {
  return expr.type === 'number' && expr.decimals === 0;
}

/** Whether the last factor of a product is a plain number: then a number cannot follow. */
export function endsWithNumber(expr: Expr): boolean {
  if (expr.type === 'number' || expr.type === 'based') return true;
  if (expr.type === 'negate') return endsWithNumber(expr.of);
  return expr.type === 'binary' && expr.op !== '^' && endsWithNumber(expr.right);
}

/** `3\frac12`: a whole number directly before a `\frac` of whole numbers is a sum, no product. */
export function isMixedNumber(left: Expr, token: Token, right: Expr): boolean {
  const isFraction = right.type === 'binary' && right.op === '/' && isWhole(right.left) && isWhole(right.right);
  return isWhole(left) && token.kind === 'name' && token.text === 'frac' && isFraction;
}

/** Whether a node is the number 1. */
export function writesOne(expr: Expr): boolean {
  return expr.type === 'number' && expr.value.num === 1n;
}
