import { type AnswerKind, type SampledKind, sampleKind } from '../answer-kind.ts';
import { between, betweenExcept, isRare, pick } from '../draw.ts';
import { plain, tex } from '../spelling.ts';

const signed = (n: number): string => (n < 0 ? `- ${-n}` : `+ ${n}`);

/** `2x`, `x`, `-x`. */
const times = (k: number, name: string): string => (k === 1 ? name : k === -1 ? `-${name}` : `${k}${name}`);

/** `y = m x + c`. */
interface Line {
  readonly m: number;
  readonly c: number;
}

const right = ({ m, c }: Line): string => `${times(m, 'x')} ${signed(c)}`;

const line: AnswerKind<Line> = {
  name: 'equation of a line',
  shape: 'relation',
  weight: 30,
  draw: (rng) => ({ m: betweenExcept(rng, -9, 9, [0]), c: betweenExcept(rng, -20, 20, [0]) }),
  gold: (value) => `y = ${right(value)}`,
  rewrites: {
    same: (value, rng) => (isRare(rng, 2) ? tex(`y=${right(value)}`) : plain(`y = ${right(value)}`)),
    'sides exchanged': (value) => tex(`${right(value)} = y`),
    'terms exchanged': ({ m, c }) => tex(`y = ${c} ${m < 0 ? '-' : '+'} ${times(Math.abs(m), 'x')}`),
    'all on one side': ({ m, c }) => tex(`${times(m, 'x')} - y ${signed(c)} = 0`),
    multiple: ({ m, c }, rng) => {
      const k = between(rng, 2, 5);
      return tex(`${k}y = ${times(k * m, 'x')} ${signed(k * c)}`);
    },
    'point and slope': ({ m, c }, rng) => {
      const at = between(rng, 1, 6);
      return tex(`y ${signed(-(m * at + c) || 0)} = ${m}(x - ${at})`);
    },
    'right side alone': (value) => tex(right(value)),
    'other side first': ({ m, c }) => tex(`y ${signed(-c)} = ${times(m, 'x')}`),
  },
  misses: {
    'slope changed': ({ m, c }, rng) => tex(`y = ${right({ m: betweenExcept(rng, -9, 9, [0, m]), c })}`),
    'constant changed': ({ m, c }, rng) => tex(`y = ${right({ m, c: betweenExcept(rng, -20, 20, [0, c]) })}`),
    'sign of the slope': ({ m, c }) => tex(`y = ${right({ m: -m, c })}`),
    'sign of the constant': ({ m, c }) => tex(`y = ${right({ m, c: -c })}`),
    'slope and constant exchanged': ({ m, c }) => (m === c ? null : tex(`y = ${right({ m: c, c: m })}`)),
    'x and y exchanged': ({ m, c }) => (m === 1 || m === -1 ? null : tex(`x = ${times(m, 'y')} ${signed(c)}`)),
    inequality: (value, rng) => tex(`y ${pick(rng, ['>', '\\le', '\\ge', '<', '\\ne', '\\neq'])} ${right(value)}`),
    'constant lost': ({ m }) => tex(`y = ${times(m, 'x')}`),
    'zero added on one side': ({ m, c }) => tex(`${times(m, 'x')} + y ${signed(c)} = 0`),
    square: ({ m, c }) => tex(`y = ${times(m, 'x')}^2 ${signed(c)}`),
    'left side squared': (value) => tex(`y^2 = ${right(value)}`),
    'right side alone, changed': ({ m, c }, rng) => tex(right({ m, c: betweenExcept(rng, -20, 20, [0, c]) })),
    'left side alone': () => tex('y'),
    'equal to a number': ({ c }) => tex(`y = ${c}`),
    'approximate slope': ({ m, c }) => tex(`y = ${m}.1x ${signed(c)}`),
    not: (value) => tex(`\\text{not } y = ${right(value)}`),
  },
};

/** A circle with a whole centre. */
interface Circle {
  readonly a: number;
  readonly b: number;
  readonly r: number;
}

const circleText = ({ a, b, r }: Circle): string => `(x ${signed(-a)})^2 + (y ${signed(-b)})^2 = ${r}`;

