import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, pickEntries, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, isRare, pick } from '../draw.ts';
import { addRatios, equalRatios, expand, type Ratio, ratio, toDecimal, toDouble } from '../ratio.ts';
import { any, plain, type Spelling, tex } from '../spelling.ts';

const signOf = ({ over }: Ratio): string => (over < 0n ? '-' : '');
const sizeOf = ({ over }: Ratio): bigint => (over < 0n ? -over : over);

/** A fraction that is not whole. */
function drawFraction(rng: Rng): Ratio {
  const size = pick(rng, [12, 12, 60, 400]);
  for (;;) {
    const drawn = ratio(between(rng, 1, size) * (isRare(rng, 4) ? -1 : 1), between(rng, 2, size));
    if (drawn.under !== 1n) return drawn;
  }
}

const FRACTION_SIGNS: Readonly<Record<string, string>> = {
  ...{ '1/2': '½', '1/3': '⅓', '2/3': '⅔', '1/4': '¼', '3/4': '¾', '1/5': '⅕', '2/5': '⅖', '3/5': '⅗', '4/5': '⅘' },
  ...{ '1/6': '⅙', '5/6': '⅚', '1/8': '⅛', '3/8': '⅜', '5/8': '⅝', '7/8': '⅞' },
};

/** A fraction in LaTeX, reduced or not. */
function texFraction(value: Ratio, rng: Rng): string {
  const k = BigInt(isRare(rng, 3) ? between(rng, 2, 12) : 1);
  const [a, b] = [sizeOf(value) * k, value.under * k];
  const command = pick(rng, ['\\frac', '\\dfrac', '\\tfrac', '\\cfrac']);
  const sign = signOf(value);
  if (sign !== '') {
    return pick(rng, [`-${command}{${a}}{${b}}`, `${command}{-${a}}{${b}}`, `${command}{${a}}{-${b}}`]);
  }
  if (a < 10n && b < 10n && isRare(rng, 3)) return `${command}${a}${b}`;
  if (isRare(rng, 20)) return `{${a} \\over ${b}}`;
  return `${command}{${a}}{${b}}`;
}

/** Whole part and the rest, both without sign; null below 1. */
function splitWhole(value: Ratio): { readonly whole: bigint; readonly rest: Ratio } | null {
  const size = sizeOf(value);
  const whole = size / value.under;
  return whole === 0n ? null : { whole, rest: ratio(size % value.under, value.under) };
}

function spellMixed(value: Ratio, rng: Rng): Spelling | null {
  const parts = splitWhole(value);
  if (parts === null) return null;
  const { whole, rest } = parts;
  const sign = signOf(value);
  const mark = FRACTION_SIGNS[`${rest.over}/${rest.under}`];
  if (mark !== undefined && isRare(rng, 3)) return plain(`${sign}${whole}${mark}`);
  return pick(rng, [
    tex(`${sign}${whole}\\frac{${rest.over}}{${rest.under}}`),
    tex(`${sign}${whole} \\dfrac{${rest.over}}{${rest.under}}`),
    tex(`${sign}${whole}\\,\\tfrac{${rest.over}}{${rest.under}}`),
    plain(`${sign}${whole} ${rest.over}/${rest.under}`),
  ]);
}

/** A decimal of eight or more places, which stands for a fraction that has no finite one. */
function spellLongDecimal(value: Ratio, rng: Rng): Spelling | null {
  if (toDecimal(value) !== null) return null;
  return any(toDouble(value).toFixed(between(rng, 8, 12)));
}

