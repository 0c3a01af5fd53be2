import type { ArmId } from './arms.ts';

/**
 * What the paper publishes (Parallel-R1, arXiv 2509.07980, its project page for the rewards), as figures to put ours beside. Accuracies are
 * percent: mean@16 on AIME and AMC, mean@1 on MATH.
 */

/** The sets of the paper under our names. */
export const PAPER_SETS = ['aime25', 'aime24', 'amc23', 'math-500'] as const;
export type PaperSet = (typeof PAPER_SETS)[number];

/** Which of our runs stands for a row. */
export interface Counterpart {
  /** Preset of a run with the paper's models and data. */
  readonly preset: string | null;
  /** Arm of an experiment. */
  readonly arm: ArmId;
  /** After SFT, before the first RL step; or at the end. */
  readonly moment: 'after SFT' | 'end';
}

/** One row of a table. */
export interface PaperRow {
  readonly label: string;
  /** Share of answers with a block, percent; null where it is not given. */
  readonly parallelRatio: number | null;
  readonly accuracies: Readonly<Record<PaperSet, number>>;
  readonly average: number;
  /** Null: a row that no run of ours stands for. */
  readonly counterpart: Counterpart | null;
}

/** One table of the paper. */
export interface PaperTable {
  readonly id: 'main' | 'stages' | 'prompt' | 'reward';
  readonly title: string;
  readonly rows: readonly PaperRow[];
}

function row(
  label: string,
  [parallelRatio, ...scores]: readonly [number | null, number, number, number, number, number],
  counterpart: Counterpart | null,
): PaperRow {
  const [aime25, aime24, amc23, math, average] = scores;
  return { label, parallelRatio, accuracies: { aime25, aime24, amc23, 'math-500': math }, average, counterpart };
}

const at = (arm: ArmId, preset: string | null = null, moment: Counterpart['moment'] = 'end'): Counterpart => ({
  preset,
  arm,
  moment,
});

export const PAPER_TABLES: readonly PaperTable[] = [
  {
    id: 'main',
    title: 'Main table',
    rows: [
      row('Parallel-SFT-Seen', [95.6, 8.0, 10.6, 48.9, 76.6, 36.0], at('recipe', 'seen', 'after SFT')),
      row('Parallel-SFT-Unseen', [95.6, 5.2, 8.5, 41.7, 71.5, 31.7], at('layout-multiverse', 'unseen-s1', 'after SFT')),
      row('GRPO (DAPO)', [0, 14.8, 18.5, 63.6, 83.5, 45.1], at('sequential', 'sequential')),
      row('Parallel-R1-Seen', [27.3, 19.2, 19.4, 70.5, 86.7, 48.9], at('recipe', 'seen')),
      row('Parallel-R1-Unseen (S1)', [13.6, 17.7, 18.3, 69.7, 82.6, 47.1], at('layout-multiverse', 'unseen-s1')),
      row('Parallel-R1-Unseen (S2)', [63.0, 19.0, 16.3, 67.5, 84.5, 46.8], at('reward-alternating', 'unseen-s2')),
    ],
  },
  {
    id: 'stages',
    title: 'Ablation of the stages',
    rows: [
      row('Seen, full', [null, 19.2, 19.4, 70.5, 86.7, 48.9], at('recipe', 'seen')),
      row('Seen without RL on GSM8K', [null, 17.9, 19.0, 65.0, 84.5, 46.6], at('no-easy')),
    ],
  },
  {
    id: 'prompt',
    title: 'Ablation of the prompt',
    rows: [
      row('Seen, with the parallel prompt', [null, 19.2, 19.4, 70.5, 86.7, 48.9], at('instructed', 'seen')),
      row('Seen, the bare problem', [null, 20.4, 16.5, 66.7, 84.8, 47.1], at('uninstructed')),
    ],
  },
  {
    id: 'reward',
    title: 'Ablation of the reward (Unseen)',
    rows: [
      row('accuracy', [13.6, 17.7, 18.3, 69.7, 82.6, 47.1], at('reward-accuracy', 'unseen-s1')),
      // Which formula it is, is not stated; its wording suggests the tiered one at every step.
      row('parallel only', [80.3, 17.7, 15.2, 59.4, 81.7, 43.5], at('reward-tiered')),
      row('alternating', [63.0, 19.0, 16.3, 67.5, 84.5, 46.8], at('reward-alternating', 'unseen-s2')),
    ],
  },
];

/** One reading of a published curve; read off the figure, some ± .01 and ± 1 point. */
export interface CurvePoint {
  readonly step: number;
  readonly value: number;
}

/** A published curve and the metric of ours that it is put beside. */
export interface PaperCurve {
  readonly id: 'position' | 'scaffold-accuracy' | 'scaffold-ratio';
  readonly title: string;
  readonly points: readonly CurvePoint[];
  /** Steps of RL in the paper's run: places are compared as shares of the training. */
  readonly steps: number;
  /** Preset of a run with the paper's models and data. */
  readonly preset: string;
  readonly arm: ArmId;
  /** Metric of each step; null: accuracy of the evaluations, mean over the sets. */
  readonly metric: string | null;
}

export const PAPER_CURVES: readonly PaperCurve[] = [
  {
    id: 'position',
    title: 'Relative position of blocks in the answer: from exploring to verifying',
    points: toPoints({ 0: 0.39, 30: 0.39, 50: 0.44, 100: 0.51, 150: 0.56, 200: 0.69, 240: 0.7 }),
    steps: 240,
    preset: 'seen',
    arm: 'recipe',
    metric: 'block/position_macro',
  },
  {
    id: 'scaffold-accuracy',
    title: 'Scaffold: accuracy over training',
    points: toPoints({ 0: 0.06, 60: 0.15, 120: 0.155, 200: 0.19, 260: 0.12, 300: 0.22, 524: 0.256 }),
    steps: 550,
    preset: 'scaffold',
    arm: 'scaffold',
    metric: null,
  },
  {
    id: 'scaffold-ratio',
    title: 'Scaffold: share of answers with a block over training',
    points: toPoints({ 0: 0.94, 60: 0.32, 120: 0.68, 200: 0.73, 260: 0.4, 300: 0.01, 524: 0 }),
    steps: 550,
    preset: 'scaffold',
    arm: 'scaffold',
    metric: 'rollout/parallel_fraction',
  },
];

function toPoints(values: Readonly<Record<number, number>>): CurvePoint[] {
  return Object.entries(values).map(([step, value]) => ({ step: Number(step), value }));
}
