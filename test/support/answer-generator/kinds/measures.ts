import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, betweenExcept, isRare, pick } from '../draw.ts';
import { ratio, toDecimal } from '../ratio.ts';
import { changeDigit, groupDigits } from '../spell-number.ts';
import { any, plain, tex } from '../spelling.ts';
import { POWER_UNITS, UNITS } from '../vocabulary.ts';

/** A number in hundredths. */
type Hundredths = number;

const show = (value: Hundredths): string => toDecimal(ratio(value, 100))!;

const percent: AnswerKind<Hundredths> = {
  name: 'percent',
  shape: 'quantity',
  weight: 25,
  draw: (rng) => (isRare(rng, 2) ? between(rng, 1, 99) * 100 : between(rng, 1, 19_999)),
  gold: (value, rng) => `${show(value)}${isRare(rng, 3) ? '%' : '\\%'}`,
  rewrites: {
    sign: (value, rng) => pick(rng, [any(`${show(value)}%`), tex(`${show(value)}\\%`), tex(`${show(value)} \\%`)]),
    'sign outside the formula': (value, rng) =>
      plain(
        pick(rng, [
          `$${show(value)}$ %`,
          `$${show(value)}$ percent`,
          `$\\boxed{${show(value)}}$ percent`,
          `\\boxed{${show(value)}}\\%`,
        ]),
      ),
    word: (value, rng) =>
      pick(rng, [
        plain(`${show(value)} percent`),
        plain(`${show(value)} per cent`),
        tex(`${show(value)}\\text{ percent}`),
        plain(`${show(value)} pct`),
        plain(`${show(value)} %`),
        tex(`${show(value)}\\text{\\%}`),
      ]),
    decimal: (value) => any(toDecimal(ratio(value, 10_000))!),
    fraction: (value) => {
      const { over, under } = ratio(value, 10_000);
      return under === 1n ? null : tex(`\\frac{${over}}{${under}}`);
    },
    'sign dropped': (value) => any(show(value)),
    'equation that states it': (value, rng) => tex(`${pick(rng, ['x', 'r', 'P'])} = ${show(value)}\\%`),
  },
  misses: {
    'digit changed': (value, rng) => tex(`${changeDigit(show(value), rng)}\\%`),
    'factor ten': (value) => tex(`${toDecimal(ratio(value, 10))}\\%`),
    'factor ten down': (value) => tex(`${toDecimal(ratio(value, 1000))}\\%`),
    'factor a hundred, with the sign': (value) => tex(`${value}\\%`),
    'decimal with the sign': (value) => tex(`${toDecimal(ratio(value, 10_000))}\\%`),
    'decimal point moved': (value) => any(toDecimal(ratio(value, 1000))!),
    'sign added': (value) => any(`-${show(value)}%`),
    'per mille': (value) => any(`${show(value)}‰`),
    complement: (value) => (value === 5000 || value >= 10_000 ? null : tex(`${show(10_000 - value)}\\%`)),
    'of something else': (value, rng) => plain(`${show(value)}% of ${between(rng, 2, 90)}`),
    bound: (value, rng) => plain(`${pick(rng, ['at least', 'more than', 'less than', 'not'])} ${show(value)}%`),
    range: (value, rng) => plain(`${show(value)}% to ${between(rng, 300, 400)}%`),
  },
};

