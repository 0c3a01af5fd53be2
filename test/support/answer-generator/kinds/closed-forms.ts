import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, pickEntries, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, betweenExcept, isRare, pick } from '../draw.ts';
import { evaluate } from '../evaluate-expression.ts';
import { call, E, type Expr, fraction, int, minus, PI, power, product, quotient, root, sum } from '../expression.ts';
import { CLOSED_MISSES, CLOSED_REWRITES } from '../expression-entries.ts';
import { printReference, printTex } from '../print-expression.ts';
import { plain, tex } from '../spelling.ts';

type Rewrites = Readonly<Record<string, Spell<Expr>>>;

function defineClosedForm(
  name: string,
  weight: number,
  draw: (rng: Rng) => Expr,
  rewrites: Rewrites = {},
  misses: Rewrites = {},
): SampledKind {
  const kind: AnswerKind<Expr> = {
    name,
    shape: 'scalar',
    weight,
    draw: (rng) => {
      for (;;) {
        const expr = draw(rng);
        const value = evaluate(expr, {});
        if (Number.isFinite(value) && Math.abs(value) > 1e-3) return expr;
      }
    },
    gold: (expr) => printReference(expr),
    rewrites: { ...CLOSED_REWRITES, ...rewrites },
    misses: { ...CLOSED_MISSES, ...misses },
  };
  return sampleKind(kind);
}

const SQUARE_FREE = [2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19, 21, 22, 23, 26, 29, 30];

/** A number with a root in it. */
function drawRadical(rng: Rng): Expr {
  const [m, k] = [pick(rng, SQUARE_FREE), between(rng, 1, 12)];
  const surd = product(int(k), root(int(m)));
  switch (between(rng, 0, 7)) {
    case 0:
      return surd;
    case 1:
      return sum(int(between(rng, 1, 30)), isRare(rng, 2) ? surd : minus(surd));
    case 2:
      return quotient(sum(int(between(rng, 1, 20)), isRare(rng, 2) ? surd : minus(surd)), int(between(rng, 2, 12)));
    case 3:
      return quotient(surd, int(betweenExcept(rng, 2, 12, [k])));
    case 4:
      return product(int(k), root(int(between(rng, 2, 30)), 3));
    case 5:
      return root(fraction(between(rng, 1, 20), betweenExcept(rng, 2, 21, [4, 9, 16])));
    case 6:
      return sum(root(int(m)), root(int(pick(rng, SQUARE_FREE))));
    default:
      return root(sum(int(between(rng, 20, 60)), product(int(between(rng, 1, 4)), root(int(pick(rng, [2, 3, 5]))))));
  }
}

const withRoot = (expr: Expr): { readonly k: bigint; readonly m: bigint } | null => {
  if (expr.is !== 'product' || expr.factors.length !== 2) return null;
  const [k, surd] = expr.factors;
  if (k?.is !== 'int' || surd?.is !== 'root' || surd.degree !== 2 || surd.of.is !== 'int') return null;
  return { k: k.n, m: surd.of.n };
};

const RADICAL_REWRITES: Rewrites = {
  'factor under the root': (expr) => {
    const parts = withRoot(expr);
    return parts === null ? null : tex(`\\sqrt{${parts.k * parts.k * parts.m}}`);
  },
  'root without braces': (expr) => {
    const parts = withRoot(expr);
    return parts === null || parts.m > 9n ? null : tex(`${parts.k}\\sqrt${parts.m}`);
  },
  'root with parentheses': (expr) => {
    const parts = withRoot(expr);
    return parts === null ? null : tex(`${parts.k}\\sqrt(${parts.m})`);
  },
  'factor behind the root': (expr) => {
    const parts = withRoot(expr);
    return parts === null ? null : tex(`\\sqrt{${parts.m}} \\cdot ${parts.k}`);
  },
  'root in the denominator': (expr) => {
    const parts = withRoot(expr);
    return parts === null ? null : tex(`\\frac{${parts.k * parts.m}}{\\sqrt{${parts.m}}}`);
  },
  'root sign typed': (expr) => {
    const parts = withRoot(expr);
    return parts === null ? null : plain(`${parts.k}√${parts.m}`);
  },
};

const RADICAL_MISSES: Rewrites = {
  'factor slipped under the root': (expr) => {
    const parts = withRoot(expr);
    return parts === null || parts.k < 2n ? null : tex(`\\sqrt{${parts.k * parts.m}}`);
  },
  'factor alone': (expr) => {
    const parts = withRoot(expr);
    return parts === null ? null : tex(String(parts.k));
  },
  'cube root instead': (expr) => {
    const parts = withRoot(expr);
    return parts === null ? null : tex(`${parts.k}\\sqrt[3]{${parts.m}}`);
  },
  'root of a neighbouring square': (expr, rng) => {
    const parts = withRoot(expr);
    if (parts === null) return null;
    const scale = 10n ** BigInt(between(rng, 6, 25));
    const under = parts.k * parts.k * parts.m * scale * scale + 1n;
    return tex(`\\frac{\\sqrt{${under}}}{${scale}}`);
  },
};

