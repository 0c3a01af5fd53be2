import type { Rng } from '../../../src/core/rng.ts';
import type { AnswerShape } from './answer-kind.ts';
import { pick } from './draw.ts';
import { drawStatingBox } from './language-boxes.ts';
import { drawStatingSentence, fitsSentence, VALUE } from './sentences.ts';
import type { Spelling } from './spelling.ts';
import { SUBJECTS } from './vocabulary.ts';

/** The answer set into running text: plain as it is, LaTeX between delimiters, `any` in either way. */
export function setInline({ text, medium }: Spelling, rng: Rng): string {
  if (medium === 'plain') return text;
  if (medium === 'any' && rng.nextInt(2) === 0) return text;
  return pick(rng, [`$${text}$`, `$${text}$`, `\\(${text}\\)`, `\\( ${text} \\)`]);
}

/** A formula on lines of its own. */
export function setDisplayed(text: string, rng: Rng): string {
  return pick(rng, [`\\[${text}\\]`, `\\[\n${text}\n\\]`, `$$${text}$$`, `$$\n${text}\n$$`]);
}

/** A box; running text goes into it as text. */
export function setBoxed({ text, medium }: Spelling, rng: Rng): string {
  const command = rng.nextInt(12) === 0 ? '\\fbox' : '\\boxed';
  // Braces and command signs of running text would be LaTeX inside a box.
  const inner = medium === 'plain' ? `\\text{${text}}` : text;
  return pick(rng, [`${command}{${inner}}`, `${command}{${inner}}`, `${command} {${inner}}`, `${command}{ ${inner} }`]);
}