/** An amount in hundredths of a dollar. */
const money: AnswerKind<Hundredths> = {
  name: 'money',
  shape: 'quantity',
  weight: 25,
  draw: (rng) => (isRare(rng, 2) ? between(rng, 1, 99_999) * 100 : between(rng, 101, 999_999)),
  gold: (value, rng) => (isRare(rng, 3) ? `$${amount(value)}` : `\\$${amount(value)}`),
  rewrites: {
    'dollar sign': (value, rng) =>
      pick(rng, [tex(`\\$${amount(value)}`), plain(`$${amount(value)}`), tex(`\\text{\\$}${amount(value)}`)]),
    'groups of three': (value) => (value < 100_000 ? null : plain(`$${grouped(value)}`)),
    word: (value, rng) =>
      pick(rng, [
        plain(`${amount(value)} dollars`),
        tex(`${amount(value)}\\text{ dollars}`),
        plain(`${amount(value)} USD`),
      ]),
    'zero cents': (value) => (value % 100 === 0 ? plain(`$${value / 100}.00`) : null),
    'number alone': (value) => any(amount(value)),
    'per something': (value, rng) =>
      plain(`$${amount(value)} ${pick(rng, ['per hour', 'a day', 'per person', 'in total'])}`),
    'equation that states it': (value, rng) => tex(`${pick(rng, ['x', '\\text{Profit}', 'C'])} = \\$${amount(value)}`),
  },
  misses: {
    'digit changed': (value, rng) => plain(`$${changeDigit(amount(value), rng)}`),
    'other currency': (value, rng) => {
      const sign = pick(rng, ['€', '£', '¥', '₹']);
      return pick(rng, [
        plain(`${sign}${amount(value)}`),
        plain(`${amount(value)} ${pick(rng, ['euros', 'cents', 'pounds', 'yen', 'rupees'])}`),
      ]);
    },
    'point lost': (value) => (value % 100 === 0 ? null : plain(`$${value}`)),
    'factor ten': (value) => plain(`$${amount(value * 10)}`),
    minus: (value, rng) =>
      plain(pick(rng, [`-$${amount(value)}`, `$-${amount(value)}`, `−$${amount(value)}`, `minus $${amount(value)}`])),
    'multiplier word': (value, rng) => plain(`$${amount(value)} ${pick(rng, ['million', 'thousand', 'billion'])}`),
    bound: (value, rng) => plain(`${pick(rng, ['at least', 'more than', 'less than', 'up to'])} $${amount(value)}`),
    range: (value) => plain(`$${amount(value)} to $${amount(value + 5000)}`),
    'one of two': (value) => plain(`$${amount(value + 1000)} or $${amount(value)}`),
    'another, of which it is a part': (value) =>
      plain(`$${amount(value + 1500)}, of which $${amount(value)} is profit`),
  },
};

/** Whole dollars without cents, others with two places. */
function amount(value: Hundredths): string {
  return value % 100 === 0 ? String(value / 100) : (value / 100).toFixed(2);
}

function grouped(value: Hundredths): string {
  const [whole, places] = amount(value).split('.');
  return groupDigits(whole!, ',') + (places === undefined ? '' : `.${places}`);
}

interface Quantity {
  readonly size: string;
  readonly dimension: string;
  /** Names of the unit; the first stands in the reference. */
  readonly names: readonly string[];
}

const drawSize = (rng: Rng): string =>
  isRare(rng, 3) ? `${between(rng, 1, 99)}.${between(rng, 1, 9)}` : String(between(rng, 2, 999));

const inTex = (size: string, unit: string, rng: Rng): string =>
  `${size}${pick(rng, [`\\text{ ${unit}}`, `\\,\\text{${unit}}`, `\\ \\mathrm{${unit.replaceAll(' ', '\\ ')}}`, `\\mbox{ ${unit}}`])}`;

const quantity: AnswerKind<Quantity> = {
  name: 'quantity with a unit',
  shape: 'quantity',
  weight: 35,
  draw: (rng) => {
    const dimension = pick(rng, Object.keys(UNITS));
    return { size: drawSize(rng), dimension, names: pick(rng, UNITS[dimension]!) };
  },
  gold: ({ size, names }, rng) => (isRare(rng, 3) ? `${size} ${names[0]}` : `${size}\\text{ ${names[0]}}`),
  rewrites: {
    'same name': ({ size, names }, rng) =>
      isRare(rng, 2) ? plain(`${size} ${names[0]}`) : tex(inTex(size, names[0]!, rng)),
    'other name': ({ size, names }, rng) => {
      const name = pick(rng, names);
      return isRare(rng, 2) ? plain(`${size} ${name}`) : tex(inTex(size, name, rng));
    },
    'unit left out': ({ size }) => any(size),
    'unit outside the formula': ({ size, names }, rng) =>
      plain(pick(rng, [`$${size}$ ${names[0]}`, `\\(${size}\\) ${names[0]}`, `$\\boxed{${size}}$ ${names[0]}`])),
    'zeros at the end': ({ size, names }) => plain(`${size.includes('.') ? `${size}0` : `${size}.0`} ${names[0]}`),
    'equation that states it': ({ size, names }, rng) =>
      tex(`${pick(rng, ['d', 'x', 't', '\\text{Distance}'])} = ${inTex(size, names[0]!, rng)}`),
  },
  misses: {
    'number changed': ({ size, names }, rng) => plain(`${changeDigit(size, rng)} ${names[0]}`),
    'number changed, unit left out': ({ size }, rng) => any(changeDigit(size, rng)),
    'other dimension': (value, rng) => {
      const others = Object.keys(UNITS).filter((dimension) => dimension !== value.dimension);
      const unit = pick(rng, pick(rng, UNITS[pick(rng, others)]!));
      return isRare(rng, 2) ? plain(`${value.size} ${unit}`) : tex(inTex(value.size, unit, rng));
    },
    'other scale': (value, rng) => {
      const others = UNITS[value.dimension]!.filter((names) => names !== value.names);
      const unit = pick(rng, pick(rng, others));
      return isRare(rng, 2) ? plain(`${value.size} ${unit}`) : tex(inTex(value.size, unit, rng));
    },
    'squared unit': ({ size, dimension, names }) =>
      dimension === 'length' ? tex(`${size}\\text{ ${names[0]}}^2`) : null,
    'unit of a rate': ({ size, dimension, names }) => (dimension === 'length' ? plain(`${size} ${names[0]}/s`) : null),
    minus: ({ size, names }) => plain(`-${size} ${names[0]}`),
    'multiplier word': ({ size, names }, rng) =>
      plain(`${size} ${pick(rng, ['thousand', 'million', 'hundred', 'dozen'])} ${names[0]}`),
    bound: ({ size, names }, rng) =>
      plain(`${pick(rng, ['at least', 'at most', 'more than', 'less than', 'under'])} ${size} ${names[0]}`),
    'root behind it': ({ size, names }, rng) => tex(inTex(`${size}\\sqrt{${pick(rng, [2, 3, 5])}}`, names[0]!, rng)),
    'two of them': ({ size, names }, rng) => plain(`${size} ${names[0]} or ${changeDigit(size, rng)} ${names[0]}`),
  },
};

