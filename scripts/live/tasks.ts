import type { Problem } from '../../src/core/problem.ts';
import { createRng, hashSeed, shuffle } from '../../src/core/rng.ts';
import { generateWordSums } from '../../src/core/word-sums/generate.ts';
import {
  renderInTurnSolution,
  solveSum,
  writeDirectSolution,
  writeParallelSolution,
} from '../../src/core/word-sums/solutions.ts';
import { parseWordSum, type Sum } from '../../src/core/word-sums/wording.ts';
import type { ModelName } from './rig.ts';

/** The tasks of the rig: what a run trains on, and how. */

/** What one run of the rig trains on and how: parts of its configuration, and the files that these name. */
export interface Task {
  readonly prompt: string;
  readonly rollout: object;
  readonly stages: readonly Stage[];
  readonly heldOut: { readonly name: string; readonly problems: readonly object[]; readonly samples: number };
  /** Text by file name; made when it is written. */
  readonly files: () => Readonly<Record<string, string>>;
}

/** A stage as the configuration has it. */
export type Stage = Readonly<Record<string, unknown>>;

/** The arms that `compare` sets side by side: they share problems, seeds and steps. */
export const COMPARED_ARMS = ['seen', 'sequential'] as const;
export type ComparedArm = (typeof COMPARED_ARMS)[number];

/** What a run is for: the curriculum, or one arm of the comparison. */
export type Purpose = 'curriculum' | ComparedArm;

/** The name of the held-out set in the configuration. */
export const HELD_OUT = 'easy';

export function chooseTask(model: ModelName, purpose: Purpose): Task {
  if (purpose === 'curriculum') return model === 'qwen3' ? WORD_SUMS : SHORT_SUMS;
  return model === 'qwen3' ? compareWordSums(purpose) : comparePlainSums(purpose);
}

/** Servers of this kind take no betas, no decay and no clipping from outside: only what differs from the defaults is set. */
const sft = (more: Stage): Stage => ({
  kind: 'sft',
  epochs: null,
  schedule: { kind: 'constant', warmupSteps: 5 },
  ...more,
});
const rl = (more: Stage): Stage => ({
  kind: 'rl',
  minibatches: 2,
  reward: { kind: 'accuracy' },
  loss: { kind: 'ppo', clipLow: 0.8, clipHigh: 1.28 },
  ...more,
});

const HELD_OUT_SUMS = { kind: 'word-sums', level: 'easy', split: 'heldout', count: 200, seed: 41 };

/** Word sums of two and three numbers, for the Qwen3 that has seen such sums in plain text. */
const WORD_SUMS: Task = {
  prompt: 'none.v1',
  rollout: {
    ...{ maxPromptTokens: 100, maxResponseTokens: 110, maxBlocks: 1, pathLabels: ['tens', 'ones'] },
    ...{
      maxPathTokens: 40,
      minPathTokens: 16,
      maxSummaryTokens: 24,
      reserveSummaryTokens: 16,
      reserveAnswerTokens: 10,
    },
  },
  stages: [
    { id: 'base', kind: 'eval', sets: [{ name: HELD_OUT, problems: [HELD_OUT_SUMS], samples: 1 }] },
    sft({
      data: './sft.jsonl',
      maxSteps: 120,
      batchSize: 16,
      saveEvery: 10,
      adam: { learningRate: 5e-3, weightDecay: 0 },
    }),
    rl({
      problems: [{ kind: 'word-sums', level: 'easy', split: 'train', count: 800, seed: 31 }],
      ...{ steps: 20, batchSize: 12, groupSize: 8, saveEvery: 5, evalEvery: 10, adam: { learningRate: 5e-4 } },
    }),
  ],
  heldOut: { name: HELD_OUT, problems: [HELD_OUT_SUMS], samples: 1 },
  files: writeWordSumFiles,
};