function drawPi(rng: Rng): Expr {
  const [over, under] = [between(rng, 1, 40), between(rng, 1, 12)];
  const part = product(fraction(over, under), PI);
  switch (between(rng, 0, 4)) {
    case 0:
      return part;
    case 1:
      return under === 1 ? product(int(over), PI) : quotient(product(int(over), PI), int(under));
    case 2:
      return sum(product(int(over), PI), int(between(rng, 1, 20)));
    case 3:
      return quotient(
        sum(product(int(over), PI), minus(product(int(between(rng, 1, 9)), root(int(pick(rng, [2, 3, 5])))))),
        int(between(rng, 2, 9)),
      );
    default:
      return quotient(power(PI, 2), int(between(rng, 2, 12)));
  }
}

const PI_MISSES: Rewrites = {
  'pi rounded': (expr, rng) => tex(printTex(expr, rng).replaceAll(/\\pi|π/g, '{3.14}')),
  'degrees instead': (expr) =>
    expr.is === 'quotient' && expr.over.is === 'product'
      ? tex(`${printReference(expr.over.factors[0]!)}^\\circ`)
      : null,
};

function drawPower(rng: Rng): Expr {
  const base = between(rng, 2, 12);
  switch (between(rng, 0, 4)) {
    case 0:
      return power(int(base), between(rng, 5, 99));
    case 1:
      return quotient(int(between(rng, 1, 20)), power(int(base), between(rng, 5, 60)));
    case 2:
      return sum(power(int(base), between(rng, 5, 90)), int(between(rng, 1, 9)));
    case 3:
      return product(int(betweenExcept(rng, 2, 15, [base])), power(int(base), between(rng, 4, 60)));
    default:
      return power(int(pick(rng, [2, 3, 5, 7])), fraction(between(rng, 1, 9), pick(rng, [2, 3, 5, 7])));
  }
}

const POWER_REWRITES: Rewrites = {
  'next power': (expr) => {
    if (expr.is !== 'power' || expr.base.is !== 'int' || expr.exponent.is !== 'int') return null;
    return tex(`${expr.base.n} \\cdot ${expr.base.n}^{${expr.exponent.n - 1n}}`);
  },
  'written out': (expr) => {
    if (expr.is !== 'power' || expr.base.is !== 'int' || expr.exponent.is !== 'int') return null;
    return tex(String(expr.base.n ** expr.exponent.n));
  },
};

const POWER_MISSES: Rewrites = {
  'one more': (expr) => {
    if (expr.is !== 'power' || expr.base.is !== 'int' || expr.exponent.is !== 'int') return null;
    return tex(String(expr.base.n ** expr.exponent.n + 1n));
  },
  'base and exponent exchanged': (expr) => {
    if (expr.is !== 'power' || expr.base.is !== 'int' || expr.exponent.is !== 'int') return null;
    const { n } = expr.base;
    const k = expr.exponent.n;
    return n === k || (n === 2n && k === 4n) ? null : tex(`${k}^{${n}}`);
  },
};

function drawLogarithm(rng: Rng): Expr {
  const [a, b] = [between(rng, 2, 30), between(rng, 2, 12)];
  switch (between(rng, 0, 5)) {
    case 0:
      return call('ln', int(a));
    case 1:
      return product(fraction(between(rng, 2, 9), between(rng, 2, 9)), call('ln', int(a)));
    case 2:
      return call('log', int(a), int(b));
    case 3:
      return sum(int(b), call('ln', int(a)));
    case 4:
      return sum(power(E, between(rng, 2, 9)), minus(int(a)));
    default:
      return quotient(sum(power(E, 2), int(a)), int(b));
  }
}

const LOG_REWRITES: Rewrites = {
  'change of base': (expr) =>
    expr.is === 'call' && expr.name === 'log'
      ? tex(`\\frac{\\ln ${printReference(expr.args[0]!)}}{\\ln ${printReference(expr.args[1]!)}}`)
      : null,
  'argument squared': (expr) =>
    expr.is === 'call' && expr.name === 'ln' && expr.args[0]!.is === 'int'
      ? tex(`\\frac{1}{2}\\ln ${expr.args[0]!.n ** 2n}`)
      : null,
  'without parentheses': (expr) =>
    expr.is === 'call' && expr.name === 'ln' ? tex(`\\ln ${printReference(expr.args[0]!)}`) : null,
};

