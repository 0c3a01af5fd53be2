import type { Rng } from '../../../src/core/rng.ts';
import { between, pick } from './draw.ts';
import { ratio, toDecimal } from './ratio.ts';

/** A member of a list, tuple or matrix: a number in one of several closed forms. Two are equal when their keys are. */
export interface Member {
  /** What it is, exactly: equal keys, equal values. */
  readonly key: string;
  /** The form of a reference. */
  readonly tex: string;
  /** Other forms of the same value, in LaTeX. */
  readonly others: readonly string[];
  /** The form of running text; null where it has none that is common. */
  readonly plain: string | null;
}

/** A whole number. */
export function wholeMember(n: number): Member {
  return {
    key: `${n}/1`,
    tex: String(n),
    others: [`${n}.0`, `\\frac{${2 * n}}{2}`, `(${n})`, `{${n}}`],
    plain: String(n),
  };
}

/** A fraction, in lowest terms. */
export function fractionMember(over: number, under: number): Member {
  const { over: a, under: b } = ratio(over, under);
  if (b === 1n) return wholeMember(Number(a));
  const sign = a < 0n ? '-' : '';
  const size = a < 0n ? -a : a;
  const decimal = toDecimal({ over: a, under: b }, 4);
  const others = [
    `${sign}\\dfrac{${size}}{${b}}`,
    `\\frac{${a}}{${b}}`,
    `${a}/${b}`,
    `${sign}\\frac{${3n * size}}{${3n * b}}`,
  ];
  return {
    key: `${a}/${b}`,
    tex: `${sign}\\frac{${size}}{${b}}`,
    others: decimal === null ? others : [...others, decimal],
    plain: `${a}/${b}`,
  };
}

/** A whole multiple of a root of a square-free number. */
export function rootMember(k: number, m: number): Member {
  const sign = k < 0 ? '-' : '';
  const size = Math.abs(k);
  const head = size === 1 ? '' : String(size);
  return {
    key: `${k}r${m}`,
    tex: `${sign}${head}\\sqrt{${m}}`,
    others: [`${sign}\\sqrt{${k * k * m}}`, `${sign}${size} \\cdot \\sqrt{${m}}`, `${sign}\\sqrt{${m}} \\cdot ${size}`],
    plain: `${sign}${size === 1 ? '' : `${size}*`}sqrt(${m})`,
  };
}

/** A whole multiple of pi over a whole number. */
export function piMember(over: number, under: number): Member {
  const { over: a, under: b } = ratio(over, under);
  const size = a < 0n ? -a : a;
  const top = `${size === 1n ? '' : size}\\pi`;
  const sign = a < 0n ? '-' : '';
  const text = b === 1n ? top : `\\frac{${top}}{${b}}`;
  return {
    key: `${a}/${b}pi`,
    tex: sign + text,
    others: [
      b === 1n ? `${sign}${size} \\cdot \\pi` : `${sign}\\frac{${size}}{${b}}\\pi`,
      b === 1n ? `${sign}${top}` : `${sign}${top}/${b}`,
    ],
    plain: `${sign}${size === 1n ? '' : `${size}*`}pi${b === 1n ? '' : `/${b}`}`,
  };
}

/** Mostly whole numbers; `spread` is how far from 0 they lie. */
export function drawMember(rng: Rng, spread = 20): Member {
  switch (between(rng, 0, 9)) {
    case 0:
    case 1:
      return fractionMember(between(rng, -spread, spread), between(rng, 2, 9));
    case 2:
      return rootMember(pick(rng, [1, 2, 3, 4, -1, -2, -3]), pick(rng, [2, 3, 5, 6, 7, 10]));
    case 3:
      return piMember(pick(rng, [1, 2, 3, 5, -1, -2]), between(rng, 1, 8));
    default:
      return wholeMember(between(rng, -spread, spread));
  }
}

/** `count` members, no two equal. */
export function drawMembers(rng: Rng, count: number, spread = 20): Member[] {
  const members: Member[] = [];
  while (members.length < count) {
    const drawn = drawMember(rng, spread);
    if (members.every(({ key }) => key !== drawn.key)) members.push(drawn);
  }
  return members;
}

/** A member that equals none of the given ones. */
export function drawOther(rng: Rng, taken: readonly Member[]): Member {
  for (;;) {
    const drawn = drawMember(rng);
    if (taken.every(({ key }) => key !== drawn.key)) return drawn;
  }
}

/** The negative; null for 0. */
export function negate(member: Member): Member | null {
  if (member.key === '0/1') return null;
  const flip = (text: string) => (text.startsWith('-') ? text.slice(1) : `-${text}`);
  return {
    key: flip(member.key),
    tex: flip(member.tex),
    others: [],
    plain: member.plain === null ? null : flip(member.plain),
  };
}

/** Any form of the value in LaTeX. */
export function spellMember({ tex, others }: Member, rng: Rng): string {
  return others.length === 0 || rng.nextInt(2) === 0 ? tex : pick(rng, others);
}
