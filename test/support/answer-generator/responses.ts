import type { Rng } from '../../../src/core/rng.ts';
import { drawHarmless } from './aftermath.ts';
import type { AnswerShape } from './answer-kind.ts';
import { between, isRare, pick } from './draw.ts';
import { fitsSentence } from './sentences.ts';
import type { Spelling } from './spelling.ts';
import { fitsText, listEndings, setBoxed, setInline } from './statements.ts';

/** A whole response. */
export interface Response {
  readonly text: string;
  /** The text is a trajectory: its tags are structure. */
  readonly isStructured: boolean;
  /** How it states the answer, and what surrounds that: names for the counts. */
  readonly ending: string;
  readonly setting: string;
}

/** Endings that are the last thing said by their place alone; a claim before them would be as good. */
const WEAK = new Set([
  'bare',
  'formula',
  'display',
  'subject and value',
  'conclusion with a subject',
  'subject equals',
  'end of a calculation',
]);

const WORKING = [
  'We have $3 + 4 = 11 - 4$ and $12 \\cdot 2 = 24$.',
  'Let $x$ be the unknown. Then $2x + 3 = 17$, which we can solve.',
  'Natalia sold 48/2 = <<48/2=24>>24 clips in May.',
  'Step 1: Write down what is given.\nStep 2: Substitute.\nStep 3: Simplify.',
  '### Solution\n\n1. Read the problem.\n2. Set up an equation.',
  'Using the formula \\[ A = \\frac{1}{2} b h \\] with $b = 4$ and $h = 9$ we go on.',
  'By symmetry we may assume $a \\le b$. There are 3 cases to consider.',
  'The first train needs 40 minutes, the second one 25 minutes longer.',
  'Note that $10{,}000 = 10^4$ and that (1) and (2) hold.',
  'Please put the final answer within \\boxed{}.',
  '| day | sold |\n| --- | --- |\n| 1 | 12 |\n| 2 | 30 |',
];

const drawWorking = (rng: Rng): string =>
  Array.from({ length: between(rng, 1, 3) }, () => pick(rng, WORKING)).join('\n\n');

/** Text that mentions another answer without claiming it. */
function drawMention(rival: Spelling, rng: Rng): string {
  const other = setInline(rival, rng);
  return pick(rng, [
    `We try ${other} first, but that does not fit.`,
    `One might think of ${other}. A closer look shows that this is wrong.`,
    `With $n = 2$ we would get ${other}, which contradicts the condition.`,
  ]);
}

/** Text that claims another answer and takes it back. */
function drawRetracted(rival: Spelling, rng: Rng): string {
  const other = setInline(rival, rng);
  const turn = pick(rng, [
    'Wait, that is not right. Let me check again.',
    'No, this misses a case.',
    'Hmm, I made a mistake there.',
  ]);
  const claims = [
    `So the answer is ${other}.`,
    `Final Answer: ${other}\n`,
    `**Answer:** ${other}\n`,
    ...(rival.medium === 'plain' && !fitsText(rival) ? [] : [`This gives $${setBoxed(rival, rng)}$.`]),
  ];
  return `${pick(rng, claims)}\n${turn}`;
}

/** The answer said a first time. */
function sayFirst(answer: Spelling, rng: Rng): string {
  const it = setInline(answer, rng);
  const isBoxable = answer.medium !== 'plain' || fitsText(answer);
  return pick(rng, [
    `So the answer is ${it}.`,
    `We find ${it}. Let us check this: it fits the conditions.`,
    ...(isBoxable ? [`This gives $${setBoxed(answer, rng)}$, but let me put this after an explanation.`] : []),
  ]);
}

const TAILS = [
  ...['', '', '', '\n', ' ', '\n\n', '<|im_end|>', '<|eot_id|>', '\n<|endoftext|>'],
  '<|im_end|>\n<|im_start|>user\nWhat is 2 + 2?',
  '\n\n---',
];

