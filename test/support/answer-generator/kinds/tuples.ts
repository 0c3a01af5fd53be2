import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, isRare, pick, reorder } from '../draw.ts';
import { drawMember, drawMembers, drawOther, type Member, negate, spellMember, wholeMember } from '../member.ts';
import { any, plain, type Spelling, tex } from '../spelling.ts';

type Entries = readonly Member[];

const same = (a: Entries, b: Entries): boolean => a.length === b.length && a.every(({ key }, k) => key === b[k]!.key);

const texts = (entries: Entries): string => entries.map((one) => one.tex).join(', ');

/** `(3, 1)`, set in one of several ways, the entries in any form. */
function showTuple(entries: Entries, rng: Rng): string {
  const inner = entries.map((one) => spellMember(one, rng)).join(pick(rng, [', ', ',', ',\\ ', ',\\,']));
  return pick(rng, [`(${inner})`, `(${inner})`, `\\left(${inner}\\right)`, `( ${inner} )`, `\\bigl(${inner}\\bigr)`]);
}

type Change = (entries: Entries, rng: Rng) => Entries | null;

const CHANGES: Readonly<Record<string, Change>> = {
  'entry changed': (entries, rng) => {
    const at = rng.nextInt(entries.length);
    return entries.with(at, drawOther(rng, [entries[at]!]));
  },
  'sign of an entry': (entries, rng) => {
    const at = rng.nextInt(entries.length);
    const other = negate(entries[at]!);
    return other === null ? null : entries.with(at, other);
  },
  'order changed': (entries, rng) => reorder(rng, entries),
  'entry lost': (entries) => entries.slice(0, -1),
  'entry added': (entries, rng) => [...entries, drawMember(rng)],
  'entry twice': (entries) => [...entries, entries.at(-1)!],
};

const changedTo = (show: (entries: Entries, rng: Rng) => Spelling | null): Readonly<Record<string, Spell<Entries>>> =>
  Object.fromEntries(
    Object.entries(CHANGES).map(([name, change]) => [
      name,
      ((entries, rng) => {
        const other = change(entries, rng);
        return other === null || same(other, entries) ? null : show(other, rng);
      }) satisfies Spell<Entries>,
    ]),
  );

const drawEntries = (rng: Rng, low: number, high: number): Entries =>
  Array.from({ length: between(rng, low, high) }, () => drawMember(rng));

const NAMES = ['x', 'y', 'z', 'w'];

const point: AnswerKind<Entries> = {
  name: 'ordered tuple',
  shape: 'collection',
  weight: 45,
  draw: (rng) => drawEntries(rng, 2, 4),
  gold: (entries, rng) => (isRare(rng, 4) ? `\\left( ${texts(entries)} \\right)` : `(${texts(entries)})`),
  rewrites: {
    'other forms': (entries, rng) => tex(showTuple(entries, rng)),
    typed: (entries) =>
      entries.every((one) => one.plain !== null) ? plain(`(${entries.map((one) => one.plain).join(', ')})`) : null,
    named: (entries, rng) => tex(`(${NAMES.slice(0, entries.length).join(', ')}) = ${showTuple(entries, rng)}`),
    'values by name': (entries) => tex(entries.map((one, k) => `${NAMES[k]} = ${one.tex}`).join(', ')),
    'point with a letter': (entries, rng) =>
      entries.length === 2 ? tex(`${pick(rng, ['P', 'A', 'M'])} = ${showTuple(entries, rng)}`) : null,
  },
  misses: {
    ...changedTo((entries, rng) => (entries.length < 2 ? null : tex(showTuple(entries, rng)))),
    'half open': (entries) => (entries.length === 2 ? tex(`(${texts(entries)}]`) : null),
    'closed interval': (entries) => (entries.length === 2 ? tex(`[${texts(entries)}]`) : null),
    'one entry alone': (entries, rng) => tex(pick(rng, entries).tex),
    'values by name, exchanged': (entries) => {
      const turned = entries.toReversed();
      return same(turned, entries) ? null : tex(turned.map((one, k) => `${NAMES[k]} = ${one.tex}`).join(', '));
    },
    'tuple twice': (entries, rng) =>
      tex(`(${texts(entries)}), (${texts(entries.with(0, drawOther(rng, [entries[0]!])))})`),
    'not equal': (entries) => tex(`\\neq (${texts(entries)})`),
    denied: (entries) => tex(`\\text{not } (${texts(entries)})`),
    'unequal by name': (entries) =>
      tex(entries.map((one, k) => `${NAMES[k]} ${k === 0 ? '\\ne' : '='} ${one.tex}`).join(', ')),
    product: (entries) => tex(entries.map(({ tex: text }) => `(${text})`).join(' \\cdot ')),
    unfinished: (entries) => tex(`(${texts(entries)}, \\ldots)`),
    negative: (entries) => (entries.every((one) => negate(one) === null) ? null : tex(`-(${texts(entries)})`)),
  },
};

