import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, betweenExcept, isRare, pick } from '../draw.ts';
import { plain, tex } from '../spelling.ts';

type Sign = '<' | '>' | '\\le' | '\\ge';

const SIGNS: readonly Sign[] = ['<', '>', '\\le', '\\ge'];
const TURNED: Readonly<Record<Sign, Sign>> = { '<': '>', '>': '<', '\\le': '\\ge', '\\ge': '\\le' };
const OTHER_END: Readonly<Record<Sign, Sign>> = { '<': '\\le', '>': '\\ge', '\\le': '<', '\\ge': '>' };
const TYPED: Readonly<Record<Sign, string>> = { '<': '<', '>': '>', '\\le': '<=', '\\ge': '>=' };

/** `a \le 5`. */
interface Bound {
  readonly name: string;
  readonly sign: Sign;
  readonly at: number;
}

type Pair = readonly [Bound, Bound];

const show = ({ name, sign, at }: Bound): string => `${name} ${sign} ${at}`;
const turn = ({ name, sign, at }: Bound): string => `${at} ${TURNED[sign]} ${name}`;
const both = ([one, other]: Pair, joint = ' \\text{ and } '): string => `${show(one)}${joint}${show(other)}`;

const drawSign = (rng: Rng): Sign => pick(rng, SIGNS);

/** One of the two changed. */
const changeOne =
  (change: (bound: Bound, rng: Rng) => Bound): Spell<Pair> =>
  ([one, other], rng) =>
    tex(isRare(rng, 2) ? both([change(one, rng), other]) : both([one, change(other, rng)]));

const twoLetters: AnswerKind<Pair> = {
  name: 'bounds of two letters',
  shape: 'relation',
  weight: 20,
  draw: (rng) => {
    const [name, next] = pick(rng, [
      ['a', 'b'],
      ['x', 'y'],
      ['m', 'n'],
      ['p', 'q'],
    ] as const);
    const at = between(rng, -20, 20);
    return [
      { name, sign: drawSign(rng), at },
      { name: next, sign: drawSign(rng), at: betweenExcept(rng, -20, 20, [at, -at]) },
    ];
  },
  gold: (pair, rng) => both(pair, pick(rng, [' \\text{ and } ', ', ', ' \\text{ and } '])),
  rewrites: {
    same: (pair, rng) => tex(both(pair, pick(rng, [' \\text{ and } ', ', ', ',\\ ', ', \\quad ']))),
    'other order': ([one, other], rng) => tex(both([other, one], pick(rng, [' \\text{ and } ', ', ']))),
    'sides exchanged': ([one, other]) => tex(`${turn(one)} \\text{ and } ${show(other)}`),
    typed: (pair) => plain(pair.map(({ name, sign, at }) => `${name} ${TYPED[sign]} ${at}`).join(' and ')),
  },
  misses: {
    'letters exchanged': ([one, other]) =>
      tex(
        both([
          { ...one, name: other.name },
          { ...other, name: one.name },
        ]),
      ),
    'one letter for both': ([one, other]) => tex(both([one, { ...other, name: one.name }])),
    'another letter': ([one, other]) => tex(both([one, { ...other, name: 'w' }])),
    or: (pair) => tex(both(pair, ' \\text{ or } ')),
    'one lost': (pair, rng) => tex(show(pick(rng, pair))),
    'opened or closed': changeOne((bound) => ({ ...bound, sign: OTHER_END[bound.sign] })),
    'direction turned': changeOne((bound) => ({ ...bound, sign: TURNED[bound.sign] })),
    moved: changeOne((bound, rng) => ({ ...bound, at: bound.at + pick(rng, [1, -1, 2, 10]) })),
    'one as an equation': ([one, other]) => tex(`${show(one)} \\text{ and } ${other.name} = ${other.at}`),
    'one added': (pair, rng) =>
      tex(`${both(pair, ', ')}, ${show({ name: 'w', sign: drawSign(rng), at: between(rng, -9, 9) })}`),
    'one bound of both': ([one, other]) => tex(`${one.name} ${one.sign} ${other.name} ${one.sign} ${one.at}`),
  },
};

/** One letter between bounds, or on one side of one. */
interface Inequality {
  readonly name: string;
  readonly text: string;
  readonly typed: string;
  /** A number that it holds for. */
  readonly inside: number;
}

