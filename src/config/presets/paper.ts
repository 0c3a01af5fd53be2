import { DEFAULT_WATCHDOG } from '../../core/curriculum.ts';
import type { AdamSettings, LossSpec } from '../../core/datum.ts';
import { DEFAULT_EFFECTIVE_THRESHOLDS } from '../../core/effective/effective-parallelism.ts';
import { DEFAULT_PROMPT_TOKENS, DEFAULT_RESPONSE_TOKENS } from '../../core/fit-lengths.ts';
import type { BlockCount } from '../../core/reward.ts';
import type { RunConfig } from '../schema.ts';

/**
 * The presets of the paper (arXiv 2509.07980): first the parts they share, then one preset after the other. Numbers
 * are those of the text where it gives one, of the published scripts otherwise. No URL is here: engine, trainer and
 * teacher are named by whoever runs them.
 */

type Stage = RunConfig['stages'][number];
type ColdStart = Extract<Stage, { kind: 'cold-start' }>;
type Sft = Extract<Stage, { kind: 'sft' }>;
type Rl = Extract<Stage, { kind: 'rl' }>;

const set = (name: string) => ({ kind: 'set' as const, name, limit: null });

/** Prompts per optimizer update. */
const MINIBATCH_PROMPTS = 128;

const SFT_ADAM: AdamSettings = {
  learningRate: 1e-5,
  beta1: 0.9,
  beta2: 0.95,
  eps: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
};
const RL_ADAM: AdamSettings = {
  learningRate: 1e-6,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
};

/** Ratio bounds of an epsilon of 0.2 on both sides. */
const CLIP: LossSpec & { kind: 'ppo' } = { kind: 'ppo', clipLow: 0.8, clipHigh: 1.2 };

/** Upper epsilon 0.28, as in S2. */
const CLIP_HIGHER: LossSpec & { kind: 'ppo' } = { kind: 'ppo', clipLow: 0.8, clipHigh: 1.28 };

/**
 * Eight steps of accuracy, then two that pay 1.2 for a correct answer with a valid block. The paper counts `<Parallel>` in
 * the text: letters without any work earn the bonus, and a run warns of it (docs/effective-parallelism.md).
 */
const ALTERNATING: Rl['reward'] = {
  kind: 'alternating',
  count: 'text',
  bonus: 1.2,
  malformedCorrect: -1,
  window: 10,
  tieredSteps: 2,
};