/** Sums of two numbers up to twenty, asked in a sentence, for SmolLM2. */
const SHORT_SUMS: Task = {
  prompt: './prompt.md',
  rollout: {
    ...{ maxPromptTokens: 120, maxResponseTokens: 110, maxBlocks: 1 },
    ...{ maxPathTokens: 30, minPathTokens: 4, maxSummaryTokens: 20, reserveSummaryTokens: 20, reserveAnswerTokens: 20 },
  },
  stages: [
    {
      id: 'base',
      kind: 'eval',
      sets: [{ name: HELD_OUT, problems: [{ kind: 'file', path: './heldout.jsonl' }], samples: 1 }],
    },
    sft({
      data: './sft.jsonl',
      maxSteps: 30,
      batchSize: 8,
      saveEvery: 10,
      adam: { learningRate: 1e-3, weightDecay: 0 },
    }),
    rl({
      problems: [{ kind: 'file', path: './problems.jsonl' }],
      ...{ steps: 10, batchSize: 4, groupSize: 8, saveEvery: 5, evalEvery: 0 },
      // With 3e-4 the forking arm of the comparison fell apart after thirty steps.
      adam: { learningRate: 1e-4 },
    }),
  ],
  heldOut: { name: HELD_OUT, problems: [{ kind: 'file', path: './heldout.jsonl' }], samples: 1 },
  files: writeShortSumFiles,
};

/** In the comparison the whole budget of tokens is there for both arms; the sequential one decodes no block. */
const COMPARED_STEPS = 40;

/** Steps and problems of both arms; only the rows of the SFT are theirs. */
function compare(task: Task, arm: ComparedArm, sftSteps: number, files: Task['files']): Task {
  const stages = task.stages.map((stage): Stage => {
    if (stage.kind === 'sft') return { ...stage, data: `./${rowsOf(arm)}`, maxSteps: sftSteps };
    if (stage.kind !== 'rl') return stage;
    return { ...stage, steps: COMPARED_STEPS, batchSize: 4, groupSize: 8, saveEvery: 5, evalEvery: 0 };
  });
  return { ...task, rollout: { ...task.rollout, mode: arm === 'seen' ? 'parallel' : 'sequential' }, stages, files };
}

const rowsOf = (arm: ComparedArm) => `sft-${arm}.jsonl`;

/** The word sums of the curriculum: tens and ones in two paths, or in one stream one after the other. */
function compareWordSums(arm: ComparedArm): Task {
  const solve = (sum: Omit<Sum, 'kind'>) =>
    arm === 'seen' ? writeParallelSolution(sum.operands) : renderInTurnSolution(solveSum({ kind: 'sum', ...sum }));
  return compare(WORD_SUMS, arm, 120, () => ({
    [rowsOf(arm)]: toJsonLines(drawWordSums().map((problem) => toSftRow(problem, solve(parseWordSum(problem.text)!)))),
  }));
}

/** Sums of two numbers up to 99: in parallel both ways to add them, in one stream the second of them. */
function comparePlainSums(arm: ComparedArm): Task {
  const rollout = {
    ...{ maxPromptTokens: 120, maxResponseTokens: 160, maxBlocks: 1 },
    ...{ maxPathTokens: 48, minPathTokens: 4, maxSummaryTokens: 20, reserveSummaryTokens: 20, reserveAnswerTokens: 20 },
  };
  return compare({ ...SHORT_SUMS, rollout }, arm, 40, () => {
    const { trained, heldOut } = splitSums(99, 24);
    const solve = arm === 'seen' ? splitBothWays : addInSteps;
    return {
      ...writeSums(trained, heldOut.filter(([a, b]) => a <= b).slice(0, 200)),
      [rowsOf(arm)]: toJsonLines(trained.slice(0, 800).map((pair) => toSftRow(askSum(pair), solve(...pair)))),
    };
  });
}

