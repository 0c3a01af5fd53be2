import type { Rng } from '../../../src/core/rng.ts';
import type { AnswerShape } from './answer-kind.ts';
import { between, isRare, pick } from './draw.ts';
import { drawBlock, drawThoughts } from './responses.ts';
import type { Spelling } from './spelling.ts';
import { setBoxed, setInline as setPlain } from './statements.ts';
import { STORY_TRAPS } from './story-traps.ts';
import { isBoxable, LEADS, type SetTrap, say, type Trap } from './trap.ts';

/** With and without its sign a percentage may be twice the same number. */
const isPercentage = ({ text }: Spelling): boolean => /%|percent|pct|per cent/.test(text);

/** The answer in running text, now and then in a box: the sentence around it says the same. */
function setInline(answer: Spelling, rng: Rng): string {
  return answer.medium !== 'plain' && isRare(rng, 5) ? `$${setBoxed(answer, rng)}$` : setPlain(answer, rng);
}

/** Denials and hedges, around an answer of any kind. */
const ANY_TRAPS: Readonly<Record<string, SetTrap>> = {
  denied: (right, _, rng) => {
    const it = setInline(right, rng);
    return say(
      pick(rng, [
        `The answer is not ${it}.`,
        `Final Answer: not ${it}`,
        `The final answer isn't ${it}.`,
        `Final Answer: anything but ${it}`,
        `Final Answer: it is not ${it}`,
        `The answer is certainly not ${it}.`,
        `Final Answer: ${it} does not work`,
        `Final Answer: ${it} is wrong`,
        `The answer is never ${it}.`,
        `The answer can't be ${it}.`,
        `Final Answer: I cannot answer ${it}`,
        `It is not true that the answer is ${it}.`,
        `Nobody would say that the answer is ${it}.`,
        `Final Answer: ${it} is not the answer`,
        `The answer would be ${it} if the coin were fair, but it is not.`,
      ]),
    );
  },
  'denied in a box': (right, _, rng) =>
    isBoxable(right) && right.medium !== 'plain'
      ? say(
          `${pick(rng, ['', 'Final Answer: ', 'So '])}$\\boxed{\\text{${pick(rng, ['not ', 'anything but ', 'no, not ', 'never '])}} ${right.text}}$`,
        )
      : null,
  undecided: (right, rival, rng) => {
    const [x, y] = [setInline(right, rng), setInline(rival, rng)];
    return say(
      pick(rng, [
        `I cannot decide between ${x} and ${y}.`,
        `Final Answer: I do not know, ${y} or ${x}`,
        `Final Answer: unclear (${x}? ${y}?)`,
      ]),
    );
  },
  'another, not it': (right, rival, rng) => {
    const [x, y] = [setInline(right, rng), setInline(rival, rng)];
    return say(
      pick(rng, LEADS) +
        pick(rng, [
          `${y}, not ${x}`,
          `${y} instead of ${x}`,
          `${y} rather than ${x}`,
          `${y} and not ${x}`,
          `${y} (not ${x})`,
        ]),
    );
  },
};

/** "x = 11 or y = 13 or x = 11" says no more than its first two. */
function isOneOf(rival: Spelling, right: Spelling): boolean {
  return right.text.split(' or ').length > 1 && right.text.split(' or ').includes(rival.text);
}

/** The right answer beside another one. */
const ONE_OF_TWO: Readonly<Record<string, SetTrap>> = {
  'one of two': (right, rival, rng) => {
    if (isPercentage(right) || isPercentage(rival) || isOneOf(rival, right)) return null;
    const [a, b] = isRare(rng, 2) ? [right, rival] : [rival, right];
    const [x, y] = [setInline(a, rng), setInline(b, rng)];
    return say(
      pick(rng, LEADS) +
        pick(rng, [
          `${x} or ${y}`,
          `either ${x} or ${y}`,
          `maybe ${x}, maybe ${y}`,
          `${x}, or possibly ${y}`,
          `${x} or else ${y}`,
          `${x} (or ${y})`,
        ]),
    );
  },
  'boxes side by side': (right, rival, rng) => {
    if (!isBoxable(right) || !isBoxable(rival) || isPercentage(right) || isPercentage(rival)) return null;
    if (isOneOf(rival, right)) return null;
    const [a, b] = isRare(rng, 2) ? [right, rival] : [rival, right];
    return say(`The answer is $${setBoxed(a, rng)}${pick(rng, [', ', ' ', '\\quad '])}${setBoxed(b, rng)}$.`);
  },
  'boxes with or between': (right, rival, rng) => {
    if (!isBoxable(right) || !isBoxable(rival) || isPercentage(right) || isPercentage(rival)) return null;
    if (isOneOf(rival, right)) return null;
    const [a, b] = isRare(rng, 2) ? [right, rival] : [rival, right];
    return say(`The answer is ${setBoxed(a, rng)}${pick(rng, [', or maybe ', ' or ', ', or '])}${setBoxed(b, rng)}.`);
  },
};

