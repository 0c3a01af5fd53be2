import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, sampleKind } from '../answer-kind.ts';
import { between, drawDistinct, isRare, pick } from '../draw.ts';
import { any, plain, tex } from '../spelling.ts';
import { NAMES } from '../vocabulary.ts';

const LETTERS = ['A', 'B', 'C', 'D', 'E'];

const other = (rng: Rng, letter: string): string =>
  pick(
    rng,
    LETTERS.filter((one) => one !== letter),
  );

const choice: AnswerKind<string> = {
  name: 'choice letter',
  shape: 'choice',
  weight: 40,
  draw: (rng) => pick(rng, LETTERS),
  gold: (letter, rng) => pick(rng, [letter, letter, `(${letter})`, `\\text{(${letter})}`, `\\textbf{(${letter})}`]),
  rewrites: {
    letter: (letter) => any(letter),
    parentheses: (letter) => any(`(${letter})`),
    text: (letter, rng) =>
      tex(
        pick(rng, [
          `\\text{${letter}}`,
          `\\text{(${letter})}`,
          `\\mathrm{${letter}}`,
          `\\textbf{(${letter})}`,
          `\\textbf{${letter}}`,
        ]),
      ),
    'one parenthesis': (letter) => plain(`${letter})`),
    'word before': (letter, rng) =>
      plain(`${pick(rng, ['option', 'choice', 'Option', 'answer choice'])} ${pick(rng, [letter, `(${letter})`])}`),
    'option text behind': (letter, rng) =>
      plain(`(${letter}) ${pick(rng, ['12 cm', '$\\frac{1}{2}$', 'the second train', '7'])}`),
    'not another': (letter, rng) => plain(`${letter}, not ${other(rng, letter)}`),
    'with a reason': (letter, rng) => plain(`${letter}, because ${other(rng, letter)} is impossible`),
    'in another language': (letter, rng) =>
      plain(
        pick(rng, [
          `选项${letter}`,
          `选${letter}`,
          `故选${letter}`,
          `${letter}是正确的`,
          `la ${letter}`,
          `${letter}입니다`,
          `${letter}です`,
        ]),
      ),
  },
  misses: {
    'sign before it': (letter, rng) => plain(pick(rng, ['~', '!', '¬', '∼', '\\neg ']) + letter),
    'denied in another language': (letter, rng) =>
      plain(
        pick(rng, [
          `不是${letter}`,
          `${letter}不正确`,
          `${letter}是错误的`,
          `排除${letter}`,
          `排除选项${letter}`,
          `除了${letter}`,
          `${letter}ではない`,
          `${letter}가 아닙니다`,
          `не ${letter}`,
          `pas ${letter}`,
          `nicht ${letter}`,
          `no ${letter}`,
        ]),
      ),
    eliminated: (letter, rng) =>
      plain(
        pick(rng, [
          `eliminate ${letter}`,
          `rule out ${letter}`,
          `${letter} is eliminated`,
          `${letter}) no`,
          `${letter} instead ${other(rng, letter)}`,
        ]),
      ),
    'another letter': (letter, rng) => any(other(rng, letter)),
    'another in parentheses': (letter, rng) => tex(`\\text{(${other(rng, letter)})}`),
    'one of two': (letter, rng) =>
      plain(
        pick(rng, [
          `${letter} or ${other(rng, letter)}`,
          `either ${other(rng, letter)} or ${letter}`,
          `${other(rng, letter)} or ${letter}`,
        ]),
      ),
    both: (letter, rng) =>
      plain(pick(rng, [`${letter} and ${other(rng, letter)}`, `both ${other(rng, letter)} and ${letter}`])),
    'all listed': () => plain('A, B, C, D, E'),
    'all listed in a row': () => any('ABCDE'),
    denied: (letter, rng) =>
      plain(
        pick(rng, [
          `not ${letter}`,
          `anything but ${letter}`,
          `all except ${letter}`,
          `none of them, least of all ${letter}`,
        ]),
      ),
    'another, not it': (letter, rng) => plain(`${other(rng, letter)}, not ${letter}`),
    'another, with a reason': (letter, rng) => plain(`${other(rng, letter)}, because ${letter} is impossible`),
    'symbol in a sum': (letter, rng) =>
      tex(
        pick(rng, [
          `x + ${letter}`,
          `${letter} + 1`,
          `2${letter}`,
          `\\frac{${letter}}{2}`,
          `${letter}^2`,
          `${letter}_1`,
          `-${letter}`,
          `\\sqrt{${letter}}`,
        ]),
      ),
    'equation for it': (letter, rng) => tex(`${letter} = ${between(rng, 2, 30)}`),
    'point and line': (letter, rng) =>
      tex(pick(rng, [`${letter}${other(rng, letter)} = 5`, `\\angle ${letter}`, `|${letter}|`, `P(${letter})`])),
    'first letter of a word': (letter) => plain({ A: 'Alice', B: 'Bob', C: 'Carol', D: 'Dora', E: 'Emil' }[letter]!),
    'pair of letters': (letter, rng) => any(`(${letter}, ${other(rng, letter)})`),
    undecided: (letter, rng) =>
      plain(
        pick(rng, [
          `I cannot decide between ${letter} and ${other(rng, letter)}`,
          `maybe ${letter}, maybe ${other(rng, letter)}`,
          `${letter}/${other(rng, letter)}`,
        ]),
      ),
    'set of letters': (letter, rng) => tex(`\\{${letter}, ${other(rng, letter)}\\}`),
  },
};

