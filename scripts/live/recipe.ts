import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { Problem } from '../../src/core/problem.ts';
import { createRng, hashSeed, shuffle } from '../../src/core/rng.ts';
import { generateWordSums } from '../../src/core/word-sums/generate.ts';
import { writeDirectSolution, writeParallelSolution } from '../../src/core/word-sums/solutions.ts';
import { parseWordSum } from '../../src/core/word-sums/wording.ts';
import type { Pair } from './pair.ts';
import type { Rig } from './rig.ts';
import { tuftCheckpoints, urlOf } from './servers.ts';

/** What is trained on a pair: data, prompt and configuration, written once into the folder of a run. */

/** The files of one run below the rig. */
export interface RunFolder {
  readonly name: string;
  readonly folder: string;
  readonly config: string;
  readonly store: string;
  readonly log: string;
}

/** Name of the environment variable that the configuration names for TuFT's key. */
export const TUFT_KEY_VARIABLE = 'PARALLEL_R1_LIVE_TUFT_KEY';

/** The name of the held-out set in the configuration. */
export const HELD_OUT = 'easy';

export function locateRun(rig: Rig, name: string): RunFolder {
  const at = (file: string) => rig.at('runs', name, file);
  return {
    name,
    folder: rig.at('runs', name),
    config: at('config.yaml'),
    store: at('runs.db'),
    log: at('controller.log'),
  };
}

/** Writes configuration and data where they are not there yet: what a run began with stays. */
export function prepareRun(rig: Rig, run: RunFolder, pair: Pair, isQuick: boolean): void {
  mkdirSync(run.folder, { recursive: true });
  const { model } = pair.engine;
  const write = (file: string, text: string) => {
    const path = `${run.folder}/${file}`;
    if (!existsSync(path)) writeFileSync(path, text);
  };
  for (const [file, text] of Object.entries(model === 'qwen3' ? writeWordSumFiles() : writeShortSumFiles()))
    write(file, text);
  const recipe = model === 'qwen3' ? WORD_SUMS : SHORT_SUMS;
  const whole = {
    run: { name: run.name, seed: 11 },
    prompt: recipe.prompt,
    engine: { kind: 'vllm', urls: [urlOf(pair.engine)], model: rig.modelFolder(model), maxInFlight: 32 },
    trainer: {
      url: urlOf(pair.trainer),
      ...describeTrainer(rig, pair.trainer),
      lora: { rank: 16 },
    },
    training: { layout: 'exact' },
    rollout: recipe.rollout,
    stages: isQuick ? recipe.stages.map(shrink) : recipe.stages,
    eval: { sets: [recipe.heldOut] },
  };
  write(
    'config.yaml',
    `# Written by npm run live; what is changed here counts for a run that has not begun.\n${stringify(whole)}`,
  );
}

/** What kind of trainer it is, the client finds out by itself. */
function describeTrainer(rig: Rig, { name, model }: Pair['trainer']): object {
  if (name === 'skyrl') return { handover: { kind: 'archive', directory: './adapters' } };
  return { apiKeyEnv: TUFT_KEY_VARIABLE, handover: { kind: 'shared-path', root: tuftCheckpoints(rig, model) } };
}

interface Recipe {
  readonly prompt: string;
  readonly rollout: object;
  readonly stages: readonly Stage[];
  readonly heldOut: { readonly name: string; readonly problems: readonly object[]; readonly samples: number };
}

type Stage = Readonly<Record<string, unknown>>;

const QUICK_STEPS = 4;

function shrink(stage: Stage): Stage {
  if (stage.kind === 'sft') return { ...stage, maxSteps: QUICK_STEPS, saveEvery: 2 };
  if (stage.kind === 'rl') return { ...stage, steps: QUICK_STEPS, saveEvery: 2, evalEvery: 0 };
  return stage;
}

