import { type Expr, int, minus, power, product, sum, symbol } from './expression.ts';

/** Coefficients of a polynomial in one symbol, the constant first. */
export type Polynomial = readonly bigint[];

/** The product, multiplied out. */
export function multiplyPolynomials(a: Polynomial, b: Polynomial): bigint[] {
  const result = Array.from({ length: a.length + b.length - 1 }, () => 0n);
  for (const [i, x] of a.entries()) for (const [j, y] of b.entries()) result[i + j]! += x * y;
  return result;
}

/** The terms of highest degree first; 0 for the polynomial without terms. */
export function toExpression(coefficients: Polynomial, name: string): Expr {
  const terms: Expr[] = [];
  for (let degree = coefficients.length - 1; degree >= 0; degree -= 1) {
    const coefficient = coefficients[degree]!;
    if (coefficient === 0n) continue;
    const size = int(coefficient < 0n ? -coefficient : coefficient);
    const variable = degree === 1 ? symbol(name) : power(symbol(name), degree);
    const term = degree === 0 ? size : product(size, variable);
    terms.push(coefficient < 0n ? minus(term) : term);
  }
  return terms.length === 0 ? int(0) : sum(...terms);
}
