import { DEFAULT_WATCHDOG } from '../../core/curriculum.ts';
import type { AdamSettings } from '../../core/datum.ts';
import { DEFAULT_EFFECTIVE_THRESHOLDS } from '../../core/effective/effective-parallelism.ts';
import type { WordSumLevel } from '../../core/word-sums/generate.ts';
import { WORD_FAMILIES } from '../../core/word-sums/word-problem.ts';
import type { RunConfig } from '../schema.ts';

/**
 * The default of `npm start`: a transformer of 0.16 M parameters learns word sums from random weights
 * on two CPU cores, through the same pipeline and protocols as a GPU run. Every number of the recipe
 * is in this file. Prompt and response share the model's 160 positions.
 */

type Stage = RunConfig['stages'][number];
type ColdStart = Extract<Stage, { kind: 'cold-start' }>;
type Sft = Extract<Stage, { kind: 'sft' }>;
type ProblemsRef = RunConfig['eval']['sets'][number]['problems'][number];

const wordSums = (level: WordSumLevel, split: 'train' | 'heldout', count: number, seed: number): ProblemsRef => ({
  kind: 'word-sums',
  level,
  split,
  count,
  seed,
});

/** Adam settings that SFT and RL share; Tinker's own defaults differ. */
const ADAM = { beta1: 0.9, beta2: 0.98, eps: 1e-8, clipNorm: 1 };
const SFT_ADAM: AdamSettings = { ...ADAM, learningRate: 3e-3, weightDecay: 0.01 };
const RL_ADAM: AdamSettings = { ...ADAM, learningRate: 3e-4, weightDecay: 0 };

/** What both RL stages share: 32 prompts x 8 rollouts, two updates, reward 1 for a right answer, else -1. */
const GRPO = {
  kind: 'rl' as const,
  batchSize: 32,
  groupSize: 8,
  minibatches: 2,
  adam: RL_ADAM,
  schedule: { kind: 'constant' as const, warmupSteps: 5 },
  reward: { kind: 'accuracy' as const },
  loss: { kind: 'ppo' as const, clipLow: 0.8, clipHigh: 1.28 },
  advantage: { std: 'population' as const, epsilon: 1e-4, split: false },
  // Near the end few groups are informative, and a full step on those alone would be noise.
  scaleByInformative: 192,
  keepOptimizer: false,
  saveEvery: 10,
  evalEvery: 20,
};

