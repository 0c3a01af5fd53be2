import type { Rng } from '../../../src/core/rng.ts';
import { between, pick, reorder } from './draw.ts';
import {
  call,
  type Expr,
  int,
  listParts,
  minus,
  power,
  product,
  quotient,
  root,
  sum,
  withParts,
} from './expression.ts';

/** An identity of algebra: another way to write the same function with the same domain; null where it does not apply. */
type Identity = (expr: Expr, rng: Rng) => Expr | null;

const IDENTITIES: readonly Identity[] = [
  (expr, rng) => (expr.is === 'sum' ? sum(...reorder(rng, expr.terms)) : null),
  (expr, rng) => (expr.is === 'product' ? product(...reorder(rng, expr.factors)) : null),
  splitQuotientOfSum,
  scaleQuotient,
  distribute,
  (expr) => (expr.is === 'sum' ? minus(sum(...expr.terms.map(minus))) : null),
  (expr) => (expr.is === 'minus' && expr.of.is === 'sum' ? sum(...expr.of.terms.map(minus)) : null),
  unfoldPower,
  (expr) => (expr.is === 'root' && expr.degree === 2 ? power(expr.of, quotient(int(1), int(2))) : null),
  splitNumber,
  flipAbsolute,
  (expr, rng) =>
    expr.is === 'call' && (expr.name === 'min' || expr.name === 'max')
      ? call(expr.name, ...reorder(rng, expr.args))
      : null,
  (expr) => (expr.is === 'call' && expr.name === 'max' ? minus(call('min', ...expr.args.map(minus))) : null),
  (expr) => (expr.is === 'call' && expr.name === 'ceil' ? minus(call('floor', minus(expr.args[0]!))) : null),
  moveMinus,
];

/** `(a+b)/c` as `a/c + b/c`. */
function splitQuotientOfSum(expr: Expr): Expr | null {
  if (expr.is !== 'quotient' || expr.over.is !== 'sum') return null;
  return sum(
    ...expr.over.terms.map((term) =>
      term.is === 'minus' ? minus(quotient(term.of, expr.under)) : quotient(term, expr.under),
    ),
  );
}

/** `a/b` as `ka/kb`. */
function scaleQuotient(expr: Expr, rng: Rng): Expr | null {
  if (expr.is !== 'quotient') return null;
  const k = between(rng, 2, 9);
  const scale = (part: Expr) => (part.is === 'int' ? int(part.n * BigInt(k)) : product(int(k), part));
  return quotient(scale(expr.over), scale(expr.under));
}

/** `a(b+c)` as `ab + ac`. */
function distribute(expr: Expr): Expr | null {
  if (expr.is !== 'product') return null;
  const at = expr.factors.findIndex((factor) => factor.is === 'sum');
  if (at < 0) return null;
  const inner = expr.factors[at] as Expr & { is: 'sum' };
  const others = expr.factors.filter((_, k) => k !== at);
  return sum(
    ...inner.terms.map((term) => (term.is === 'minus' ? minus(product(...others, term.of)) : product(...others, term))),
  );
}

/** `x^3` as `x x x`, `x^{-3}` as `1/x^3`. */
function unfoldPower(expr: Expr): Expr | null {
  if (expr.is !== 'power') return null;
  const { base, exponent } = expr;
  if (exponent.is === 'minus') return quotient(int(1), power(base, exponent.of));
  if (exponent.is !== 'int' || exponent.n < 2n || exponent.n > 4n || base.is === 'quotient') return null;
  return product(...Array.from({ length: Number(exponent.n) }, () => base));
}

/** A whole number as a sum or a product of two. */
function splitNumber(expr: Expr, rng: Rng): Expr | null {
  if (expr.is !== 'int' || expr.n < 2n || expr.n > 10_000n) return null;
  const n = Number(expr.n);
  const divisor = between(rng, 2, 9);
  if (n > divisor && n % divisor === 0 && rng.nextInt(2) === 0) return product(int(divisor), int(n / divisor));
  const part = between(rng, 1, n - 1);
  return sum(int(part), int(n - part));
}

/** `|a-b|` as `|b-a|`. */
function flipAbsolute(expr: Expr, rng: Rng): Expr | null {
  if (expr.is !== 'call' || expr.name !== 'abs') return null;
  const inner = expr.args[0]!;
  if (rng.nextInt(4) === 0) return root(power(inner, 2));
  return call('abs', inner.is === 'sum' ? sum(...inner.terms.map(minus)) : minus(inner));
}

/** `-(a/b)` as `(-a)/b` or `a/(-b)`, `-(ab)` as `(-a)b`. */
function moveMinus(expr: Expr, rng: Rng): Expr | null {
  if (expr.is !== 'minus') return null;
  const { of } = expr;
  if (of.is === 'quotient') {
    return rng.nextInt(2) === 0 ? quotient(minus(of.over), of.under) : quotient(of.over, minus(of.under));
  }
  if (of.is === 'product') return product(minus(of.factors[0]!), ...of.factors.slice(1));
  return null;
}

interface Place {
  readonly expr: Expr;
  /** The way down from the top: the number of a part at each step. */
  readonly path: readonly number[];
}

/** Every part of an expression and the way to it. */
export function listPlaces(expr: Expr, path: readonly number[] = []): Place[] {
  return [{ expr, path }, ...listParts(expr).flatMap((part, k) => listPlaces(part, [...path, k]))];
}

/** The expression with another part at the end of the path. */
export function replaceAt(expr: Expr, [first, ...rest]: readonly number[], part: Expr): Expr {
  if (first === undefined) return part;
  const parts = listParts(expr);
  return withParts(
    expr,
    parts.map((old, k) => (k === first ? replaceAt(old, rest, part) : old)),
  );
}

const ATTEMPTS = 12;

/** The same function written otherwise, by up to three identities at places of their own. */
export function rewriteExpression(expr: Expr, rng: Rng): Expr {
  let result = expr;
  let steps = between(rng, 1, 3);
  for (let attempt = 0; attempt < ATTEMPTS && steps > 0; attempt += 1) {
    const { expr: part, path } = pick(rng, listPlaces(result));
    const other = pick(rng, IDENTITIES)(part, rng);
    if (other === null) continue;
    result = replaceAt(result, path, other);
    steps -= 1;
  }
  return result;
}
