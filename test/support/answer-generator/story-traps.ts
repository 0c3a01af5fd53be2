import { drawBrokenOff, drawOverruled, drawReason } from './aftermath.ts';
import { isRare, pick } from './draw.ts';
import { drawSpoiltBox } from './language-boxes.ts';
import { drawSpoiltSentence, fitsSentence, VALUE } from './sentences.ts';
import type { Spelling } from './spelling.ts';
import { setBoxed, setInline } from './statements.ts';
import { isBoxable, LEADS, type SetTrap, say } from './trap.ts';

/** Sentences of a solution, and boxes in them, that hold the right number and do not state it. */
export const STORY_TRAPS: Readonly<Record<string, SetTrap>> = {
  'spoilt sentence': (right, _, rng) => {
    if (!fitsSentence(right)) return null;
    return isRare(rng, 2)
      ? say(drawSpoiltSentence('box', rng).replace(VALUE, () => `$${setBoxed(right, rng)}$`))
      : say(pick(rng, LABELS) + drawSpoiltSentence('label', rng).replace(VALUE, () => `$${right.text}$`));
  },
  'box in another language': (right, _, rng) =>
    fitsSentence(right) ? say(drawSpoiltBox(rng).replace('@', () => ` $${setBoxed(right, rng)}$ `)) : null,
  'supposed or tested at the end': (right, _, rng) => {
    if (!fitsSentence(right)) return null;
    const it = `$${right.text}$`;
    return say(
      `${pick(rng, ['', 'We know the sum of the two.\n\n', 'First we look at the cases. '])}${pick(rng, [
        `Let $x = ${right.text}$.`,
        `Suppose it is ${it}.`,
        `We need to check ${it}.`,
        `Test $n = ${right.text}$.`,
        `Check: ${it}`,
        `such as ${it}`,
        `e.g. ${it}`,
        `Confidence: ${it}`,
        `Or ${it}`,
        `Let us try ${it}.`,
        `Now consider ${it}.`,
        `Assume that $a = ${right.text}$.`,
        `Imagine ${it} of them.`,
        `设$x = ${right.text}$。`,
        `例如${it}`,
        `Soit $x = ${right.text}$.`,
      ])}`,
    );
  },
  'overruled behind it': (right, rival, rng) => {
    // A member of a tuple says nothing against it.
    if (!fitsSentence(right) || /,(?!\d{3}(?!\d))/.test(right.text) || !PLAIN_NUMBER.test(rival.text)) return null;
    const statement = isRare(rng, 2)
      ? `${pick(rng, ['So $x = ', 'Therefore the total is $', '$', 'We get $'])}${setBoxed(right, rng)}$`
      : `${pick(rng, LABELS)}${setInline(right, rng)}`;
    return say(`${statement}${pick(rng, ['\n\n', '.\n\n', '. '])}${drawOverruled(rival, rng)}`);
  },
  'reason about another': (right, rival, rng) =>
    fitsSentence(right) && fitsSentence(rival) ? say(`${pick(rng, LEADS)}${drawReason(rival, right, rng)}`) : null,
  'breaks off': (right, _, rng) => (fitsSentence(right) ? say(drawBrokenOff(right, rng)) : null),
  'box that is operated on': (right, _, rng) => {
    if (!isBoxable(right) || right.medium === 'plain') return null;
    const box = setBoxed(right, rng);
    return say(
      pick(rng, [
        `We get $${box}$ + 1.`,
        `We get $${box}$ - 9.`,
        `This is $${box}$ ± 2.`,
        `$${box}$²`,
        `Half $${box}$.`,
        `$\\cancel{${box}}$`,
        `~~$${box}$~~`,
        `$\\frac{8}{${box}}$`,
        `$\\sqrt{${box}}$`,
        `$2^{${box}}$`,
        `Divide by $${box}$.`,
        `% $${box}$`,
      ]),
    );
  },
  'box that is replaced': (right, rival, rng) => {
    // An approximation may be said again, and so may the same value by another name or with its unit.
    const isSaidAgain = /approx|≈/.test(right.text) || rival.text.includes('=') || (!hasUnit(right) && hasUnit(rival));
    if (!isBoxable(right) || isSaidAgain) return null;
    const [box, other] = [`$${setBoxed(right, rng)}$`, setInline(rival, rng)];
    return say(
      pick(rng, [
        `${box} should be ${other}.`,
        `${box} is replaced by ${other}.`,
        `Replace ${box} by ${other}.`,
        `${box} is rejected.`,
        `${box} can be ruled out.`,
        `${box} is extraneous.`,
        `${box} must be increased by one.`,
        `The wrong answer is ${box}.`,
        `A common mistake is ${box}.`,
        `${box}. Actually it is ${other}.`,
        `${box}\n\nEdit: ${other}`,
        `${box}\n\nTherefore, the final value is ${other}.`,
        `Put your answer in ${box}`,
        `Use the format ${box}`,
        `For example, ${box}`,
        `Let $x$ = ${box}.`,
      ]),
    );
  },
};

/** A number that anybody can read: what is garbled contradicts nothing. */
const PLAIN_NUMBER = /^-?(?:\d{1,12}(?:\.\d{1,4})?|\\frac\{\d{1,6}\}\{\d{1,6}\})$/;

const hasUnit = ({ text }: Spelling): boolean => /\\(?:text|mathrm|mbox)/.test(text);

const LABELS = LEADS.filter((lead) => lead.includes(':'));