const WHOLE_BY_SIGN: readonly string[] = [
  ...[
    ', @ \\in \\mathbb{Z}',
    ',\\ @ \\in \\mathbb{N}',
    ' \\quad (@ \\in \\mathbb{Z})',
    ' \\text{ and } @ \\in \\mathbb{Z}',
  ],
  ...[', @ \\in \\mathbb{Q}', ' \\text{ for } @ \\in \\mathbb{Z}', ' \\text{ where } @ \\in \\mathbb{N}'],
];

const WHOLE_IN_WORDS: readonly string[] = [
  ...['\\text{ integer}', '\\text{ integers}', '\\text{ integers only}', '\\text{, integers}', '\\text{ (integers)}'],
  ...[' \\text{ for integers } @', ' \\text{ for integer } @', ' \\text{ for all integers } @', ', @ \\text{ integer}'],
  ...[' \\text{ where } @ \\text{ is an integer}', ', \\text{ where } @ \\text{ is a natural number}'],
  ...[' (@ \\text{ integer})', ' \\text{ with } @ \\text{ an integer}', ', @ \\text{ is an integer}'],
  ...[' \\text{ for positive integers } @', ' \\text{ for every integer } @', ' \\text{ for natural } @'],
];

const OTHERS_IN_WORDS: readonly string[] = [
  ...[
    ' \\text{ for odd } @',
    ' \\text{ where } @ \\text{ is even}',
    ' (@ \\text{ odd})',
    '\\text{ prime}',
    ', @ \\text{ even}',
  ],
  ...['\\text{ odd}', ' \\text{ if } @ \\text{ is prime}', ' \\text{ for prime } @', ', \\text{ primes only}'],
];

const behind =
  (endings: readonly string[]): Spell<Inequality> =>
  ({ name, text }, rng) =>
    tex(`${text}${pick(rng, endings).replaceAll('@', name)}`);

const domain: AnswerKind<Inequality> = {
  name: 'inequality with a domain',
  shape: 'relation',
  weight: 20,
  draw: (rng) => {
    const name = pick(rng, ['x', 'y', 't', 'a']);
    const [low, sign] = [between(rng, -20, 20), pick(rng, SIGNS)];
    if (isRare(rng, 2)) {
      const inside = low + (sign === '>' || sign === '\\ge' ? 1 : -1);
      return { name, text: `${name} ${sign} ${low}`, typed: `${name} ${TYPED[sign]} ${low}`, inside };
    }
    const [first, second] = [pick(rng, ['<', '\\le'] as const), pick(rng, ['<', '\\le'] as const)];
    const high = low + between(rng, 2, 30);
    return {
      name,
      text: `${low} ${first} ${name} ${second} ${high}`,
      typed: `${low} ${TYPED[first]} ${name} ${TYPED[second]} ${high}`,
      inside: low + 1,
    };
  },
  gold: ({ text }) => text,
  rewrites: {
    same: ({ text }) => tex(text),
    typed: ({ typed }) => plain(typed),
    'real by sign': behind([', @ \\in \\mathbb{R}', ' \\quad (@ \\in \\mathbb{R})', ',\\ @ \\in \\mathbb R']),
    'real in words': behind([
      ...[' \\text{ for all real } @', ' \\text{ where } @ \\text{ is real}', ' \\text{ for real } @'],
      ...[' \\text{ where } @ \\text{ is a real number}'],
    ]),
  },
  misses: {
    'whole or rational by sign': behind(WHOLE_BY_SIGN),
    'whole in words': behind(WHOLE_IN_WORDS),
    'odd, even or prime': behind(OTHERS_IN_WORDS),
    'for some': behind([' \\text{ for some } @', ' \\text{ for some real } @', ', \\text{ for some } @']),
    'whole numbers before it': ({ name, text }, rng) =>
      tex(`\\text{${pick(rng, ['integers', 'all integers', 'odd', 'every integer'])} } ${name} \\text{ with } ${text}`),
    'but for a value': ({ name, text, inside }) => tex(`${text}, ${name} \\ne ${inside}`),
    'under a condition': ({ text }, rng) =>
      tex(`${text} \\text{ if } ${pick(rng, ['b', 'c', 'k'])} > ${between(rng, 1, 9)}`),
  },
};

/** Bounds of more than one letter, and of one letter with a statement of its domain. */
export const BOUNDS: readonly SampledKind[] = [sampleKind(twoLetters), sampleKind(domain)];
