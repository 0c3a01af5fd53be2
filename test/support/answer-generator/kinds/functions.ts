import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, betweenExcept, isRare, pick } from '../draw.ts';
import { differBeside, evaluate } from '../evaluate-expression.ts';
import { call, type Expr, int, minus, power, product, quotient, root, substitute, sum, symbol } from '../expression.ts';
import { CHANGE_NAMES, perturbExpression } from '../perturb-expression.ts';
import { printPlain, printReference, printTex } from '../print-expression.ts';
import { rewriteExpression } from '../rewrite-expression.ts';
import { plain, tex } from '../spelling.ts';

/** A rule for a value of `x`. */
export function drawRule(rng: Rng): Expr {
  const x = symbol('x');
  const [a, b] = [between(rng, 2, 9), between(rng, 1, 9)];
  switch (between(rng, 0, 6)) {
    case 0:
      return sum(product(int(a), x), int(b));
    case 1:
      return sum(power(x, 2), minus(product(int(a), x)), int(b));
    case 2:
      return quotient(int(a), sum(x, int(b)));
    case 3:
      return sum(power(x, between(rng, 2, 5)), minus(int(b)));
    case 4:
      return sum(root(sum(power(x, 2), int(b))), int(a));
    case 5:
      return product(int(a), power(int(between(rng, 2, 5)), x));
    default:
      return sum(call('abs', sum(x, minus(int(a)))), int(b));
  }
}

interface Definition {
  readonly f: string;
  readonly rule: Expr;
}

const perturbed =
  (head: string): Spell<Definition> =>
  ({ f, rule }, rng) => {
    const other = perturbExpression(rule, pick(rng, CHANGE_NAMES), rng);
    return other === null ? null : tex(`${head.replace('f', f)} = ${printTex(other, rng)}`);
  };

const withHead =
  (draw: (f: string, rng: Rng) => string): Spell<Definition> =>
  ({ f, rule }, rng) =>
    tex(`${draw(f, rng)} = ${printTex(rule, rng)}`);

const definition: AnswerKind<Definition> = {
  name: 'function definition',
  shape: 'relation',
  weight: 35,
  draw: (rng) => ({ f: pick(rng, ['f', 'f', 'g', 'h', 'p']), rule: drawRule(rng) }),
  gold: ({ f, rule }) => `${f}(x) = ${printReference(rule)}`,
  rewrites: {
    same: ({ f, rule }, rng) => tex(`${f}(x) = ${printTex(rule, rng)}`),
    'equivalent algebra': ({ f, rule }, rng) => tex(`${f}(x) = ${printTex(rewriteExpression(rule, rng), rng)}`),
    typed: ({ f, rule }, rng) => plain(`${f}(x) = ${printPlain(rule, rng)}`),
    'rule alone': ({ rule }, rng) => tex(printTex(rule, rng)),
    'other variable': ({ f, rule }, rng) => {
      const t = pick(rng, ['t', 'n', 'z', 'y']);
      return tex(`${f}(${t}) = ${printTex(substitute(rule, 'x', symbol(t)), rng)}`);
    },
    'for all': ({ f, rule }, rng) =>
      tex(
        `${f}(x) = ${printTex(rule, rng)} ${pick(rng, ['\\text{ for all } x', '\\text{ for all real } x', '\\text{ for all } x \\in \\mathbb{R}', '\\quad \\forall x'])}`,
      ),
    'turned round': ({ f, rule }, rng) => tex(`${printTex(rule, rng)} = ${f}(x)`),
  },
  misses: {
    'rule changed': perturbed('f(x)'),
    'rule alone, changed': ({ rule }, rng) => {
      const other = perturbExpression(rule, pick(rng, CHANGE_NAMES), rng);
      return other === null ? null : tex(printTex(other, rng));
    },
    'other argument': withHead(
      (f, rng) => `${f}(${pick(rng, ['x+1', '2x', 'x^2', '-x', 'x - 1', '\\frac{1}{x}', '3'])})`,
    ),
    'variable of the rule': ({ f, rule }, rng) => tex(`${f}(x) = ${printTex(substitute(rule, 'x', symbol('t')), rng)}`),
    'variable of the head': withHead((f) => `${f}(t)`),
    derivative: withHead((f, rng) =>
      pick(rng, [
        `${f}'(x)`,
        `${f}''(x)`,
        `${f}^{-1}(x)`,
        `${f}(x)^2`,
        `-${f}(x)`,
        `2${f}(x)`,
        `${f}(${f}(x))`,
        `|${f}(x)|`,
      ]),
    ),
    inequality: ({ f, rule }, rng) =>
      tex(`${f}(x) ${pick(rng, ['>', '\\le', '\\ge', '\\ne', '<'])} ${printTex(rule, rng)}`),
    'condition added': ({ f, rule }, rng) =>
      tex(
        `${f}(x) = ${printTex(rule, rng)} ${pick(rng, ['\\text{ if } x > 0', '\\text{ for } x < 0', '\\text{ when } x \\ge 1', '\\text{ unless } x = 2', '\\text{ for } x \\in [0, 1]'])}`,
      ),
    'head alone': ({ f }) => tex(`${f}(x)`),
    'value at a point': ({ f, rule }, rng) => {
      const at = between(rng, 1, 5);
      const value = evaluate(rule, { x: at });
      return Number.isInteger(value) ? tex(`${f}(${at}) = ${value}`) : null;
    },
    denied: ({ f, rule }, rng) => tex(`\\text{not } ${f}(x) = ${printTex(rule, rng)}`),
    'one of two': ({ f, rule }, rng) => {
      const other = perturbExpression(rule, 'number changed', rng);
      return other === null
        ? null
        : tex(`${f}(x) = ${printTex(rule, rng)} \\text{ or } ${f}(x) = ${printTex(other, rng)}`);
    },
    'two parameters': withHead((f) => `${f}(x, y)`),
  },
};

