import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, pickEntries, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, drawDigits, isRare, pick } from '../draw.ts';
import { DISGUISES } from '../number-disguises.ts';
import { TRICKS } from '../number-tricks.ts';
import {
  addDigit,
  changeDigit,
  groupDigits,
  markSign,
  spellNegative,
  spellWords,
  swapDigits,
  toFullWidth,
} from '../spell-number.ts';
import { any, plain, type Spelling, tex } from '../spelling.ts';
import { NOUNS, UNITS } from '../vocabulary.ts';

const digitsOf = (n: bigint): string => String(n < 0n ? -n : n);

/** A sum, difference, product, quotient or root that comes to `n`. */
function calculate(n: bigint, rng: Rng): string {
  const k = BigInt(between(rng, 2, 60));
  switch (between(rng, 0, 5)) {
    case 0:
      return `${n - k} + ${k}`;
    case 1:
      return `${n + k} - ${k}`;
    case 2:
      return `\\frac{${n * k}}{${k}}`;
    case 3:
      return n < 0n ? `-\\sqrt{${n * n}}` : `\\sqrt{${n * n}}`;
    case 4:
      return `${n * k} \\div ${k}`;
    default:
      return `${n - 2n * k} + 2 \\cdot ${k}`;
  }
}

/** `3.4 \times 10^5` and the like, exactly. */
function spellScientific(n: bigint, rng: Rng): Spelling | null {
  const digits = digitsOf(n);
  const head = digits.replace(/0+$/, '');
  if (digits.length < 3 || head.length > 5) return null;
  const mantissa = head.length === 1 ? head : `${head[0]}.${head.slice(1)}`;
  const exponent = digits.length - 1;
  const sign = n < 0n ? '-' : '';
  return pick(rng, [
    tex(`${sign}${mantissa} \\times 10^{${exponent}}`),
    tex(`${sign}${mantissa}\\cdot 10^{${exponent}}`),
    any(`${sign}${mantissa}e${exponent}`),
    any(`${sign}${mantissa}E${exponent}`),
    plain(`${sign}${mantissa} x 10^${exponent}`),
    plain(`${sign}${mantissa} × 10^${exponent}`),
  ]);
}

function spellScaleWord(n: bigint, rng: Rng): Spelling | null {
  for (const [size, word] of [
    [1_000_000_000n, 'billion'],
    [1_000_000n, 'million'],
    [1000n, 'thousand'],
  ] as const) {
    if (n >= size && (n * 10n) % size === 0n && n < size * 1000n) {
      const tenths = (n * 10n) / size;
      const head = tenths % 10n === 0n ? String(tenths / 10n) : `${tenths / 10n}.${tenths % 10n}`;
      return pick(rng, [plain(`${head} ${word}`), tex(`${head}\\text{ ${word}}`)]);
    }
  }
  return null;
}

const SIDES = [
  'x',
  'n',
  'a+b',
  'm + n',
  'f(3)',
  '\\text{Area}',
  '|AB|',
  'x + y + z',
  'N',
  'a_{10}',
  '\\angle ABC',
  'p+q+r',
];

