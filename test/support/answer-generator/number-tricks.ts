import type { Rng } from '../../../src/core/rng.ts';
import { between, pick } from './draw.ts';
import { any, plain, type Spelling, tex } from './spelling.ts';

/** Writes something that shows or holds the digits of the number and is not it. */
type Trick = (number: string, rng: Rng) => Spelling | null;

/** The digits cut in two; null for a single digit. */
function split(digits: string, rng: Rng): readonly [string, string] | null {
  if (digits.length < 2) return null;
  const at = between(rng, 1, digits.length - 1);
  return [digits.slice(0, at), digits.slice(at)];
}

/**
 * Marks, markup and look-alikes around a whole number from 2 on: struck out, hidden, glued to a digit of another
 * script, or put into a sentence that counts something else.
 */
export const TRICKS: Readonly<Record<string, Trick>> = {
  'struck out': (n, rng) =>
    pick(rng, [
      tex(`\\cancel{${n}}`),
      tex(`\\xcancel{${n}}`),
      tex(`\\bcancel{${n}}`),
      plain(`~~${n}~~`),
      plain(`<s>${n}</s>`),
      plain(`<del>${n}</del>`),
      tex(`\\sout{${n}}`),
      tex(`\\text{\\sout{${n}}}`),
    ]),
  hidden: (n, rng) => {
    const seen = n === '8' ? 3 : 8;
    return pick(rng, [
      tex(`\\phantom{${n}}`),
      tex(`\\hphantom{${n}}`),
      plain(`<!-- ${n} -->`),
      tex(`\\color{white}{${n}}${seen}`),
      tex(`\\rlap{${seen}}${n}`),
      tex(`${seen}\\phantom{${n}}`),
    ]);
  },
  'partly hidden': (n, rng) => {
    const parts = split(n, rng);
    return parts === null
      ? null
      : tex(pick(rng, [`${parts[0]}\\phantom{${parts[1]}}`, `\\phantom{${parts[0]}}${parts[1]}`]));
  },
  'digit of another script beside it': (n, rng) =>
    any(
      pick(rng, [
        `${n}٣`,
        `${n}३`,
        `${n}①`,
        `①${n}`,
        `${n}𝟕`,
        `${n}Ⅶ`,
        `${n}七`,
        `${n}½`,
        `７${n}`,
        `${n}O`,
        `${n}О`,
        `l${n}`,
      ]),
    ),
  'invisible character inside a longer number': (n, rng) =>
    any(pick(rng, [`${n}\u200b8`, `8\u200b${n}`, `${n}\u2060${n}`, `${n}\ufeff1`, `3\u00ad${n}`, `${n}\u200d9`])),
  'superscript in markup': (n, rng) =>
    plain(pick(rng, [`${n}<sup>${between(rng, 2, 9)}</sup>`, `2<sup>${n}</sup>`, `x<sub>${n}</sub>`])),
  'spaced or pointed group': (n, rng) => {
    const parts = split(n, rng);
    return parts === null
      ? null
      : any(
          pick(rng, [
            `${parts[0]}, ${parts[1]}`,
            `${parts[0]}; ${parts[1]}`,
            `${parts[0]} | ${parts[1]}`,
            `(${parts[0]},${parts[1]})`,
          ]),
        );
  },
  'rate or share': (n, rng) => {
    const k = between(rng, 2, 9);
    return plain(
      pick(rng, [
        `${n} per ${k} hours`,
        `${n} every ${k} days`,
        `${n} out of ${n}${k}`,
        `${k} in ${n}`,
        `1 in ${n}`,
        `${n} of ${n}${k}`,
      ]),
    );
  },
  'below zero': (n, rng) => plain(pick(rng, [`${n} below zero`, `${n} degrees below zero`, `${n} less than zero`])),
  'double sign': (n, rng) => tex(pick(rng, [`-(+${n})`, `+-${n}`, `-|${n}|`, `-\\{${n}\\}`, `-(${n})`])),
  'square of the root with a sign': (n) => {
    const root = Math.round(Math.sqrt(Number(n)));
    return BigInt(root) ** 2n === BigInt(n) ? tex(`-${root}^2`) : null;
  },
  'program text': (n, rng) =>
    plain(pick(rng, [`range(${n})`, `x[${n}]`, `0x1${n}`, `#${n}${n}`, `v${n}.0.1`, `${n} == x ? 1 : 0`])),
  'date or version': (n, rng) =>
    plain(pick(rng, [`${n}/12/2024`, `2024-${n.padStart(2, '0')}-11`, `version ${n}.3.1`, `May ${n}, 2024`])),
  spray: (n, rng) => {
    const last = BigInt(n);
    const list = Array.from({ length: between(rng, 4, 9) }, (_, k) => last - BigInt(k)).toReversed();
    return plain(list.join(pick(rng, [', ', ' ', ' or ', ' / ', '; '])));
  },
};
