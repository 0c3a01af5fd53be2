import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, betweenExcept, isRare, pick } from '../draw.ts';
import { differ } from '../evaluate-expression.ts';
import {
  call,
  E,
  type Expr,
  fraction,
  int,
  listSymbols,
  minus,
  power,
  product,
  quotient,
  root,
  sum,
  symbol,
} from '../expression.ts';
import { EXPRESSION_MISSES, EXPRESSION_REWRITES } from '../expression-entries.ts';
import { multiplyPolynomials, toExpression } from '../polynomial.ts';
import { printPlain, printReference, printTex } from '../print-expression.ts';
import { plain, type Spelling, tex } from '../spelling.ts';

/** An expression and forms that are equal to it by the way it was made. */
interface Made {
  readonly expr: Expr;
  readonly same: readonly Expr[];
  /** Forms that are equal on a part of the line and not everywhere. */
  readonly nearly: readonly Expr[];
}

const write = (expr: Expr, rng: Rng): Spelling =>
  isRare(rng, 4) ? plain(printPlain(expr, rng)) : tex(printTex(expr, rng));

const onExpression =
  (spell: Spell<Expr>): Spell<Made> =>
  ({ expr }, rng) =>
    spell(expr, rng);

const lift = (entries: Readonly<Record<string, Spell<Expr>>>): Readonly<Record<string, Spell<Made>>> =>
  Object.fromEntries(Object.entries(entries).map(([name, spell]) => [name, onExpression(spell)]));

function defineExpressions(
  name: string,
  weight: number,
  draw: (rng: Rng) => Made,
  misses: Readonly<Record<string, Spell<Made>>> = {},
): SampledKind {
  const kind: AnswerKind<Made> = {
    name,
    shape: 'scalar',
    weight,
    draw,
    gold: ({ expr }) => printReference(expr),
    rewrites: {
      ...lift(EXPRESSION_REWRITES),
      'another form': ({ same }, rng) => (same.length === 0 ? null : write(pick(rng, same), rng)),
    },
    misses: {
      ...lift(EXPRESSION_MISSES),
      'equal on a part of the line': ({ nearly }, rng) => (nearly.length === 0 ? null : write(pick(rng, nearly), rng)),
      ...misses,
    },
  };
  return sampleKind(kind);
}

const x = symbol('x');
const made = (expr: Expr, same: readonly Expr[] = [], nearly: readonly Expr[] = []): Made => ({ expr, same, nearly });

/** Products of linear factors, multiplied out or not. */
function drawPolynomial(rng: Rng): Made {
  const name = pick(rng, ['x', 'x', 'n', 't', 'y', 'a']);
  const factors = Array.from({ length: between(rng, 2, 3) }, () => [
    BigInt(betweenExcept(rng, -9, 9, [0])),
    BigInt(isRare(rng, 3) ? between(rng, 2, 5) : 1),
  ]);
  const lead = BigInt(between(rng, 1, 4));
  const expanded = toExpression(factors.reduce<bigint[]>(multiplyPolynomials, [lead]), name);
  const factored = product(int(lead), ...factors.map((factor) => toExpression(factor, name)));
  return isRare(rng, 3) ? made(factored, [expanded]) : made(expanded, [factored]);
}

/** Sums of monomials in several symbols. */
function drawMonomials(rng: Rng): Made {
  const names = pick(rng, [
    ['x', 'y'],
    ['a', 'b'],
    ['m', 'n'],
    ['x', 'y', 'z'],
    ['p', 'q'],
    ['\\alpha', '\\beta'],
    ['a', 'b', 'c'],
  ]);
  const count = between(rng, 2, 4);
  const terms = Array.from({ length: count }, (_, k) => {
    const factors = names.slice(k % names.length, (k % names.length) + between(rng, 1, 2));
    const powers = factors.map((name, j) => (j === 0 && k > 1 ? power(symbol(name), k) : symbol(name)));
    const term = product(int(between(rng, 1, 12)), ...powers);
    return isRare(rng, 3) ? minus(term) : term;
  });
  const expr = sum(...terms);
  if (!differ(expr, int(0)) || !differ(expr, terms[0]!)) return drawMonomials(rng);
  return made(expr, [minus(sum(...terms.map(minus)))]);
}

