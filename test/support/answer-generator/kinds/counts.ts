import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, betweenExcept, isRare, pick } from '../draw.ts';
import { ratio, toDecimal } from '../ratio.ts';
import { changeDigit } from '../spell-number.ts';
import { any, plain, tex } from '../spelling.ts';

function factorial(n: number): bigint {
  let value = 1n;
  for (let k = 2n; k <= BigInt(n); k += 1n) value *= k;
  return value;
}

const choose = (n: number, k: number): bigint => factorial(n) / (factorial(k) * factorial(n - k));

/** A number of choices. */
interface Binomial {
  readonly n: number;
  readonly k: number;
}

const asBinomial = ({ n, k }: Binomial): string => `\\binom{${n}}{${k}}`;

const otherBinomial =
  (change: (value: Binomial, rng: Rng) => Binomial): Spell<Binomial> =>
  (value, rng) => {
    const other = change(value, rng);
    if (other.k < 0 || other.k > other.n || choose(other.n, other.k) === choose(value.n, value.k)) return null;
    return tex(asBinomial(other));
  };

const binomial: AnswerKind<Binomial> = {
  name: 'binomial coefficient',
  shape: 'scalar',
  weight: 25,
  draw: (rng) => {
    const n = between(rng, 4, 24);
    return { n, k: between(rng, 2, n - 2) };
  },
  gold: (value, rng) => (rng.nextInt(2) === 0 ? asBinomial(value) : String(choose(value.n, value.k))),
  rewrites: {
    'two storeys': (value, rng) =>
      tex(asBinomial(value).replace('\\binom', pick(rng, ['\\binom', '\\dbinom', '\\tbinom']))),
    choose: ({ n, k }, rng) => tex(pick(rng, [`{${n} \\choose ${k}}`, `{${n}\\choose ${k}}`])),
    'C with indices': ({ n, k }, rng) =>
      tex(
        pick(rng, [
          `C_{${n}}^{${k}}`,
          `\\mathrm{C}_{${n}}^{${k}}`,
          `{}_{${n}}C_{${k}}`,
          `C(${n}, ${k})`,
          `\\mathrm{C}(${n},${k})`,
        ]),
      ),
    number: ({ n, k }) => any(String(choose(n, k))),
    factorials: ({ n, k }) => tex(`\\frac{${n}!}{${k}! \\cdot ${n - k}!}`),
    'factorials, typed': ({ n, k }) => plain(`${n}!/(${k}!*${n - k}!)`),
    complement: ({ n, k }) => tex(asBinomial({ n, k: n - k })),
    "Pascal's rule": ({ n, k }) => tex(`${asBinomial({ n: n - 1, k: k - 1 })} + ${asBinomial({ n: n - 1, k })}`),
    'in words': ({ n, k }) => plain(`${n} choose ${k}`),
    'equation that states it': ({ n, k }) => tex(`N = ${asBinomial({ n, k })} = ${choose(n, k)}`),
  },
  misses: {
    'one more': otherBinomial(({ n, k }) => ({ n: n + 1, k })),
    'one fewer chosen': otherBinomial(({ n, k }) => ({ n, k: k - 1 })),
    'one more chosen': otherBinomial(({ n, k }) => ({ n, k: k + 1 })),
    arrangements: ({ n, k }) => tex(`\\frac{${n}!}{${n - k}!}`),
    power: ({ n, k }) => tex(`${n}^{${k}}`),
    fraction: ({ n, k }) => tex(`\\frac{${n}}{${k}}`),
    'lower number': ({ k }) => any(String(k)),
    'upper number': ({ n }) => any(String(n)),
    'digit changed': ({ n, k }, rng) => any(changeDigit(String(choose(n, k)), rng)),
    'turned round': ({ n, k }) => tex(`\\binom{${k}}{${n}}`),
    'factorial of one part': ({ n, k }) => tex(`\\frac{${n}!}{${k}!}`),
    'minus one': (value) => tex(`${asBinomial(value)} - 1`),
  },
};

const doubleFactorial = (n: number): bigint => {
  let value = 1n;
  for (let k = n; k > 1; k -= 2) value *= BigInt(k);
  return value;
};