const LOG_MISSES: Rewrites = {
  'base lost': (expr, rng) => {
    if (expr.is !== 'call' || expr.name !== 'log') return null;
    const [a, b] = expr.args.map(printReference);
    return a === '1' || b === '10' ? null : tex(`${pick(rng, ['\\ln', '\\log'])} ${a}`);
  },
  'argument alone': (expr) => (expr.is === 'call' ? tex(printReference(expr.args[0]!)) : null),
  'base and argument exchanged': (expr) => {
    if (expr.is !== 'call' || expr.name !== 'log') return null;
    const [a, b] = expr.args.map(printReference);
    return a === b ? null : tex(`\\log_{${a}} ${b}`);
  },
};

const inDegrees = (name: string, degrees: number): string => `\\${name} ${degrees}^\\circ`;

interface Trigonometric {
  readonly name: 'sin' | 'cos' | 'tan';
  readonly degrees: number;
}

const toRadians = ({ name, degrees }: Trigonometric): Expr => {
  const divisor = gcdOf(degrees, 180);
  const [over, under] = [degrees / divisor, 180 / divisor];
  return call(name, under === 1 ? product(int(over), PI) : quotient(product(int(over), PI), int(under)));
};

function gcdOf(a: number, b: number): number {
  return b === 0 ? a : gcdOf(b, a % b);
}

/** Values of a trigonometric function at an angle; sines and cosines of 30, 45 and 60 degrees have closed forms. */
const trigonometric: AnswerKind<Trigonometric> = {
  name: 'trigonometric value',
  shape: 'scalar',
  weight: 20,
  draw: (rng) => ({ name: pick(rng, ['sin', 'cos', 'tan']), degrees: betweenExcept(rng, 5, 85, [30, 45, 60]) }),
  gold: (value, rng) => (isRare(rng, 2) ? inDegrees(value.name, value.degrees) : printReference(toRadians(value))),
  rewrites: {
    degrees: ({ name, degrees }, rng) =>
      tex(
        pick(rng, [
          inDegrees(name, degrees),
          `\\${name}(${degrees}^\\circ)`,
          `\\${name} ${degrees}^{\\circ}`,
          `\\${name}\\left(${degrees}°\\right)`,
        ]),
      ),
    radians: (value, rng) => tex(printTex(toRadians(value), rng)),
    complement: ({ name, degrees }) =>
      name === 'tan'
        ? tex(`\\frac{1}{${inDegrees('tan', 90 - degrees)}}`)
        : tex(inDegrees(name === 'sin' ? 'cos' : 'sin', 90 - degrees)),
    'double angle': ({ name, degrees }) =>
      name === 'sin' && degrees % 2 === 0
        ? tex(`2 ${inDegrees('sin', degrees / 2)} ${inDegrees('cos', degrees / 2)}`)
        : null,
    supplement: ({ name, degrees }) =>
      tex(name === 'sin' ? inDegrees('sin', 180 - degrees) : `-${inDegrees(name, 180 - degrees)}`),
    'decimal of many places': (value) => tex(evaluate(toRadians(value), {}).toFixed(9)),
    quotient: ({ name, degrees }) =>
      name === 'tan' ? tex(`\\frac{${inDegrees('sin', degrees)}}{${inDegrees('cos', degrees)}}`) : null,
  },
  misses: {
    'angle changed': ({ name, degrees }, rng) => tex(inDegrees(name, degrees + between(rng, 1, 4))),
    'degree sign lost': ({ name, degrees }) => tex(`\\${name} ${degrees}`),
    'other function': ({ name, degrees }) =>
      tex(inDegrees(name === 'sin' ? 'cos' : name === 'cos' ? 'tan' : 'sin', degrees)),
    'function lost': ({ degrees }) => tex(`${degrees}^\\circ`),
    'inverse function': ({ name, degrees }) => tex(`\\${name}^{-1} ${degrees}^\\circ`),
    squared: ({ name, degrees }) => tex(`\\${name}^2 ${degrees}^\\circ`),
    rounded: (value) => {
      const exact = evaluate(toRadians(value), {});
      return Math.abs(Number(exact.toFixed(3)) - exact) < 2e-5 ? null : tex(exact.toFixed(3));
    },
    minus: ({ name, degrees }) => tex(`-${inDegrees(name, degrees)}`),
    'tiny term': (value, rng) => tex(`${inDegrees(value.name, value.degrees)} + 10^{-${between(rng, 9, 30)}}`),
  },
};

