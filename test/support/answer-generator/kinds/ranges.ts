import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, isRare, pick } from '../draw.ts';
import { plain, type Spelling, tex } from '../spelling.ts';

/** An end of a piece of the line in half units; null for infinity. */
type End = number | null;

/** A piece of the line: an interval with its ends. */
interface Piece {
  readonly low: End;
  readonly high: End;
  readonly hasLow: boolean;
  readonly hasHigh: boolean;
}

/** Pieces from left to right that do not touch. */
type Range = readonly Piece[];

type Mode = 'tex' | 'plain';

/** `7/2`, `3.5`, or a whole number. */
function showEnd(end: number, mode: Mode, rng: Rng): string {
  if (end % 2 === 0) return String(end / 2);
  if (mode === 'plain' || isRare(rng, 3)) return String(end / 2);
  return `${end < 0 ? '-' : ''}\\frac{${Math.abs(end)}}{2}`;
}

const piece = (low: End, high: End, hasLow: boolean, hasHigh: boolean): Piece => ({ low, high, hasLow, hasHigh });

function drawPiece(from: number, rng: Rng): Piece {
  const low = from + between(rng, 1, 20);
  return piece(low, low + between(rng, 1, 30), isRare(rng, 2), isRare(rng, 2));
}

/** One piece, often without an end. */
function drawOne(rng: Rng): Range {
  const { low, high, hasLow, hasHigh } = drawPiece(between(rng, -60, 20), rng);
  if (isRare(rng, 4)) return [piece(null, high, false, hasHigh)];
  return [isRare(rng, 3) ? piece(low, null, hasLow, false) : piece(low, high, hasLow, hasHigh)];
}

function drawTwo(rng: Rng): Range {
  const first = drawPiece(between(rng, -60, 10), rng);
  const second = drawPiece(first.high!, rng);
  return [
    isRare(rng, 3) ? piece(null, first.high, false, first.hasHigh) : first,
    isRare(rng, 3) ? piece(second.low, null, second.hasLow, false) : second,
  ];
}

const SPACES = ['', '', ' ', '\\,', '\\ '];

/** `[2, 5)`. */
function showInterval({ low, high, hasLow, hasHigh }: Piece, mode: Mode, rng: Rng): string {
  const infinity = mode === 'tex' ? pick(rng, ['\\infty', '+\\infty']) : pick(rng, ['∞', 'infinity', '+∞']);
  const left = low === null ? `-${infinity.replace('+', '')}` : showEnd(low, mode, rng);
  const end = high === null ? infinity : showEnd(high, mode, rng);
  const [open, close] = [hasLow ? '[' : '(', hasHigh ? ']' : ')'];
  if (mode === 'plain') return `${open}${left}, ${end}${close}`;
  const [big, after] = pick(rng, [
    ['', ''],
    ['', ''],
    ['\\left', '\\right'],
    ['\\big', '\\big'],
  ] as const);
  return `${big}${open}${left},${pick(rng, SPACES)}${end}${after}${close}`;
}

function showUnion(range: Range, mode: Mode, rng: Rng): string {
  const parts = range.map((one) => showInterval(one, mode, rng));
  return parts.join(mode === 'tex' ? pick(rng, [' \\cup ', '\\cup', ' \\bigcup ']) : ' ∪ ');
}

const SIGNS = {
  tex: {
    less: ['<', '\\lt'],
    atMost: ['\\le', '\\leq', '\\leqslant', '≤'],
    more: ['>', '\\gt'],
    atLeast: ['\\ge', '\\geq', '\\geqslant', '≥'],
  },
  plain: { less: ['<'], atMost: ['<=', '≤'], more: ['>'], atLeast: ['>=', '≥'] },
} as const;

/** `2 < x <= 5`, `x >= 3`, and the same turned round. */
function showRelation({ low, high, hasLow, hasHigh }: Piece, mode: Mode, name: string, rng: Rng): string {
  const sign = (which: 'less' | 'atMost' | 'more' | 'atLeast') => ` ${pick(rng, SIGNS[mode][which])} `;
  const upTo = () => sign(hasHigh ? 'atMost' : 'less');
  const downTo = () => sign(hasHigh ? 'atLeast' : 'more');
  const isTurned = isRare(rng, 3);
  if (low === null) {
    const end = showEnd(high!, mode, rng);
    return isTurned ? `${end}${downTo()}${name}` : `${name}${upTo()}${end}`;
  }
  const start = showEnd(low, mode, rng);
  if (high === null) {
    return isTurned
      ? `${start}${sign(hasLow ? 'atMost' : 'less')}${name}`
      : `${name}${sign(hasLow ? 'atLeast' : 'more')}${start}`;
  }
  const end = showEnd(high, mode, rng);
  if (isTurned) return `${end}${downTo()}${name}${sign(hasLow ? 'atLeast' : 'more')}${start}`;
  return `${start}${sign(hasLow ? 'atMost' : 'less')}${name}${upTo()}${end}`;
}