const factorialKind: AnswerKind<{ readonly n: number; readonly isDouble: boolean }> = {
  name: 'factorial',
  shape: 'scalar',
  weight: 15,
  draw: (rng) => ({ n: between(rng, 4, 25), isDouble: isRare(rng, 4) }),
  gold: ({ n, isDouble }, rng) =>
    rng.nextInt(2) === 0 ? `${n}${isDouble ? '!!' : '!'}` : String(isDouble ? doubleFactorial(n) : factorial(n)),
  rewrites: {
    mark: ({ n, isDouble }) => any(`${n}${isDouble ? '!!' : '!'}`),
    number: ({ n, isDouble }) => any(String(isDouble ? doubleFactorial(n) : factorial(n))),
    'one factor out': ({ n, isDouble }) => tex(isDouble ? `${n} \\cdot ${n - 2}!!` : `${n} \\cdot ${n - 1}!`),
    'written out': ({ n, isDouble }) => {
      if (n > 9) return null;
      const step = isDouble ? 2 : 1;
      const factors = Array.from({ length: Math.ceil(n / step) }, (_, k) => n - k * step).filter(
        (factor) => factor > 0,
      );
      return tex(factors.join(' \\cdot '));
    },
    'of two': ({ n, isDouble }) => (isDouble ? tex(`\\frac{${n}!}{${n - 1}!!}`) : null),
  },
  misses: {
    'other mark': ({ n, isDouble }) => any(`${n}${isDouble ? '!' : '!!'}`),
    'mark lost': ({ n }) => any(String(n)),
    next: ({ n, isDouble }) => any(`${n + 1}${isDouble ? '!!' : '!'}`),
    'factorial of the factorial': ({ n }) => (n > 5 ? null : tex(`(${n}!)!`)),
    'digit changed': ({ n, isDouble }, rng) =>
      any(changeDigit(String(isDouble ? doubleFactorial(n) : factorial(n)), rng)),
    'one off': ({ n, isDouble }, rng) => tex(`${n}${isDouble ? '!!' : '!'} ${pick(rng, ['+', '-'])} 1`),
    power: ({ n }) => tex(`${n}^{${n}}`),
  },
};

/** A sum or product with a running index. */
interface Series {
  readonly body: string;
  readonly from: number;
  readonly to: number;
  readonly value: bigint;
  readonly command: '\\sum' | '\\prod';
}

const BODIES: readonly (readonly [body: string, term: (k: bigint) => bigint])[] = [
  ['k', (k) => k],
  ['k^2', (k) => k * k],
  ['(2k-1)', (k) => 2n * k - 1n],
  ['2^k', (k) => 2n ** k],
  ['k(k+1)', (k) => k * (k + 1n)],
  ['(3k+2)', (k) => 3n * k + 2n],
];

const series: AnswerKind<Series> = {
  name: 'finite sum or product',
  shape: 'scalar',
  weight: 10,
  draw: (rng) => {
    const [body, term] = pick(rng, BODIES);
    const command = isRare(rng, 4) ? '\\prod' : '\\sum';
    const [from, to] = [between(rng, 1, 3), between(rng, 5, command === '\\sum' ? 40 : 12)];
    let value = command === '\\sum' ? 0n : 1n;
    for (let k = from; k <= to; k += 1) value = command === '\\sum' ? value + term(BigInt(k)) : value * term(BigInt(k));
    return { body, from, to, value, command };
  },
  gold: ({ value }) => String(value),
  rewrites: {
    index: ({ body, from, to, command }) => tex(`${command}_{k=${from}}^{${to}} ${body}`),
    'other index': ({ body, from, to, command }) => tex(`${command}_{i=${from}}^{${to}} ${body.replaceAll('k', 'i')}`),
    limits: ({ body, from, to, command }) => tex(`${command}\\limits_{k=${from}}^{${to}} ${body}`),
    equation: ({ body, from, to, command, value }) => tex(`${command}_{k=${from}}^{${to}} ${body} = ${value}`),
    number: ({ value }) => any(String(value)),
  },
  misses: {
    'one term more': ({ body, from, to, command }) => tex(`${command}_{k=${from}}^{${to + 1}} ${body}`),
    'later start': ({ body, from, to, command, value }) => {
      const [, term] = BODIES.find(([text]) => text === body)!;
      const first = term(BigInt(from));
      return value === 0n || first === (command === '\\sum' ? 0n : 1n)
        ? null
        : tex(`${command}_{k=${from + 1}}^{${to}} ${body}`);
    },
    'body alone': ({ body }) => tex(body),
    'upper end': ({ to, value }) => (BigInt(to) === value ? null : any(String(to))),
    'other sign': ({ body, from, to, command }) =>
      tex(`${command === '\\sum' ? '\\prod' : '\\sum'}_{k=${from}}^{${to}} ${body}`),
    'digit changed': ({ value }, rng) => any(changeDigit(String(value), rng)),
  },
};