/** Parallel-GSM8K by prompting. `minBlocks` 0 is the full set of the paper, 1 the filtered one. */
function generateParallelGsm8k(minBlocks: 0 | 1): ColdStart {
  return {
    id: 'cold-start',
    kind: 'cold-start',
    problems: [set('gsm8k/train')],
    // Temperature and tries are unpublished; these are what the teacher's own card recommends.
    teacher: {
      url: null,
      kind: 'openai',
      maxInFlight: null,
      prices: null,
      model: 'DeepSeek-R1-0528-Qwen3-8B',
      temperature: 0.6,
      topP: 0.95,
      maxTokens: 16_384,
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
    minBlocks,
    maxTargetTokens: 4096,
  };
}

/** SFT on the cold-start rows. With fewer rows than the paper had there are fewer steps; `epochs: null` takes exactly `maxSteps`. */
function trainOnColdStart(epochs: number, maxSteps: number): Sft {
  return {
    id: 'sft',
    kind: 'sft',
    data: 'cold-start',
    stripTags: false,
    maxSteps,
    epochs,
    batchSize: 128,
    adam: SFT_ADAM,
    schedule: { kind: 'cosine', warmupFraction: 0.1 },
    until: null,
    saveEvery: 50,
  };
}

/** RL with what all stages of the paper share. */
function train(over: Pick<Rl, 'id' | 'problems' | 'steps' | 'batchSize' | 'groupSize' | 'reward' | 'loss'>): Rl {
  return {
    ...over,
    kind: 'rl',
    minibatches: over.batchSize / MINIBATCH_PROMPTS,
    adam: RL_ADAM,
    schedule: { kind: 'constant', warmupSteps: 0 },
    advantage: { std: 'sample', epsilon: 1e-6, split: false },
    scaleByInformative: null,
    gate: null,
    keepOptimizer: false,
    saveEvery: 10,
    evalEvery: 10,
  };
}

/** Stage 1 of Seen: 35 steps of 1,024 x 5 on GSM8K. */
function trainOnGsm8k(count: BlockCount): Rl {
  return train({
    id: 'rl-gsm8k',
    problems: [set('gsm8k/train')],
    steps: 35,
    batchSize: 1024,
    groupSize: 5,
    reward: { kind: 'product', count },
    loss: CLIP,
  });
}

/** RL on DAPO-17k, 512 x 8 a step. */
function trainOnDapo(over: Pick<Rl, 'id' | 'steps' | 'reward' | 'loss'>): Rl {
  return train({ ...over, problems: [set('dapo-math-17k')], batchSize: 512, groupSize: 8 });
}

/** The paper's evaluation: 16 samples a problem, one for MATH, whose published figure is mean@1. */
const EVAL_SETS: RunConfig['eval']['sets'] = [
  { name: 'aime25', problems: [set('aime25')], samples: 16, sequentialTwin: false },
  { name: 'aime24', problems: [set('aime24')], samples: 16, sequentialTwin: false },
  { name: 'amc23', problems: [set('amc23')], samples: 16, sequentialTwin: false },
  { name: 'math-500', problems: [set('math-500')], samples: 1, sequentialTwin: false },
];

/** A preset of the paper, given what differs between them: name, layout and stages. */
function buildPaperPreset(
  name: string,
  layout: RunConfig['training']['layout'],
  stages: RunConfig['stages'],
): RunConfig {
  return {
    run: { name, seed: 7, report: null },
    engine: {
      kind: 'vllm',
      urls: [],
      adminUrls: [],
      sessionHeader: 'X-Session-ID',
      tokenizerUrl: null,
      placement: 'sticky',
      model: 'Qwen/Qwen3-4B-Base',
      maxInFlight: 512,
      eosTokens: ['<|im_end|>', '<|endoftext|>'],
      timeoutSeconds: 600,
      restartPatienceSeconds: 600,
      apiKeyEnv: null,
    },
    trainer: {
      url: null,
      profile: 'auto',
      handover: 'path',
      operationTimeoutSeconds: 3600,
      slotPatienceSeconds: 600,
      apiKeyEnv: null,
      baseModel: null,
      keep: 1,
      lora: { rank: 32 },
    },
    prompt: 'adaptive-parallel-thinking.v1',
    rollout: {
      mode: 'parallel',
      paths: 2,
      join: { kind: 'all' },
      joinOrder: 'emitted',
      duplicatePaths: 'keep',
      maxBlocks: 4,
      maxPromptTokens: DEFAULT_PROMPT_TOKENS,
      maxResponseTokens: DEFAULT_RESPONSE_TOKENS,
      maxPathTokens: 4096,
      maxSummaryTokens: 512,
      reserveSummaryTokens: 256,
      reserveAnswerTokens: 256,
      minPathTokens: 32,
      temperature: 1,
      topP: 1,
      pathLabels: null,
    },
    training: { layout },
    verify: { mode: 'math' },
    format: { mode: 'strict', promote: [] },
    effective: DEFAULT_EFFECTIVE_THRESHOLDS,
    watchdog: DEFAULT_WATCHDOG,
    trackers: { tensorboard: null, mlflow: null },
    stages,
    eval: { sets: EVAL_SETS, temperature: 1, topP: 1 },
    embedded: { family: 'word-sums', threads: 2, modelSeed: null },
  };
}

/**
 * Parallel-R1-Seen: one epoch of SFT, RL on GSM8K for answers that are right and parallel, RL on DAPO
 * for right answers. `causal` is the paper's layout: it scores path 2 with path 1 in view, though it was
 * sampled without. `training.layout: exact` scores every token as it was sampled and is the safer choice.
 */
export const seenPreset = buildPaperPreset('seen', 'causal', [
  generateParallelGsm8k(0),
  trainOnColdStart(1, 58),
  trainOnGsm8k('text'),
  trainOnDapo({ id: 'rl-dapo', steps: 300, reward: { kind: 'accuracy' }, loss: CLIP }),
]);

/**
 * How Parallel-R1-Unseen begins: paths do not see each other in training, and RL goes to DAPO at once. `multiverse`
 * is the paper's layout and needs a trainer with `structured_attention/1`; a stock engine samples the
 * summary with plain attention all the same. `training.layout: exact` is the safer choice.
 */
const startUnseen = () => [generateParallelGsm8k(1), trainOnColdStart(5, 230)];

/** Parallel-R1-Unseen S1: accuracy alone. */
export const unseenS1Preset = buildPaperPreset('unseen-s1', 'multiverse', [
  ...startUnseen(),
  trainOnDapo({ id: 'rl-dapo', steps: 300, reward: { kind: 'accuracy' }, loss: CLIP }),
]);

/** Parallel-R1-Unseen S2: two steps in ten pay for a valid block. */
export const unseenS2Preset = buildPaperPreset('unseen-s2', 'multiverse', [
  ...startUnseen(),
  trainOnDapo({ id: 'rl-dapo', steps: 300, reward: ALTERNATING, loss: CLIP_HIGHER }),
]);

/**
 * Parallel thinking as a scaffold of exploration: 200 steps of S2, then accuracy alone. The second
 * stage starts from the weights with fresh moments, as the reference's new run did.
 */
export const scaffoldPreset = buildPaperPreset('scaffold', 'multiverse', [
  ...startUnseen(),
  trainOnDapo({ id: 'rl-explore', steps: 200, reward: ALTERNATING, loss: CLIP_HIGHER }),
  trainOnDapo({ id: 'rl-exploit', steps: 350, reward: { kind: 'accuracy' }, loss: CLIP }),
]);

const sequentialBase = buildPaperPreset('sequential', 'causal', [
  trainOnDapo({ id: 'rl-dapo', steps: 300, reward: { kind: 'accuracy' }, loss: CLIP }),
]);

/** The GRPO baseline: no cold start, no tags, the same problems and steps. A rollout is one sequence, so every layout is the same. */
export const sequentialPreset: RunConfig = {
  ...sequentialBase,
  prompt: 'sequential.v1',
  rollout: { ...sequentialBase.rollout, mode: 'sequential' },
};

/**
 * What this project recommends for a model of your own: the curriculum of `seen`, with rewards that count blocks whose
 * paths did work, on the hard problems too, and the layout that scores every token as it was sampled. Not run to the end
 * on a 4B model.
 */
export const parallelPreset = buildPaperPreset('parallel', 'exact', [
  generateParallelGsm8k(0),
  trainOnColdStart(1, 58),
  trainOnGsm8k('effective'),
  trainOnDapo({ id: 'rl-dapo', steps: 300, reward: { ...ALTERNATING, count: 'effective' }, loss: CLIP_HIGHER }),
]);