/** Whether running text may stand in `\text{...}`: words and numbers, no formula. */
export function fitsText({ text }: Spelling): boolean {
  return /^[\p{L}\p{N} ,.'-]*$/u.test(text) && /\p{L}{2}/u.test(text);
}

/** A way to end a response with an answer; null where it does not suit the spelling. */
type Ending = (answer: Spelling, rng: Rng) => string | null;

const LABELS = [
  ...[
    'Final Answer: ',
    '**Final Answer:** ',
    '**Final Answer**: ',
    'Final answer: ',
    'FINAL ANSWER: ',
    'Final Answer : ',
  ],
  ...[
    '### Final Answer\n\n',
    '**Final Answer**\n\n',
    '## Final Answer:\n',
    'Final Answer:\n',
    'Final Answer：',
    '✅ Final Answer: ',
  ],
  ...['**Final Answer:**\n\n', '# Final Answer\n'],
];

const SHORT_LABELS = [
  'Answer: ',
  'A: ',
  '**Answer:** ',
  '**Answer**: ',
  'answer: ',
  'Answer = ',
  'The final answer: ',
  '**Answer**\n\n',
];

const SENTENCES = [
  ...[
    'The answer is ',
    'So the answer is ',
    'Thus, the answer is ',
    'Therefore, the final answer is ',
    'Hence the answer is ',
  ],
  ...[
    'The final answer is ',
    'The result is ',
    'Therefore the answer is ',
    'So, our answer is ',
    'The correct answer is ',
  ],
];

const isWord = (shape: AnswerShape): boolean => shape === 'words' || shape === 'choice' || shape === 'statement';

const bold = (text: string): string => (text.includes('*') ? text : `**${text}**`);

/** Endings that state the answer, by the name under which they are counted. */
export const ENDINGS: Readonly<Record<string, Ending>> = {
  bare: ({ text }) => text,
  formula: ({ text, medium }, rng) => (medium === 'plain' ? null : pick(rng, [`$${text}$`, `\\(${text}\\)`])),
  display: ({ text, medium }, rng) => (medium === 'plain' ? null : setDisplayed(text, rng)),
  box: (answer, rng) => (answer.medium === 'plain' && !fitsText(answer) ? null : setBoxed(answer, rng)),
  'box in a formula': (answer, rng) => {
    if (answer.medium === 'plain' && !fitsText(answer)) return null;
    const box = setBoxed(answer, rng);
    return rng.nextInt(2) === 0 ? `$${box}$` : setDisplayed(box, rng);
  },
  label: (answer, rng) => pick(rng, LABELS) + setInline(answer, rng),
  'label, all bold': (answer, rng) =>
    answer.text.includes('*') ? null : `**Final Answer: ${setInline(answer, rng)}**`,
  'label, answer bold': (answer, rng) => pick(rng, LABELS) + bold(setInline(answer, rng)),
  'label and full stop': (answer, rng) => `${pick(rng, LABELS)}${setInline(answer, rng)}.`,
  'label and display': ({ text, medium }, rng) =>
    medium === 'plain' ? null : `${pick(rng, LABELS).trimEnd()}\n${setDisplayed(text, rng)}`,
  'label and box': (answer, rng) =>
    answer.medium === 'plain' && !fitsText(answer) ? null : `${pick(rng, LABELS)}$${setBoxed(answer, rng)}$`,
  'label and sentence': (answer, rng) =>
    `Final Answer: The final answer is ${setInline(answer, rng)}.${pick(rng, ['', ' I hope it is correct.', ''])}`,
  'four hashes': (answer, rng) => `#### ${answer.medium === 'tex' ? `$${answer.text}$` : setInline(answer, rng)}`,
  'short label': (answer, rng) => pick(rng, SHORT_LABELS) + setInline(answer, rng),
  'answer tag': (answer, rng) =>
    pick(rng, ['<answer>', '<answer> ', '<answer>\n']) +
    setInline(answer, rng) +
    pick(rng, ['</answer>', ' </answer>', '\n</answer>']),
  'answer sentence': (answer, rng) => `${pick(rng, SENTENCES)}${setInline(answer, rng)}${pick(rng, ['.', '.', ''])}`,
  'answer sentence, bold': (answer, rng) => `${pick(rng, SENTENCES)}${bold(setInline(answer, rng))}.`,
  'answer sentence with a colon': (answer, rng) => `${pick(rng, SENTENCES).trimEnd()}: ${setInline(answer, rng)}`,
  'answer sentence and box': (answer, rng) =>
    answer.medium === 'plain' && !fitsText(answer) ? null : `${pick(rng, SENTENCES)}$${setBoxed(answer, rng)}$.`,
  'other language': (answer, rng) =>
    pick(rng, ['答案：', '答案是', '정답: ', 'Réponse : ', 'Antwort: ', 'Respuesta: ']) + setInline(answer, rng),
  'LaTeX without delimiters': ({ text, medium }, rng) =>
    medium === 'tex' ? `${pick(rng, [...LABELS, ...SENTENCES])}${text}` : null,
};

/** Sentences that say of what the answer is the value; numbers and scalars only. */
const SUBJECT_ENDINGS: Readonly<Record<string, Ending>> = {
  'subject and value': (answer, rng) => `${upper(pick(rng, SUBJECTS))} is ${setInline(answer, rng)}.`,
  'conclusion with a subject': (answer, rng) =>
    `${pick(rng, ['Thus, ', 'So ', 'Hence ', 'Therefore, '])}${pick(rng, SUBJECTS)} is ${bold(setInline(answer, rng))}.`,
  'label and subject': (answer, rng) => `Final Answer: ${upper(pick(rng, SUBJECTS))} is ${setInline(answer, rng)}.`,
  'subject equals': (answer, rng) => `${upper(pick(rng, SUBJECTS))} equals ${setInline(answer, rng)}.`,
  'last line of a calculation': ({ text, medium }, rng) => {
    if (medium === 'plain' || /[=&\n]|\\\\/.test(text)) return null;
    const name = pick(rng, ['aligned', 'align*', 'align']);
    const body = `\\begin{${name}}\nS &= a + b \\\\\n&= \\boxed{${text}}\n\\end{${name}}`;
    return name === 'aligned' ? `\\[\n${body}\n\\]` : body;
  },
  'end of a calculation': (answer, rng) =>
    answer.medium === 'plain' || answer.text.includes('=') ? null : `Thus $m + n = ${setBoxed(answer, rng)}$.`,
};

/** Sentences of a solution around a number without a unit. */
const STORY_ENDINGS: Readonly<Record<string, Ending>> = {
  'box in another language': (answer, rng) =>
    fitsSentence(answer) ? drawStatingBox(rng).replace('@', () => ` $${setBoxed(answer, rng)}$ `) : null,
  'box in a sentence': (answer, rng) =>
    fitsSentence(answer) ? drawStatingSentence('box', rng).replace(VALUE, () => `$${setBoxed(answer, rng)}$`) : null,
  'label and sentence about it': (answer, rng) =>
    fitsSentence(answer)
      ? `${pick(rng, LABELS)}${drawStatingSentence('label', rng).replace(VALUE, () => `$${answer.text}$`)}`
      : null,
};

const upper = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

/** Where a statement in words may stand: a sentence around it would be a sentence about it. */
const STATEMENT_ENDINGS = ['bare', 'box', 'label', 'label and full stop', 'four hashes', 'answer tag', 'short label'];

/** The endings that suit a kind of answer, with their names. */
export function listEndings(shape: AnswerShape): readonly (readonly [name: string, ending: Ending])[] {
  if (shape === 'statement') return STATEMENT_ENDINGS.map((name) => [name, ENDINGS[name]!]);
  const common = Object.entries(ENDINGS);
  if (isWord(shape) || shape === 'relation' || shape === 'collection') return common;
  const told = shape === 'quantity' ? [] : Object.entries(STORY_ENDINGS);
  return [...common, ...Object.entries(SUBJECT_ENDINGS), ...told];
}