const area: AnswerKind<{ readonly size: string; readonly names: readonly string[] }> = {
  name: 'area or volume',
  shape: 'quantity',
  weight: 20,
  draw: (rng) => ({ size: drawSize(rng), names: pick(rng, POWER_UNITS) }),
  gold: ({ size, names }) => `${size}${names[0]}`,
  rewrites: {
    LaTeX: ({ size, names }) => tex(`${size}${names[0]}`),
    'typed or in words': ({ size, names }, rng) => plain(`${size} ${pick(rng, names.slice(1))}`),
    'words in LaTeX': ({ size, names }) => tex(`${size}\\text{ ${names[2]}}`),
    'unit left out': ({ size }) => any(size),
  },
  misses: {
    'number changed': ({ size, names }, rng) => tex(`${changeDigit(size, rng)}${names[0]}`),
    'unit without its power': ({ size, names }) => tex(`${size}${names[0]!.replace(/\^\d/, '')}`),
    'other power': ({ size, names }) =>
      tex(`${size}${names[0]!.replace(/\d/, (power) => (power === '2' ? '3' : '2'))}`),
    'other scale': ({ size, names }, rng) =>
      tex(
        `${size}${
          pick(
            rng,
            POWER_UNITS.filter((other) => other !== names),
          )[0]
        }`,
      ),
    'number squared': ({ size, names }) => tex(`${size}^2${names[0]!.replace(/\^\d/, '')}`),
    'other dimension': ({ size }, rng) => plain(`${size} ${pick(rng, ['kg', 'seconds', 'km/h'])}`),
    bound: ({ size, names }, rng) =>
      plain(`${pick(rng, ['at least', 'less than', 'no more than'])} ${size} ${names[2]}`),
  },
};

const degrees: Spell<number>[] = [
  (value) => tex(`${value}^\\circ`),
  (value) => tex(`${value}^{\\circ}`),
  (value) => any(`${value}°`),
  (value) => plain(`${value} degrees`),
  (value) => tex(`${value}\\text{ degrees}`),
  (value) => tex(`${value} \\degree`),
];

