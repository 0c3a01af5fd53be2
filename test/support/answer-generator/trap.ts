import type { Rng } from '../../../src/core/rng.ts';
import type { Spelling } from './spelling.ts';
import { fitsText } from './statements.ts';

/** A response that holds the right answer and does not give it; `rival` is another answer. */
export interface Trap {
  readonly text: string;
  readonly isStructured: boolean;
}

export type SetTrap = (right: Spelling, rival: Spelling, rng: Rng) => Trap | null;

/** What leads to an answer. */
export const LEADS = [
  'Final Answer: ',
  'The answer is ',
  'So the answer is ',
  '**Final Answer:** ',
  'Answer: ',
  '#### ',
  'A: ',
  'Therefore, the final answer is ',
];

export const say = (text: string): Trap => ({ text, isStructured: false });

export const isBoxable = (answer: Spelling): boolean => answer.medium !== 'plain' || fitsText(answer);
