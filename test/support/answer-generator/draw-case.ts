/**
 * Answers with the truth known before any verifier is asked: a reference, and a response that states it in another
 * way (a rewrite) or states something else that looks like it (a near miss).
 *
 * A kind of answer draws a value and knows how to write it and how to write what it is not (`kinds/`); endings and
 * settings make a response of that (`responses.ts`); traps give a right answer without giving it (`traps.ts`). Every
 * rewrite is an identity or a customary spelling; every near miss differs by exact arithmetic, by a proof in numbers
 * (`differ`), or by what its words say. The conventions are those of `DEFAULT_POLICY`: a decimal meets a number that
 * has no finite one from six agreeing places on, one of two sides may lack its unit, 28% meets 28 and 0.28, a list
 * without brackets has no order, and only the main text and the summaries of a trajectory state the answer.
 */
import { createRng, hashSeed, type Rng } from '../../../src/core/rng.ts';
import type { Sample, SampledKind } from './answer-kind.ts';
import { isRare } from './draw.ts';
import { BOUNDS } from './kinds/bounds.ts';
import { CLOSED_FORMS } from './kinds/closed-forms.ts';
import { COMPLEX_NUMBERS } from './kinds/complex-numbers.ts';
import { COUNTS } from './kinds/counts.ts';
import { DECIMALS } from './kinds/decimals.ts';
import { EXPRESSIONS } from './kinds/expressions.ts';
import { FRACTIONS } from './kinds/fractions.ts';
import { FUNCTIONS } from './kinds/functions.ts';
import { LANGUAGES } from './kinds/languages.ts';
import { MEASURES } from './kinds/measures.ts';
import { NAMED_ANSWERS } from './kinds/named-answers.ts';
import { PARAMETRIC_TUPLES } from './kinds/parametric-tuples.ts';
import { RANGES } from './kinds/ranges.ts';
import { RELATIONS } from './kinds/relations.ts';
import { SETS } from './kinds/sets.ts';
import { TUPLES } from './kinds/tuples.ts';
import { WHOLE_NUMBERS } from './kinds/whole-numbers.ts';
import { WORDS } from './kinds/words.ts';
import { buildResponse } from './responses.ts';
import { setTrap } from './traps.ts';

/** A reference and a response, and whether the response is right. */
export interface AnswerCase {
  readonly gold: string;
  readonly text: string;
  readonly isStructured: boolean;
  readonly isRight: boolean;
  readonly kind: string;
  /** The rewrite, the miss, or `trap: ...`. */
  readonly twist: string;
  /** How the answer is stated, and in what surroundings; of a trap its name. */
  readonly ending: string;
  readonly setting: string;
}

/** Every kind of answer. */
export const ANSWER_KINDS: readonly SampledKind[] = [
  ...WHOLE_NUMBERS,
  ...FRACTIONS,
  ...DECIMALS,
  ...MEASURES,
  ...CLOSED_FORMS,
  ...COMPLEX_NUMBERS,
  ...COUNTS,
  ...EXPRESSIONS,
  ...RELATIONS,
  ...RANGES,
  ...BOUNDS,
  ...SETS,
  ...TUPLES,
  ...PARAMETRIC_TUPLES,
  ...NAMED_ANSWERS,
  ...FUNCTIONS,
  ...WORDS,
  ...LANGUAGES,
];

const DECK = ANSWER_KINDS.flatMap((kind) => Array.from({ length: kind.weight }, () => kind));

/** One case of a run: the same for the same seed and index, whatever was drawn before. */
export function drawCase(seed: number, index: number, isRight: boolean): AnswerCase {
  const rng = createRng(hashSeed(seed, index, isRight ? 'rewrite' : 'miss'));
  const sample = DECK[rng.nextInt(DECK.length)]!.drawSample(rng);
  return isRight ? toRewrite(sample, rng) : toMiss(sample, rng);
}

function toRewrite(sample: Sample, rng: Rng): AnswerCase {
  const { kind, gold, right, wrong, shape } = sample;
  return { gold, kind, isRight: true, twist: sample.rewrite, ...buildResponse(right, wrong, shape, rng) };
}

/** An answer that goes on in words would swallow the words that a trap puts behind it. */
const goesOn = ({ text }: Sample['right']): boolean => /\b(?:because|instead|since|not|that is|in May)\b/.test(text);

function toMiss(sample: Sample, rng: Rng): AnswerCase {
  const { kind, gold, right, wrong, shape } = sample;
  if (isRare(rng, 3) && !goesOn(right) && !goesOn(wrong)) {
    const { name, text, isStructured } = setTrap(right, wrong, shape, rng);
    return { gold, kind, isRight: false, twist: `trap: ${name}`, text, isStructured, ending: 'trap', setting: 'trap' };
  }
  return { gold, kind, isRight: false, twist: sample.miss, ...buildResponse(wrong, right, shape, rng) };
}