/** A slip in the rule that shows on the side of a place where the rule holds; null where none was drawn. */
function perturbBeside(rule: Expr, place: number, side: 'left' | 'right', rng: Rng): Expr | null {
  const other = perturbExpression(rule, pick(rng, CHANGE_NAMES), rng);
  return other === null || !differBeside(rule, other, place, side) ? null : other;
}

/** Two rules that meet at a place where they have different values. */
interface Piecewise {
  readonly left: Expr;
  readonly right: Expr;
  readonly at: number;
  /** Whether the place belongs to the left piece. */
  readonly isLeftClosed: boolean;
}

const row = (rule: string, condition: string): string => `${rule} & ${condition}`;

const cases = (rows: readonly string[]): string => `\\begin{cases} ${rows.join(' \\\\ ')} \\end{cases}`;

function showPiecewise({ left, right, at, isLeftClosed }: Piecewise, rng: Rng | null): string {
  const print = (expr: Expr) => (rng === null ? printReference(expr) : printTex(expr, rng));
  const word = rng === null ? '' : pick(rng, ['', '\\text{if } ', '\\text{for } ', '\\text{if }']);
  const below = isLeftClosed ? `x \\le ${at}` : `x < ${at}`;
  const above = isLeftClosed ? `x > ${at}` : `x \\ge ${at}`;
  return cases([row(print(left), word + below), row(print(right), word + above)]);
}