const circle: AnswerKind<Circle> = {
  name: 'equation of a curve',
  shape: 'relation',
  weight: 15,
  draw: (rng) => ({ a: betweenExcept(rng, -9, 9, [0]), b: betweenExcept(rng, -9, 9, [0]), r: between(rng, 2, 50) }),
  gold: circleText,
  rewrites: {
    same: (value) => tex(circleText(value)),
    'squares exchanged': ({ a, b, r }) => tex(`(y ${signed(-b)})^2 + (x ${signed(-a)})^2 = ${r}`),
    'multiplied out': ({ a, b, r }) =>
      tex(`x^2 + y^2 ${signed(-2 * a)}x ${signed(-2 * b)}y ${signed(a * a + b * b - r)} = 0`),
    'sides exchanged': ({ a, b, r }) => tex(`${r} = (x ${signed(-a)})^2 + (y ${signed(-b)})^2`),
    'turned inside': ({ a, b, r }) => tex(`(${a} - x)^2 + (${b} - y)^2 = ${r}`),
  },
  misses: {
    'radius changed': ({ a, b, r }, rng) => tex(circleText({ a, b, r: betweenExcept(rng, 2, 60, [r]) })),
    'sign of the centre': ({ a, b, r }) => tex(circleText({ a: -a, b, r })),
    'centre exchanged': ({ a, b, r }) => (a === b ? null : tex(circleText({ a: b, b: a, r }))),
    'radius squared': ({ a, b, r }) => tex(circleText({ a, b, r: r * r })),
    hyperbola: ({ a, b, r }) => tex(`(x ${signed(-a)})^2 - (y ${signed(-b)})^2 = ${r}`),
    disc: (value, rng) => tex(circleText(value).replace('=', pick(rng, ['<', '\\le', '\\ge', '\\ne']))),
    'left side alone': (value) => tex(circleText(value).split(' = ')[0]!),
    'one square lost': ({ a, b, r }) => tex(`(x ${signed(-a)})^2 + (y ${signed(-b)}) = ${r}`),
  },
};

/** A value under a name: `x = 7`. */
const named: AnswerKind<{ readonly name: string; readonly value: number }> = {
  name: 'named value',
  shape: 'relation',
  weight: 20,
  draw: (rng) => ({
    name: pick(rng, ['x', 'n', 'k', 'y', 't', 'm']),
    value: between(rng, 2, 99) * (isRare(rng, 4) ? -1 : 1),
  }),
  gold: ({ name, value }) => `${name} = ${value}`,
  rewrites: {
    same: ({ name, value }, rng) => (isRare(rng, 2) ? tex(`${name}=${value}`) : plain(`${name} = ${value}`)),
    'value alone': ({ value }) => tex(String(value)),
    'turned round': ({ name, value }) => tex(`${value} = ${name}`),
    fraction: ({ name, value }) => tex(`${name} = \\frac{${2 * value}}{2}`),
    'in words': ({ name, value }) => plain(`${name} equals ${value}`),
  },
  misses: {
    'value changed': ({ name, value }, rng) => tex(`${name} = ${value + pick(rng, [1, -1, 10])}`),
    'sign changed': ({ name, value }) => tex(`${name} = ${-value}`),
    inequality: ({ name, value }, rng) =>
      tex(`${name} ${pick(rng, ['>', '<', '\\ge', '\\le', '\\ne', '\\neq', '\\not='])} ${value}`),
    square: ({ name, value }) => tex(`${name}^2 = ${value}`),
    'square of both': ({ name, value }) => tex(`${name}^2 = ${value * value}`),
    'plus or minus': ({ name, value }) => tex(`${name} = \\pm ${Math.abs(value)}`),
    'two values': ({ name, value }, rng) =>
      tex(`${name} = ${value} \\text{ or } ${name} = ${value + between(rng, 1, 9)}`),
    'value alone, changed': ({ value }) => tex(String(value + 1)),
    'name alone': ({ name }) => tex(name),
    'two sides that differ': ({ name, value }) => tex(`${name} = ${value + 1} = ${value}`),
    not: ({ name, value }, rng) =>
      isRare(rng, 2) ? tex(`\\text{not } ${name} = ${value}`) : plain(`${name} is not ${value}`),
    interval: ({ name, value }) => tex(`${name} \\in [${value}, ${value + 5}]`),
  },
};