/** Values under names: `x = 3, y = 1`. */
const namedValues: AnswerKind<Entries> = {
  name: 'named values',
  shape: 'collection',
  weight: 25,
  draw: (rng) => drawMembers(rng, between(rng, 2, 3)),
  gold: (entries) => entries.map((one, k) => `${NAMES[k]} = ${one.tex}`).join(', '),
  rewrites: {
    same: (entries, rng) =>
      tex(
        entries
          .map((one, k) => `${NAMES[k]}=${spellMember(one, rng)}`)
          .join(pick(rng, [', ', ',\\ ', ' \\text{ and } ', ', \\quad '])),
      ),
    'other order': (entries, rng) =>
      tex(
        reorder(
          rng,
          entries.map((one, k) => `${NAMES[k]} = ${one.tex}`),
        ).join(', '),
      ),
    typed: (entries) =>
      entries.every((one) => one.plain !== null)
        ? plain(entries.map((one, k) => `${NAMES[k]} = ${one.plain}`).join(', '))
        : null,
    tuple: (entries, rng) => tex(showTuple(entries, rng)),
    'named tuple': (entries, rng) => tex(`(${NAMES.slice(0, entries.length).join(',')}) = ${showTuple(entries, rng)}`),
    'and, typed': (entries) =>
      entries.every((one) => one.plain !== null)
        ? plain(entries.map((one, k) => `${NAMES[k]} = ${one.plain}`).join(' and '))
        : null,
  },
  misses: {
    ...changedTo((entries, rng) =>
      entries.length < 2
        ? null
        : tex(entries.map((one, k) => `${NAMES[k] ?? 'w'} = ${spellMember(one, rng)}`).join(', ')),
    ),
    'tuple, exchanged': (entries) => tex(`(${texts(entries.toReversed())})`),
    'named tuple, exchanged': (entries) =>
      tex(`(x, y${entries.length === 3 ? ', z' : ''}) = (${texts(entries.toReversed())})`),
    'last value alone': (entries) => tex(entries.at(-1)!.tex),
    'last equation alone': (entries) => tex(`${NAMES[entries.length - 1]} = ${entries.at(-1)!.tex}`),
    inequality: (entries) => tex(entries.map((one, k) => `${NAMES[k]} ${k === 0 ? '>' : '='} ${one.tex}`).join(', ')),
    'names exchanged': (entries) =>
      tex(entries.map((one, k) => `${NAMES[entries.length - 1 - k]} = ${one.tex}`).join(', ')),
    or: (entries) => tex(entries.map((one, k) => `${NAMES[k]} = ${one.tex}`).join(' \\text{ or } ')),
  },
};