const REWRITES: Readonly<Record<string, Spell<Ratio>>> = {
  fraction: (value, rng) => tex(texFraction(value, rng)),
  slash: (value, rng) => {
    const [a, b] = [sizeOf(value), value.under];
    return pick(rng, [
      any(`${signOf(value)}${a}/${b}`),
      any(`${signOf(value)}${a} / ${b}`),
      plain(`${signOf(value)}(${a}/${b})`),
    ]);
  },
  'slash, not reduced': (value, rng) => {
    const k = BigInt(between(rng, 2, 12));
    return any(`${signOf(value)}${sizeOf(value) * k}/${value.under * k}`);
  },
  'fraction sign': (value) => {
    const mark = FRACTION_SIGNS[`${sizeOf(value)}/${value.under}`];
    return mark === undefined ? null : plain(signOf(value) + mark);
  },
  'fraction slash': (value) => plain(`${signOf(value)}${sizeOf(value)}⁄${value.under}`),
  division: (value, rng) => tex(`${value.over} ${pick(rng, ['\\div', '/'])} ${value.under}`),
  'finite decimal': (value) => {
    const text = toDecimal(value);
    return text === null ? null : any(text);
  },
  'decimal without a zero': (value) => {
    const text = toDecimal(value);
    return text === null || !/^-?0\./.test(text) ? null : any(text.replace('0.', '.'));
  },
  percent: (value, rng) => {
    const text = toDecimal(ratio(value.over * 100n, value.under), 3);
    return text === null ? null : pick(rng, [any(`${text}%`), tex(`${text}\\%`), plain(`${text} percent`)]);
  },
  'long decimal': spellLongDecimal,
  'mixed number': spellMixed,
  sum: (value, rng) => {
    const part = ratio(between(rng, 1, 9), between(rng, 2, 9));
    const rest = addRatios(value, ratio(-part.over, part.under));
    return tex(`${texFraction(rest, rng)} + ${texFraction(part, rng)}`);
  },
  'negative power': (value) => tex(`${value.over} \\cdot ${value.under}^{-1}`),
  'equation that states it': (value, rng) =>
    tex(`${pick(rng, ['x', 'P', 'a+b', 'P(A)', 'm', '\\cos A'])} = ${texFraction(value, rng)}`),
  'of a whole': (value, rng) => {
    if (value.over < 0n || value.over > value.under) return null;
    const whole = pick(rng, ['of the whole cake', 'of the class', 'of the distance', 'of an hour']);
    return pick(rng, [
      plain(`${value.over}/${value.under} ${whole}`),
      tex(`${texFraction(value, rng)} \\text{ ${whole}}`),
    ]);
  },
  'plus sign': (value, rng) => (value.over < 0n ? null : tex(`+${texFraction(value, rng)}`)),
  'exact, then approximate': (value, rng) => {
    const rounded = toDouble(value).toFixed(between(rng, 2, 4));
    return tex(`${texFraction(value, rng)} \\approx ${rounded}`);
  },
};

const other =
  (change: (value: Ratio, rng: Rng) => Ratio | null): Spell<Ratio> =>
  (value, rng) => {
    const changed = change(value, rng);
    if (changed === null || equalRatios(changed, value)) return null;
    if (changed.under === 1n) return any(String(changed.over));
    return rng.nextInt(2) === 0 ? tex(texFraction(changed, rng)) : any(`${changed.over}/${changed.under}`);
  };

const MISSES: Readonly<Record<string, Spell<Ratio>>> = {
  'numerator changed': other(({ over, under }, rng) => ratio(over + BigInt(pick(rng, [1, -1, 2, 10])), under)),
  'denominator changed': other(({ over, under }, rng) => ratio(over, under + BigInt(pick(rng, [1, 2, 10])))),
  inverted: other(({ over, under }) => ratio(under, over)),
  'sign changed': other(({ over, under }) => ratio(-over, under)),
  'denominator alone': (value) => any(String(value.under)),
  'numerator alone': (value) => any(String(value.over)),
  'bar lost': ({ over, under }) => any(`${over}${under}`),
  rounded: (value, rng) => {
    const text = toDouble(value).toFixed(between(rng, 1, 3));
    return Math.abs(Number(text) - toDouble(value)) < 1e-5 ? null : any(text);
  },
  'decimal, digit dropped': (value) => {
    const text = toDecimal(value);
    return text === null || !/\.\d{2,5}$/.test(text) ? null : any(text.slice(0, -1));
  },
  'decimal point moved': (value, rng) => {
    const text = toDecimal(ratio(value.over * pick(rng, [10n, 1000n]), value.under));
    return text === null ? null : any(text);
  },
  'mixed number instead': ({ over, under }, rng) => {
    const whole = between(rng, 2, 9);
    return over < 0n ? null : tex(`${whole}\\frac{${over}}{${under}}`);
  },
  'mixed number as a product': (value) => {
    const parts = splitWhole(value);
    return parts === null
      ? null
      : tex(`${signOf(value)}${parts.whole} \\cdot \\frac{${parts.rest.over}}{${parts.rest.under}}`);
  },
  'whole part lost': (value) => {
    const parts = splitWhole(value);
    return parts === null ? null : tex(`${signOf(value)}\\frac{${parts.rest.over}}{${parts.rest.under}}`);
  },
  'fraction part lost': (value) => {
    const parts = splitWhole(value);
    return parts === null ? null : any(`${signOf(value)}${parts.whole}`);
  },
  'root around it': (value, rng) => (value.over < 0n ? null : tex(`\\sqrt{${texFraction(value, rng)}}`)),
  squared: (value, rng) => tex(`\\left(${texFraction(value, rng)}\\right)^2`),
  'symbol behind it': (value, rng) => tex(`${texFraction(value, rng)}${pick(rng, ['x', '\\pi', 'n', '\\sqrt{2}'])}`),
  'another equation': (value, rng) => tex(`x = ${texFraction(addRatios(value, ratio(between(rng, 1, 9))), rng)}`),
  bound: (value, rng) => tex(`${pick(rng, ['\\ge', '<', '\\neq', 'x >', 'x \\le'])} ${texFraction(value, rng)}`),
  'two of them': (value, rng) => {
    const second = texFraction(addRatios(value, ratio(1, between(rng, 2, 9))), rng);
    return tex(`${texFraction(value, rng)}${pick(rng, [' \\text{ or } ', ', ', ' \\text{ and } '])}${second}`);
  },
  'nearly it': (value, rng) => tex(`${texFraction(value, rng)} + 10^{-${between(rng, 8, 30)}}`),
};