/** Places where an answer is not given. */
const PLACE_TRAPS: Readonly<Record<string, SetTrap>> = {
  'only in a path': (right, rival, rng) => {
    const close = pick(rng, [
      '',
      '\n\nWe are done.',
      '\n\nThis completes the argument.',
      `\n\nFinal Answer: ${setInline(rival, rng)}`,
    ]);
    return { text: drawBlock(right, rng, 'The paths use the same method.') + close, isStructured: true };
  },
  'in a path, another in the summary': (right, rival, rng) => ({
    text:
      drawBlock(right, rng, `The other path is right: the answer is ${setInline(rival, rng)}.`) +
      pick(rng, ['', '\n\nWe are done.']),
    isStructured: true,
  }),
  'boxed in two paths': (right, rival, rng) => {
    if (!isBoxable(right) || !isBoxable(rival)) return null;
    const paths = `<Path>${setBoxed(rival, rng)}</Path>\n<Path>${setBoxed(right, rng)}</Path>`;
    return {
      text: `<Parallel>\n${paths}\n</Parallel>\n<Summary>We compare the two.</Summary>\n\n${pick(rng, ['We are done.', ''])}`,
      isStructured: true,
    };
  },
  'only in the thinking section': (right, rival, rng) => ({
    text: `<think>\n${drawThoughts(right, rng)}\n</think>\n\n${pick(rng, [`Final Answer: ${setInline(rival, rng)}`, `The answer is ${setInline(rival, rng)}.`, 'I am done.'])}`,
    isStructured: isRare(rng, 2),
  }),
  'thinking section never closed': (right, _, rng) => ({
    text: `<think>\n${drawThoughts(right, rng)}\n\nFinal Answer: ${setInline(right, rng)}`,
    isStructured: isRare(rng, 2),
  }),
  'contradicted at the end': (right, rival, rng) => {
    const [x, y] = [setInline(right, rng), setInline(rival, rng)];
    return say(
      pick(rng, [
        `So the answer is ${x}. Wait, I forgot a case. The answer is ${y}.`,
        `Final Answer: ${x}\n\nNo, that was wrong.\n\nFinal Answer: ${y}`,
        `Answer: ${x}\nAnswer: ${y}`,
        `The final answer is ${x}.\n#### ${y}`,
        `We conclude that the answer is ${x}.\n\nA: ${y}`,
        `Therefore the answer is ${x}.\n\n**Final Answer:** ${y}`,
        `Thus the answer is ${x}. However, a check shows that the final answer is ${y}.`,
      ]),
    );
  },
  'taken back without another': (right, _, rng) => {
    const it = setInline(right, rng);
    return say(
      pick(rng, [
        `Final Answer: ${it}\n\nWait, that is wrong.`,
        `The answer is ${it}. No, that cannot be right.`,
        `So the answer is ${it}.\n\nHmm, I made a mistake. I give up.`,
        `Answer: ${it}\n\nActually, this is incorrect.`,
      ]),
    );
  },
  'two on one line': (right, rival, rng) => {
    const [x, y] = [setInline(right, rng), setInline(rival, rng)];
    return say(pick(rng, [`Final Answer: ${x} Final Answer: ${y}`, `Answer: ${x} Answer: ${y}`, `A: ${x}, A: ${y}`]));
  },
  'contradicted by a box': (right, rival, rng) => {
    if (!isBoxable(right) || !isBoxable(rival)) return null;
    const [x, y] = [setBoxed(right, rng), setBoxed(rival, rng)];
    return say(
      pick(rng, [
        `This gives ${x}. No, wait. Hence ${y}.`,
        `First ${x} looked right. In the end it is ${y}.`,
        `We found ${x}, but the sign was wrong, so ${y}.`,
      ]),
    );
  },
  'unreadable at the end': (right, _, rng) => {
    const it = setInline(right, rng);
    const box = pick(rng, [
      '🙂',
      '7^',
      '2.5.3',
      '???',
      '\\text{I do not know}',
      '7 & 8',
      '^',
      '\\frac{1}{',
      '\\text{see above}',
      '))(',
      '\\text{ERROR}',
    ]);
    return say(
      pick(rng, [
        `We tried ${it} and it works. \\boxed{${box}}`,
        `We get ${it}.\n\nFinal Answer: ${pick(rng, ['))((', '???', '^^', '<>', '🙂', '= ='])}`,
        `First we get ${it}. Hence $\\boxed{${box}}$.`,
      ]),
    );
  },
  'given as an example': (right, _, rng) => {
    const it = setInline(right, rng);
    return say(
      pick(rng, [
        `For example, one might write "Final Answer: ${it}" here, but I have no answer.`,
        `The user wants me to write ${it}. I will not do so.`,
        `If somebody claims that the answer is ${it}, ask for a proof.`,
        `Is the answer ${it}? That remains open.`,
        `Suppose the answer is ${it}. This leads to a contradiction.`,
      ]),
    );
  },
};

const number = (answer: Spelling): boolean => answer.medium !== 'tex' && /^-?[\d.,]+$/.test(answer.text);