export const embeddedPreset: RunConfig = {
  run: { name: 'embedded', seed: 7, report: null },
  engine: {
    kind: 'embedded',
    urls: [],
    adminUrls: [],
    sessionHeader: 'X-Session-ID',
    tokenizerUrl: null,
    placement: 'sticky',
    model: 'embedded-base',
    maxInFlight: 256,
    eosTokens: ['<eos>'],
    timeoutSeconds: 120,
    restartPatienceSeconds: 600,
    apiKeyEnv: null,
  },
  trainer: {
    url: null,
    profile: 'embedded',
    handover: 'path',
    operationTimeoutSeconds: 300,
    slotPatienceSeconds: 600,
    apiKeyEnv: null,
    baseModel: null,
    keep: 1,
    lora: { rank: 32 },
  },
  prompt: 'embedded.v1',
  rollout: {
    mode: 'parallel',
    paths: 2,
    join: { kind: 'all' },
    joinOrder: 'emitted',
    duplicatePaths: 'keep',
    maxBlocks: 1,
    // 4 operands: prompt 20, response at most 71, a path at most 24, a summary at most 11.
    maxPromptTokens: 30,
    maxResponseTokens: 110,
    maxPathTokens: 40,
    maxSummaryTokens: 24,
    reserveSummaryTokens: 16,
    reserveAnswerTokens: 10,
    minPathTokens: 16,
    temperature: 1,
    topP: 1,
    // Without labels, siblings start from identical states and the tiny model writes the same path twice.
    pathLabels: ['tens', 'ones'],
  },
  training: { layout: 'exact' },
  verify: { mode: 'math' },
  format: { mode: 'strict', promote: [] },
  effective: DEFAULT_EFFECTIVE_THRESHOLDS,
  watchdog: DEFAULT_WATCHDOG,
  trackers: { tensorboard: null, mlflow: null },
  stages: [
    {
      id: 'cold-start',
      kind: 'cold-start',
      // 35 % with 2 operands, 35 % with 3, 30 % with 4. With half as many, some seeds learn them by heart.
      problems: [wordSums('easy', 'train', 3360, 101), wordSums('hard', 'train', 1440, 102)],
      teacher: {
        url: null,
        kind: 'openai',
        maxInFlight: null,
        prices: null,
        model: 'embedded-teacher',
        temperature: 1,
        topP: 1,
        maxTokens: 512,
        apiKeyEnv: null,
      },
      method: 'prompt',
      prompt: 'parallel-teacher.v1',
      solutionPrompt: 'sequential.v1',
      annotatePrompt: 'annotate.v1',
      limit: null,
      samplesPerProblem: 1,
      retries: 0,
      retryTemperature: null,
      budgetTokens: null,
      budgetUsd: null,
      keep: 'first',
      rowsPerProblem: 1,
      // Sequential solutions are kept too: it is RL that teaches when to use which.
      minBlocks: 0,
      maxTargetTokens: 140,
    },
    {
      id: 'sft',
      kind: 'sft',
      data: 'cold-start',
      stripTags: false,
      maxSteps: 900,
      epochs: null,
      batchSize: 32,
      adam: SFT_ADAM,
      schedule: { kind: 'linear-tail', warmupSteps: 30, tailFraction: 0.4, floor: 0.1 },
      // The step at which the model catches on differs by hundreds between seeds.
      until: {
        everySteps: 50,
        fromStep: 400,
        targets: [
          { problems: [wordSums('easy', 'heldout', 200, 111)], samples: 1, minAccuracy: 0.4 },
          { problems: [wordSums('hard', 'heldout', 200, 112)], samples: 1, minAccuracy: 0.25 },
        ],
      },
      saveEvery: 100,
    },
    {
      ...GRPO,
      id: 'rl-easy',
      problems: [wordSums('easy', 'train', 1280, 121)],
      steps: 40,
      gate: { problems: [wordSums('easy', 'heldout', 200, 113)], samples: 1, minAccuracy: 0.2, onFail: 'warn' },
    },
    {
      ...GRPO,
      id: 'rl-hard',
      problems: [wordSums('hard', 'train', 2560, 122)],
      steps: 80,
      gate: { problems: [wordSums('hard', 'heldout', 200, 114)], samples: 1, minAccuracy: 0.2, onFail: 'stop' },
    },
  ],
  // 600 rollouts an evaluation, about what two training steps cost.
  eval: {
    sets: [
      { name: 'easy', problems: [wordSums('easy', 'heldout', 200, 131)], samples: 1, sequentialTwin: false },
      { name: 'hard', problems: [wordSums('hard', 'heldout', 200, 132)], samples: 2, sequentialTwin: false },
    ],
    temperature: 1,
    topP: 1,
  },
  embedded: { family: 'word-sums', threads: 2, modelSeed: null },
};

/** Where the mixed recipe begins another count than the default: problems of all five levels, from one seed each. */
const MIXED_LEVELS = ['easy', 'hard', 'totals', 'chain', 'check'] as const;

const mixed = (split: 'train' | 'heldout', counts: readonly number[], seed: number): ProblemsRef[] =>
  MIXED_LEVELS.map((level, i) => wordSums(level, split, counts[i]!, seed + i));

/** Held-out problems of all levels, as one list. */
const mixedTarget = (seed: number) => ({ problems: mixed('heldout', [40, 40, 40, 40, 40], seed), samples: 1 });

/**
 * Five levels, of which parallel thinking serves four in different ways and fails on one: sums by digits, totals of two
 * persons, a chain of steps that depend on each other, a difference with two candidates to check. Another vocabulary and
 * other initial weights than the default.
 */
export const embeddedMixedPreset: RunConfig = {
  ...embeddedPreset,
  run: { ...embeddedPreset.run, name: 'embedded-mixed' },
  rollout: { ...embeddedPreset.rollout, pathLabels: [...WORD_FAMILIES.mixed.labels] },
  stages: [
    {
      ...(embeddedPreset.stages[0] as ColdStart),
      // Of the chains, a split is tried as often as anywhere and turned down: half of their answers are lost.
      problems: mixed('train', [1800, 1200, 1800, 2400, 2800], 201),
    },
    {
      ...(embeddedPreset.stages[1] as Sft),
      maxSteps: 1800,
      until: {
        everySteps: 100,
        fromStep: 1000,
        targets: [{ ...mixedTarget(211), minAccuracy: 0.55 }],
      },
    },
    {
      ...GRPO,
      id: 'rl',
      problems: mixed('train', [400, 800, 640, 640, 640], 221),
      steps: 100,
      gate: { ...mixedTarget(231), minAccuracy: 0.2, onFail: 'stop' },
      evalEvery: 50,
    },
  ],
  eval: {
    ...embeddedPreset.eval,
    sets: MIXED_LEVELS.map((level, i) => ({
      name: level,
      problems: [wordSums(level, 'heldout', 150, 241 + i)],
      samples: 1,
      sequentialTwin: false,
    })),
  },
  embedded: { ...embeddedPreset.embedded, family: 'mixed' },
};
