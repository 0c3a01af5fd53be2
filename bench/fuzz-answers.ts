import type { Rng } from '../src/core/rng.ts';

/**
 * Answers made from a grammar: for each a reference, the same value spelled otherwise, and a value that differs by
 * construction. What a verifier says about the third is never `correct`.
 */
export interface AnswerTriple {
  readonly kind: string;
  readonly gold: string;
  readonly same: string;
  readonly other: string;
}

type Make = (rng: Rng) => Omit<AnswerTriple, 'kind'>;

function pick<T>(rng: Rng, values: readonly T[]): T {
  return values[rng.nextInt(values.length)]!;
}

function between(rng: Rng, low: number, high: number): number {
  return low + rng.nextInt(high - low + 1);
}

/** An integer of up to `digits` digits, often negative. */
function drawInteger(rng: Rng, digits: number): bigint {
  const count = between(rng, 1, digits);
  let text = String(between(rng, 1, 9));
  while (text.length < count) text += rng.nextInt(10);
  return rng.nextInt(4) === 0 ? -BigInt(text) : BigInt(text);
}

function withCommas(value: bigint, comma: string): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, comma);
}

const INTEGER_SPELLINGS: readonly ((n: bigint, rng: Rng) => string)[] = [
  String,
  (n) => withCommas(n, ','),
  (n) => withCommas(n, '{,}'),
  (n) => withCommas(n, ',\\!'),
  (n) => `${n} + 0`,
  (n) => `\\left(${n}\\right)`,
  (n) => `x = ${n}`,
  (n, rng) => {
    const part = drawInteger(rng, 6);
    return `(${n - part}) + (${part})`;
  },
  (n, rng) => {
    const factor = BigInt(between(rng, 2, 99));
    return `\\frac{${n * factor}}{${factor}}`;
  },
];

function spellInteger(n: bigint, rng: Rng): string {
  return pick(rng, INTEGER_SPELLINGS)(n, rng);
}

/** Another integer: one digit place away, or the negative. */
function moveInteger(n: bigint, rng: Rng): bigint {
  if (n !== 0n && rng.nextInt(5) === 0) return -n;
  const size = 10n ** BigInt(rng.nextInt(String(n).length));
  return rng.nextInt(2) === 0 ? n + size : n - size;
}

const makeInteger: Make = (rng) => {
  const n = drawInteger(rng, 30);
  return { gold: String(n), same: spellInteger(n, rng), other: spellInteger(moveInteger(n, rng), rng) };
};

/** A huge integer beside its closed forms: doubles cannot tell these apart. */
const makeNearMiss: Make = (rng) => {
  const n = BigInt(`${between(rng, 1, 9)}${'0'.repeat(between(rng, 8, 60))}`) + BigInt(rng.nextInt(1000));
  const by = pick(rng, [1n, -1n, 2n]);
  return { gold: String(n), same: `\\sqrt{${n * n}}`, other: `\\sqrt{${n * n + by}}` };
};

/** Inverse functions beside their values, off by less than a double resolves. */
const makeArcNearMiss: Make = (rng) => {
  const [gold, same] = pick(rng, [
    ['\\frac{\\pi}{4}', '\\arctan(1)'],
    ['\\frac{\\pi}{6}', '\\arcsin(\\frac{1}{2})'],
    ['\\pi', '\\arccos(-1)'],
    ['\\frac{\\pi}{4}', '\\arctan(\\frac{1}{2})+\\arctan(\\frac{1}{3})'],
  ] as const);
  return { gold, same, other: `${same} + 10^{-${between(rng, 17, 40)}}` };
};

const FRACTION_SPELLINGS: readonly ((a: bigint, b: bigint) => string)[] = [
  (a, b) => `\\frac{${a}}{${b}}`,
  (a, b) => `\\dfrac{${3n * a}}{${3n * b}}`,
  (a, b) => `${a}/${b}`,
  (a, b) => `\\tfrac{${-a}}{-${b}}`,
  (a, b) => `\\frac{${a}}{${b}} + 0`,
  (a, b) => `${a} \\div ${b}`,
];

const makeFraction: Make = (rng) => {
  const [a, b] = [drawInteger(rng, 9), BigInt(between(rng, 2, 9999))];
  const spell = (over: bigint) => pick(rng, FRACTION_SPELLINGS)(over, b);
  return { gold: `\\frac{${a}}{${b}}`, same: spell(a), other: spell(moveInteger(a, rng)) };
};

/** Five decimals at most, moved by at least one unit of the fifth. */
const makeDecimal: Make = (rng) => {
  const scaled = between(rng, 1, 99_999_999);
  const show = (value: number) => (value / 100_000).toFixed(5);
  const other = scaled + pick(rng, [1, -1, 10, 1000, 100_000, -100_000]);
  return { gold: show(scaled), same: `${show(scaled)}0`, other: show(other) };
};