/** Sentences about numbers in which the right number is not the answer. */
const NUMBER_TRAPS: Readonly<Record<string, SetTrap>> = {
  ...STORY_TRAPS,
  bound: (right, _, rng) => {
    const it = setInline(right, rng);
    const lead = pick(rng, LEADS);
    return say(
      lead +
        pick(rng, [
          `at least ${it}`,
          `at most ${it}`,
          `more than ${it}`,
          `less than ${it}`,
          `no more than ${it}`,
          `${it} or more`,
          `greater than ${it}`,
          `up to ${it}`,
          `bounded by ${it}`,
          `not less than ${it}`,
          `larger than ${it}`,
        ]),
    );
  },
  range: (right, rival, rng) => {
    const [x, y] = [setInline(right, rng), setInline(rival, rng)];
    return say(
      pick(rng, LEADS) +
        pick(rng, [
          `between ${x} and ${y}`,
          `from ${y} to ${x}`,
          `somewhere between ${y} and ${x}`,
          `${x} to ${y}`,
          `in the range from ${x} to ${y}`,
        ]),
    );
  },
  'one more or less': (right, _, rng) => {
    const it = setInline(right, rng);
    return say(
      pick(rng, LEADS) +
        pick(rng, [
          `one more than ${it}`,
          `${it} plus one`,
          `three less than ${it}`,
          `${it} minus two`,
          `${it} and a half`,
        ]),
    );
  },
  condition: (right, rival, rng) => {
    const [x, y] = [setInline(right, rng), setInline(rival, rng)];
    return say(
      pick(rng, LEADS) +
        pick(rng, [
          `${x} if $n$ is even and ${y} if $n$ is odd`,
          `${x} if $a > 0$, ${y} otherwise`,
          `${y} for $n = 1$, ${x} for all other $n$`,
          `${x} unless $n = 3$`,
          `${x} if it rains`,
          `${x} when $n$ is prime`,
          `${x}, provided that $k$ is even`,
        ]),
    );
  },
  'in a label that is none': (right, _, rng) => {
    if (!number(right) || right.text.startsWith('-')) return null;
    const it = right.text;
    return say(
      pick(rng, [
        `Step ${it}: add the numbers.`,
        `By Theorem ${it}, we are done.`,
        `See equation (${it}).`,
        `Problem ${it}`,
        `This follows from Lemma ${it}.`,
        `The answer is in Table ${it}.`,
        `The answer is x_${it}.`,
        `The answer is XY${it}K.`,
        `Final Answer: see step ${it}`,
      ]),
    );
  },
  'two closed sides': (right, rival, rng) => {
    if (!isClosed(right) || !isClosed(rival)) return null;
    return say(`Final Answer: $${pick(rng, [`${rival.text} = ${right.text}`, `x = ${rival.text} = ${right.text}`])}$`);
  },
};

/** Sentences about numbers that are not 0. */
const SCALAR_TRAPS: Readonly<Record<string, SetTrap>> = {
  'part or multiple': (right, _, rng) => {
    const it = setInline(right, rng);
    return say(
      pick(rng, LEADS) +
        pick(rng, [
          `half of ${it}`,
          `twice ${it}`,
          `a third of ${it}`,
          `the negative of ${it}`,
          `double ${it}`,
          `minus ${it}`,
        ]),
    );
  },
};

/**
 * Whether this is a calculation without symbols, signs of relation, units, or rounding: two such sides are equal or
 * they are not.
 */
function isClosed({ text, medium }: Spelling): boolean {
  const rest = text.replace(/\\(?:d?frac|sqrt|cdot|times|pi|left|right)\b/g, '');
  return medium !== 'plain' && /^[\d\s+\-{}()^/\\]*$/.test(rest.replaceAll('\\ ', ''));
}

/** The traps that suit a kind of answer, with their names. */
export function listTraps(shape: AnswerShape): readonly (readonly [name: string, set: SetTrap])[] {
  const common = [...Object.entries(ANY_TRAPS), ...Object.entries(PLACE_TRAPS)];
  // With a part of it a collection is itself again: "1 and 3, or 3".
  if (shape === 'collection' || shape === 'relation') return common;
  const single = [...common, ...Object.entries(ONE_OF_TWO)];
  if (shape === 'number' || shape === 'quantity') return [...single, ...Object.entries(NUMBER_TRAPS)];
  return shape === 'scalar' ? [...single, ...Object.entries(NUMBER_TRAPS), ...Object.entries(SCALAR_TRAPS)] : single;
}

/** Draws a trap; the right answer stands in the text and is not given. */
export function setTrap(
  right: Spelling,
  rival: Spelling,
  shape: AnswerShape,
  rng: Rng,
): Trap & { readonly name: string } {
  const traps = listTraps(shape);
  for (;;) {
    const [name, set] = traps[between(rng, 0, traps.length - 1)]!;
    const trap = set(right, rival, rng);
    if (trap !== null) return { ...trap, name };
  }
}
