import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, betweenExcept, isRare, pick } from '../draw.ts';
import { any, plain, tex } from '../spelling.ts';

/** A Gaussian integer over a whole number: `(re + im i) / under`; `im` is not 0. */
interface Complex {
  readonly re: number;
  readonly im: number;
  readonly under: number;
}

const imaginary = (im: number, i: string): string => (im === 1 ? i : im === -1 ? `-${i}` : `${im}${i}`);

/** `3 - 2i`; the real part is left out where it is 0. */
function show(re: number, im: number, i = 'i'): string {
  if (re === 0) return imaginary(im, i);
  return `${re}${im < 0 ? '-' : '+'}${imaginary(Math.abs(im), i)}`;
}

const over = (text: string, under: number): string => (under === 1 ? text : `\\frac{${text}}{${under}}`);

const miss =
  (change: (value: Complex, rng: Rng) => readonly [re: number, im: number]): Spell<Complex> =>
  (value, rng) => {
    const [re, im] = change(value, rng);
    if (re === value.re && im === value.im) return null;
    return tex(over(im === 0 ? String(re) : show(re, im), value.under));
  };

const complex: AnswerKind<Complex> = {
  name: 'complex number',
  shape: 'scalar',
  weight: 30,
  draw: (rng) => ({
    re: isRare(rng, 6) ? 0 : between(rng, 1, 30) * (isRare(rng, 3) ? -1 : 1),
    im: between(rng, 1, 30) * (isRare(rng, 3) ? -1 : 1),
    under: isRare(rng, 4) ? between(rng, 2, 12) : 1,
  }),
  gold: ({ re, im, under }) => over(show(re, im), under),
  rewrites: {
    'same order': ({ re, im, under }, rng) =>
      tex(over(show(re, im, pick(rng, ['i', '\\mathrm{i}', '\\, i', ' i'])), under)),
    'imaginary part first': ({ re, im, under }) =>
      re === 0 ? null : tex(over(`${imaginary(im, 'i')}${re < 0 ? '-' : '+'}${Math.abs(re)}`, under)),
    'unit first': ({ re, im, under }) =>
      re === 0 ? null : tex(over(`${re} ${im < 0 ? '-' : '+'} i \\cdot ${Math.abs(im)}`, under)),
    typed: ({ re, im, under }) =>
      under === 1 && re !== 0 ? plain(`${re} ${im < 0 ? '-' : '+'} ${imaginary(Math.abs(im), 'i')}`) : null,
    'typed by a program': ({ re, im, under }) => (under === 1 && re !== 0 ? plain(`${re}.0 + ${im}.0i`) : null),
    'parts apart': ({ re, im, under }) =>
      under === 1 || re === 0 ? null : tex(`\\frac{${re}}{${under}} + \\frac{${im}}{${under}} i`),
    'product of two': ({ re, im, under }, rng) => {
      // The number times c + di, times c - di, over c^2 + d^2.
      const [c, d] = [between(rng, 1, 6), between(rng, 1, 6)];
      const norm = c * c + d * d;
      return tex(`\\frac{(${show(re * c - im * d, re * d + im * c, 'i')})(${show(c, -d)})}{${norm * under}}`);
    },
    'equation that states it': ({ re, im, under }) => tex(`z = ${over(show(re, im), under)}`),
    'not reduced': ({ re, im, under }, rng) => {
      const k = between(rng, 2, 6);
      return tex(over(show(re * k, im * k), under * k));
    },
  },
  misses: {
    'conjugated by a bar': ({ re, im, under }) => tex(over(`\\overline{${show(re, im)}}`, under)),
    conjugate: miss(({ re, im }) => [re, -im]),
    'sign of the real part': miss(({ re, im }) => [-re, im]),
    'parts exchanged': miss(({ re, im }) => [im, re]),
    'real part changed': miss(({ re, im }, rng) => [re + pick(rng, [1, -1, 10]), im]),
    'imaginary part changed': miss(({ re, im }, rng) => [re, im + pick(rng, [1, -1, 10])]),
    'unit lost': ({ re, im, under }) =>
      re === 0 ? null : tex(over(`${re}${im < 0 ? '-' : '+'}${Math.abs(im)}`, under)),
    'imaginary part lost': ({ re, under }) => (re === 0 ? null : tex(over(String(re), under))),
    'real part lost': ({ re, im, under }) => (re === 0 ? null : tex(over(imaginary(im, 'i'), under))),
    'imaginary part alone': ({ im, under }) => tex(over(String(im), under)),
    modulus: ({ re, im, under }) => tex(over(`\\sqrt{${re * re + im * im}}`, under)),
    pair: ({ re, im, under }) => (under === 1 ? any(`(${re}, ${im})`) : null),
    'other letter': ({ re, im, under }, rng) => tex(over(show(re, im, pick(rng, ['x', 'n', 't'])), under)),
    'denominator changed': ({ re, im, under }, rng) => tex(over(show(re, im), betweenExcept(rng, 2, 15, [under]))),
    'two of them': ({ re, im, under }) => tex(`${over(show(re, im), under)}, ${over(show(re, -im), under)}`),
    'plus or minus': ({ re, im, under }) =>
      re === 0
        ? tex(`\\pm ${over(imaginary(Math.abs(im), 'i'), under)}`)
        : tex(over(`${re} \\pm ${imaginary(Math.abs(im), 'i')}`, under)),
  },
};

/** Complex numbers. */
export const COMPLEX_NUMBERS: readonly SampledKind[] = [sampleKind(complex)];
