import { PIECES } from './hostile-pieces.ts';

/** A family of long texts: what is written grows with the length. */
export interface HostileText {
  /** What it attacks, and with what; unique. */
  readonly name: string;
  /** About `length` code units. */
  readonly write: (length: number) => string;
}

/** Brackets that are opened many times, hold something, and are closed as often. */
const NESTED: readonly (readonly [open: string, close: string])[] = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
  ['\\{', '\\}'],
  ['\\left(', '\\right)'],
  ['|', '|'],
  ['\\frac{', '}{2}'],
  ['\\frac{1}{', '}'],
  ['\\sqrt{', '}'],
  ['\\sqrt[3]{', '}'],
  ['2^{', '}'],
  ['x_{', '}'],
  ['\\text{', '}'],
  ['\\boxed{', '}'],
  ['\\overline{', '}'],
  ['\\lfloor ', ' \\rfloor'],
  ['\\max(1, ', ')'],
  ['\\sin(', ')'],
  ['-(', ')'],
  ['(1, ', ')'],
  ['\\begin{pmatrix} ', ' \\end{pmatrix}'],
  ['\\begin{cases} ', ' \\end{cases}'],
  ['\\sum_{k=1}^{2} (', ')'],
  ['\\log_{', '} 2'],
  ['\\binom{', '}{2}'],
  ['<Parallel><Path>', '</Path></Parallel><Summary>1</Summary>'],
  ['<think>', '</think>'],
  ['"', '"'],
  ['**', '**'],
];

const cut = (text: string, length: number): string => (text.length > length + 40 ? text.slice(0, length + 40) : text);

/** Texts that press every rule of finding and reading an answer: repetition, near matches, deep nesting. */
export function listHostileAnswers(): HostileText[] {
  const texts: HostileText[] = [];
  for (const [rule, pieces] of Object.entries(PIECES)) {
    for (const piece of new Set(pieces)) {
      const repeat = (length: number) => piece.repeat(Math.ceil(length / piece.length));
      texts.push({ name: `${rule}: ${JSON.stringify(piece)}`, write: repeat });
      texts.push({ name: `${rule}: 5 ${JSON.stringify(piece)} x`, write: (length) => `5${repeat(length)}x` });
    }
  }
  for (const [open, close] of NESTED) {
    const write = (length: number) => {
      const times = Math.max(1, Math.floor(length / (open.length + close.length)));
      return `${open.repeat(times)}1${close.repeat(times)}`;
    };
    texts.push({ name: `nesting: ${JSON.stringify(open)}`, write: (length) => cut(write(length), length) });
  }
  return texts;
}

/** Where a hostile text stands in a response. */
export const HOSTILE_SETTINGS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `\\boxed{${text}}`,
  (text) => `$${text}$`,
  (text) => `Final Answer: ${text}`,
];