/** `x = r mod m`. */
interface Residue {
  readonly r: number;
  readonly m: number;
}

const congruence: AnswerKind<Residue> = {
  name: 'congruence',
  shape: 'relation',
  weight: 15,
  draw: (rng) => {
    const m = between(rng, 3, 30);
    return { m, r: between(rng, 1, m - 1) };
  },
  gold: ({ r, m }) => `x \\equiv ${r} \\pmod{${m}}`,
  rewrites: {
    same: ({ r, m }, rng) =>
      tex(
        pick(rng, [
          `x \\equiv ${r} \\pmod{${m}}`,
          `x\\equiv ${r} \\pmod ${m}`,
          `x \\equiv ${r} \\mod ${m}`,
          `x \\equiv ${r} (\\bmod ${m})`,
          `x \\equiv ${r} \\ (\\text{mod } ${m})`,
        ]),
      ),
    typed: ({ r, m }) => plain(`x ≡ ${r} (mod ${m})`),
    'other residue': ({ r, m }, rng) => tex(`x \\equiv ${r + m * pick(rng, [1, 2, -1])} \\pmod{${m}}`),
  },
  misses: {
    'residue changed': ({ r, m }, rng) => tex(`x \\equiv ${betweenExcept(rng, 0, m - 1, [r])} \\pmod{${m}}`),
    'modulus changed': ({ r, m }, rng) => tex(`x \\equiv ${r} \\pmod{${betweenExcept(rng, 3, 40, [m])}}`),
    exchanged: ({ r, m }) => tex(`x \\equiv ${m} \\pmod{${r + m}}`),
    equation: ({ r }) => tex(`x = ${r}`),
    'residue alone': ({ r }) => tex(String(r)),
    'modulus alone': ({ m }) => tex(String(m)),
    'sign of the residue': ({ r, m }) => (2 * r === m ? null : tex(`x \\equiv -${r} \\pmod{${m}}`)),
    'not congruent': ({ r, m }) => tex(`x \\not\\equiv ${r} \\pmod{${m}}`),
    'multiple of another modulus': ({ r, m }) => tex(`x = ${m + 1}k + ${r}`),
  },
};

