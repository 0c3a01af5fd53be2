import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, sampleKind } from '../answer-kind.ts';
import { between, isRare, pick } from '../draw.ts';
import { drawMember, drawMembers, drawOther, type Member, spellMember, wholeMember } from '../member.ts';
import { plain, tex } from '../spelling.ts';
import { UNITS } from '../vocabulary.ts';

/** `v = 5 m/s`. */
interface NamedQuantity {
  readonly name: string;
  readonly size: number;
  readonly dimension: string;
  /** Names of the unit; the first stands in the reference. */
  readonly units: readonly string[];
}

/** Letters that are no units. */
const LETTERS = ['v', 'p', 'q', 'r', 'u', 'w', 'x', 'y'];

const otherLetter = (name: string, rng: Rng): string =>
  pick(
    rng,
    LETTERS.filter((one) => one !== name),
  );

const withUnit = (size: number, unit: string, rng: Rng): string =>
  `${size}${pick(rng, [`\\text{ ${unit}}`, `\\ \\text{${unit}}`, `~\\text{${unit}}`, `\\,\\mathrm{${unit.replaceAll(' ', '\\ ')}}`])}`;

const namedQuantity: AnswerKind<NamedQuantity> = {
  name: 'named quantity',
  shape: 'quantity',
  weight: 20,
  draw: (rng) => {
    const dimension = pick(rng, Object.keys(UNITS));
    return { name: pick(rng, LETTERS), size: between(rng, 2, 400), dimension, units: pick(rng, UNITS[dimension]!) };
  },
  gold: ({ name, size, units }) => `${name} = ${size}\\text{ ${units[0]}}`,
  rewrites: {
    same: ({ name, size, units }, rng) =>
      isRare(rng, 3) ? plain(`${name} = ${size} ${units[0]}`) : tex(`${name} = ${withUnit(size, units[0]!, rng)}`),
    'other name of the unit': ({ name, size, units }, rng) => tex(`${name} = ${withUnit(size, pick(rng, units), rng)}`),
    'value alone': ({ size, units }, rng) => tex(withUnit(size, units[0]!, rng)),
    'unit left out': ({ name, size }) => tex(`${name} = ${size}`),
    'turned round': ({ name, size, units }, rng) => tex(`${withUnit(size, units[0]!, rng)} = ${name}`),
    'zeros at the end': ({ name, size, units }, rng) =>
      tex(`${name} = ${withUnit(size, units[0]!, rng).replace(String(size), `${size}.0`)}`),
  },
  misses: {
    'other name': ({ name, size, units }, rng) => tex(`${otherLetter(name, rng)} = ${withUnit(size, units[0]!, rng)}`),
    'other name, unit left out': ({ name, size }, rng) => tex(`${otherLetter(name, rng)} = ${size}`),
    'number changed': ({ name, size, units }, rng) =>
      tex(`${name} = ${withUnit(size + pick(rng, [1, -1, 10, 100]), units[0]!, rng)}`),
    'number changed, unit left out': ({ name, size }, rng) => tex(`${name} = ${size + pick(rng, [1, -1, 10])}`),
    'other scale': ({ name, size, dimension, units }, rng) => {
      const others = UNITS[dimension]!.filter((one) => one !== units);
      return tex(`${name} = ${withUnit(size, pick(rng, pick(rng, others)), rng)}`);
    },
    'other dimension': ({ name, size, dimension }, rng) => {
      const others = Object.keys(UNITS).filter((one) => one !== dimension);
      return tex(`${name} = ${withUnit(size, pick(rng, UNITS[pick(rng, others)]!)[0]!, rng)}`);
    },
    'name squared': ({ name, size, units }, rng) => tex(`${name}^2 = ${withUnit(size, units[0]!, rng)}`),
    'name with a minus': ({ name, size, units }, rng) => tex(`-${name} = ${withUnit(size, units[0]!, rng)}`),
    bound: ({ name, size, units }, rng) =>
      tex(`${name} ${pick(rng, ['<', '>', '\\le', '\\ge', '\\ne'])} ${withUnit(size, units[0]!, rng)}`),
    'a second name with the value': ({ name, size, units }, rng) => {
      const value = withUnit(size, units[0]!, rng);
      return tex(`${name} = ${value}, ${otherLetter(name, rng)} = ${value}`);
    },
    'name with a subscript': ({ name, size, units }, rng) =>
      tex(`${name}_${pick(rng, ['0', '1', '{max}'])} = ${withUnit(size, units[0]!, rng)}`),
  },
};

/** `25\% \text{ increase}`, `5 \text{ km north}`. */
interface Directed {
  readonly size: number;
  /** What stands between the number and its direction. */
  readonly unit: string;
  readonly sides: readonly [side: string, opposite: string];
}

