import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, isRare, pick } from '../draw.ts';
import { type Ratio, ratio, toDecimal } from '../ratio.ts';
import {
  addDigit,
  changeDigit,
  groupDigits,
  markSign,
  spellNegative,
  swapDigits,
  toSuperscript,
} from '../spell-number.ts';
import { any, plain, tex } from '../spelling.ts';
import { NOUNS } from '../vocabulary.ts';

/** A decimal as written: sign, whole part, places; the last place is not 0. */
interface Decimal {
  readonly isNegative: boolean;
  readonly whole: string;
  readonly places: string;
}

const unsigned = ({ whole, places }: Decimal): string => `${whole}.${places}`;
const show = (value: Decimal): string => `${value.isNegative ? '-' : ''}${unsigned(value)}`;

function toRatio(value: Decimal): Ratio {
  const scaled = BigInt(value.whole + value.places);
  return ratio(value.isNegative ? -scaled : scaled, 10n ** BigInt(value.places.length));
}

function drawDecimal(rng: Rng): Decimal {
  const count = between(rng, 1, 4);
  let places = '';
  while (places.length < count - 1) places += rng.nextInt(10);
  const whole = isRare(rng, 3) ? '0' : String(between(rng, 1, pick(rng, [9, 99, 9999])));
  return { isNegative: isRare(rng, 5), whole, places: places + between(rng, 1, 9) };
}

const moved =
  (change: (digits: string, rng: Rng) => string | null): Spell<Decimal> =>
  (value, rng) => {
    const text = change(unsigned(value), rng);
    return text === null ? null : any(`${value.isNegative ? '-' : ''}${text}`);
  };

const decimal: AnswerKind<Decimal> = {
  name: 'decimal',
  shape: 'number',
  weight: 45,
  draw: drawDecimal,
  gold: show,
  rewrites: {
    digits: (value, rng) => (value.isNegative ? spellNegative(unsigned(value), rng) : any(show(value))),
    'zeros at the end': (value, rng) => any(show(value) + '0'.repeat(between(rng, 1, 3))),
    'no zero in front': (value) => (value.whole === '0' ? any(show(value).replace('0.', '.')) : null),
    fraction: (value) => {
      const { over, under } = toRatio(value);
      return tex(`\\frac{${over}}{${under}}`);
    },
    'fraction over a power of ten': (value) =>
      any(`${value.isNegative ? '-' : ''}${BigInt(value.whole + value.places)}/${10 ** value.places.length}`),
    'groups of three': (value) =>
      value.whole.length < 4
        ? null
        : any(`${value.isNegative ? '-' : ''}${groupDigits(value.whole, ',')}.${value.places}`),
    percent: (value, rng) => {
      const text = toDecimal(ratio(toRatio(value).over * 100n, toRatio(value).under))!;
      return value.whole !== '0' ? null : pick(rng, [any(`${text}%`), tex(`${text}\\%`), plain(`${text} percent`)]);
    },
    'with a unit': (value, rng) => {
      const unit = pick(rng, ['cm', 'kg', 'hours', 'miles', 'liters', 'm/s']);
      return pick(rng, [plain(`${show(value)} ${unit}`), tex(`${show(value)}\\text{ ${unit}}`)]);
    },
    'with what is counted': (value, rng) => (value.isNegative ? null : plain(`${show(value)} ${pick(rng, NOUNS)}`)),
    'equation that states it': (value, rng) => tex(`${pick(rng, ['x', 'a+b', 'P', '\\text{Area}'])} = ${show(value)}`),
    sum: (value) => tex(`${value.isNegative ? '-' : ''}(${value.whole} + 0.${value.places})`),
    'powers of ten': (value, rng) => {
      const shift = between(rng, 1, value.places.length);
      const scaled = unsigned(value)
        .replace('.', '')
        .replace(/^0+(?=\d)/, '');
      const exponent = value.places.length - shift;
      const head = toDecimal(ratio(BigInt(scaled), 10n ** BigInt(exponent)));
      return head === null ? null : tex(`${value.isNegative ? '-' : ''}${head} \\times 10^{-${shift}}`);
    },
    'set in another face': (value, rng) =>
      tex(pick(rng, [`\\mathbf{${show(value)}}`, `\\text{${show(value)}}`, `(${show(value)})`])),
  },
  misses: {
    'digit changed': moved(changeDigit),
    'digit added': moved((digits, rng) => addDigit(digits, rng)),
    'digits swapped': moved(swapDigits),
    'last place dropped': moved((digits) => digits.slice(0, -1)),
    'point lost': moved((digits) => digits.replace('.', '').replace(/^0+/, '')),
    'point moved': (value, rng) => {
      const { over, under } = toRatio(value);
      return any(toDecimal(ratio(over * pick(rng, [10n, 1000n]), under))!);
    },
    'places alone': (value) => any(String(Number(value.places))),
    'whole part alone': (value) => any(`${value.isNegative ? '-' : ''}${value.whole}`),
    'sign changed': (value) => any(value.isNegative ? unsigned(value) : `-${show(value)}`),
    'sign added by any mark': (value, rng) => (value.isNegative ? null : markSign(show(value), rng)),
    'power cut': (value, rng) =>
      pick(rng, [
        any(`${show(value)}e${between(rng, 2, 9)}`),
        tex(`${show(value)} \\times 10^{${between(rng, 2, 9)}}`),
        plain(`${show(value)} x 10^${between(rng, 2, 9)}`),
        plain(`${show(value)} × 10${toSuperscript(String(between(rng, 2, 9)))}`),
      ]),
    'percent sign of both': (value) => (value.whole === '0' ? any(`${show(value)}${value.places}%`) : null),
    'multiplier word': (value, rng) =>
      plain(`${show(value)} ${pick(rng, ['million', 'thousand', 'billion', 'dozen'])}`),
    'pi or root behind it': (value, rng) => tex(show(value) + pick(rng, ['\\pi', '\\sqrt{2}', 'x', 'i'])),
    'second point': (value, rng) => any(`${show(value)}.${between(rng, 1, 9)}`),
    bound: (value, rng) =>
      pick(rng, [tex(`\\ge ${show(value)}`), plain(`at least ${show(value)}`), plain(`less than ${show(value)}`)]),
    range: (value, rng) => plain(`${show(value)} to ${between(rng, 10_000, 20_000)}`),
  },
};

