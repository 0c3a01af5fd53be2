import type { ArmId } from './arms.ts';

/** Two arms set side by side: what the second does better or worse than the first. */
export interface Contrast {
  readonly first: ArmId;
  readonly second: ArmId;
}

/** One experiment: a question, the arms that answer it, and which of them are compared. */
export interface Experiment {
  /** What is asked, as a sentence. */
  readonly question: string;
  readonly arms: readonly ArmId[];
  readonly contrasts: readonly Contrast[];
  /** What the paper reports (arXiv 2509.07980). */
  readonly paper: string;
  /** What the contrast would show if the paper's finding held: the sign of second minus first; null where it reports none. */
  readonly expected: 'higher' | 'lower' | null;
}

/** The experiments by name. */
export const EXPERIMENTS = {
  parallel: {
    question: 'Does parallel thinking beat a sequential baseline that was trained as long?',
    arms: ['sequential', 'recipe'],
    contrasts: [{ first: 'sequential', second: 'recipe' }],
    paper: 'Seen 48.9 against GRPO 45.1, average of four sets',
    expected: 'higher',
  },
  tags: {
    question: 'Is it the forks, or the text of the rows? The control learns the same rows without tags.',
    arms: ['tag-stripped', 'recipe'],
    contrasts: [{ first: 'tag-stripped', second: 'recipe' }],
    paper: 'not measured; an independent reproduction saw the gain vanish against this control',
    expected: null,
  },
  easy: {
    question: 'Does RL on easy problems help before RL on hard ones?',
    arms: ['no-easy', 'recipe'],
    contrasts: [{ first: 'no-easy', second: 'recipe' }],
    paper: 'Seen 48.9 against 46.6 without RL on GSM8K',
    expected: 'higher',
  },
  prompt: {
    question: 'Does it matter that the prompt asks for parallel thinking?',
    arms: ['uninstructed', 'instructed'],
    contrasts: [{ first: 'uninstructed', second: 'instructed' }],
    paper: 'Seen 48.9 against 47.1 with the bare problem',
    expected: 'higher',
  },
  reward: {
    question: 'Which reward gives right answers, and which gives blocks?',
    arms: ['reward-accuracy', 'reward-product', 'reward-tiered', 'reward-alternating'],
    contrasts: [
      { first: 'reward-accuracy', second: 'reward-alternating' },
      { first: 'reward-accuracy', second: 'reward-tiered' },
      { first: 'reward-accuracy', second: 'reward-product' },
    ],
    paper: 'Unseen: accuracy 47.1, parallel only 43.5, alternating 46.8; share of blocks 14, 80, 63 %',
    expected: 'lower',
  },
  scaffold: {
    question: 'Does paying for blocks first, then for accuracy alone, end higher than accuracy alone?',
    arms: ['reward-accuracy', 'scaffold'],
    contrasts: [{ first: 'reward-accuracy', second: 'scaffold' }],
    paper: 'AIME25 peak 25.6 against some 17.9, one seed, 30 problems',
    expected: 'higher',
  },
  join: {
    question: 'What does it cost to go on with the first path that ends?',
    arms: ['recipe', 'join-first'],
    contrasts: [{ first: 'recipe', second: 'join-first' }],
    paper: 'not measured',
    expected: null,
  },
  layout: {
    question: 'Does it matter in which context a token is trained?',
    arms: ['recipe', 'layout-units', 'layout-causal', 'layout-multiverse'],
    contrasts: [
      { first: 'recipe', second: 'layout-units' },
      { first: 'recipe', second: 'layout-causal' },
      { first: 'recipe', second: 'layout-multiverse' },
    ],
    paper: 'Seen (causal) 48.9, Unseen (multiverse) 47.1; exact not measured',
    expected: null,
  },
} as const satisfies Readonly<Record<string, Experiment>>;

/** Name of an experiment. */
export type ExperimentName = keyof typeof EXPERIMENTS;

/** Every name, in the order of the list. */
export const EXPERIMENT_NAMES = Object.keys(EXPERIMENTS) as readonly ExperimentName[];

/** The experiments of a name; all of them for `all`. */
export function chooseExperiments(name: ExperimentName | 'all'): readonly (readonly [ExperimentName, Experiment])[] {
  const all = Object.entries(EXPERIMENTS) as [ExperimentName, Experiment][];
  return name === 'all' ? all : all.filter(([known]) => known === name);
}