function showRelations(range: Range, mode: Mode, name: string, rng: Rng): string {
  const or = mode === 'tex' ? pick(rng, [' \\text{ or } ', ' \\lor ', ' \\text{ or }']) : ' or ';
  return range.map((one) => showRelation(one, mode, name, rng)).join(or);
}

function showBuilder(range: Range, name: string, rng: Rng): string {
  const bar = pick(rng, [' \\mid ', ' : ', '|', ' \\,|\\, ']);
  const domain = isRare(rng, 4) ? `${name} \\in \\mathbb{R}` : name;
  return `\\{${domain}${bar}${showRelations(range, 'tex', name, rng)}\\}`;
}

/** One of the notations, for a set that is the answer or is not. */
function showAny(range: Range, notations: readonly Notation[], rng: Rng): Spelling {
  switch (pick(rng, notations)) {
    case 'interval':
      return isRare(rng, 4) ? plain(showUnion(range, 'plain', rng)) : tex(showUnion(range, 'tex', rng));
    case 'membership':
      return tex(`x \\in ${showUnion(range, 'tex', rng)}`);
    case 'relation':
      return isRare(rng, 4)
        ? plain(showRelations(range, 'plain', 'x', rng))
        : tex(showRelations(range, 'tex', 'x', rng));
    case 'builder':
      return tex(showBuilder(range, pick(rng, ['x', 'x', 'x', 't', 'y']), rng));
  }
}

type Notation = 'interval' | 'membership' | 'relation' | 'builder';

type Change = (range: Range, rng: Rng) => Range | null;

/** Another piece in place of one of the range. */
function changeOne(range: Range, rng: Rng, change: (one: Piece) => Piece | null): Range | null {
  const at = rng.nextInt(range.length);
  const changed = change(range[at]!);
  return changed === null ? null : range.map((one, k) => (k === at ? changed : one));
}

const CHANGES: Readonly<Record<string, Change>> = {
  'lower bound opened or closed': (range, rng) =>
    changeOne(range, rng, (one) => (one.low === null ? null : { ...one, hasLow: !one.hasLow })),
  'upper bound opened or closed': (range, rng) =>
    changeOne(range, rng, (one) => (one.high === null ? null : { ...one, hasHigh: !one.hasHigh })),
  'lower bound moved': (range, rng) =>
    changeOne(range, rng, (one) => (one.low === null ? null : { ...one, low: one.low - pick(rng, [1, 2, 20]) })),
  'upper bound moved': (range, rng) =>
    changeOne(range, rng, (one) => (one.high === null ? null : { ...one, high: one.high + pick(rng, [1, 2, 20]) })),
  'sign of a bound': (range, rng) =>
    changeOne(range, rng, (one) => {
      if (one.low !== null && one.low !== 0 && (one.high === null || -one.low < one.high))
        return { ...one, low: -one.low };
      return one.high !== null && one.high !== 0 && (one.low === null || -one.high > one.low)
        ? { ...one, high: -one.high }
        : null;
    }),
  'lower bound lost': (range) => {
    const [first, ...rest] = range;
    return first!.low === null || first!.high === null ? null : [{ ...first!, low: null, hasLow: false }, ...rest];
  },
  'upper bound lost': (range) => {
    const last = range.at(-1)!;
    return last.high === null || last.low === null
      ? null
      : [...range.slice(0, -1), { ...last, high: null, hasHigh: false }];
  },
  'direction turned': ([one, ...rest]) => {
    if (rest.length > 0 || (one!.low !== null && one!.high !== null)) return null;
    return one!.low === null
      ? [piece(one!.high, null, one!.hasHigh, false)]
      : [piece(null, one!.low, false, one!.hasLow)];
  },
  'piece lost': (range) => (range.length === 1 ? null : range.slice(1)),
  'piece added': (range, rng) => {
    const { high } = range.at(-1)!;
    return high === null
      ? null
      : [...range, piece(high + between(rng, 2, 9), high + between(rng, 12, 30), isRare(rng, 2), true)];
  },
  'pieces joined': (range) =>
    range.length === 1 ? null : [piece(range[0]!.low, range.at(-1)!.high, range[0]!.hasLow, range.at(-1)!.hasHigh)],
};

