import { gcd } from './rational.ts';
import { type Expr, someNode } from './syntax-tree.ts';

/** Whether some fraction of whole numbers in the expression is not in lowest terms. */
export function hasUnreducedFraction(expr: Expr): boolean {
  return someNode(expr, (node) => isFraction(node) && !isReduced(node));
}

/** Whether nothing is left to calculate: a number, a fraction in lowest terms, either with a sign or a percent mark. */
export function isFinished(expr: Expr): boolean {
  if (expr.type === 'negate' || expr.type === 'percent' || expr.type === 'degree') return isFinished(expr.of);
  return expr.type === 'number' || (isFraction(expr) && isReduced(expr));
}

type Fraction = Extract<Expr, { type: 'binary' }>;

function isFraction(expr: Expr): expr is Fraction {
  return expr.type === 'binary' && expr.op === '/' && isWhole(expr.left) && isWhole(expr.right);
}

function isWhole(expr: Expr): boolean {
  return expr.type === 'number' && expr.value.den === 1n;
}

function isReduced({ left, right }: Fraction): boolean {
  if (left.type !== 'number' || right.type !== 'number') return true;
  return right.value.num !== 1n && gcd(left.value.num, right.value.num) === 1n;
}