const tupleList: AnswerKind<readonly Entries[]> = {
  name: 'list of tuples',
  shape: 'collection',
  weight: 25,
  draw: (rng) => {
    const size = between(rng, 2, 3);
    const tuples: Entries[] = [];
    const count = between(rng, 2, 4);
    while (tuples.length < count) {
      const drawn = Array.from({ length: size }, () =>
        isRare(rng, 4) ? drawMember(rng) : wholeMember(between(rng, -9, 9)),
      );
      if (!tuples.some((one) => same(one, drawn))) tuples.push(drawn);
    }
    return tuples;
  },
  gold: (tuples) => tuples.map((one) => `(${texts(one)})`).join(', '),
  rewrites: {
    'other order': (tuples, rng) =>
      tex(
        reorder(rng, tuples)
          .map((one) => `(${texts(one)})`)
          .join(', '),
      ),
    'other forms': (tuples, rng) => tex(tuples.map((one) => showTuple(one, rng)).join(pick(rng, [', ', ',\\ ', ',']))),
    set: (tuples, rng) =>
      tex(
        `\\{${reorder(rng, tuples)
          .map((one) => `(${texts(one)})`)
          .join(', ')}\\}`,
      ),
    and: (tuples) => tex(tuples.map((one) => `(${texts(one)})`).join(' \\text{ and } ')),
    typed: (tuples) =>
      tuples.flat().every((one) => one.plain !== null)
        ? plain(tuples.map((one) => `(${one.map(({ plain: text }) => text).join(', ')})`).join(', '))
        : null,
    named: (tuples) =>
      tex(`(${NAMES.slice(0, tuples[0]!.length).join(', ')}) = ${tuples.map((one) => `(${texts(one)})`).join(', ')}`),
  },
  misses: {
    'tuple lost': (tuples) =>
      tex(
        tuples
          .slice(1)
          .map((one) => `(${texts(one)})`)
          .join(', '),
      ),
    'tuple added': (tuples) =>
      tex([...tuples.map((one) => `(${texts(one)})`), `(${tuples[0]!.map(() => '77').join(', ')})`].join(', ')),
    'entry changed': (tuples, rng) => {
      const at = rng.nextInt(tuples.length);
      const other = tuples[at]!.with(0, wholeMember(between(rng, 40, 60)));
      return tex(
        tuples
          .with(at, other)
          .map((one) => `(${texts(one)})`)
          .join(', '),
      );
    },
    'one turned round': (tuples, rng) => {
      const at = rng.nextInt(tuples.length);
      const turned = tuples[at]!.toReversed();
      return tuples.some((one) => same(one, turned))
        ? null
        : tex(
            tuples
              .with(at, turned)
              .map((one) => `(${texts(one)})`)
              .join(', '),
          );
    },
    flattened: (tuples) => tex(tuples.map(texts).join(', ')),
    'flattened in parentheses': (tuples) => tex(`(${tuples.map(texts).join(', ')})`),
    'last tuple alone': (tuples) => tex(`(${texts(tuples.at(-1)!)})`),
  },
};

type Rows = readonly Entries[];

const showRows = (rows: Rows, rng: Rng): string =>
  rows.map((row) => row.map((one) => spellMember(one, rng)).join(' & ')).join(pick(rng, [' \\\\ ', '\\\\', ' \\\\\n']));

const environment = (name: string, body: string): string => `\\begin{${name}} ${body} \\end{${name}}`;

const showMatrix = (rows: Rows, rng: Rng): string =>
  environment(pick(rng, ['pmatrix', 'pmatrix', 'bmatrix']), showRows(rows, rng));

/** As Python writes it. */
const showGrid = (rows: Rows): string => `[${rows.map((row) => `[${texts(row)}]`).join(', ')}]`;

const sameRows = (a: Rows, b: Rows): boolean => a.length === b.length && a.every((row, k) => same(row, b[k]!));

const matrixMiss =
  (change: (rows: Rows, rng: Rng) => Rows | null): Spell<Rows> =>
  (rows, rng) => {
    const other = change(rows, rng);
    return other === null || other.length === 0 || sameRows(rows, other) ? null : tex(showMatrix(other, rng));
  };