/** Mantissa with at most two places, and the power of ten. */
interface Scientific {
  readonly mantissa: string;
  readonly exponent: number;
}

const scientific: AnswerKind<Scientific> = {
  name: 'scientific',
  shape: 'number',
  weight: 25,
  draw: (rng) => ({
    mantissa: `${between(rng, 1, 9)}${isRare(rng, 4) ? '' : `.${isRare(rng, 2) ? '' : between(rng, 0, 9)}${between(rng, 1, 9)}`}`,
    exponent: isRare(rng, 3) ? -between(rng, 2, 12) : between(rng, 2, 23),
  }),
  gold: ({ mantissa, exponent }) => `${mantissa} \\times 10^{${exponent}}`,
  rewrites: {
    'times a power': ({ mantissa, exponent }, rng) =>
      tex(`${mantissa}${pick(rng, [' \\times ', '\\cdot', ' \\cdot ', ' \\, \\times \\, '])} 10^{${exponent}}`),
    'e-notation': ({ mantissa, exponent }, rng) =>
      any(`${mantissa}${pick(rng, ['e', 'E'])}${exponent > 0 && isRare(rng, 3) ? '+' : ''}${exponent}`),
    typed: ({ mantissa, exponent }, rng) =>
      pick(rng, [
        plain(`${mantissa} x 10^${exponent}`),
        plain(`${mantissa} × 10${toSuperscript(String(exponent))}`),
        plain(`${mantissa} * 10^${exponent < 0 ? `(${exponent})` : exponent}`),
        plain(`${mantissa}·10^${exponent}`),
      ]),
    'power first': ({ mantissa, exponent }) => tex(`10^{${exponent}} \\times ${mantissa}`),
    'other mantissa': ({ mantissa, exponent }) => {
      const head = toDecimal(
        ratio(
          BigInt(mantissa.replace('.', '')) * 10n,
          10n ** BigInt(mantissa.length - (mantissa.includes('.') ? 2 : 1)),
        ),
      );
      return head === null ? null : tex(`${head} \\times 10^{${exponent - 1}}`);
    },
    'written out': ({ mantissa, exponent }, rng) => {
      const places = mantissa.includes('.') ? mantissa.length - 2 : 0;
      if (exponent < places || exponent > 15) return null;
      const digits = String(BigInt(mantissa.replace('.', '')) * 10n ** BigInt(exponent - places));
      return any(isRare(rng, 2) ? groupDigits(digits, ',') : digits);
    },
    'over a power': ({ mantissa, exponent }) => (exponent < 0 ? tex(`\\frac{${mantissa}}{10^{${-exponent}}}`) : null),
  },
  misses: {
    'exponent changed': ({ mantissa, exponent }, rng) =>
      tex(`${mantissa} \\times 10^{${exponent + pick(rng, [1, -1, 2])}}`),
    'sign of the exponent': ({ mantissa, exponent }) => tex(`${mantissa} \\times 10^{${-exponent}}`),
    'mantissa changed': ({ mantissa, exponent }, rng) => tex(`${changeDigit(mantissa, rng)} \\times 10^{${exponent}}`),
    'mantissa alone': ({ mantissa }) => any(mantissa),
    'power alone': ({ mantissa, exponent }) => (mantissa === '1' ? null : tex(`10^{${exponent}}`)),
    'exponent alone': ({ exponent }) => any(String(exponent)),
    'sum instead': ({ mantissa, exponent }) => tex(`${mantissa} + 10^{${exponent}}`),
    'other base': ({ mantissa, exponent }) => tex(`${mantissa} \\times 2^{${exponent}}`),
    'exponent of the mantissa': ({ mantissa, exponent }) =>
      mantissa === '1' ? null : tex(`${mantissa}^{${exponent}}`),
    'e-notation changed': ({ mantissa, exponent }, rng) => any(`${mantissa}e${exponent + pick(rng, [1, -1, 10])}`),
    'sign added': ({ mantissa, exponent }) => tex(`-${mantissa} \\times 10^{${exponent}}`),
  },
};

/** Decimals and powers of ten. */
export const DECIMALS: readonly SampledKind[] = [sampleKind(decimal), sampleKind(scientific)];
