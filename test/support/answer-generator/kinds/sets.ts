import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, isRare, pick, reorder } from '../draw.ts';
import { drawMembers, drawOther, type Member, negate, spellMember, wholeMember } from '../member.ts';
import { plain, type Spelling, tex } from '../spelling.ts';

type Members = readonly Member[];

const SEPARATORS = [', ', ',', ',\\ ', ', \\, ', ',\\;'];

const joined = (members: Members, rng: Rng): string =>
  members.map((one) => spellMember(one, rng)).join(pick(rng, SEPARATORS));

const isTyped = (members: Members): boolean => members.every(({ plain: text }) => text !== null);

const typed = (members: Members): string[] => members.map((one) => one.plain!);

/** `3, 5 and 7`. */
function enumerate(texts: readonly string[], word: string): string {
  return texts.length === 1 ? texts[0]! : `${texts.slice(0, -1).join(', ')} ${word} ${texts.at(-1)}`;
}

const braces = (members: Members, rng: Rng): string =>
  pick(rng, [
    `\\{${joined(members, rng)}\\}`,
    `\\{ ${joined(members, rng)} \\}`,
    `\\left\\{${joined(members, rng)}\\right\\}`,
  ]);

/** Another collection, for the notations below. */
type Change = (members: Members, rng: Rng) => Members | null;

const replaceOne: Change = (members, rng) => members.with(rng.nextInt(members.length), drawOther(rng, members));

const CHANGES: Readonly<Record<string, Change>> = {
  'member changed': replaceOne,
  'member lost': (members, rng) => {
    const at = rng.nextInt(members.length);
    return members.filter((_, k) => k !== at);
  },
  'member added': (members, rng) => [...members, drawOther(rng, members)],
  'sign of a member': (members, rng) => {
    const at = rng.nextInt(members.length);
    const other = negate(members[at]!);
    return other === null || members.some(({ key }) => key === other.key) ? null : members.with(at, other);
  },
  'member lost, another twice': (members) => (members.length < 2 ? null : [...members.slice(1), members[1]!]),
};

const changedTo = (show: (members: Members, rng: Rng) => Spelling | null): Readonly<Record<string, Spell<Members>>> =>
  Object.fromEntries(
    Object.entries(CHANGES).map(([name, change]) => [
      name,
      ((members, rng) => {
        const other = change(members, rng);
        return other === null ? null : show(other, rng);
      }) satisfies Spell<Members>,
    ]),
  );

const set: AnswerKind<Members> = {
  name: 'set',
  shape: 'collection',
  weight: 35,
  draw: (rng) => drawMembers(rng, between(rng, 2, 6)),
  gold: (members) => `\\{${members.map((one) => one.tex).join(', ')}\\}`,
  rewrites: {
    'other order': (members, rng) => tex(braces(reorder(rng, members), rng)),
    'other forms': (members, rng) => tex(braces(members, rng)),
    'without braces': (members, rng) => tex(joined(reorder(rng, members), rng)),
    membership: (members, rng) => tex(`x \\in ${braces(reorder(rng, members), rng)}`),
    'a member twice': (members, rng) => tex(braces([...members, members[0]!], rng)),
    typed: (members, rng) => (isTyped(members) ? plain(`{${typed(reorder(rng, members)).join(', ')}}`) : null),
    'in a sentence': (members, rng) =>
      isTyped(members) ? plain(enumerate(typed(reorder(rng, members)), 'and')) : null,
  },
  misses: {
    ...changedTo((members, rng) => tex(members.length === 0 ? '\\emptyset' : braces(members, rng))),
    'interval of the ends': (members) => tex(`[${members[0]!.tex}, ${members.at(-1)!.tex}]`),
    complement: (members, rng) => tex(`\\mathbb{R} \\setminus ${braces(members, rng)}`),
    'not in it': (members, rng) => tex(`x \\notin ${braces(members, rng)}`),
    'set of the set': (members, rng) => tex(`\\{${braces(members, rng)}\\}`),
    'number of members': (members) =>
      members.some(({ key }) => key === `${members.length}/1`) ? null : tex(String(members.length)),
    'last member': (members) => tex(members.at(-1)!.tex),
    glued: (members) => tex(members.map((one) => one.tex).join(' ')),
    unfinished: (members) => tex(`\\{${members.map((one) => one.tex).join(', ')}, \\ldots\\}`),
    'union with another': (members, rng) =>
      tex(`${braces(members, rng)} \\cup ${braces([drawOther(rng, members)], rng)}`),
    product: (members) => tex(members.map(({ tex: text }) => `(${text})`).join('')),
  },
};

