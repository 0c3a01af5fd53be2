import type { Rng } from '../../../src/core/rng.ts';
import type { Spell } from './answer-kind.ts';
import { between, pick } from './draw.ts';
import { differ, evaluate } from './evaluate-expression.ts';
import { type Expr, int, listSymbols, symbol } from './expression.ts';
import { CHANGE_NAMES, perturbExpression } from './perturb-expression.ts';
import { decorateTex, printPlain, printTex } from './print-expression.ts';
import { rewriteExpression } from './rewrite-expression.ts';
import { any, plain, type Spelling, tex } from './spelling.ts';

/** One expression in LaTeX or as typed. */
function write(expr: Expr, rng: Rng): Spelling {
  return rng.nextInt(4) === 0 ? plain(printPlain(expr, rng)) : tex(printTex(expr, rng));
}

/** The same expression, set or typed differently, or turned by identities of algebra. */
export const EXPRESSION_REWRITES: Readonly<Record<string, Spell<Expr>>> = {
  'set in another style': (expr, rng) => tex(decorateTex(printTex(expr, rng), rng)),
  typed: (expr, rng) => plain(printPlain(expr, rng)),
  'equivalent algebra': (expr, rng) => tex(printTex(rewriteExpression(expr, rng), rng)),
  'equivalent algebra, typed': (expr, rng) => plain(printPlain(rewriteExpression(expr, rng), rng)),
};

/** What more can be written of an expression without symbols. */
export const CLOSED_REWRITES: Readonly<Record<string, Spell<Expr>>> = {
  ...EXPRESSION_REWRITES,
  'decimal of many places': (expr, rng) => {
    const value = evaluate(expr, {});
    // A whole reference is met by nothing but itself, and doubles have fifteen digits.
    if (!isModest(value)) return null;
    return any(value.toFixed(between(rng, 8, 10)));
  },
  'exact, then approximate': (expr, rng) => {
    const value = evaluate(expr, {});
    return isModest(value) ? tex(`${printTex(expr, rng)} \\approx ${value.toFixed(between(rng, 2, 4))}`) : null;
  },
  'equation that states it': (expr, rng) =>
    tex(`${pick(rng, ['x', 'r', 'AB', 'a+b', '\\text{Area}', 'S'])} = ${printTex(expr, rng)}`),
  'equation with steps': (expr, rng) =>
    tex(`x = ${printTex(rewriteExpression(expr, rng), rng)} = ${printTex(expr, rng)}`),
};

const isModest = (value: number): boolean =>
  Number.isFinite(value) &&
  Math.abs(value) > 0.01 &&
  Math.abs(value) < 10_000 &&
  Math.abs(value - Math.round(value)) > 1e-4;

const slip =
  (name: string): Spell<Expr> =>
  (expr, rng) => {
    const other = perturbExpression(expr, name, rng);
    return other === null ? null : write(other, rng);
  };

/** Slips of the pen, each proven to make another value or function of the expression. */
export const EXPRESSION_MISSES: Readonly<Record<string, Spell<Expr>>> = {
  ...Object.fromEntries(CHANGE_NAMES.map((name) => [name, slip(name)])),
  'tiny term': (expr, rng) => tex(`${printTex(expr, rng)} + 10^{-${between(rng, 9, 30)}}`),
  unfinished: (expr, rng) => tex(`${printTex(expr, rng)} ${pick(rng, ['^', '_', '+', '\\cdot', '\\times'])}`),
  'equation instead': (expr, rng) => {
    // Without symbols the sides agree or not, which other entries look at.
    if (listSymbols(expr).length === 0) return null;
    const relation = pick(rng, ['= 0', '= 1', '> 0', '\\ne 0']);
    // An identity is no slip: "(x+5)/(x+5) = 1" states what the expression is.
    const side = relation === '= 0' ? int(0) : int(1);
    if (relation.startsWith('=') && !differ(expr, side)) return null;
    return tex(`${printTex(expr, rng)} ${relation}`);
  },
  'equation in itself': (expr, rng) => {
    const name = listSymbols(expr)[0];
    if (name === undefined || !differ(expr, symbol(name))) return null;
    return tex(`${name} = ${printTex(expr, rng)}`);
  },
  'value at a number': (expr, rng) =>
    listSymbols(expr).length === 0 ? null : tex(`${pick(rng, ['f(2)', 'g(0)', 'h(-1)'])} = ${printTex(expr, rng)}`),
  'with a modulus': (expr, rng) => {
    if (listSymbols(expr).length === 0) return null;
    const modulus = between(rng, 2, 30);
    return tex(
      `${printTex(expr, rng)} ${pick(rng, [`\\pmod{${modulus}}`, `\\text{ mod } ${modulus}`, `\\bmod ${modulus}`])}`,
    );
  },
  relation: (expr, rng) => tex(`${pick(rng, ['\\ge', '<', '\\neq', '\\le', '\\not='])} ${printTex(expr, rng)}`),
};

/** Slips that need a value without symbols. */
export const CLOSED_MISSES: Readonly<Record<string, Spell<Expr>>> = {
  ...EXPRESSION_MISSES,
  'tiny factor': (expr, rng) => tex(`(${printTex(expr, rng)}) \\cdot (1 + 10^{-${between(rng, 9, 30)}})`),
  rounded: (expr, rng) => {
    const value = evaluate(expr, {});
    const text = value.toFixed(between(rng, 0, 3));
    return isModest(value) && Math.abs(Number(text) - value) > 2e-5 ? any(text) : null;
  },
  'equation for another': (expr, rng) => {
    const other = perturbExpression(expr, 'number changed', rng);
    return other === null ? null : tex(`x = ${printTex(other, rng)}`);
  },
  'two of them': (expr, rng) => {
    const other = perturbExpression(expr, 'number changed', rng);
    if (other === null) return null;
    return tex(
      `${printTex(other, rng)}${pick(rng, [' \\text{ or } ', ', ', ' \\text{ and } '])}${printTex(expr, rng)}`,
    );
  },
  bound: (expr, rng) => tex(`${pick(rng, ['x > ', 'x \\le ', 'r \\ne '])}${printTex(expr, rng)}`),
};