const REWRITES: Readonly<Record<string, Spell<bigint>>> = {
  digits: (n, rng) => (n < 0n ? spellNegative(digitsOf(n), rng) : any(String(n))),
  'groups of three': (n, rng) => {
    const digits = digitsOf(n);
    const sign = n < 0n ? '-' : '';
    if (digits.length < 4) return null;
    return pick(rng, [
      any(sign + groupDigits(digits, ',')),
      tex(sign + groupDigits(digits, '{,}')),
      tex(sign + groupDigits(digits, ',\\!')),
      tex(sign + groupDigits(digits, '\\,')),
      plain(sign + groupDigits(digits, '\u202f')),
      tex(sign + groupDigits(digits, ', \\! ')),
    ]);
  },
  'zeros around it': (n, rng) =>
    pick(rng, [
      any(`${n}.0`),
      any(`${n}.00`),
      n < 0n ? tex(`-0${digitsOf(n)}`) : any(`0${n}`),
      n < 0n ? any(`${n}.0`) : any(`00${n}`),
    ]),
  'plus sign': (n) => (n > 0n ? any(`+${n}`) : null),
  'parentheses and groups': (n, rng) =>
    tex(pick(rng, [`(${n})`, `{${n}}`, `\\left(${n}\\right)`, `{{${n}}}`, `\\{${n}\\}`])),
  'set in another face': (n, rng) =>
    tex(
      pick(rng, [
        `\\mathbf{${n}}`,
        `\\text{${n}}`,
        `\\textbf{${n}}`,
        `\\mathrm{${n}}`,
        `\\underline{${n}}`,
        `\\mbox{${n}}`,
      ]),
    ),
  'full-width digits': (n) => (n >= 0n ? plain(toFullWidth(String(n))) : null),
  'still to calculate': (n, rng) => tex(calculate(n, rng)),
  calculated: (n, rng) => tex(`${calculate(n, rng)} = ${n}`),
  'equation that states it': (n, rng) => tex(`${pick(rng, SIDES)} = ${n}`),
  'equation turned round': (n, rng) => tex(`${n} = ${pick(rng, ['x', 'n', 'k', 'A'])}`),
  'equation with steps': (n, rng) => tex(`${pick(rng, SIDES)} = ${calculate(n, rng)} = ${n}`),
  'equation typed': (n, rng) => plain(`${pick(rng, ['x', 'n', 'm + n', 'a + b'])} = ${n}`),
  'with what is counted': (n, rng) => {
    if (n < 0n) return null;
    const noun = pick(rng, NOUNS);
    return pick(rng, [plain(`${n} ${noun}`), tex(`${n}\\text{ ${noun}}`), tex(`\\text{${n} ${noun}}`)]);
  },
  'with a unit': (n, rng) => {
    const names = pick(rng, pick(rng, Object.values(UNITS)));
    const unit = pick(rng, names);
    return pick(rng, [
      plain(`${n} ${unit}`),
      tex(`${n}\\text{ ${unit}}`),
      tex(`${n}\\ \\mathrm{${unit.replaceAll(' ', '\\ ')}}`),
    ]);
  },
  'with a currency': (n, rng) =>
    n < 0n
      ? null
      : pick(rng, [tex(`\\$${n}`), plain(`$${n}`), plain(`${n} dollars`), plain(`$${n}.00`), plain(`€${n}`)]),
  'in words': (n, rng) => {
    if (n < 0n || n > 99_999n) return null;
    const words = spellWords(Number(n), rng);
    return pick(rng, [plain(words), tex(`\\text{${words}}`), plain(words[0]!.toUpperCase() + words.slice(1))]);
  },
  'million and billion': spellScaleWord,
  scientific: spellScientific,
  'absolute value': (n) => (n > 0n ? tex(`|-${n}|`) : null),
  'remainder that is it': (n, rng) => {
    const modulus = n + BigInt(between(rng, 1, 20));
    return n < 0n ? null : tex(`${n + modulus * BigInt(between(rng, 1, 5))} \\bmod ${modulus} = ${n}`);
  },
  'not another one': (n, rng) => {
    const other = n + BigInt(between(rng, 1, 9));
    return plain(pick(rng, [`${n}, not ${other}`, `${n} instead of ${other}`, `${n}, since ${other} is too many`]));
  },
  'double sign': (n, rng) => (n > 0n ? tex(pick(rng, [`-(-${n})`, `-\\left(-${n}\\right)`])) : tex(`-(${-n})`)),
  square: (n, rng) => {
    const root = Math.round(Math.sqrt(Number(n)));
    if (n < 4n || BigInt(root) ** 2n !== n) return null;
    return tex(pick(rng, [`${root}^2`, `(-${root})^2`, `${root}^{2}`]));
  },
  'with a reason': (n, rng) => {
    const k = BigInt(between(rng, 1, 20));
    return plain(pick(rng, [`${n}, because ${n - k} + ${k} = ${n}`, `${n} (that is, ${n - k} plus ${k})`]));
  },
  'with a remark': (n, rng) => {
    if (n < 2n) return null;
    const part = BigInt(between(rng, 1, Number(n < 90n ? n - 1n : 90n)));
    return plain(`${n} clips (${part} in April and ${n - part} in May)`);
  },
};

const byDigits =
  (change: (digits: string, rng: Rng) => string | null): Spell<bigint> =>
  (n, rng) => {
    const digits = change(digitsOf(n), rng);
    return digits === null ? null : any(`${n < 0n ? '-' : ''}${digits}`);
  };

/** A disguise holds for numbers from 2 on. */
const DISGUISED: Readonly<Record<string, Spell<bigint>>> = Object.fromEntries(
  Object.entries({ ...DISGUISES, ...TRICKS }).map(([name, disguise]) => [
    name,
    ((n, rng) => (n < 2n ? null : disguise(String(n), rng))) satisfies Spell<bigint>,
  ]),
);