/** Servers of this kind take no betas, no decay and no clipping from outside: only what differs from the defaults is set. */
const sft = (more: Stage): Stage => ({
  kind: 'sft',
  data: './sft.jsonl',
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
const WORD_SUMS: Recipe = {
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
    sft({ maxSteps: 120, batchSize: 16, saveEvery: 10, adam: { learningRate: 5e-3, weightDecay: 0 } }),
    rl({
      problems: [{ kind: 'word-sums', level: 'easy', split: 'train', count: 800, seed: 31 }],
      ...{ steps: 20, batchSize: 12, groupSize: 8, saveEvery: 5, evalEvery: 10, adam: { learningRate: 5e-4 } },
    }),
  ],
  heldOut: { name: HELD_OUT, problems: [HELD_OUT_SUMS], samples: 1 },
};

/** Sums of two numbers up to twenty, asked in a sentence, for SmolLM2. */
const SHORT_SUMS: Recipe = {
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
    sft({ maxSteps: 30, batchSize: 8, saveEvery: 10, adam: { learningRate: 1e-3, weightDecay: 0 } }),
    rl({
      problems: [{ kind: 'file', path: './problems.jsonl' }],
      ...{ steps: 10, batchSize: 4, groupSize: 8, saveEvery: 5, evalEvery: 0, adam: { learningRate: 1e-4 } },
    }),
  ],
  heldOut: { name: HELD_OUT, problems: [{ kind: 'file', path: './heldout.jsonl' }], samples: 1 },
};

/** Of three rows two are solved in parallel: which way to take is what RL teaches. */
function writeWordSumFiles(): Readonly<Record<string, string>> {
  const problems = generateWordSums({ seed: 9, level: 'easy', count: 800, split: 'train' });
  const rows = problems.map((problem, index) => {
    const { operands } = parseWordSum(problem.text)!;
    return toSftRow(problem, index % 3 < 2 ? writeParallelSolution(operands) : writeDirectSolution(operands));
  });
  return { 'sft.jsonl': toJsonLines(rows) };
}

const LARGEST = 20;
const HELD_OUT_ONE_IN = 8;

function writeShortSumFiles(): Readonly<Record<string, string>> {
  const pairs = Array.from(
    { length: LARGEST * LARGEST },
    (_, i) => [1 + Math.floor(i / LARGEST), 1 + (i % LARGEST)] as const,
  );
  // By the two numbers whatever their order, so that no held-out sum is trained on the other way round.
  const isHeldOut = ([a, b]: readonly [number, number]) =>
    hashSeed('short-sums', Math.min(a, b), Math.max(a, b)) % HELD_OUT_ONE_IN === 0;
  const order = shuffle(pairs, createRng(17));
  const trained = order.filter((pair) => !isHeldOut(pair));
  const ask = ([a, b]: readonly [number, number]) => ({ text: `What is ${a} + ${b}?`, answer: String(a + b) });
  const plain = (list: typeof pairs) =>
    toJsonLines(list.map(ask).map(({ text, answer }) => ({ problem: text, answer })));
  return {
    'prompt.md': '{Problem} End with "Final Answer:" and the number.\n',
    'sft.jsonl': toJsonLines(trained.map(([a, b]) => toSftRow(ask([a, b]), solveBothWays(a, b)))),
    'problems.jsonl': plain(trained),
    'heldout.jsonl': plain(order.filter(isHeldOut)),
  };
}

function solveBothWays(a: number, b: number): string {
  const sum = a + b;
  const paths = `<Path>${a} and ${b} more is ${sum}.</Path><Path>${b} and ${a} more is ${sum}.</Path>`;
  return `<Parallel>${paths}</Parallel>\n<Summary>Both give ${sum}.</Summary>\n\nFinal Answer: ${sum}`;
}

const toSftRow = ({ text, answer }: Pick<Problem, 'text' | 'answer'>, target: string) => ({
  problem: text,
  answer,
  target,
});

const toJsonLines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