const symbolOf = (rng: Rng): string => pick(rng, ['x', 'x', 'n', 'k', 't']);

const solutions: AnswerKind<Members> = {
  name: 'list of solutions',
  shape: 'collection',
  weight: 45,
  draw: (rng) => drawMembers(rng, between(rng, 2, 4)),
  gold: (members) => members.map((one) => one.tex).join(', '),
  rewrites: {
    'other order': (members, rng) => tex(joined(reorder(rng, members), rng)),
    'other forms': (members, rng) => tex(joined(members, rng)),
    or: (members, rng) =>
      tex(members.map((one) => one.tex).join(pick(rng, [' \\text{ or } ', ' \\text{ and } ', '\\text{ or }']))),
    'comma and or': (members, rng) =>
      tex(
        enumerate(
          reorder(rng, members).map((one) => one.tex),
          pick(rng, ['\\text{ or }', '\\text{ and }']),
        ),
      ),
    braces: (members, rng) => tex(braces(reorder(rng, members), rng)),
    equations: (members, rng) => {
      const x = symbolOf(rng);
      return tex(members.map((one) => `${x} = ${one.tex}`).join(pick(rng, [' \\text{ or } ', ', ', ' \\lor '])));
    },
    'one equation': (members, rng) => tex(`${symbolOf(rng)} = ${members.map((one) => one.tex).join(', ')}`),
    'indexed equations': (members) => tex(members.map((one, k) => `x_${k + 1} = ${one.tex}`).join(', ')),
    membership: (members, rng) => tex(`x \\in ${braces(members, rng)}`),
    typed: (members, rng) => (isTyped(members) ? plain(typed(reorder(rng, members)).join(', ')) : null),
    'in a sentence': (members, rng) =>
      isTyped(members) ? plain(enumerate(typed(reorder(rng, members)), pick(rng, ['and', 'or']))) : null,
    'a box each': (members, rng) => {
      const boxes = reorder(rng, members).map((one) => `\\boxed{${one.tex}}`);
      return pick(rng, [
        plain(`$${boxes.join(', ')}$`),
        plain(
          enumerate(
            boxes.map((box) => `$${box}$`),
            pick(rng, ['and', 'or']),
          ),
        ),
      ]);
    },
    semicolons: (members) => tex(members.map((one) => one.tex).join('; ')),
  },
  misses: {
    ...changedTo((members, rng) =>
      members.length === 0
        ? null
        : isRare(rng, 3) && isTyped(members)
          ? plain(enumerate(typed(members), 'and'))
          : tex(joined(members, rng)),
    ),
    'a box each, one lost': (members) =>
      members.length < 3
        ? null
        : plain(
            members
              .slice(1)
              .map((one) => `$\\boxed{${one.tex}}$`)
              .join(', '),
          ),
    'a box each, one changed': (members, rng) =>
      plain(
        replaceOne(members, rng)!
          .map((one) => `$\\boxed{${one.tex}}$`)
          .join(' and '),
      ),
    range: (members) => (isTyped(members) ? plain(`${members[0]!.plain} to ${members.at(-1)!.plain}`) : null),
    inequality: (members) => tex(`${members[0]!.tex} \\le x \\le ${members.at(-1)!.tex}`),
    'last alone': (members) => tex(members.at(-1)!.tex),
    'not equal': (members) => tex(`x \\neq ${members.map((one) => one.tex).join(', ')}`),
    denied: (members) => tex(`\\text{not } ${members.map((one) => one.tex).join(', ')}`),
    unfinished: (members) => tex(`${members.map((one) => one.tex).join(', ')}, \\ldots`),
    'equations of two names': (members) =>
      members.length === 2 ? tex(`x = ${members[0]!.tex}, y \\neq ${members[1]!.tex}`) : null,
    sum: (members) => tex(members.map(({ tex: text }) => `(${text})`).join(' + ')),
    nested: (members) => tex(`(${members.map((one) => one.tex).join(', ')}), ${members[0]!.tex}`),
  },
};

interface PlusMinus {
  readonly centre: number;
  readonly k: number;
  readonly m: number;
}

const halfOf = ({ k, m }: PlusMinus): string => (m === 1 ? String(k) : `${k === 1 ? '' : k}\\sqrt{${m}}`);
const pm = (value: PlusMinus, sign: string): string =>
  `${value.centre === 0 ? '' : `${value.centre} `}${sign} ${halfOf(value)}`.trim();

