import type { Rng } from '../../../src/core/rng.ts';
import { between, pick } from './draw.ts';
import { differ } from './evaluate-expression.ts';
import {
  call,
  type Expr,
  type FunctionName,
  int,
  listSymbols,
  minus,
  power,
  product,
  quotient,
  root,
  sum,
  symbol,
} from './expression.ts';
import { listPlaces, replaceAt } from './rewrite-expression.ts';

type Change = (expr: Expr, rng: Rng, symbols: readonly string[]) => Expr | null;

const SWAPPED: Partial<Record<FunctionName, FunctionName>> = {
  ...{ floor: 'ceil', ceil: 'floor', min: 'max', max: 'min', sin: 'cos', cos: 'sin', tan: 'cot', sec: 'tan' },
  ...{ cot: 'tan', arcsin: 'arccos', arccos: 'arcsin', arctan: 'arcsin', factorial: 'doubleFactorial' },
};

/** Slips of the pen, by the name under which they are counted. */
const CHANGES: Readonly<Record<string, Change>> = {
  'number changed': (expr, rng) =>
    expr.is === 'int' ? int(expr.n + BigInt(pick(rng, expr.n > 0n ? [1, -1, 2, 10] : [1, 2]))) : null,
  'sign of a term': (expr, rng) => {
    if (expr.is !== 'sum') return null;
    const at = rng.nextInt(expr.terms.length);
    return sum(...expr.terms.map((term, k) => (k === at ? minus(term) : term)));
  },
  'term dropped': (expr, rng) => {
    if (expr.is !== 'sum') return null;
    const at = rng.nextInt(expr.terms.length);
    return sum(...expr.terms.filter((_, k) => k !== at));
  },
  'factor dropped': (expr, rng) => {
    if (expr.is !== 'product') return null;
    const at = rng.nextInt(expr.factors.length);
    return product(...expr.factors.filter((_, k) => k !== at));
  },
  'exponent changed': (expr, rng) => {
    if (expr.is !== 'power') return null;
    return power(expr.base, sum(expr.exponent, int(pick(rng, [1, -1]))));
  },
  'exponent dropped': (expr) => (expr.is === 'power' ? expr.base : null),
  'fraction inverted': (expr) => (expr.is === 'quotient' ? quotient(expr.under, expr.over) : null),
  'denominator dropped': (expr) => (expr.is === 'quotient' ? expr.over : null),
  'operator changed': (expr) => {
    if (expr.is === 'sum' && expr.terms.length === 2) return product(...expr.terms);
    return expr.is === 'product' && expr.factors.length === 2 ? sum(...expr.factors) : null;
  },
  'root dropped': (expr) => (expr.is === 'root' ? expr.of : null),
  'function dropped': (expr) => (expr.is === 'call' ? expr.args[0]! : null),
  'function changed': (expr) => {
    const other = expr.is === 'call' ? SWAPPED[expr.name] : undefined;
    return expr.is === 'call' && other !== undefined ? call(other, ...expr.args) : null;
  },
  'parentheses lost': (expr, rng) => {
    if (expr.is === 'quotient' && expr.over.is === 'sum') {
      const last = expr.over.terms.at(-1)!;
      return sum(...expr.over.terms.slice(0, -1), quotient(last, expr.under));
    }
    if (expr.is === 'power' && expr.base.is === 'product') {
      return product(...expr.base.factors.slice(0, -1), power(expr.base.factors.at(-1)!, expr.exponent));
    }
    if (expr.is === 'call' && expr.args.length === 1 && expr.args[0]!.is === 'sum') {
      const [first, ...rest] = expr.args[0].terms;
      return sum(call(expr.name, first!), ...rest);
    }
    if (expr.is !== 'product' || expr.factors.length < 2) return null;
    const at = expr.factors.findIndex((factor) => factor.is === 'sum');
    if (at < 0) return null;
    const { terms } = expr.factors[at] as Expr & { is: 'sum' };
    const others = expr.factors.filter((_, k) => k !== at);
    const [first, ...rest] = rng.nextInt(2) === 0 ? terms : terms.toReversed();
    return sum(product(...others, first!), ...rest);
  },
  'distributed wrongly': (expr) => {
    if (expr.is === 'power' && expr.base.is === 'sum') {
      return sum(...expr.base.terms.map((term) => power(term, expr.exponent)));
    }
    if (expr.is === 'root' && expr.of.is === 'sum') return sum(...expr.of.terms.map((term) => root(term, expr.degree)));
    if (expr.is === 'call' && expr.args.length === 1 && expr.args[0]!.is === 'sum') {
      return sum(...expr.args[0].terms.map((term) => call(expr.name, term)));
    }
    if (expr.is !== 'quotient' || expr.under.is !== 'sum') return null;
    return sum(...expr.under.terms.map((term) => quotient(expr.over, term)));
  },
  'symbol changed': (expr, rng, symbols) => {
    if (expr.is !== 'symbol') return null;
    const others = [...symbols, 'x', 'n', 't'].filter((name) => name !== expr.name);
    return symbol(pick(rng, others));
  },
  'pi dropped': (expr) => (expr.is === 'pi' || expr.is === 'e' ? int(1) : null),
  'minus lost or added': (expr) => (expr.is === 'minus' ? expr.of : minus(expr)),
  'term added': (expr, rng, symbols) => {
    const term = symbols.length > 0 && rng.nextInt(2) === 0 ? symbol(pick(rng, symbols)) : int(between(rng, 1, 9));
    return expr.is === 'sum' || rng.nextInt(3) === 0 ? sum(expr, term) : null;
  },
};

/** Names of the changes, for the counts. */
export const CHANGE_NAMES = Object.keys(CHANGES);

const ATTEMPTS = 10;

/**
 * The expression with one slip of the given kind; null where none of that kind makes another function of it. The
 * two are proven to differ.
 */
export function perturbExpression(expr: Expr, name: string, rng: Rng): Expr | null {
  const change = CHANGES[name]!;
  const symbols = listSymbols(expr);
  const places = listPlaces(expr);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { expr: part, path } = pick(rng, places);
    const other = change(part, rng, symbols);
    if (other === null) continue;
    const result = replaceAt(expr, path, other);
    if (differ(expr, result)) return result;
  }
  return null;
}