function drawRational(rng: Rng): Made {
  const [a, b, c] = [between(rng, 1, 9), between(rng, 1, 9), betweenExcept(rng, 2, 9, [])];
  const over = sum(product(int(a), x), int(b));
  const under = sum(x, isRare(rng, 2) ? int(c) : minus(int(c)));
  switch (between(rng, 0, 3)) {
    case 0:
      return made(quotient(over, under));
    case 1: {
      // a x + b = a (x + c) + (b - a c), whatever the sign of c.
      const shift = under.is === 'sum' && under.terms[1]!.is === 'minus' ? -c : c;
      const rest = b - a * shift;
      if (rest === 0) return drawRational(rng);
      const part = quotient(int(Math.abs(rest)), under);
      return made(quotient(over, under), [sum(int(a), rest < 0 ? minus(part) : part)]);
    }
    case 2:
      return made(sum(quotient(int(a), x), quotient(int(b), under)), [
        quotient(sum(product(int(a), under), product(int(b), x)), product(x, under)),
      ]);
    default:
      return made(quotient(int(a), product(x, sum(symbol('y'), minus(symbol('z'))))), [
        quotient(int(a), sum(product(x, symbol('y')), minus(product(x, symbol('z'))))),
      ]);
  }
}

function drawSymbolicRoot(rng: Rng): Made {
  const [a, b] = [between(rng, 2, 9), between(rng, 1, 9)];
  const square = sum(power(x, 2), int(b));
  switch (between(rng, 0, 4)) {
    case 0:
      return made(root(square), [power(square, fraction(1, 2))]);
    case 1:
      return made(product(int(a), root(square)), [root(product(int(a * a), square))]);
    case 2:
      return made(root(power(x, 2)), [call('abs', x)], [x]);
    case 3:
      return made(root(power(sum(x, int(b)), 2)), [call('abs', sum(x, int(b)))], [sum(x, int(b))]);
    default:
      return made(quotient(int(a), root(square)), [quotient(product(int(a), root(square)), square)]);
  }
}

/** A place on the line, sometimes far out, where a kink sits. */
const drawKink = (rng: Rng): number =>
  pick(rng, [between(rng, 1, 9), between(rng, 10, 99), 1000, 10 ** between(rng, 4, 9)]);

function drawAbsolute(rng: Rng): Made {
  const k = drawKink(rng);
  const shifted = sum(x, int(k));
  switch (between(rng, 0, 5)) {
    case 0:
      return made(call('abs', x), [call('abs', minus(x)), call('max', x, minus(x))], [x, minus(x)]);
    case 1:
      return made(call('abs', shifted), [call('abs', minus(shifted))], [shifted, minus(shifted)]);
    case 2:
      return made(quotient(call('abs', x), x), [quotient(x, call('abs', x))], [int(1), minus(int(1))]);
    case 3:
      return made(product(int(between(rng, 2, 9)), call('abs', sum(x, minus(symbol('y'))))), [], []);
    case 4:
      return made(call('ln', call('abs', x)), [product(fraction(1, 2), call('ln', power(x, 2)))], [call('ln', x)]);
    default:
      return made(sum(call('abs', x), x), [], [product(int(2), x), int(0)]);
  }
}

function drawRounding(rng: Rng): Made {
  const n = symbol('n');
  const k = between(rng, 2, 9);
  const far = pick(rng, [k, 10 * k, 1000, 10 ** between(rng, 4, 9)]);
  switch (between(rng, 0, 4)) {
    case 0:
      return made(
        call('floor', quotient(n, int(k))),
        [],
        [quotient(n, int(k)), quotient(sum(n, minus(int(1))), int(k)), int(0)],
      );
    case 1:
      return made(
        call('ceil', quotient(n, int(k))),
        [minus(call('floor', minus(quotient(n, int(k)))))],
        [quotient(n, int(k)), call('floor', quotient(n, int(k))), int(1)],
      );
    case 2:
      return made(sum(call('floor', quotient(n, int(k))), int(between(rng, 1, 5))));
    case 3:
      return made(call('floor', quotient(n, int(far))), [], [int(0), minus(int(1))]);
    default:
      return made(
        call('floor', sum(x, int(k))),
        [sum(call('floor', x), int(k))],
        [sum(x, int(k)), call('ceil', sum(x, int(k)))],
      );
  }
}

