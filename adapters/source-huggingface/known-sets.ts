import type { ColumnMap } from './column-map.ts';

/** A problem set that can be pulled by a short name. A new set is a row here and needs no code. */
export interface KnownSet {
  /** Id on the hub. */
  readonly id: string;
  /** Configuration of the set; null where it has only one, or all of them are wanted. */
  readonly subset: string | null;
  /** Splits; the first one is pulled when none is named. */
  readonly splits: readonly [string, ...string[]];
  readonly columns: ColumnMap;
}

const PROBLEM = ['problem', 'question', 'Problem'];
const ANSWER = [
  { path: 'answer', rule: 'column' },
  { path: 'Answer', rule: 'column' },
  { path: 'solution', rule: 'last-boxed' },
] as const;
const KEEP = { solution: 'solution', subject: 'subject', level: 'level' };

/** A contest of one split, in the columns most copies use. */
function contest(id: string): KnownSet {
  return {
    id,
    subset: null,
    splits: ['test'],
    columns: { problem: PROBLEM, answer: ANSWER, unwrap: null, keep: KEEP },
  };
}

/** The known sets by short name, laid out as their hub pages show them. */
export const KNOWN_SETS: Readonly<Record<string, KnownSet>> = {
  gsm8k: {
    id: 'openai/gsm8k',
    subset: 'main',
    splits: ['train', 'test'],
    columns: {
      problem: ['question'],
      answer: [{ path: 'answer', rule: 'after-hashes' }],
      unwrap: null,
      keep: { solution: 'answer' },
    },
  },
  'math-500': contest('HuggingFaceH4/MATH-500'),
  'hendrycks-math': {
    id: 'EleutherAI/hendrycks_math',
    subset: null,
    splits: ['train', 'test'],
    columns: {
      problem: ['problem'],
      answer: [{ path: 'solution', rule: 'last-boxed' }],
      unwrap: null,
      keep: { solution: 'solution', subject: 'type', level: 'level' },
    },
  },
  'dapo-math-17k': {
    id: 'BytedTsinghua-SIA/DAPO-Math-17k',
    subset: null,
    splits: ['train'],
    columns: {
      problem: ['prompt.0.content'],
      answer: [{ path: 'reward_model.ground_truth', rule: 'column' }],
      unwrap: {
        first: 'Solve the following math problem step by step.',
        last: 'Remember to put your answer on its own line',
      },
      keep: {},
    },
  },
  amc23: contest('math-ai/amc23'),
  aime24: contest('math-ai/aime24'),
  aime25: contest('math-ai/aime25'),
};