const changed = (notations: readonly Notation[]): Readonly<Record<string, Spell<Range>>> =>
  Object.fromEntries(
    Object.entries(CHANGES).map(([name, change]) => [
      name,
      ((range, rng) => {
        const other = change(range, rng);
        return other === null ? null : showAny(other, notations, rng);
      }) satisfies Spell<Range>,
    ]),
  );

const ends = (range: Range): number[] => range.flatMap(({ low, high }) => [low, high].filter((end) => end !== null));

/** Of `-5 < x < 5` the absolute value says the same. */
const isSymmetric = (range: Range): boolean => range.some(({ low, high }) => low !== null && low === -(high ?? 0));

/** `(2, 5)` is also a pair, which some write `{2, 5}`. */
const isPair = ([one, ...rest]: Range): boolean =>
  rest.length === 0 && one!.low !== null && one!.high !== null && !one!.hasLow && !one!.hasHigh;

/** What else is written for a range and is not it. */
const OTHER_MISSES: Readonly<Record<string, Spell<Range>>> = {
  'set of the ends': (range, rng) =>
    isPair(range)
      ? null
      : tex(
          `\\{${ends(range)
            .map((end) => showEnd(end, 'tex', rng))
            .join(', ')}\\}`,
        ),
  'one end alone': (range, rng) => tex(showEnd(pick(rng, ends(range)), 'tex', rng)),
  equation: (range, rng) => tex(`x = ${showEnd(pick(rng, ends(range)), 'tex', rng)}`),
  'condition on another variable': (range, rng) => tex(`\\{x \\mid ${showRelations(range, 'tex', 'y', rng)}\\}`),
  'whole numbers only': (range, rng) => tex(`\\{x \\in \\mathbb{Z} \\mid ${showRelations(range, 'tex', 'x', rng)}\\}`),
  complement: (range, rng) =>
    tex(`\\mathbb{R} \\setminus ${showUnion(range, 'tex', rng).replace(/^(.*\\cup.*)$/, '($1)')}`),
  'not in it': (range, rng) => tex(`x \\notin ${showUnion(range, 'tex', rng)}`),
  'not equal to an end': (range, rng) => tex(`x \\neq ${showEnd(pick(rng, ends(range)), 'tex', rng)}`),
  'square in place of the variable': (range, rng) =>
    isSymmetric(range) ? null : tex(showRelations(range, 'tex', 'x^2', rng)),
  'absolute value in place of the variable': (range, rng) =>
    isSymmetric(range) ? null : tex(showRelations(range, 'tex', '|x|', rng)),
  intersection: (range, rng) =>
    range.length === 1 ? null : tex(range.map((one) => showInterval(one, 'tex', rng)).join(' \\cap ')),
  'and in place of or': (range, rng) =>
    range.length === 1 ? null : tex(range.map((one) => showRelation(one, 'tex', 'x', rng)).join(' \\text{ and } ')),
  denied: (range, rng) => tex(`\\text{not } ${showUnion(range, 'tex', rng)}`),
};

const RELATION: readonly Notation[] = ['relation', 'relation', 'interval', 'membership', 'builder'];
const INTERVAL: readonly Notation[] = ['interval', 'interval', 'membership', 'builder'];

const rewriteTo =
  (notation: Notation): Spell<Range> =>
  (range, rng) =>
    showAny(range, [notation], rng);

function defineRange(
  name: string,
  weight: number,
  draw: (rng: Rng) => Range,
  gold: (range: Range, rng: Rng) => string,
  notations: readonly Notation[],
): SampledKind {
  const kind: AnswerKind<Range> = {
    name,
    shape: 'relation',
    weight,
    draw,
    gold,
    rewrites: Object.fromEntries([...new Set(notations)].map((notation) => [notation, rewriteTo(notation)])),
    misses: { ...changed(notations), ...OTHER_MISSES },
  };
  return sampleKind(kind);
}

/** Inequalities, intervals and their unions. An interval as the reference asks for a set, so no bare inequality meets it. */
export const RANGES: readonly SampledKind[] = [
  defineRange('inequality', 35, drawOne, (range, rng) => showRelations(range, 'tex', 'x', rng), RELATION),
  defineRange('union of inequalities', 20, drawTwo, (range, rng) => showRelations(range, 'tex', 'x', rng), RELATION),
  defineRange('interval', 40, drawOne, (range, rng) => showUnion(range, 'tex', rng), INTERVAL),
  defineRange('union of intervals', 25, drawTwo, (range, rng) => showUnion(range, 'tex', rng), INTERVAL),
  defineRange(
    'set builder',
    20,
    (rng) => (isRare(rng, 3) ? drawTwo(rng) : drawOne(rng)),
    (range, rng) => showBuilder(range, 'x', rng),
    [...RELATION, 'builder'],
  ),
];