const SQUARE_FREE = [2, 3, 5, 6, 7, 10, 11, 13, 15, 17, 19, 21, 23];

const makeRoot: Make = (rng) => {
  const [k, m, a] = [between(rng, 2, 40), pick(rng, SQUARE_FREE), between(rng, -99, 99)];
  const forms = [`${a}+${k}\\sqrt{${m}}`, `${k}\\sqrt${m < 10 ? m : `{${m}}`}+${a}`, `${a}+\\sqrt{${k * k * m}}`];
  const others = [
    `${a}+${k + 1}\\sqrt{${m}}`,
    `${a}+${k}\\sqrt{${m + 1}}`,
    `${a + 1}+${k}\\sqrt{${m}}`,
    `${a}-${k}\\sqrt{${m}}`,
  ];
  return { gold: `${a}+${k}\\sqrt{${m}}`, same: pick(rng, forms), other: pick(rng, others) };
};

const makeComplex: Make = (rng) => {
  const [a, b] = [between(rng, 1, 99), between(rng, 2, 99)];
  const other = pick(rng, [`${a}-${b}i`, `${a + 1}+${b}i`, `${a}+${b + 1}i`, `${b}i-${a}`, `${a}+${b}`]);
  return { gold: `${a}+${b}i`, same: pick(rng, [`${b}i+${a}`, `${a}+i\\cdot ${b}`]), other };
};

const makePolynomial: Make = (rng) => {
  const terms = [
    `${between(rng, 2, 9)}x^2`,
    `${between(rng, 2, 9)}xy`,
    `${between(rng, 2, 9)}y`,
    `${between(rng, 10, 99)}`,
  ];
  const changed = rng.nextInt(terms.length);
  const other = terms.map((term, k) => (k === changed ? `1${term}` : term));
  return {
    gold: terms.join('+'),
    same: terms.toReversed().join(' + '),
    other: pick(rng, [other, other.toReversed()]).join('+'),
  };
};

const makeEquation: Make = (rng) => {
  const [m, c] = [between(rng, 2, 30), between(rng, 2, 99)];
  const same = pick(rng, [`y=${c}+${m}x`, `2y = ${2 * m}x + ${2 * c}`, `${m}x - y + ${c} = 0`]);
  const other = pick(rng, [`y=${m}x-${c}`, `y=${m + 1}x+${c}`, `y = ${m}x + ${c + 1}`, `${m}x + y + ${c} = 0`]);
  return { gold: `y = ${m}x + ${c}`, same, other };
};

/** Members ascend, so that no perturbation meets a neighbour. */
function drawMembers(rng: Rng, count: number): number[] {
  let last = between(rng, -50, 0);
  return Array.from({ length: count }, () => (last += between(rng, 3, 20)));
}

const makePoint: Make = (rng) => {
  const members = drawMembers(rng, between(rng, 2, 4));
  const changed = members.with(rng.nextInt(members.length), members[0]! - 1);
  const show = (values: readonly number[]) => `(${values.join(', ')})`;
  return {
    gold: show(members),
    same: `\\left(${members.join(',\\,')}\\right)`,
    other: show(pick(rng, [changed, members.toReversed(), members.slice(1).concat(99)])),
  };
};

const makeInterval: Make = (rng) => {
  const [a, b] = drawMembers(rng, 2) as [number, number];
  const others = [
    `(${a}, ${b})`,
    `[${a}, ${b}]`,
    `(${a}, ${b}]`,
    `[${a}, ${b + 1})`,
    `[${a - 1}, ${b})`,
    `[${b}, ${a})`,
  ];
  return { gold: `[${a}, ${b})`, same: `\\left[${a},${b}\\right)`, other: pick(rng, others) };
};

const makeSet: Make = (rng) => {
  const members = drawMembers(rng, between(rng, 2, 6));
  const changed = members.with(rng.nextInt(members.length), members[0]! - 1);
  const others = [changed, members.slice(1), [...members, members[0]! - 2]];
  const show = pick(rng, [(m: readonly number[]) => `\\{${m.join(', ')}\\}`, (m: readonly number[]) => m.join(', ')]);
  return { gold: show(members), same: show(members.toReversed()), other: show(pick(rng, others)) };
};

const makeMatrix: Make = (rng) => {
  const entries = Array.from({ length: 4 }, () => between(rng, -20, 20));
  const changed = entries.with(rng.nextInt(4), 77);
  const show = (kind: string, [a, b, c, d]: readonly number[]) =>
    `\\begin{${kind}} ${a} & ${b} \\\\ ${c} & ${d} \\end{${kind}}`;
  const kind = pick(rng, ['pmatrix', 'bmatrix']);
  return { gold: show('pmatrix', entries), same: show(kind, entries), other: show(kind, changed) };
};