const SPECIAL: readonly (readonly [text: string, value: string])[] = [
  ['\\sin 30^\\circ', '\\frac{1}{2}'],
  ['\\cos 60^{\\circ}', '\\frac{1}{2}'],
  ['\\sin \\frac{\\pi}{3}', '\\frac{\\sqrt{3}}{2}'],
  ['\\cos 45^\\circ', '\\frac{\\sqrt{2}}{2}'],
  ['\\tan 60^\\circ', '\\sqrt{3}'],
  ['\\tan\\frac{\\pi}{4}', '1'],
  ['\\cos 150^\\circ', '-\\frac{\\sqrt{3}}{2}'],
  ['2\\cos 36^\\circ', '\\frac{1+\\sqrt{5}}{2}'],
  ['\\arctan 1', '\\frac{\\pi}{4}'],
  ['\\arcsin \\frac{1}{2}', '\\frac{\\pi}{6}'],
  ['\\arccos(-1)', '\\pi'],
  ['\\sin 15^\\circ', '\\frac{\\sqrt{6}-\\sqrt{2}}{4}'],
  ['\\tan 75^\\circ', '2+\\sqrt{3}'],
  ['\\cos^{-1} 0', '\\frac{\\pi}{2}'],
  ['\\sin 18^\\circ', '\\frac{\\sqrt{5}-1}{4}'],
];

/** Values known in closed form, each way round. */
const specialValue: AnswerKind<readonly [text: string, value: string]> = {
  name: 'special trigonometric value',
  shape: 'scalar',
  weight: 10,
  draw: (rng) => pick(rng, SPECIAL),
  gold: ([text, value], rng) => (rng.nextInt(2) === 0 ? text : value),
  rewrites: {
    function: ([text]) => tex(text),
    'closed form': ([, value]) => tex(value),
    equation: ([text, value]) => tex(`${text} = ${value}`),
  },
  misses: {
    'of another angle': (value, rng) =>
      tex(
        pick(
          rng,
          SPECIAL.filter(([, other]) => other !== value[1]),
        )[1],
      ),
    'plus one': ([, value]) => tex(`1 + ${value}`),
    minus: ([text]) => tex(`-${text}`),
    'nearly it': ([text], rng) => tex(`${text} + 10^{-${between(rng, 9, 30)}}`),
    doubled: ([, value]) =>
      tex(
        `2 \\cdot ${value.startsWith('-') ? `(${value})` : value.includes('+') && !value.startsWith('\\frac') ? `(${value})` : value}`,
      ),
  },
};

const INVERSE: Rewrites = {
  'inverse power': (expr) => {
    const names = { arcsin: 'sin', arccos: 'cos', arctan: 'tan' } as const;
    if (expr.is !== 'call' || !(expr.name in names)) return null;
    return tex(`\\${names[expr.name as keyof typeof names]}^{-1}\\left(${printReference(expr.args[0]!)}\\right)`);
  },
};

function drawInverse(rng: Rng): Expr {
  const under = between(rng, 2, 9);
  const name = pick(rng, ['arctan', 'arcsin', 'arccos'] as const);
  const argument =
    name === 'arctan' ? fraction(between(rng, 1, 9), under) : fraction(between(rng, 1, under - 1), under);
  return isRare(rng, 3) ? sum(int(between(rng, 1, 5)), call(name, argument)) : call(name, argument);
}

/** A reference that states its value and then rounds it; the rounded value alone is left open. */
const approximated: AnswerKind<Expr> = {
  name: 'value with an approximation',
  shape: 'scalar',
  weight: 12,
  draw: (rng) => {
    for (;;) {
      const expr = isRare(rng, 2) ? drawRadical(rng) : drawPi(rng);
      if (Math.abs(evaluate(expr, {})) > 0.1 && Math.abs(evaluate(expr, {})) < 1000) return expr;
    }
  },
  gold: (expr, rng) => `${printReference(expr)} \\approx ${evaluate(expr, {}).toFixed(between(rng, 2, 4))}`,
  rewrites: pickEntries(CLOSED_REWRITES, [
    ...['set in another style', 'typed', 'equivalent algebra', 'exact, then approximate', 'equation that states it'],
  ]),
  misses: pickEntries(CLOSED_MISSES, [
    ...['number changed', 'root dropped', 'pi dropped', 'minus lost or added', 'equation for another'],
    ...['two of them', 'bound', 'relation', 'term added'],
  ]),
};

/** Numbers that are not rational, written with roots, pi, powers, logarithms and angles. */
export const CLOSED_FORMS: readonly SampledKind[] = [
  defineClosedForm('radical', 60, drawRadical, RADICAL_REWRITES, RADICAL_MISSES),
  defineClosedForm('multiple of pi', 35, drawPi, {}, PI_MISSES),
  defineClosedForm('power', 25, drawPower, POWER_REWRITES, POWER_MISSES),
  defineClosedForm('logarithm or exponential', 25, drawLogarithm, LOG_REWRITES, LOG_MISSES),
  sampleKind(approximated),
  sampleKind(trigonometric),
  sampleKind(specialValue),
  defineClosedForm('inverse trigonometric value', 5, drawInverse, INVERSE),
];