const plusMinus: AnswerKind<PlusMinus> = {
  name: 'plus or minus',
  shape: 'collection',
  weight: 15,
  draw: (rng) => ({
    centre: isRare(rng, 2) ? 0 : between(rng, -9, 9),
    k: between(rng, 1, 9),
    m: pick(rng, [1, 2, 3, 5, 7]),
  }),
  gold: (value, rng) =>
    isRare(rng, 2) ? pm(value, '\\pm') : `${pm(value, '-')}, ${value.centre === 0 ? halfOf(value) : pm(value, '+')}`,
  rewrites: {
    sign: (value) => tex(pm(value, '\\pm')),
    equation: (value, rng) => tex(`${symbolOf(rng)} = ${pm(value, '\\pm')}`),
    both: (value) => tex(`${value.centre === 0 ? halfOf(value) : pm(value, '+')}, ${pm(value, '-')}`),
    or: (value, rng) =>
      tex(
        `x = ${value.centre === 0 ? halfOf(value) : pm(value, '+')} \\text{ or } ${isRare(rng, 2) ? '' : 'x = '}${pm(value, '-')}`,
      ),
    set: (value) => tex(`\\{${pm(value, '-')}, ${value.centre === 0 ? halfOf(value) : pm(value, '+')}\\}`),
  },
  misses: {
    'plus alone': (value) => tex(value.centre === 0 ? halfOf(value) : pm(value, '+')),
    'minus alone': (value) => tex(pm(value, '-')),
    'other centre': (value) => tex(pm({ ...value, centre: value.centre + 1 }, '\\pm')),
    'other distance': (value) => tex(pm({ ...value, k: value.k + 1 }, '\\pm')),
    'root lost': (value) => (value.m === 1 ? null : tex(pm({ ...value, m: 1 }, '\\pm'))),
    'plus twice': (value) => {
      const plus = value.centre === 0 ? halfOf(value) : pm(value, '+');
      return tex(`${plus}, ${plus}`);
    },
    'centre alone': (value) => tex(String(value.centre)),
    interval: (value) => tex(`(${pm(value, '-')}, ${value.centre === 0 ? halfOf(value) : pm(value, '+')}]`),
    'absolute value': (value) => tex(`|${value.centre === 0 ? halfOf(value) : pm(value, '+')}|`),
  },
};

const EMPTY = ['\\emptyset', '\\varnothing', '\\{\\}', '\\{ \\}'];
const REALS = [
  '\\mathbb{R}',
  '(-\\infty, \\infty)',
  '(-\\infty,+\\infty)',
  '\\left(-\\infty,\\infty\\right)',
  'x \\in \\mathbb{R}',
];

const special: AnswerKind<'empty' | 'reals'> = {
  name: 'empty set or all numbers',
  shape: 'words',
  weight: 5,
  draw: (rng) => pick(rng, ['empty', 'reals'] as const),
  gold: (value, rng) => pick(rng, value === 'empty' ? EMPTY.slice(0, 2) : REALS.slice(0, 2)),
  rewrites: {
    notation: (value, rng) => tex(pick(rng, value === 'empty' ? EMPTY : REALS)),
  },
  misses: {
    'the other': (value, rng) => tex(pick(rng, value === 'empty' ? REALS : EMPTY)),
    'with a member': (value) => (value === 'empty' ? tex('\\{0\\}') : null),
    zero: () => tex('0'),
    'without a point': (value, rng) =>
      value === 'reals' ? tex(`\\mathbb{R} \\setminus \\{${between(rng, -5, 5)}\\}`) : null,
    'half of it': (value) => (value === 'reals' ? tex('(0, \\infty)') : null),
    'rationals or integers': (value, rng) =>
      value === 'reals'
        ? tex(pick(rng, ['\\mathbb{Q}', '\\mathbb{Z}', '\\mathbb{N}', '\\mathbb{C}', '\\mathbb{R}^+']))
        : null,
    'bounded far out': (value) => (value === 'reals' ? tex('(-\\infty, 10^{9})') : null),
    'set of the empty set': (value) => (value === 'empty' ? tex('\\{\\emptyset\\}') : null),
    one: () => tex(wholeMember(1).tex),
  },
};

/** Collections without order. */
export const SETS: readonly SampledKind[] = [
  sampleKind(set),
  sampleKind(solutions),
  sampleKind(plusMinus),
  sampleKind(special),
];