const makePercent: Make = (rng) => {
  const n = between(rng, 2, 97);
  return {
    gold: `${n}\\%`,
    same: pick(rng, [`${n}%`, `${n}\\%`, `${n} percent`]),
    other: `${n + pick(rng, [1, 2])}\\%`,
  };
};

const NAMES = ['east', 'Evelyn', 'odd', 'Tuesday', 'ellipse', 'parallelogram'];

const makeText: Make = (rng) => {
  const at = rng.nextInt(NAMES.length);
  const other = NAMES[(at + 1 + rng.nextInt(NAMES.length - 1)) % NAMES.length]!;
  return { gold: `\\text{${NAMES[at]}}`, same: NAMES[at]!, other: `\\text{${other}}` };
};

const makeLetter: Make = (rng) => {
  const at = rng.nextInt(5);
  const other = 'ABCDE'[(at + 1 + rng.nextInt(4)) % 5]!;
  return { gold: `(${'ABCDE'[at]})`, same: `\\text{(${'ABCDE'[at]})}`, other: `\\text{(${other})}` };
};

/** Inverse functions cost a hundred times what the others do. */
const MAKERS: readonly (readonly [kind: string, weight: number, make: Make])[] = [
  ['integer', 60, makeInteger],
  ['near miss', 30, makeNearMiss],
  ['inverse function', 1, makeArcNearMiss],
  ['fraction', 50, makeFraction],
  ['decimal', 40, makeDecimal],
  ['root', 40, makeRoot],
  ['complex', 30, makeComplex],
  ['polynomial', 30, makePolynomial],
  ['equation', 30, makeEquation],
  ['point', 30, makePoint],
  ['interval', 30, makeInterval],
  ['set', 40, makeSet],
  ['matrix', 20, makeMatrix],
  ['percent', 20, makePercent],
  ['text', 10, makeText],
  ['letter', 10, makeLetter],
];

const DECK = MAKERS.flatMap(([kind, weight, make]) => Array.from({ length: weight }, () => ({ kind, make })));

/** Draws a reference, an equal answer and a different one. */
export function drawAnswers(rng: Rng): AnswerTriple {
  const { kind, make } = pick(rng, DECK);
  return { kind, ...make(rng) };
}

const WRAPPINGS: readonly ((answer: string) => string)[] = [
  (answer) => `$${answer}$`,
  (answer) => `\\boxed{${answer}}`,
  (answer) => `Final Answer: $${answer}$`,
  (answer) => `**Final Answer:** $${answer}$.`,
  (answer) => `First we get $12345$, which is too much. Therefore the answer is $${answer}$.`,
  (answer) => `Let us see. $3+4=7$, so \\[ \\boxed{${answer}} \\]`,
  (answer) =>
    `<Parallel><Path>3</Path><Path>\\boxed{4}</Path></Parallel>\n<Summary>5</Summary>\n\nFinal Answer: $${answer}$`,
];

/** Puts an answer into a response. */
export function wrapAnswer(answer: string, rng: Rng): string {
  return pick(rng, WRAPPINGS)(answer);
}

const PIECES = [
  ...'()[]{}|$^_!%&,;=<>+-*/.:\'"~ \n',
  ...['\\frac', '\\sqrt', '\\boxed{', '\\text{', '\\left(', '\\right)', '\\sum_{k=1}^', '\\prod_{k=1}^', '\\binom'],
  ...['\\begin{pmatrix}', '\\end{pmatrix}', '\\\\', '\\cup', '\\pm', '\\infty', '\\in', '\\pi', '\\log_', '\\arctan'],
  ...[
    'Final Answer:',
    'answer is',
    'Therefore',
    ' or ',
    ' and ',
    'not ',
    '<Path>',
    '</Parallel>',
    '<|im_end|>',
    '答案',
  ],
  ...['9^{9^{9^9}}', '(10^9)!', '1,234', '0.5', '2^{1000000}', '10^{400}', 'x', 'A', 'i', 'e', '7', '\u2028', '\ud800'],
];

/** Text without sense, of up to some thousand characters: soup, repetition, or deep nesting. */
export function drawGarbage(rng: Rng): string {
  const soup = Array.from({ length: between(rng, 1, 30) }, () => pick(rng, PIECES)).join('');
  const shape = rng.nextInt(6);
  if (shape === 0) return soup.repeat(between(rng, 2, 40));
  if (shape === 1) return pick(rng, PIECES).repeat(between(rng, 50, 800));
  if (shape === 2) return `${'\\frac{'.repeat(between(rng, 1, 80))}${soup}${'}{2}'.repeat(between(rng, 1, 80))}`;
  return soup;
}