/** A family of solutions: `a pi / b + k pi / c`. */
interface Family {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const shiftOf = ({ a, b }: Family): string => `\\frac{${a === 1 ? '' : a}\\pi}{${b}}`;
const stepOf = ({ c }: Family, k: string): string =>
  c === 1 ? `${k}\\pi` : c === 0 ? `2${k}\\pi` : `\\frac{${k}\\pi}{${c}}`;

const family: AnswerKind<Family> = {
  name: 'family of solutions',
  shape: 'relation',
  weight: 12,
  draw: (rng) => ({
    ...pick(rng, [
      { a: 1, b: 3 },
      { a: 1, b: 4 },
      { a: 1, b: 6 },
      { a: 2, b: 3 },
      { a: 3, b: 4 },
      { a: 5, b: 6 },
    ]),
    c: between(rng, 0, 2),
  }),
  gold: (value) => `x = ${shiftOf(value)} + ${stepOf(value, 'k')}`,
  rewrites: {
    same: (value) => tex(`x = ${shiftOf(value)} + ${stepOf(value, 'k')}`),
    'without the name': (value) => tex(`${shiftOf(value)} + ${stepOf(value, 'k')}`),
    'terms exchanged': (value) => tex(`x = ${stepOf(value, 'k')} + ${shiftOf(value)}`),
    'whole numbers named': (value, rng) =>
      tex(
        `x = ${shiftOf(value)} + ${stepOf(value, 'k')}${pick(rng, [', k \\in \\mathbb{Z}', ' \\quad (k \\in \\mathbb{Z})', ', \\ k\\in\\mathbb Z'])}`,
      ),
    'other index': (value) => tex(`${shiftOf(value)} + ${stepOf(value, 'n')}`),
  },
  misses: {
    'step lost': (value) => tex(`x = ${shiftOf(value)}`),
    'shift lost': (value) => tex(`x = ${stepOf(value, 'k')}`),
    'step changed': (value) => tex(`x = ${shiftOf(value)} + ${stepOf({ ...value, c: value.c === 1 ? 0 : 1 }, 'k')}`),
    'shift changed': (value) => tex(`x = ${shiftOf({ ...value, a: value.a + 1, b: 7 })} + ${stepOf(value, 'k')}`),
    'sign of the shift': (value) =>
      value.b === 4 && value.c === 2 ? null : tex(`x = -${shiftOf(value)} + ${stepOf(value, 'k')}`),
    'pi lost': ({ a, b, ...rest }) => tex(`x = \\frac{${a}}{${b}} + ${stepOf({ a, b, ...rest }, 'k')}`),
    'whole numbers replaced': (value) => tex(`x = ${shiftOf(value)} + ${stepOf(value, 'k')}, k \\in \\{0, 1\\}`),
  },
};

/** `a x + b y + c z = d`. */
type Plane = readonly [a: number, b: number, c: number, d: number];

const linear = ([a, b, c]: readonly number[]): string =>
  `${times(a!, 'x')} ${b! < 0 ? '-' : '+'} ${times(Math.abs(b!), 'y')} ${c! < 0 ? '-' : '+'} ${times(Math.abs(c!), 'z')}`;

const plane: AnswerKind<Plane> = {
  name: 'equation of a plane',
  shape: 'relation',
  weight: 15,
  draw: (rng) => {
    const [a, b, c, d] = Array.from({ length: 4 }, () => betweenExcept(rng, -12, 12, [0]));
    return [a!, b!, c!, d!];
  },
  gold: (value, rng) =>
    isRare(rng, 2) ? `${linear(value)} = ${value[3]}` : `${linear(value)} ${signed(-value[3])} = 0`,
  rewrites: {
    'number on the right': (value) => tex(`${linear(value)} = ${value[3]}`),
    'zero on the right': (value) => tex(`${linear(value)} ${signed(-value[3])} = 0`),
    'signs turned': (value) => tex(`${linear(value.map((k) => -k))} ${signed(value[3])} = 0`),
    multiple: (value, rng) => {
      const k = between(rng, 2, 5);
      return tex(`${linear(value.map((one) => k * one))} = ${k * value[3]}`);
    },
    'zero on the left': (value) => tex(`0 = ${linear(value)} ${signed(-value[3])}`),
    typed: (value) => plain(`${linear(value)} = ${value[3]}`),
  },
  misses: {
    'coefficient changed': (value, rng) => {
      const at = rng.nextInt(3);
      const other = value.map((k, j) => (j === at ? betweenExcept(rng, -12, 12, [0, k]) : k));
      return tex(`${linear(other)} ${signed(-value[3])} = 0`);
    },
    'sign of a coefficient': (value, rng) => {
      const at = rng.nextInt(3);
      return tex(`${linear(value.map((k, j) => (j === at ? -k : k)))} = ${value[3]}`);
    },
    'sign of the constant': (value) => tex(`${linear(value)} ${signed(value[3])} = 0`),
    'constant changed': (value, rng) => tex(`${linear(value)} = ${betweenExcept(rng, -20, 20, [0, value[3]])}`),
    'left side alone': (value) => tex(`${linear(value)} ${signed(-value[3])}`),
    'half space': (value, rng) => tex(`${linear(value)} ${pick(rng, ['<', '\\le', '\\ge', '\\ne'])} ${value[3]}`),
    zero: () => tex('0'),
    'number of the other side': (value) => tex(`${linear(value)} = 0`),
  },
};

/** Relations that are not about order: curves, named values, congruences, families. */
export const RELATIONS: readonly SampledKind[] = [
  sampleKind(line),
  sampleKind(circle),
  sampleKind(plane),
  sampleKind(named),
  sampleKind(congruence),
  sampleKind(family),
];
