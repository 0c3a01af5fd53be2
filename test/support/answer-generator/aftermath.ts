import type { Rng } from '../../../src/core/rng.ts';
import { pick } from './draw.ts';
import type { Spelling } from './spelling.ts';
import { setInline } from './statements.ts';
import { NOUNS, SUBJECTS } from './vocabulary.ts';

/** What may follow a statement: words that let it stand, and words that put another value in its place. */

const DOUBTS = ['Wait, ', 'Hold on, ', 'Hmm, ', 'Actually, ', 'Wait. ', 'However, '];
const CHECKS = ['let me double-check', 'let me verify this', 'let me check the arithmetic', 'is this right?'];
const SUMS = ['$6 \\cdot 7 = 42$', '24 + 12 = 36', '$2x + 3 = 17$ holds', '3 * 4 = 12'];
const APPROVALS = ['Yes, that is correct.', 'Yes, it matches.', 'Good.', 'Correct.', 'OK, this checks out.', 'Yes.'];

const ASIDES = [
  'Note that the order does not matter here.',
  'Note: we could also have used a table, which gives $2 + 3 = 5$ for the first row.',
  'To see this in another way, let $y = 2x$. Then $y = 10$ is the sum.',
  'We can also check that $3 + 4 = 7$.',
  'Remark: for $n = 2$ one gets a similar picture.',
  '(The other way would take 5 steps.)',
  'I hope this helps!',
  'This uses the fact that there are 7 days in a week.',
];

/** Text behind a statement that leaves it alone. */
export function drawHarmless(right: Spelling, rng: Rng): string {
  const it = setInline(right, rng);
  return pick(rng, [
    () => `${pick(rng, DOUBTS)}${pick(rng, CHECKS)}: ${pick(rng, SUMS)}. ${pick(rng, APPROVALS)}`,
    () => `${pick(rng, DOUBTS)}${pick(rng, CHECKS)}. So the answer is ${it}.`,
    () => pick(rng, ASIDES),
    // What is counted was said before, and may be something else here.
    () =>
      `${pick(rng, CONCLUSIONS)}${pick(rng, [`it is ${it}`, `the answer is ${it}`, `we get ${it}`, `${it} is the answer`])}.`,
  ])();
}

const CONCLUSIONS = [
  'So ',
  'Thus ',
  'Therefore, ',
  'Hence ',
  'In conclusion, ',
  'Therefore ',
  'Finally, ',
  'So in total ',
];

/** A clause that states a value. */
function claim(value: Spelling, rng: Rng): string {
  const it = setInline(value, rng);
  return pick(rng, [
    `it is ${it}`,
    `the answer is ${it}`,
    `there are ${it} ${pick(rng, NOUNS)}`,
    `${pick(rng, SUBJECTS)} is ${it}`,
    `$x = ${value.text}$`,
    `we get ${it}`,
    `${it} is the answer`,
    `she has ${it}`,
  ]);
}

const TURNS = [
  ...['Wait, ', 'No, ', 'Actually, ', 'Sorry, ', 'Correction: ', 'Hmm, no: ', 'I made a mistake; ', 'I miscounted; '],
  ...['That is wrong; ', 'This cannot be right: ', 'My apologies: ', 'Scratch that: ', 'I forgot one case, so '],
  ...['On second thought, ', 'But this counts each pair twice, so ', 'But the question asks for the other one, so '],
  ...['We still have to add the first one, so ', 'We must subtract the empty case, so ', 'Oops, '],
];

/** Text behind a statement that takes it back for another value, whatever that is. */
export function drawOverruled(rival: Spelling, rng: Rng): string {
  const other = setInline(rival, rng);
  return pick(rng, [
    () => `${pick(rng, CONCLUSIONS)}${claim(rival, rng)}.`,
    () => `${pick(rng, TURNS)}${claim(rival, rng)}.`,
    () => `The ${pick(rng, ['required', 'requested', 'desired', 'correct', 'final'])} number is ${other}.`,
    () => `**${other}**`,
    () => `(should be ${other})`,
    () => `I meant ${other}.`,
    () => `The question asks for something else: ${other}.`,
    () => `${pick(rng, ['Corrected', 'Final', 'Solution', 'Total'])}: ${other}`,
    () => `Another solution is $x = ${rival.text}$.`,
    () => `Let me double-check. ${pick(rng, CONCLUSIONS)}${claim(rival, rng)}.`,
  ])();
}

const REASONS = ['since', 'because', 'as', 'given that', 'and', 'where'];

/** A value, and a clause about another one behind it. */
export function drawReason(rival: Spelling, right: Spelling, rng: Rng): string {
  const [said, other] = [setInline(rival, rng), setInline(right, rng)];
  return `${said}, ${pick(rng, REASONS)} ${pick(rng, ['there are', 'we have', 'it has', 'she has'])} ${other} ${pick(rng, ['rows', 'boxes', 'of them', 'people'])}.`;
}

/** A text that breaks off behind a value it needed on the way. */
export function drawBrokenOff(right: Spelling, rng: Rng): string {
  const it = setInline(right, rng);
  return pick(rng, [
    `In April she sold ${it} clips.\n\nIn May she sold half as`,
    `The first side is ${it}. So the perimeter is`,
    `So $x = ${right.text}$ or`,
    `There are ${it} ways for the first letter and`,
    `The area of the first one is ${it}.\n\nNext, we find the area of the other one.`,
    `The first part is ${it}. Now we need to subtract`,
    `There are ${it} cases to consider.`,
    `First we get ${it}.\n\nThus there`,
  ]);
}