const piecewise: AnswerKind<Piecewise> = {
  name: 'piecewise function',
  shape: 'relation',
  weight: 12,
  draw: (rng) => {
    for (;;) {
      const [left, right, at] = [drawRule(rng), drawRule(rng), between(rng, -5, 5)];
      const [a, b] = [evaluate(left, { x: at }), evaluate(right, { x: at })];
      if (Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) > 1e-6)
        return { left, right, at, isLeftClosed: isRare(rng, 2) };
    }
  },
  gold: (value) => showPiecewise(value, null),
  rewrites: {
    same: (value, rng) => tex(showPiecewise(value, rng)),
    'rows exchanged': ({ left, right, at, isLeftClosed }) =>
      tex(
        cases([
          row(printReference(right), `x ${isLeftClosed ? '>' : '\\ge'} ${at}`),
          row(printReference(left), `x ${isLeftClosed ? '\\le' : '<'} ${at}`),
        ]),
      ),
    'conditions turned round': ({ left, right, at, isLeftClosed }) =>
      tex(
        cases([
          row(printReference(left), `${at} ${isLeftClosed ? '\\ge' : '>'} x`),
          row(printReference(right), `${at} ${isLeftClosed ? '<' : '\\le'} x`),
        ]),
      ),
  },
  misses: {
    'conditions exchanged': (value, rng) => tex(showPiecewise({ ...value, left: value.right, right: value.left }, rng)),
    'place moved': (value, rng) => tex(showPiecewise({ ...value, at: value.at + pick(rng, [1, -1, 10]) }, rng)),
    'place in the other piece': (value, rng) =>
      tex(showPiecewise({ ...value, isLeftClosed: !value.isLeftClosed }, rng)),
    'left rule changed': (value, rng) => {
      const left = perturbBeside(value.left, value.at, 'left', rng);
      return left === null ? null : tex(showPiecewise({ ...value, left }, rng));
    },
    'right rule changed': (value, rng) => {
      const right = perturbBeside(value.right, value.at, 'right', rng);
      return right === null ? null : tex(showPiecewise({ ...value, right }, rng));
    },
    'one piece alone': ({ left, right }, rng) => tex(printReference(isRare(rng, 2) ? left : right)),
    'row lost': ({ left, at, isLeftClosed }) =>
      tex(cases([row(printReference(left), `x ${isLeftClosed ? '\\le' : '<'} ${at}`)])),
  },
};

interface Conditional {
  readonly rule: Expr;
  readonly at: number;
  readonly sign: '>' | '<' | '\\ge' | '\\le';
}

const conditional: AnswerKind<Conditional> = {
  name: 'expression under a condition',
  shape: 'relation',
  weight: 15,
  draw: (rng) => ({ rule: drawRule(rng), at: between(rng, 0, 9), sign: pick(rng, ['>', '<', '\\ge', '\\le']) }),
  gold: ({ rule, at, sign }) => `${printReference(rule)} \\text{ if } x ${sign} ${at}`,
  rewrites: {
    same: ({ rule, at, sign }, rng) =>
      tex(`${printReference(rule)} \\text{${pick(rng, [' if ', ' if', ' if  '])}} x ${sign} ${at}`),
  },
  misses: {
    'bound changed': ({ rule, at, sign }, rng) =>
      tex(`${printReference(rule)} \\text{ if } x ${sign} ${betweenExcept(rng, 0, 20, [at])}`),
    'direction turned': ({ rule, at, sign }) =>
      tex(
        `${printReference(rule)} \\text{ if } x ${{ '>': '<', '<': '>', '\\ge': '\\le', '\\le': '\\ge' }[sign]} ${at}`,
      ),
    'sign of the bound': ({ rule, at, sign }) =>
      at === 0 ? null : tex(`${printReference(rule)} \\text{ if } x ${sign} -${at}`),
    'bound opened or closed': ({ rule, at, sign }) =>
      tex(
        `${printReference(rule)} \\text{ if } x ${{ '>': '\\ge', '<': '\\le', '\\ge': '>', '\\le': '<' }[sign]} ${at}`,
      ),
    unless: ({ rule, at, sign }) => tex(`${printReference(rule)} \\text{ unless } x ${sign} ${at}`),
    'rule changed': ({ rule, at, sign }, rng) => {
      const other = perturbBeside(rule, at, sign === '>' || sign === '\\ge' ? 'right' : 'left', rng);
      return other === null ? null : tex(`${printReference(other)} \\text{ if } x ${sign} ${at}`);
    },
    'condition alone': ({ at, sign }) => tex(`x ${sign} ${at}`),
    'bound alone': ({ at }) => tex(String(at)),
    'other variable': ({ rule, at, sign }) => tex(`${printReference(rule)} \\text{ if } n ${sign} ${at}`),
  },
};

/** Rules for a value: definitions, pieces, conditions. */
export const FUNCTIONS: readonly SampledKind[] = [
  sampleKind(definition),
  sampleKind(piecewise),
  sampleKind(conditional),
];