const angle: AnswerKind<number> = {
  name: 'angle',
  shape: 'quantity',
  weight: 20,
  draw: (rng) => (isRare(rng, 2) ? between(rng, 1, 24) * 15 : between(rng, 2, 359)),
  gold: (value) => `${value}^\\circ`,
  rewrites: {
    degrees: (value, rng) => pick(rng, degrees)(value, rng),
    'sign left out': (value) => any(String(value)),
    radians: (value) => {
      const { over, under } = ratio(value, 180);
      return tex(under === 1n ? `${over === 1n ? '' : over}\\pi` : `\\frac{${over === 1n ? '' : over}\\pi}{${under}}`);
    },
    'equation that states it': (value, rng) =>
      tex(`${pick(rng, ['\\angle ABC', '\\theta', '\\alpha', 'x'])} = ${value}^\\circ`),
  },
  misses: {
    'number changed': (value, rng) => tex(`${changeDigit(String(value), rng)}^\\circ`),
    // An angle and its coterminal one may be taken for the same.
    complement: (value) => ((90 - 2 * value) % 360 === 0 ? null : tex(`${90 - value}^\\circ`)),
    supplement: (value) => ((180 - 2 * value) % 360 === 0 ? null : tex(`${180 - value}^\\circ`)),
    'other radians': (value) => {
      const { over, under } = ratio(value + 15, 180);
      return tex(`\\frac{${over}\\pi}{${under}}`);
    },
    'radians of the number': (value, rng) =>
      pick(rng, [plain(`${value} radians`), tex(`${value}\\text{ rad}`), tex(`${value}\\pi`)]),
    'minutes of arc': (value) => tex(`${value}'`),
    'with minutes': (value, rng) => tex(`${value}^\\circ ${between(rng, 1, 59)}'`),
    'function of it': (value, rng) => tex(`\\${pick(rng, ['sin', 'cos', 'tan'])} ${value}^\\circ`),
    minus: (value) => tex(`-${value}^\\circ`),
  },
};

const two = (n: number): string => String(n).padStart(2, '0');

const clock: AnswerKind<readonly [hour: number, minute: number]> = {
  name: 'time of day',
  shape: 'words',
  weight: 10,
  draw: (rng) => [between(rng, 1, 12), between(rng, 0, 59)],
  gold: ([hour, minute], rng) => (isRare(rng, 2) ? `${hour}:${two(minute)}` : `\\text{${hour}:${two(minute)}}`),
  rewrites: {
    digits: ([hour, minute]) => any(`${hour}:${two(minute)}`),
    text: ([hour, minute]) => tex(`\\text{${hour}:${two(minute)}}`),
    groups: ([hour, minute]) => tex(`${hour}{:}${two(minute)}`),
  },
  misses: {
    'minute changed': ([hour, minute], rng) => any(`${hour}:${two(betweenExcept(rng, 0, 59, [minute]))}`),
    'hour changed': ([hour, minute], rng) => any(`${betweenExcept(rng, 1, 12, [hour])}:${two(minute)}`),
    'minutes alone': ([, minute]) => any(two(minute)),
    'hour alone': ([hour]) => any(String(hour)),
    decimal: ([hour, minute]) => any(`${hour}.${two(minute)}`),
    swapped: ([hour, minute]) => (hour === minute ? null : any(`${minute}:${two(hour)}`)),
    'seconds added': ([hour, minute], rng) => any(`${hour}:${two(minute)}:${two(between(rng, 1, 59))}`),
    'one of two': ([hour, minute]) => plain(`${hour}:${two(minute)} or ${(hour % 12) + 1}:${two(minute)}`),
    span: ([hour, minute]) => plain(`${hour}:${two(minute)} to ${(hour % 12) + 1}:${two(minute)}`),
    bound: ([hour, minute], rng) => plain(`${pick(rng, ['before', 'after', 'not'])} ${hour}:${two(minute)}`),
  },
};

/** 13 to 23, and 0, which no clock of twelve hours shows. */
const onLongClock = (hour: number, isLate: boolean): number | null => {
  const long = (hour % 12) + (isLate ? 12 : 0);
  return long > 12 || long === 0 ? long : null;
};

const halfDay: AnswerKind<readonly [hour: number, minute: number, isLate: boolean]> = {
  name: 'time with its half of the day',
  shape: 'words',
  weight: 6,
  draw: (rng) => [between(rng, 1, 12), between(rng, 0, 59), isRare(rng, 2)],
  gold: ([hour, minute, isLate], rng) =>
    `${hour}:${two(minute)} ${pick(rng, isLate ? ['PM', 'p.m.', 'pm'] : ['AM', 'a.m.', 'am'])}`,
  rewrites: {
    'other letters': ([hour, minute, isLate], rng) =>
      any(`${hour}:${two(minute)} ${pick(rng, isLate ? ['PM', 'P.M.', 'pm'] : ['AM', 'A.M.', 'am'])}`),
    'of 24 hours': ([hour, minute, isLate]) => {
      const long = onLongClock(hour, isLate);
      return long === null ? null : any(`${long}:${two(minute)}`);
    },
    'without its half': ([hour, minute]) => any(`${hour}:${two(minute)}`),
    'hour alone': ([hour, minute, isLate]) => (minute === 0 ? any(`${hour} ${isLate ? 'PM' : 'AM'}`) : null),
  },
  misses: {
    'other half': ([hour, minute, isLate]) => any(`${hour}:${two(minute)} ${isLate ? 'AM' : 'PM'}`),
    'other half of 24 hours': ([hour, minute, isLate]) => {
      const long = onLongClock(hour, !isLate);
      return long === null ? null : any(`${long}:${two(minute)}`);
    },
    'minute changed': ([hour, minute, isLate], rng) =>
      any(`${hour}:${two(betweenExcept(rng, 0, 59, [minute]))} ${isLate ? 'PM' : 'AM'}`),
    'hour changed of 24 hours': ([hour, minute, isLate], rng) =>
      any(`${betweenExcept(rng, 13, 23, [(hour % 12) + (isLate ? 12 : 0)])}:${two(minute)}`),
    'hour with its half': ([hour, minute, isLate]) => (minute === 0 ? null : any(`${hour} ${isLate ? 'PM' : 'AM'}`)),
  },
};