const MISSES: Readonly<Record<string, Spell<bigint>>> = {
  'digit changed': byDigits(changeDigit),
  'digit added': byDigits(addDigit),
  'digit dropped': byDigits((digits) => (digits.length < 2 || digits[1] === '0' ? null : digits.slice(1))),
  'last digit dropped': byDigits((digits) => (digits.length < 2 ? null : digits.slice(0, -1))),
  'digits swapped': byDigits(swapDigits),
  'one off': (n, rng) => any(String(n + pick(rng, [1n, -1n]))),
  'sign added by any mark': (n, rng) => (n > 0n ? markSign(String(n), rng) : null),
  'sign lost': (n) => (n < 0n ? any(digitsOf(n)) : null),
  'sign added': (n) => (n > 0n ? any(`-${n}`) : null),
  'zero added': (n) => (n === 0n ? null : any(`${n}0`)),
  'nearly it': (n, rng) => any(`${n}.${'0'.repeat(between(rng, 1, 6))}1`),
  'groups of three, one changed': (n, rng) => {
    const digits = digitsOf(n);
    return digits.length < 4 ? null : any(groupDigits(changeDigit(digits, rng), ','));
  },
  'equation for another': (n, rng) => tex(`${pick(rng, SIDES)} = ${n + BigInt(between(rng, 1, 9))}`),
  'calculated wrong': (n, rng) => {
    const k = BigInt(between(rng, 1, 50));
    return tex(`${n + k} + ${k} = ${n}`);
  },
  'still to calculate, wrong': (n, rng) => tex(calculate(n + BigInt(between(rng, 1, 9)), rng)),
  'grouped as a pair': (n) => {
    const digits = digitsOf(n);
    return n < 1000n ? null : any(`(${groupDigits(digits, ',')})`);
  },
  'point for the comma': (n) => {
    const digits = digitsOf(n);
    // 1.000 is 1, and 1.230 is 1.23: never 1,000 or 1,230.
    return n < 1000n || digits.length > 6 ? null : any(groupDigits(digits, '.'));
  },
  'another, not it': (n, rng) => {
    const other = n + BigInt(between(rng, 1, 9));
    return pick(rng, [
      plain(`${other}, not ${n}`),
      tex(`${other} \\text{ instead of } ${n}`),
      plain(`${other}, since ${n} is too few`),
      plain(`${other} rather than ${n}`),
      plain(`${other} (${n} would be wrong)`),
    ]);
  },
  'another with a remark': (n, rng) => {
    const other = n + BigInt(between(rng, 1, 9));
    const part = n - BigInt(between(rng, 1, 9));
    return pick(rng, [
      plain(`${other} clips (${n} in April and ${part} in May)`),
      plain(`${other} minutes, ${n} of them in the shop`),
      tex(`${other} \\text{ with } t = ${n}`),
      plain(`${n} apples and ${other} pears`),
    ]);
  },
  ...DISGUISED,
};

const integer: AnswerKind<bigint> = {
  name: 'integer',
  shape: 'number',
  weight: 400,
  draw: (rng) => {
    if (isRare(rng, 60)) return 0n;
    const size = drawDigits(rng, pick(rng, [1, 1, 2, 2, 2, 3, 3, 4, 5, 6]));
    if (isRare(rng, 12)) return BigInt(between(rng, 1, 99)) * 10n ** BigInt(between(rng, 3, 8));
    return isRare(rng, 4) ? -size : size;
  },
  gold: (n, rng) => {
    const digits = String(n);
    if (isRare(rng, 10)) return `$${digits}$`;
    return n > 999n && isRare(rng, 4) ? groupDigits(digits, pick(rng, [',', '{,}', ',\\!'])) : digits;
  },
  rewrites: REWRITES,
  misses: MISSES,
};

const BIG_REWRITES = ['digits', 'groups of three', 'zeros around it', 'parentheses and groups', 'still to calculate'];
const BIG_MISSES = [
  ...['digit changed', 'digit added', 'digit dropped', 'last digit dropped', 'digits swapped', 'one off', 'sign lost'],
  ...['sign added', 'zero added', 'calculated wrong', 'still to calculate, wrong', 'exponent cut', 'nearly it'],
];

/** Integers that doubles cannot tell apart. */
const bigInteger: AnswerKind<bigint> = {
  name: 'big integer',
  shape: 'number',
  weight: 25,
  draw: (rng) => {
    const size = isRare(rng, 3)
      ? BigInt(between(rng, 1, 9)) * 10n ** BigInt(between(rng, 15, 40)) + BigInt(between(rng, 0, 99))
      : drawDigits(rng, between(rng, 16, 45));
    return isRare(rng, 4) ? -size : size;
  },
  gold: (n, rng) => (n > 0n && isRare(rng, 4) ? groupDigits(String(n), ',') : String(n)),
  rewrites: pickEntries(REWRITES, BIG_REWRITES),
  misses: {
    ...pickEntries(MISSES, BIG_MISSES),
    'root of a neighbour': (n, rng) => tex(`${n < 0n ? '-' : ''}\\sqrt{${n * n + pick(rng, [1n, 2n])}}`),
  },
};

/** Integers, small and big. */
export const WHOLE_NUMBERS: readonly SampledKind[] = [sampleKind(integer), sampleKind(bigInteger)];
