import type { Rng } from '../../../src/core/rng.ts';
import { between, pick } from './draw.ts';
import { any, plain, type Spelling, tex } from './spelling.ts';

/** Writes something that holds the number and is not it. */
type Disguise = (number: string, rng: Rng) => Spelling | null;

/** A digit that makes no identity with the number: `4/2`, `9:3` and `\\log_2 4` are 2, 3 and 2 again. */
function digit(rng: Rng, n = ''): number {
  for (;;) {
    const drawn = between(rng, 2, 9);
    if (BigInt(drawn) !== BigInt(n) ** 2n) return drawn;
  }
}

/**
 * What is read as a number when something that stands beside it is cut off, by the name under which it is counted.
 * Each holds for every whole number from 2 on, written in plain digits.
 */
export const DISGUISES: Readonly<Record<string, Disguise>> = {
  'exponent cut': (n, rng) =>
    pick(rng, [
      any(`${n}^${digit(rng)}`),
      tex(`${n}^{${digit(rng)}}`),
      plain(`${n}${pick(rng, ['²', '³', '¹⁰', '⁻¹'])}`),
    ]),
  'root cut': (n, rng) =>
    pick(rng, [
      tex(`\\sqrt{${n}}`),
      plain(`√${n}`),
      plain(`sqrt(${n})`),
      tex(`${n}\\sqrt{${digit(rng)}}`),
      plain(`${n}√${pick(rng, [2, 3, 5, 7])}`),
      tex(`\\sqrt[3]{${n}}`),
      plain(`${n} sqrt(${pick(rng, [2, 3, 5])})`),
      plain(`${n} square roots of ${pick(rng, [2, 3, 5])}`),
      plain(`the square root of ${n}`),
    ]),
  'pi cut': (n, rng) =>
    pick(rng, [
      tex(`${n}\\pi`),
      any(`${n}π`),
      plain(`${n} pi`),
      tex(`\\frac{${n}}{\\pi}`),
      plain(`${n}*pi`),
      tex(`${n}e`),
    ]),
  // 2! is 2.
  'factorial cut': (n) => (n === '2' ? null : any(`${n}!`)),
  'symbol cut': (n, rng) => {
    const x = pick(rng, ['x', 'n', 'y', 'a']);
    return tex(
      pick(rng, [`${n}${x}`, `${n} + ${x}`, `${x}^{${n}}`, `${x}_{${n}}`, `\\frac{${n}}{${x}}`, `${n}${x}^2`]),
    );
  },
  'imaginary unit cut': (n, rng) => any(pick(rng, [`${n}i`, `${n} + ${digit(rng)}i`])),
  'e-notation cut': (n, rng) => any(`${n}${pick(rng, ['e', 'E'])}${pick(rng, ['', '+', '-'])}${between(rng, 2, 20)}`),
  'power of ten cut': (n, rng) =>
    pick(rng, [
      tex(`${n} \\times 10^{${digit(rng)}}`),
      tex(`${n} \\cdot 10^${digit(rng)}`),
      plain(`${n} x 10^${digit(rng)}`),
      plain(`${n} × 10${pick(rng, ['⁵', '³', '⁻²'])}`),
    ]),
  'base cut': (n, rng) =>
    // A single digit is the same number in every base.
    n.length === 1 ? null : pick(rng, [tex(`${n}_{${between(rng, 11, 16)}}`), plain(`${n}${pick(rng, ['₃', '₈'])}`)]),
  'fraction cut': (n, rng) =>
    pick(rng, [
      tex(`\\frac{${n}}{${digit(rng)}}`),
      tex(`\\frac{${digit(rng, n)}}{${n}}`),
      any(`${n}/${digit(rng)}`),
      plain(`1⁄${n}`),
      plain(`${n}⁄${digit(rng)}`),
      plain(`1 over ${n}`),
      plain(`${n} over ${digit(rng)}`),
    ]),
  'mixed number cut': (n, rng) =>
    pick(rng, [
      tex(`${n}\\frac{1}{${digit(rng)}}`),
      plain(`${n} 1/${digit(rng)}`),
      plain(`4 ${n}/7`),
      plain(`${n}${pick(rng, ['½', '¼', '⅔'])}`),
    ]),
  'decimals cut': (n, rng) => any(`${n}.${pick(rng, ['', '0', '00'])}${digit(rng)}${pick(rng, ['', '5', '00'])}`),
  'whole part cut': (n, rng) => any(`${digit(rng)}.${n}`),
  'second point': (n, rng) => any(`${digit(rng)}.${digit(rng)}.${n}`),
  'clock time': (n, rng) => any(`${pick(rng, [1, 4, 11])}:${n.length === 2 ? n : `${n}0`.slice(0, 2)}`),
  ratio: (n, rng) => any(pick(rng, [`${n}:${digit(rng)}`, `${digit(rng, n)} : ${n}`])),
  'two numbers side by side': (n, rng) =>
    any(pick(rng, [`${digit(rng)} ${n}`, `${n} & ${digit(rng)}`, `${digit(rng)} & ${n}`])),
  'dots after it': (n, rng) => tex(pick(rng, [`${n}\\ldots`, `${n}\\cdots`, `${n}\\dots`])),
  bound: (n, rng) =>
    pick(rng, [
      tex(`\\ge ${n}`),
      tex(`\\leq ${n}`),
      any(`> ${n}`),
      any(`< ${n}`),
      plain(`≥ ${n}`),
      tex(`\\geqslant ${n}`),
      tex(`x > ${n}`),
      tex(`x \\le ${n}`),
      plain(`>= ${n}`),
      tex(`\\gg ${n}`),
      tex(`${n} < x`),
      tex(`${n} \\le x`),
    ]),
  'not equal': (n, rng) =>
    pick(rng, [
      tex(`\\neq ${n}`),
      tex(`\\ne ${n}`),
      tex(`\\not= ${n}`),
      plain(`≠ ${n}`),
      plain(`!= ${n}`),
      tex(`x \\neq ${n}`),
    ]),
  arrow: (n, rng) => {
    const from = n.endsWith('8') ? 4 : 8;
    return pick(rng, [
      tex(`${from} \\to ${n}`),
      tex(`${n} \\rightarrow ${from}`),
      plain(`${from} → ${n}`),
      plain(`${from} -> ${n}`),
      tex(`x \\to ${n}`),
    ]);
  },
  'interval or range': (n, rng) => {
    const far = `${n}${between(rng, 10, 99)}`;
    return pick(rng, [
      any(`[${n}, ${far}]`),
      any(`${n}-${far}`),
      any(`${n}–${far}`),
      plain(`${n} to ${far}`),
      plain(`between ${n} and ${far}`),
      tex(`[${n}, \\infty)`),
      tex(`x \\in [${n}, ${far}]`),
      any(`[${n}, ${n}]`),
      plain(`from ${n} to ${far}`),
    ]);
  },
  'one of two': (n, rng) => {
    const other = `${digit(rng)}${n}`;
    return pick(rng, [
      plain(`${n} or ${other}`),
      plain(`${other} or ${n}`),
      plain(`either ${n} or ${other}`),
      plain(`either ${other}, or ${n}`),
      tex(`${n} \\text{ or } ${other}`),
      plain(`${n} and ${other}`),
      any(`${other}, ${n}`),
      any(`(${other}, ${n})`),
      tex(`\\{${other}, ${n}\\}`),
      plain(`${n} / ${other}`),
      plain(`maybe ${other}, maybe ${n}`),
      any(`${other}; ${n}`),
      tex(`${other} \\lor ${n}`),
    ]);
  },
  'plus or minus': (n, rng) =>
    pick(rng, [
      tex(`\\pm ${n}`),
      plain(`±${n}`),
      plain(`+/- ${n}`),
      tex(`${n} \\pm ${digit(rng)}`),
      plain(`${n} ± ${digit(rng)}`),
    ]),
  'remainder term': (n, rng) =>
    tex(pick(rng, [`${n} + C`, `${n} + O(x)`, `${n} + o(1)`, `${n} + \\ldots`, `${n} + c`])),
  'function of it': (n, rng) =>
    tex(
      pick(rng, [
        `f(${n})`,
        `\\log ${n}`,
        `\\ln(${n})`,
        `\\log_{${n}} ${digit(rng, n)}`,
        `\\sin ${n}`,
        `e^{${n}}`,
        `${digit(rng)}^{${n}}`,
        `10^{${n}}`,
        `a_{${n}}`,
        `\\Gamma(${n})`,
        `\\int_0^{${n}} x^2 \\, dx`,
        `\\sum_{k=1}^{${n}} k^2`,
        `\\lim_{x \\to ${n}} x^2`,
        `\\zeta(${n})`,
        `P(X = ${n})`,
        `\\cosh ${n}`,
      ]),
    ),
  unfinished: (n, rng) =>
    tex(pick(rng, [`${n}^`, `${n}_`, `\\frac{${n}}{}`, `${n} +`, `${n} \\cdot`, `\\frac{${n}}`, `${n} \\times`])),
  garbled: (n, rng) => any(pick(rng, [`))${n}((`, `${n}@#`, `${n} = = `, `${n} ^ ^ 2`, `${n}?!?`, `${n}\u{fffd}`])),
  repeating: (n, rng) =>
    tex(pick(rng, [`0.\\overline{${n}}`, `${n}.\\overline{3}`, `0.\\dot{${n}}`, `\\overline{${n}x}`])),
  'remainder of it': (n, rng) =>
    tex(pick(rng, [`${n} \\bmod 2`, `${n} \\mod 2`, `${n}k`, `${n} \\mid n`, `n \\mid ${n}`])),
  'other side differs': (n, rng) => {
    const other = `${digit(rng)}${n}`;
    return tex(pick(rng, [`${other} = ${n}`, `x = ${other} = ${n}`, `${n} = ${other}`, `${other} + 1 = ${n}`]));
  },
  'multiplier word': (n, rng) => {
    const word = pick(rng, ['million', 'thousand', 'billion', 'dozen', 'hundred', 'trillion']);
    return pick(rng, [
      plain(`${n} ${word}`),
      tex(`${n} \\text{ ${word}}`),
      plain(`${n} ${word} dollars`),
      tex(`${n}\\,\\text{${word}}`),
    ]);
  },
  'multiplier letter': (n, rng) => plain(`${n}${pick(rng, ['k', ' k', 'bn', ' bn'])}`),
  'part of it': (n, rng) => {
    const part = pick(rng, [
      'half of',
      'a third of',
      'twice',
      'double',
      'half',
      'a quarter of',
      'one half of',
      'thrice',
    ]);
    return pick(rng, [plain(`${part} ${n}`), tex(`\\text{${part} } ${n}`)]);
  },
  'fraction word': (n, rng) => {
    const word = pick(rng, ['halves', 'thirds', 'quarters', 'fifths', 'tenths', 'percent of 40', 'hundredths']);
    return pick(rng, [plain(`${n} ${word}`), tex(`${n} \\text{ ${word}}`)]);
  },
  'operator word': (n, rng) => {
    const k = digit(rng);
    const phrase = pick(rng, [
      `${n} squared`,
      `${n} cubed`,
      `${n === '2' ? 5 : n} factorial`,
      `${n} choose ${BigInt(k) + 1n === BigInt(n) ? k + 1 : k}`,
      `${n} times ${k}`,
      `${n} plus ${k}`,
      `${n} minus ${k}`,
      `${n} divided by ${k}`,
      `${n} to the power of ${k}`,
      `${n} mod 2`,
      `the reciprocal of ${n}`,
      `the opposite of ${n}`,
      `${k} more than ${n}`,
      `${k} less than ${n}`,
      `${k} times ${n}`,
      `the square of ${n}`,
    ]);
    return rng.nextInt(3) === 0 ? tex(`\\text{${phrase}}`) : plain(phrase);
  },
  'bound in words': (n, rng) => {
    const phrase = pick(rng, [
      `at least ${n}`,
      `at most ${n}`,
      `more than ${n}`,
      `less than ${n}`,
      `fewer than ${n}`,
      `${n} or more`,
      `${n} or less`,
      `up to ${n}`,
      `no more than ${n}`,
      `no fewer than ${n}`,
      `over ${n}`,
      `under ${n}`,
      `greater than ${n}`,
      `a maximum of ${n} or so, perhaps fewer`,
      `anything above ${n}`,
      `not less than ${n}`,
      `almost, but not quite ${n}`,
      `${n} and up`,
      `a number below ${n}`,
    ]);
    return rng.nextInt(3) === 0 ? tex(`\\text{${phrase}}`) : plain(phrase);
  },
};