const name: AnswerKind<string> = {
  name: 'word or name',
  shape: 'words',
  weight: 25,
  draw: (rng) => pick(rng, NAMES),
  gold: (word, rng) => (isRare(rng, 3) ? word : `\\text{${word}}`),
  rewrites: {
    word: (word) => plain(word),
    text: (word, rng) =>
      tex(
        pick(rng, [
          `\\text{${word}}`,
          `\\mathrm{${word.replaceAll(' ', '\\ ')}}`,
          `\\textbf{${word}}`,
          `\\mbox{${word}}`,
        ]),
      ),
    'other case': (word) => plain(word.toUpperCase()),
    'small letters': (word) => plain(word.toLowerCase()),
  },
  misses: {
    'another word': (word, rng) =>
      plain(
        pick(
          rng,
          NAMES.filter((one) => one !== word),
        ),
      ),
    'another text': (word, rng) =>
      tex(
        `\\text{${pick(
          rng,
          NAMES.filter((one) => one !== word),
        )}}`,
      ),
    'number in it changed': (word) => (/\d/.test(word) ? plain(word.replace(/\d/, '3')) : null),
    'number in it alone': (word) => (/\d/.test(word) ? any(/\d+/.exec(word)![0]) : null),
    'one of two': (word, rng) =>
      plain(
        `${word} or ${pick(
          rng,
          NAMES.filter((one) => one !== word),
        )}`,
      ),
    both: (word, rng) =>
      plain(
        `${pick(
          rng,
          NAMES.filter((one) => one !== word),
        )} and ${word}`,
      ),
    denied: (word, rng) => plain(`${pick(rng, ['not', 'anything but', 'everybody except', 'non-'])} ${word}`),
    'part of another word': (word) => plain(`${word}ville`),
    // Three letters may be a customary abbreviation.
    'end lost': (word) => (word.length > 5 ? any(word.slice(0, -2)) : null),
    'letters mixed': (word) => plain(word.slice(1) + word[0]!),
    owner: (word) => plain(`${word}'s neighbour`),
  },
};