/** By what is measured: words of which one takes back the other. */
const DIRECTIONS: Readonly<Record<string, readonly (readonly [side: string, opposite: string])[]>> = {
  '\\%': [
    ['increase', 'decrease'],
    ['growth', 'decline'],
    ['gain', 'loss'],
    ['rise', 'drop'],
    ['profit', 'loss'],
  ],
  '\\text{ km}': [
    ['north', 'south'],
    ['east', 'west'],
    ['south', 'west'],
  ],
  '\\text{ hours}': [['later', 'earlier']],
  '\\text{ units}': [['left', 'right']],
  '\\text{ cm}': [['longer', 'shorter']],
};

const direct = (size: number, unit: string, word: string, rng: Rng): string =>
  `${size}${unit}${pick(rng, [`\\text{ ${word}}`, ` \\text{ ${word}}`, `\\ \\text{${word}}`])}`;

const directed: AnswerKind<Directed> = {
  name: 'amount with a direction',
  shape: 'quantity',
  weight: 10,
  draw: (rng) => {
    const unit = pick(rng, Object.keys(DIRECTIONS));
    const [side, opposite] = pick(rng, DIRECTIONS[unit]!);
    return { size: between(rng, 2, 400), unit, sides: isRare(rng, 2) ? [side, opposite] : [opposite, side] };
  },
  gold: ({ size, unit, sides }) => `${size}${unit}\\text{ ${sides[0]}}`,
  rewrites: {
    same: ({ size, unit, sides }, rng) => tex(direct(size, unit, sides[0], rng)),
    typed: ({ size, unit, sides }) => plain(`${size}${unit.replace(/\\(?:text)?|[{}]/g, '')} ${sides[0]}`),
    'direction left out': ({ size, unit }) => tex(`${size}${unit}`),
  },
  misses: {
    opposite: ({ size, unit, sides }, rng) => tex(direct(size, unit, sides[1], rng)),
    'opposite, typed': ({ size, unit, sides }) => plain(`${size}${unit.replace(/\\(?:text)?|[{}]/g, '')} ${sides[1]}`),
    'number changed': ({ size, unit, sides }, rng) => tex(direct(size + pick(rng, [1, 10]), unit, sides[0], rng)),
    'number changed, direction left out': ({ size, unit }, rng) => tex(`${size + pick(rng, [1, 10])}${unit}`),
    'one of both': ({ size, unit, sides }, rng) => tex(direct(size, unit, `${sides[0]} or ${sides[1]}`, rng)),
    'sign added': ({ size, unit, sides }, rng) => tex(`-${direct(size, unit, sides[0], rng)}`),
  },
};

type Values = readonly Member[];

/** Names in the order in which coordinates have them. */
const ORDERS: readonly (readonly string[])[] = [
  ['x', 'y', 'z', 'w'],
  ['a', 'b', 'c', 'd'],
  ['p', 'q', 'r', 's'],
  ['x_1', 'x_2', 'x_3', 'x_4'],
  ['a_{1}', 'a_{2}', 'a_{3}', 'a_{4}'],
];

const namesFor = (values: Values, rng: Rng): readonly string[] => pick(rng, ORDERS).slice(0, values.length);

const nameAll = (names: readonly string[], values: Values, joint: string, rng: Rng): string =>
  values.map((one, k) => `${names[k]} = ${spellMember(one, rng)}`).join(joint);

const COMMAS = [', ', ',\\ ', ', \\quad '];

/** Two neighbours of a list exchanged. */
function exchange<T>(list: readonly T[], rng: Rng): readonly T[] {
  const at = rng.nextInt(list.length - 1);
  return list.with(at, list[at + 1]!).with(at + 1, list[at]!);
}

const bracketed = (parts: readonly string[]): string => `(${parts.join(', ')})`;