const fractionKind: AnswerKind<Ratio> = {
  name: 'fraction',
  shape: 'scalar',
  weight: 60,
  draw: drawFraction,
  gold: (value, rng) => {
    if (isRare(rng, 4)) return `${value.over}/${value.under}`;
    return `${signOf(value)}\\frac{${sizeOf(value)}}{${value.under}}`;
  },
  rewrites: REWRITES,
  misses: MISSES,
};

/** A whole number and a fraction: the reference is written as a mixed number. */
const mixedNumber: AnswerKind<Ratio> = {
  name: 'mixed number',
  shape: 'scalar',
  weight: 25,
  draw: (rng) => {
    const under = between(rng, 2, 16);
    return addRatios(ratio(between(rng, 1, 40)), ratio(between(rng, 1, under - 1), under));
  },
  gold: (value) => {
    const { whole, rest } = splitWhole(value)!;
    return `${whole}\\frac{${rest.over}}{${rest.under}}`;
  },
  rewrites: {
    'mixed number': spellMixed,
    'sum of its parts': (value) => {
      const { whole, rest } = splitWhole(value)!;
      return tex(`${whole} + \\frac{${rest.over}}{${rest.under}}`);
    },
    ...pickEntries(REWRITES, [
      'fraction',
      'slash',
      'finite decimal',
      'division',
      'long decimal',
      'equation that states it',
    ]),
  },
  misses: MISSES,
};

/** The digits of a repeating decimal: before the period, and the period. */
interface Repeating {
  readonly value: Ratio;
  readonly whole: bigint;
  readonly digits: string;
  readonly period: string;
}

const overline = ({ whole, digits, period }: Repeating): string => `${whole}.${digits}\\overline{${period}}`;

const repeatingDecimal: AnswerKind<Repeating> = {
  name: 'repeating decimal',
  shape: 'scalar',
  weight: 20,
  draw: (rng) => {
    for (;;) {
      const value = ratio(
        between(rng, 1, 120),
        pick(rng, [3, 6, 7, 9, 11, 12, 15, 18, 22, 27, 30, 33, 37, 44, 45, 55, 66, 99]),
      );
      const parts = expand(value, 8);
      if (parts !== null && parts.period !== '') return { value, ...parts };
    }
  },
  gold: (value, rng) => (rng.nextInt(2) === 0 ? overline(value) : `\\frac{${value.value.over}}{${value.value.under}}`),
  rewrites: {
    'bar over the period': (value) => tex(overline(value)),
    'period twice': ({ whole, digits, period }) => tex(`${whole}.${digits}\\overline{${period}${period}}`),
    'period begun': ({ whole, digits, period }) =>
      tex(`${whole}.${digits}${period[0]}\\overline{${period.slice(1)}${period[0]}}`),
    fraction: ({ value }, rng) => tex(texFraction(value, rng)),
    slash: ({ value }) => any(`${value.over}/${value.under}`),
    'mixed number': ({ value }, rng) => spellMixed(value, rng),
    'long decimal': ({ value }, rng) => spellLongDecimal(value, rng),
  },
  misses: {
    'bar lost': ({ whole, digits, period }) => any(`${whole}.${digits}${period.slice(0, 3)}`),
    'bar over too little': ({ whole, digits, period }) =>
      new Set(period).size < 2 ? null : tex(`${whole}.${digits}${period.slice(0, -1)}\\overline{${period.at(-1)}}`),
    'bar over too much': ({ whole, digits, period }) =>
      digits === '' || new Set(digits + period).size < 2 ? null : tex(`${whole}.\\overline{${digits}${period}}`),
    'digit of the period changed': ({ whole, digits, period }) => {
      const last = (Number(period.at(-1)) + 4) % 10;
      return tex(`${whole}.${digits}\\overline{${period.slice(0, -1)}${last}}`);
    },
    'period shifted': ({ whole, digits, period }) => tex(`${whole}.${digits}0\\overline{${period}}`),
    'whole part changed': ({ whole, digits, period }) => tex(`${whole + 1n}.${digits}\\overline{${period}}`),
    'period alone': ({ period }) => (/^0/.test(period) ? null : any(period)),
    'another fraction': ({ value }, rng) => tex(texFraction(addRatios(value, ratio(1, between(rng, 2, 9))), rng)),
  },
};

/** Fractions, mixed numbers, repeating decimals. */
export const FRACTIONS: readonly SampledKind[] = [
  sampleKind(fractionKind),
  sampleKind(mixedNumber),
  sampleKind(repeatingDecimal),
];