function drawExtremum(rng: Rng): Made {
  const [a, b] = [symbol('a'), symbol('b')];
  const k = drawKink(rng);
  switch (between(rng, 0, 4)) {
    case 0:
      return made(
        call('max', a, b),
        [call('max', b, a), quotient(sum(a, b, call('abs', sum(a, minus(b)))), int(2))],
        [a, b, call('min', a, b)],
      );
    case 1:
      return made(call('min', a, b), [sum(a, b, minus(call('max', a, b)))], [a, b]);
    case 2:
      return made(
        x,
        [],
        [call('max', x, int(0)), call('max', x, minus(int(k))), call('min', x, int(k)), call('abs', x)],
      );
    case 3:
      return made(call('max', x, int(k)), [], [x, int(k), call('min', x, int(k))]);
    default:
      return made(
        call('min', x, int(k), symbol('y')),
        [call('min', symbol('y'), x, int(k))],
        [call('min', x, int(k)), x],
      );
  }
}

function drawExponential(rng: Rng): Made {
  const n = symbol('n');
  const [a, b] = [between(rng, 2, 9), between(rng, 1, 9)];
  switch (between(rng, 0, 6)) {
    case 0:
      return made(power(int(a), n));
    case 1:
      return made(power(int(a), sum(n, int(b))), [product(int(a ** b), power(int(a), n))]);
    case 2:
      return made(power(int(a), product(int(2), n)), [power(int(a * a), n)]);
    case 3:
      return made(sum(power(int(a), n), minus(int(b))));
    case 4:
      return made(product(power(E, minus(x)), sum(x, int(b))), [quotient(sum(x, int(b)), power(E, x))]);
    case 5:
      return made(quotient(sum(power(int(3), n), minus(int(1))), int(2)));
    default:
      return made(sum(power(int(2), n), power(int(3), n)));
  }
}

const square = (name: 'sin' | 'cos' | 'tan' | 'sec'): Expr => power(call(name, x), 2);

function drawIdentity(rng: Rng): Made {
  const k = between(rng, 2, 6);
  const double = product(int(2), x);
  switch (between(rng, 0, 5)) {
    case 0:
      return made(sum(square('tan'), int(1)), [square('sec'), quotient(int(1), square('cos'))]);
    case 1:
      return made(call('sin', double), [product(int(2), call('sin', x), call('cos', x))], [call('sin', x)]);
    case 2:
      return made(call('cos', double), [
        sum(int(1), minus(product(int(2), square('sin')))),
        sum(product(int(2), square('cos')), minus(int(1))),
      ]);
    case 3:
      return made(
        product(int(k), square('sin')),
        [sum(int(k), minus(product(int(k), square('cos'))))],
        [product(int(k), call('sin', x))],
      );
    case 4:
      return made(sum(call('sin', x), call('cos', x)), [sum(call('cos', x), call('sin', x))]);
    default:
      return made(
        call('ln', sum(power(x, 2), int(k))),
        [product(fraction(1, 2), call('ln', power(sum(power(x, 2), int(k)), 2)))],
        [product(int(2), call('ln', x))],
      );
  }
}

function drawSymbolicCount(rng: Rng): Made {
  const [n, k] = [symbol('n'), symbol('k')];
  switch (between(rng, 0, 4)) {
    case 0:
      return made(call('binomial', n, int(2)), [quotient(product(n, sum(n, minus(int(1)))), int(2))]);
    case 1:
      return made(call('factorial', n), [product(n, call('factorial', sum(n, minus(int(1)))))]);
    case 2:
      return made(call('binomial', n, k), [
        quotient(call('factorial', n), product(call('factorial', k), call('factorial', sum(n, minus(k))))),
      ]);
    case 3:
      return made(quotient(call('factorial', sum(n, int(1))), call('factorial', n)), [sum(n, int(1))]);
    default:
      return made(quotient(product(n, sum(n, int(1))), int(2)), [call('binomial', sum(n, int(1)), int(2))]);
  }
}