const powerOfFraction: AnswerKind<{ readonly base: number; readonly exponent: number }> = {
  name: 'probability as a power',
  shape: 'scalar',
  weight: 10,
  draw: (rng) => ({ base: between(rng, 2, 9), exponent: between(rng, 3, 12) }),
  gold: ({ base, exponent }) => `\\left(\\frac{1}{${base}}\\right)^{${exponent}}`,
  rewrites: {
    'under the bar': ({ base, exponent }) => tex(`\\frac{1}{${base}^{${exponent}}}`),
    'negative exponent': ({ base, exponent }) => tex(`${base}^{-${exponent}}`),
    'written out': ({ base, exponent }) => tex(`\\frac{1}{${BigInt(base) ** BigInt(exponent)}}`),
    typed: ({ base, exponent }) => plain(`(1/${base})^${exponent}`),
  },
  misses: {
    'exponent changed': ({ base, exponent }, rng) => tex(`\\frac{1}{${base}^{${exponent + pick(rng, [1, -1])}}}`),
    'base changed': ({ base, exponent }, rng) => tex(`\\frac{1}{${betweenExcept(rng, 2, 12, [base])}^{${exponent}}}`),
    'exponent outside': ({ base, exponent }) => tex(`\\frac{1}{${base} \\cdot ${exponent}}`),
    'bar lost': ({ base, exponent }) => tex(`${base}^{${exponent}}`),
    complement: ({ base, exponent }) => tex(`1 - \\frac{1}{${base}^{${exponent}}}`),
    'next number': ({ base, exponent }) => tex(`\\frac{1}{${BigInt(base) ** BigInt(exponent) + 1n}}`),
    'square as a decimal': ({ base }) => {
      const text = toDecimal(ratio(1, base ** 2), 4);
      return text === null ? null : any(text);
    },
  },
};

/** A power in the exponent: read from above. */
const tower: AnswerKind<readonly [a: number, b: number, c: number]> = {
  name: 'power tower',
  shape: 'scalar',
  weight: 8,
  draw: (rng) =>
    pick(rng, [
      [2, 3, 2],
      [2, 2, 3],
      [3, 2, 3],
      [2, 3, 3],
      [5, 3, 2],
      [2, 5, 2],
      [3, 3, 2],
    ] as const),
  gold: ([a, b, c], rng) => (rng.nextInt(2) === 0 ? `${a}^{${b}^${c}}` : String(BigInt(a) ** BigInt(b ** c))),
  rewrites: {
    tower: ([a, b, c], rng) => tex(pick(rng, [`${a}^{${b}^${c}}`, `${a}^{${b}^{${c}}}`, `${a}^{(${b}^${c})}`])),
    typed: ([a, b, c], rng) => plain(pick(rng, [`${a}^(${b}^${c})`, `${a}^${b}^${c}`])),
    'exponent written out': ([a, b, c]) => tex(`${a}^{${b ** c}}`),
    number: ([a, b, c]) => any(String(BigInt(a) ** BigInt(b ** c))),
  },
  misses: {
    'read from below': ([a, b, c], rng) => tex(pick(rng, [`(${a}^${b})^${c}`, `${a}^{${b * c}}`])),
    'number read from below': ([a, b, c]) => any(String(BigInt(a) ** BigInt(b * c))),
    'top lost': ([a, b]) => tex(`${a}^${b}`),
    'base changed': ([a, b, c]) => tex(`${a + 1}^{${b}^${c}}`),
    'top changed': ([a, b, c]) => tex(`${a}^{${b}^${c + 1}}`),
    minus: ([a, b, c]) => tex(`-${a}^{${b}^${c}}`),
  },
};

/** Numbers of ways: binomial coefficients, factorials, sums, powers of a fraction. */
export const COUNTS: readonly SampledKind[] = [
  sampleKind(binomial),
  sampleKind(factorialKind),
  sampleKind(series),
  sampleKind(powerOfFraction),
  sampleKind(tower),
];