const proportion: AnswerKind<readonly [number, number]> = {
  name: 'ratio',
  shape: 'words',
  weight: 10,
  draw: (rng) => {
    for (;;) {
      const { over, under } = ratio(between(rng, 1, 30), between(rng, 2, 30));
      if (under !== 1n && over !== under) return [Number(over), Number(under)];
    }
  },
  gold: ([a, b], rng) => pick(rng, [`${a}:${b}`, `${a} : ${b}`]),
  rewrites: {
    colon: ([a, b], rng) => any(pick(rng, [`${a}:${b}`, `${a} : ${b}`])),
    'colon in LaTeX': ([a, b], rng) =>
      tex(pick(rng, [`${a}{:}${b}`, `${a} \\colon ${b}`, `${a}\\,:\\,${b}`, `\\text{${a}:${b}}`])),
  },
  misses: {
    'turned round': ([a, b]) => any(`${b}:${a}`),
    'first changed': ([a, b], rng) => any(`${betweenExcept(rng, 1, 40, [a])}:${b}`),
    'second changed': ([a, b], rng) => any(`${a}:${betweenExcept(rng, 1, 40, [b])}`),
    'second alone': ([, b]) => any(String(b)),
    'first alone': ([a]) => any(String(a)),
    glued: ([a, b]) => any(`${a}${b}`),
    'third part': ([a, b], rng) => any(`${a}:${b}:${between(rng, 1, 9)}`),
    difference: ([a, b]) => any(`${a}-${b}`),
    pair: ([a, b]) => any(`(${a}, ${b})`),
  },
};

const baseNumber: AnswerKind<{ readonly digits: string; readonly base: number }> = {
  name: 'number in a base',
  shape: 'words',
  weight: 10,
  draw: (rng) => {
    const base = between(rng, 2, 9);
    let digits = String(between(rng, 1, base - 1));
    for (let k = between(rng, 2, 5); k > 0; k -= 1) digits += rng.nextInt(base);
    return { digits, base };
  },
  gold: ({ digits, base }, rng) => (isRare(rng, 2) ? `${digits}_${base}` : `${digits}_{${base}}`),
  rewrites: {
    subscript: ({ digits, base }, rng) =>
      tex(pick(rng, [`${digits}_${base}`, `${digits}_{${base}}`, `${digits}_{ ${base} }`])),
    typed: ({ digits, base }) => plain(`${digits}_${base}`),
    'equation that states it': ({ digits, base }) => tex(`x = ${digits}_{${base}}`),
  },
  misses: {
    'base changed': ({ digits, base }, rng) => tex(`${digits}_{${betweenExcept(rng, 9, 16, [base])}}`),
    'base dropped': ({ digits }) => any(digits),
    'base as digits': ({ digits, base }) => any(`${digits}${base}`),
    'digit changed': ({ digits, base }) => {
      const last = (Number(digits.at(-1)) + 1) % base;
      return tex(`${digits.slice(0, -1)}${last}_{${base}}`);
    },
    'digit dropped': ({ digits, base }) => tex(`${digits.slice(0, -1)}_{${base}}`),
    'base as a power': ({ digits, base }) => tex(`${digits}^{${base}}`),
    minus: ({ digits, base }) => tex(`-${digits}_{${base}}`),
  },
};

/** Numbers with something that says of what: percent, money, units, angles, times, ratios, bases. */
export const MEASURES: readonly SampledKind[] = [
  sampleKind(percent),
  sampleKind(money),
  sampleKind(quantity),
  sampleKind(area),
  sampleKind(angle),
  sampleKind(clock),
  sampleKind(halfDay),
  sampleKind(proportion),
  sampleKind(baseNumber),
];