/** Puts an answer at the end of a response. `rival` is another answer, which the text may mention but not give. */
export function buildResponse(answer: Spelling, rival: Spelling, shape: AnswerShape, rng: Rng): Response {
  const [ending, statement] = drawEnding(answer, shape, rng);
  const isBare = ending === 'bare';
  if (!WEAK.has(ending) && !ending.includes('display') && fitsSentence(answer) && isRare(rng, 6)) {
    const text = `${statement.replace(/[.!]$/, '')}.\n\n${drawHarmless(answer, rng)}`;
    return plainResponse('remarks behind it', text, ending);
  }
  const tail = isBare ? '' : pick(rng, TAILS);
  switch (between(rng, 0, 10)) {
    case 10:
      return shape === 'statement' || isBare
        ? plainResponse('nothing before it', statement, ending)
        : plainResponse('stated twice', `${sayFirst(answer, rng)}\n\n${statement}${tail}`, ending);
    case 0:
    case 1:
      return plainResponse('nothing before it', statement + tail, ending);
    case 2:
    case 3:
    case 4:
      return isBare
        ? plainResponse('nothing before it', statement, ending)
        : plainResponse('working', `${drawWorking(rng)}\n\n${statement}${tail}`, ending);
    case 5:
      return isBare
        ? plainResponse('nothing before it', statement, ending)
        : plainResponse(
            'another answer mentioned',
            `${drawWorking(rng)}\n\n${drawMention(rival, rng)}\n\n${statement}${tail}`,
            ending,
          );
    case 6:
      return WEAK.has(ending)
        ? plainResponse('nothing before it', statement, ending)
        : plainResponse('another answer taken back', `${drawRetracted(rival, rng)}\n\n${statement}${tail}`, ending);
    case 7:
      return drawThoughtful(statement + tail, rival, ending, rng);
    default:
      return drawTrajectory(statement + tail, shape === 'statement' ? null : answer, rival, ending, rng);
  }
}

const plainResponse = (setting: string, text: string, ending: string): Response => ({
  text,
  isStructured: false,
  ending,
  setting,
});

function drawEnding(answer: Spelling, shape: AnswerShape, rng: Rng): readonly [name: string, text: string] {
  const endings = listEndings(shape);
  for (;;) {
    const [name, ending] = pick(rng, endings);
    const text = ending(answer, rng);
    if (text !== null) return [name, text];
  }
}

/** What a model thinks before it speaks: claims of another answer among it. */
export function drawThoughts(rival: Spelling, rng: Rng): string {
  const other = setInline(rival, rng);
  return pick(rng, [
    `The user wants a line "Final Answer:" at the end.\nSo maybe ${other}. Let me verify.`,
    `Okay, so I add the numbers.\n\nFinal Answer: ${other}\n\nWait, no.`,
    `Hmm. The answer is ${other}. But is it?`,
    `I could use <Parallel> here, but it is simple. The answer is ${other}?`,
  ]);
}

function drawThoughtful(statement: string, rival: Spelling, ending: string, rng: Rng): Response {
  const thoughts = drawThoughts(rival, rng);
  // Chat templates often put the opening tag into the prompt.
  const open = isRare(rng, 4) ? '' : pick(rng, ['<think>\n', '<think>']);
  const text = `${open}${thoughts}${pick(rng, ['\n</think>\n\n', '</think>\n', '</think>'])}${statement}`;
  return { text, isStructured: isRare(rng, 2), ending, setting: 'thinking section' };
}

/** A block with two paths that claim other answers. */
export function drawBlock(claim: Spelling, rng: Rng, summary: string): string {
  const first = isRare(rng, 2)
    ? `Final Answer: ${setInline(claim, rng)}`
    : `So the answer is ${setInline(claim, rng)}.`;
  const paths = pick(rng, [
    [first, 'Counting the cases one by one leads nowhere so far.'],
    ['We set up an equation and solve it.', first],
    [first, first],
  ]);
  const inner = paths.map((path) => `<Path>${path}</Path>`).join(pick(rng, ['\n', '']));
  return `<Parallel>\n${inner}\n</Parallel>\n<Summary>${summary}</Summary>`;
}

const SUMMARIES = [
  'Both paths look at the same quantity, and the second one is right.',
  'The first path forgot a case.',
  'The paths agree on the method.',
];

/** A block before the answer; or the answer in the summary of the block, where one may stand in a sentence. */
function drawTrajectory(
  statement: string,
  answer: Spelling | null,
  rival: Spelling,
  ending: string,
  rng: Rng,
): Response {
  const opening = isRare(rng, 2) ? '' : `${pick(rng, WORKING)}\n\n`;
  if (answer !== null && isRare(rng, 4)) {
    const summary = `The second path is right. So the answer is ${setInline(answer, rng)}.`;
    const close = pick(rng, ['', '\n\nWe are done.', '\n']);
    return {
      text: opening + drawBlock(rival, rng, summary) + close,
      isStructured: true,
      ending: 'answer sentence',
      setting: 'answer in the summary',
    };
  }
  const text = `${opening}${drawBlock(rival, rng, pick(rng, SUMMARIES))}\n\n${statement}`;
  return { text, isStructured: true, ending, setting: 'after a block' };
}