const ANGLE_SQUARED: Readonly<Record<string, Spell<Made>>> = {
  'angle squared in place of the sine': ({ expr }) =>
    expr.is === 'product' && expr.factors[1]!.is === 'power' && expr.factors[0]!.is === 'int'
      ? tex(`${expr.factors[0]!.n}\\sin x^2`)
      : null,
};

const VANISHING: Readonly<Record<string, Spell<Made>>> = {
  'equal at small whole numbers': ({ expr }, rng) => {
    if (listSymbols(expr).join() !== 'x') return null;
    const roots = Array.from({ length: between(rng, 4, 8) }, (_, k) => sum(x, minus(int(k - 2))));
    return tex(printTex(sum(expr, product(...roots)), rng));
  },
};

/** A multiple of a capital letter, which is a symbol and no choice. */
interface Multiple {
  readonly name: string;
  readonly factor: number;
}

const multiple: AnswerKind<Multiple> = {
  name: 'capital letter as a symbol',
  shape: 'scalar',
  weight: 8,
  draw: (rng) => ({
    name: pick(rng, ['T', 'P', 'R', 'N', 'V', 'S', 'M']),
    factor: isRare(rng, 2) ? 1 : between(rng, 2, 9),
  }),
  gold: ({ name, factor }) => (factor === 1 ? name : `${factor}${name}`),
  rewrites: {
    letter: ({ name, factor }) => tex(factor === 1 ? name : `${factor} ${name}`),
    product: ({ name, factor }) => (factor === 1 ? null : tex(`${name} \\cdot ${factor}`)),
    halves: ({ name, factor }) => tex(`\\frac{${2 * factor}${name}}{2}`),
    'in braces': ({ name, factor }) => tex(factor === 1 ? `{${name}}` : `${factor}{${name}}`),
  },
  misses: {
    part: ({ name, factor }) => tex(`\\frac{${factor === 1 ? '' : factor}${name}}{2}`),
    double: ({ name, factor }) => tex(`${2 * factor}${name}`),
    power: ({ name, factor }) => tex(`${factor === 1 ? '' : factor}${name}^2`),
    indexed: ({ name, factor }, rng) => tex(`${factor === 1 ? '' : factor}${name}_{${between(rng, 0, 9)}}`),
    sum: ({ name, factor }, rng) => tex(`${factor === 1 ? '' : factor}${name} + ${between(rng, 1, 9)}`),
    'another letter': ({ factor }) => tex(`${factor === 1 ? '' : factor}Q`),
    minus: ({ name, factor }) => tex(`-${factor === 1 ? '' : factor}${name}`),
    'a number': ({ factor }) => tex(String(factor)),
    equation: ({ name, factor }, rng) => tex(`${factor === 1 ? '' : factor}${name} = ${between(rng, 2, 90)}`),
    'with another': ({ name, factor }) => tex(`${factor === 1 ? '' : factor}${name}Q`),
  },
};

/** Expressions with symbols. */
export const EXPRESSIONS: readonly SampledKind[] = [
  defineExpressions('polynomial', 45, drawPolynomial, VANISHING),
  defineExpressions('monomials', 25, drawMonomials),
  defineExpressions('rational function', 30, drawRational),
  defineExpressions('root of an expression', 20, drawSymbolicRoot),
  defineExpressions('absolute value', 20, drawAbsolute),
  defineExpressions('floor and ceiling', 15, drawRounding),
  defineExpressions('minimum and maximum', 15, drawExtremum),
  defineExpressions('exponential', 20, drawExponential),
  defineExpressions('trigonometric expression', 15, drawIdentity, ANGLE_SQUARED),
  defineExpressions('symbolic factorial or binomial', 15, drawSymbolicCount),
  sampleKind(multiple),
];