const yesNo: AnswerKind<readonly [right: string, wrong: string]> = {
  name: 'yes or no',
  shape: 'words',
  weight: 10,
  draw: (rng) =>
    pick(rng, [
      ['Yes', 'No'],
      ['No', 'Yes'],
      ['True', 'False'],
      ['False', 'True'],
    ] as const),
  gold: ([right], rng) => (isRare(rng, 2) ? right : `\\text{${right}}`),
  rewrites: {
    word: ([right]) => plain(right),
    'small letters': ([right]) => plain(right.toLowerCase()),
    text: ([right]) => tex(`\\text{${right}}`),
  },
  misses: {
    'the other': ([, wrong]) => plain(wrong),
    both: ([right, wrong]) => plain(`${right} and ${wrong}`),
    either: ([right, wrong]) => plain(`${wrong} or ${right}`),
    denied: ([right]) => plain(`not ${right}`),
    undecided: ([right]) => plain(`maybe ${right}, maybe not`),
    number: () => any('1'),
  },
};

/** A statement in words; `numbers` are what a careless reading takes for the answer. */
interface Statement {
  readonly text: string;
  readonly numbers: readonly number[];
  readonly otherText: string;
}

const STATEMENTS: readonly ((a: number, b: number, c: number) => readonly [text: string, other: string])[] = [
  (a, b, c) => [`all primes p with p = ${a} mod ${b}`, `all primes p with p = ${c} mod ${b}`],
  (a, b) => [`Alice wins for n = ${a} and Bob wins for n = ${b}`, `Bob wins for n = ${a} and Alice wins for n = ${b}`],
  (a, _, c) => [`The sequence converges for x < ${a}`, `The sequence converges for x < ${c}`],
  (a) => [`${a} if n is odd`, `${a} if n is even`],
  (a, b) => [`${a} apples and ${b} pears`, `${b} apples and ${a} pears`],
  (a, b) => [`(a) ${a} (b) ${b}`, `(a) ${b} (b) ${a}`],
  (a, b, c) => [`The rent of room A is ${a} and of room B is ${b}`, `The rent of room A is ${a} and of room B is ${c}`],
  (a, b) => [`between ${a} and ${a + b}`, `not between ${a} and ${a + b}`],
  (a) => [`every multiple of ${a}`, `every divisor of ${a}`],
  (a, b) => [`x = ${a} or y = ${b}`, `x = ${b} or y = ${a}`],
  (a, _, c) => [`at least ${a}`, `at least ${c}`],
  (a) => [`at least ${a}`, `at most ${a}`],
  (a, b) => [`<1>${a}</1><2>${b}</2>`, `<1>${b}</1><2>${a}</2>`],
];

const statement: AnswerKind<Statement> = {
  name: 'statement in words',
  shape: 'statement',
  weight: 25,
  draw: (rng) => {
    const [a, b, c] = drawDistinct(rng, 3, 2, 60) as [number, number, number];
    const [text, otherText] = pick(rng, STATEMENTS)(a, b, c);
    return { text, otherText, numbers: [a, b].filter((n) => new RegExp(`\\b${n}\\b`).test(text)) };
  },
  gold: ({ text }) => text,
  rewrites: {
    'same words': ({ text }) => plain(text),
    'as text': ({ text }) => (/[<=>]/.test(text) ? null : tex(`\\text{${text}}`)),
  },
  misses: {
    'a number of it': ({ numbers }, rng) => any(String(pick(rng, numbers))),
    'last number of it': ({ numbers }) => any(String(numbers.at(-1))),
    'other words': ({ otherText }) => plain(otherText),
    'number changed': ({ text, numbers }, rng) => {
      const number = pick(rng, numbers);
      return plain(text.replace(new RegExp(`\\b${number}\\b`), String(between(rng, 61, 90))));
    },
    'equation of its number': ({ numbers }, rng) => tex(`x = ${pick(rng, numbers)}`),
    denied: ({ text }) => plain(`It is false that ${text}`),
  },
};

/** Answers that are words: choices, names, yes and no, statements. */
export const WORDS: readonly SampledKind[] = [
  sampleKind(choice),
  sampleKind(name),
  sampleKind(yesNo),
  sampleKind(statement),
];