const namedTuple: AnswerKind<Values> = {
  name: 'tuple by names',
  shape: 'collection',
  weight: 25,
  draw: (rng) => drawMembers(rng, between(rng, 2, 4)),
  gold: (values) => bracketed(values.map((one) => one.tex)),
  rewrites: {
    'values by name': (values, rng) => tex(nameAll(namesFor(values, rng), values, pick(rng, COMMAS), rng)),
    and: (values, rng) =>
      tex(
        nameAll(namesFor(values, rng), values, ', ', rng).replace(
          /, (?=[^,]*$)/,
          pick(rng, [' \\text{ and } ', ', \\text{ and } ']),
        ),
      ),
    'named tuple': (values, rng) =>
      tex(`${bracketed(namesFor(values, rng))} = ${bracketed(values.map((one) => spellMember(one, rng)))}`),
    typed: (values, rng) => {
      const names = pick(rng, ORDERS.slice(0, 3));
      if (values.some((one) => one.plain === null)) return null;
      return plain(values.map((one, k) => `${names[k]} = ${one.plain}`).join(', '));
    },
  },
  misses: {
    'names exchanged': (values, rng) => tex(nameAll(exchange(namesFor(values, rng), rng), values, ', ', rng)),
    'values exchanged': (values, rng) => tex(nameAll(namesFor(values, rng), exchange(values, rng), ', ', rng)),
    'names of the tuple exchanged': (values, rng) =>
      tex(`${bracketed(exchange(namesFor(values, rng), rng))} = ${bracketed(values.map((one) => one.tex))}`),
    or: (values, rng) => tex(nameAll(namesFor(values, rng), values, ' \\text{ or } ', rng)),
    'one name for all': (values, rng) =>
      tex(
        nameAll(
          values.map(() => 'x'),
          values,
          ', ',
          rng,
        ),
      ),
    'value changed': (values, rng) => {
      const at = rng.nextInt(values.length);
      return tex(nameAll(namesFor(values, rng), values.with(at, drawOther(rng, [values[at]!])), ', ', rng));
    },
    'one lost': (values, rng) => tex(nameAll(namesFor(values, rng), values.slice(1), ', ', rng)),
    'one added': (values, rng) =>
      values.length === 4 ? null : tex(nameAll(pick(rng, ORDERS), [...values, drawMember(rng)], ', ', rng)),
    'one as a bound': (values, rng) =>
      tex(
        nameAll(namesFor(values, rng), values, ', ', rng).replace('=', pick(rng, ['<', '>', '\\le', '\\ge', '\\ne'])),
      ),
    'units of two scales': (values, rng) => {
      const [first, ...rest] = namesFor(values, rng);
      const units = pick(rng, Object.values(UNITS));
      const unit = (k: number) => `\\text{ ${units[Math.min(k, 1)]![0]}}`;
      return tex([first!, ...rest].map((name, k) => `${name} = ${values[k]!.tex}${unit(k)}`).join(', '));
    },
  },
};

/** Values without units: `3, 4`. */
const plainList: AnswerKind<readonly number[]> = {
  name: 'list of numbers',
  shape: 'collection',
  weight: 15,
  draw: (rng) => {
    const first = between(rng, 1, 40);
    const second = first + between(rng, 1, 40);
    return isRare(rng, 2) ? [first, second] : [first, second, second + between(rng, 1, 40)];
  },
  gold: (values) => values.join(', '),
  rewrites: {
    same: (values) => tex(values.join(', ')),
    'other order': (values) => tex(values.toReversed().join(', ')),
    'one unit behind all': (values, rng) => {
      const unit = pick(rng, pick(rng, Object.values(UNITS)))[0]!;
      return tex(values.map((one) => `${one}\\text{ ${unit}}`).join(', '));
    },
    'unit behind the last': (values, rng) => {
      const unit = pick(rng, pick(rng, Object.values(UNITS)))[0]!;
      return tex(`${values.join(', ')}\\text{ ${unit}}`);
    },
    'one name for all': (values) => tex(values.map((one) => `x = ${one}`).join(', ')),
    'names by number': (values) => tex(values.map((one, k) => `x_${k + 1} = ${one}`).join(', ')),
  },
  misses: {
    'units of two scales': (values, rng) => {
      const units = pick(rng, Object.values(UNITS));
      const [one, other] = exchange(units.slice(0, 2), rng);
      return tex(values.map((value, k) => `${value}\\text{ ${(k === 0 ? one! : other!)[0]}}`).join(', '));
    },
    'unit behind the first': (values, rng) => {
      const unit = pick(rng, pick(rng, Object.values(UNITS)))[0]!;
      return tex(values.map((value, k) => (k === 0 ? `${value}\\text{ ${unit}}` : String(value))).join(', '));
    },
    'goes on': (values, rng) =>
      tex(`${values.join(', ')}${pick(rng, ['\\text{ etc.}', ', \\ldots', ',\\dots', '\\text{, etc.}'])}`),
    'a name too many': (values) => {
      const all = [...values, values.at(-1)!];
      return tex(all.map((value, k) => `${'xyzw'[k]} = ${value}`).join(', '));
    },
    'one changed': (values, rng) => {
      const at = rng.nextInt(values.length);
      return tex(values.with(at, values.at(-1)! + between(rng, 1, 9)).join(', '));
    },
    'one lost': (values) => tex(values.slice(1).join(', ')),
    'one multiplied': (values, rng) =>
      tex(`${values.join(', ')}\\text{ ${pick(rng, ['thousand', 'million', 'dozen'])}}`),
    'in a base': (values, rng) => tex(values.map((value) => `${value}_{${pick(rng, [12, 16])}}`).join(', ')),
    tuple: (values) => tex(`(${values.map((value) => wholeMember(value).tex).join(', ')}, \\infty)`),
  },
};

/** Values with names, and names for values without them. */
export const NAMED_ANSWERS: readonly SampledKind[] = [
  sampleKind(namedQuantity),
  sampleKind(directed),
  sampleKind(namedTuple),
  sampleKind(plainList),
];