function splitBothWays(a: number, b: number): string {
  const sum = a + b;
  const [tens, ones] = [tensOf(a) + tensOf(b), (a % 10) + (b % 10)];
  // No full stop before a tag: SmolLM2 has a token `.</` of its own, which it prefers to the tag.
  const apart = `${tensOf(a)} + ${tensOf(b)} = ${tens}, ${a % 10} + ${b % 10} = ${ones}, ${sum}`;
  return `<Parallel><Path>${apart}</Path><Path>${writeSteps(a, b)}</Path></Parallel>\n<Summary>Both give ${sum}</Summary>\n\nFinal Answer: ${sum}`;
}

function addInSteps(a: number, b: number): string {
  return `${writeSteps(a, b)}\n\nFinal Answer: ${a + b}`;
}

const writeSteps = (a: number, b: number) =>
  `${a} + ${tensOf(b)} = ${a + tensOf(b)}, ${a + tensOf(b)} + ${b % 10} = ${a + b}`;

const tensOf = (value: number) => value - (value % 10);

/** Of three rows two are solved in parallel: which way to take is what RL teaches. */
function writeWordSumFiles(): Readonly<Record<string, string>> {
  const rows = drawWordSums().map((problem, index) => {
    const solve = index % 3 < 2 ? writeParallelSolution : writeDirectSolution;
    return toSftRow(problem, solve(parseWordSum(problem.text)!.operands));
  });
  return { 'sft.jsonl': toJsonLines(rows) };
}

const drawWordSums = () => generateWordSums({ seed: 9, level: 'easy', count: 800, split: 'train' });

type Pair = readonly [a: number, b: number];

function writeShortSumFiles(): Readonly<Record<string, string>> {
  const { trained, heldOut } = splitSums(20, 8);
  return {
    ...writeSums(trained, heldOut),
    'sft.jsonl': toJsonLines(trained.map((pair) => toSftRow(askSum(pair), solveBothWays(...pair)))),
  };
}

/** All pairs of numbers from 1 on, one in so many held out: by the two numbers whatever their order, so that none is trained on the other way round. */
function splitSums(
  largest: number,
  heldOutOneIn: number,
): { readonly trained: readonly Pair[]; readonly heldOut: readonly Pair[] } {
  const pairs = Array.from(
    { length: largest * largest },
    (_, i): Pair => [1 + Math.floor(i / largest), 1 + (i % largest)],
  );
  const isHeldOut = ([a, b]: Pair) => hashSeed('short-sums', Math.min(a, b), Math.max(a, b)) % heldOutOneIn === 0;
  const order = shuffle(pairs, createRng(17));
  return { trained: order.filter((pair) => !isHeldOut(pair)), heldOut: order.filter(isHeldOut) };
}

const askSum = ([a, b]: Pair) => ({ text: `What is ${a} + ${b}?`, answer: String(a + b) });

function writeSums(trained: readonly Pair[], heldOut: readonly Pair[]): Readonly<Record<string, string>> {
  const plain = (list: readonly Pair[]) =>
    toJsonLines(list.map(askSum).map(({ text, answer }) => ({ problem: text, answer })));
  return {
    'prompt.md': '{Problem} End with "Final Answer:" and the number.\n',
    'problems.jsonl': plain(trained),
    'heldout.jsonl': plain(heldOut),
  };
}

function solveBothWays(a: number, b: number): string {
  const sum = a + b;
  const otherWay = a === b ? `twice ${a}` : `${b} and ${a} more`;
  const paths = `<Path>${a} and ${b} more is ${sum}.</Path><Path>${otherWay} is ${sum}.</Path>`;
  return `<Parallel>${paths}</Parallel>\n<Summary>Both give ${sum}.</Summary>\n\nFinal Answer: ${sum}`;
}

const toSftRow = ({ text, answer }: Pick<Problem, 'text' | 'answer'>, target: string) => ({
  problem: text,
  answer,
  target,
});

const toJsonLines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