const matrix: AnswerKind<Rows> = {
  name: 'matrix',
  shape: 'collection',
  weight: 25,
  draw: (rng) => {
    const [height, width] = [between(rng, 2, 3), between(rng, 2, 3)];
    return Array.from({ length: height }, () => Array.from({ length: width }, () => drawMember(rng)));
  },
  gold: (rows) => environment('pmatrix', rows.map((row) => row.map((one) => one.tex).join(' & ')).join(' \\\\ ')),
  rewrites: {
    brackets: (rows, rng) => tex(showMatrix(rows, rng)),
    array: (rows, rng) =>
      tex(
        `\\left(${environment('array', `{${'c'.repeat(rows[0]!.length)}} ${showRows(rows, rng)}`).replace('array} {', 'array}{')}\\right)`,
      ),
    'last row closed': (rows, rng) => tex(environment('bmatrix', `${showRows(rows, rng)} \\\\`)),
    named: (rows, rng) => tex(`A = ${showMatrix(rows, rng)}`),
    'lists of a program': (rows) => any(showGrid(rows)),
  },
  misses: {
    'lists of a program, transposed': (rows) => {
      const other = rows[0]!.map((_, j) => rows.map((row) => row[j]!));
      return sameRows(rows, other) ? null : any(showGrid(other));
    },
    'lists of a program, row lost': (rows) => any(showGrid(rows.slice(1))),
    'entry changed': matrixMiss((rows, rng) => {
      const [i, j] = [rng.nextInt(rows.length), rng.nextInt(rows[0]!.length)];
      return rows.with(i, rows[i]!.with(j, drawOther(rng, [rows[i]![j]!])));
    }),
    'sign of an entry': matrixMiss((rows, rng) => {
      const [i, j] = [rng.nextInt(rows.length), rng.nextInt(rows[0]!.length)];
      const other = negate(rows[i]![j]!);
      return other === null ? null : rows.with(i, rows[i]!.with(j, other));
    }),
    transposed: matrixMiss((rows) => rows[0]!.map((_, j) => rows.map((row) => row[j]!))),
    'rows exchanged': matrixMiss((rows) => rows.toReversed()),
    'columns exchanged': matrixMiss((rows) => rows.map((row) => row.toReversed())),
    'row lost': matrixMiss((rows) => rows.slice(1)),
    'row twice': matrixMiss((rows) => [...rows, rows.at(-1)!]),
    'column lost': matrixMiss((rows) => rows.map((row) => row.slice(1))),
    determinant: (rows, rng) =>
      rows.length === rows[0]!.length ? tex(environment('vmatrix', showRows(rows, rng))) : null,
    doubled: (rows, rng) => (rows.flat().every(({ key }) => key === '0/1') ? null : tex(`2${showMatrix(rows, rng)}`)),
    flattened: (rows) => tex(`(${rows.map(texts).join(', ')})`),
  },
};

const vector: AnswerKind<Entries> = {
  name: 'vector',
  shape: 'collection',
  weight: 20,
  draw: (rng) => drawEntries(rng, 2, 4),
  gold: (entries) => environment('pmatrix', entries.map((one) => one.tex).join(' \\\\ ')),
  rewrites: {
    column: (entries, rng) =>
      tex(
        showMatrix(
          entries.map((one) => [one]),
          rng,
        ),
      ),
    tuple: (entries, rng) => tex(showTuple(entries, rng)),
    'angle brackets': (entries) => tex(`\\langle ${texts(entries)} \\rangle`),
    named: (entries, rng) =>
      tex(
        `\\mathbf{v} = ${showMatrix(
          entries.map((one) => [one]),
          rng,
        )}`,
      ),
  },
  misses: {
    ...changedTo((entries, rng) =>
      entries.length < 2
        ? null
        : tex(
            showMatrix(
              entries.map((one) => [one]),
              rng,
            ),
          ),
    ),
    'tuple, changed': (entries, rng) => tex(`(${texts(entries.with(0, drawOther(rng, [entries[0]!])))})`),
    halved: (entries, rng) =>
      entries.every(({ key }) => key === '0/1')
        ? null
        : tex(
            `\\frac{1}{2}${showMatrix(
              entries.map((one) => [one]),
              rng,
            )}`,
          ),
    length: (entries, rng) =>
      tex(
        `\\left\\| ${showMatrix(
          entries.map((one) => [one]),
          rng,
        )} \\right\\|`,
      ),
    'last entry alone': (entries) => tex(entries.at(-1)!.tex),
  },
};

/** Collections in which the place counts. */
export const TUPLES: readonly SampledKind[] = [
  sampleKind(point),
  sampleKind(namedValues),
  sampleKind(tupleList),
  sampleKind(matrix),
  sampleKind(vector),
];
