/** What a rollout earns and what its tokens are worth: the reward by its formula, then the advantage in its group. */

/** What the reward looks at. Counts are over the response, never the prompt. */
export interface RewardParts {
  readonly correct: boolean;
  /** `<Parallel>` tags in the response text, executed or not. */
  readonly blocksInText: number;
  /** Blocks the controller executed. */
  readonly blocksExecuted: number;
  /** Executed blocks whose paths did work that the answer needed (core/effective); null: stored before it was measured. */
  readonly blocksEffective: number | null;
  /** Format verdict of the run's checker mode. */
  readonly formatValid: boolean;
}

/**
 * Which blocks a reward counts. `text` is what the reference implementation does, and what letters without any work
 * earn; `executed` needs the tags as tokens; `effective` needs paths that did work.
 */
export type BlockCount = 'text' | 'executed' | 'effective';

/** The rewards; what each pays is in docs/data-flow.md, "Rewards and advantages". */
export type RewardConfig =
  | { readonly kind: 'accuracy' }
  | { readonly kind: 'product'; readonly count: BlockCount }
  | {
      readonly kind: 'tiered';
      readonly count: BlockCount;
      readonly bonus: number;
      readonly malformedCorrect: number;
    }
  | {
      readonly kind: 'alternating';
      readonly count: BlockCount;
      readonly bonus: number;
      readonly malformedCorrect: number;
      readonly window: number;
      readonly tieredSteps: number;
    }
  /** A reward that the program which started the run passed in under that name. */
  | { readonly kind: 'own'; readonly name: string };

/** The rewards that are computed here. */
export type BuiltInReward = Exclude<RewardConfig, { kind: 'own' }>;

/** A number with its named parts; `mode` is the formula that was in force at this step. */
export interface Reward extends RewardParts {
  readonly value: number;
  readonly mode: 'accuracy' | 'product' | 'tiered' | 'own';
}

/** Throws RangeError unless `step` is an integer of at least 1. */
function requireStep(step: number): void {
  if (!Number.isInteger(step) || step < 1)
    throw new RangeError(`reward step must be an integer of at least 1, got ${step}`);
}

/**
 * The formula in force at a step of a stage, counted from 1. A window is
 * `window - tieredSteps` steps of accuracy, then `tieredSteps` steps of tiered. RangeError below 1.
 */
export function rewardModeAt(config: BuiltInReward, step: number): Exclude<Reward['mode'], 'own'> {
  requireStep(step);
  if (config.kind !== 'alternating') return config.kind;
  return (step - 1) % config.window < config.window - config.tieredSteps ? 'accuracy' : 'tiered';
}

/** The reward of one trajectory at a step of its stage. RangeError below step 1. */
export function computeReward(config: BuiltInReward, step: number, parts: RewardParts): Reward {
  const mode = rewardModeAt(config, step);
  return { ...parts, value: computeValue(config, mode, parts), mode };
}

function computeValue(config: BuiltInReward, mode: Reward['mode'], parts: RewardParts): number {
  if (!parts.correct) return -1;
  if (config.kind === 'accuracy' || mode === 'accuracy') return 1;
  const blocks = countBlocks(config.count, parts);
  if (config.kind === 'product') return blocks >= 1 && parts.formatValid ? 1 : -1;
  if (blocks === 0) return 1;
  return parts.formatValid ? config.bonus : config.malformedCorrect;
}

/** The blocks that a reward counts. One that was not measured earns nothing. */
export function countBlocks(count: BlockCount, parts: RewardParts): number {
  if (count === 'text') return parts.blocksInText;
  return count === 'executed' ? parts.blocksExecuted : (parts.blocksEffective ?? 0);
}

/** How rewards become advantages: centred in the group, and with `grpo` divided by its spread. */
export interface AdvantageOptions {
  readonly normalisation: 'grpo' | 'mean';
  /** `sample` divides by n - 1 (the reference's code), `population` by n (the paper's formula). */
  readonly std: 'sample' | 'population';
  /** Added to the standard deviation. */
  readonly epsilon: number;
}

/** How a stage turns the rewards of a group into advantages. */
export interface AdvantageSettings {
  readonly std: AdvantageOptions['std'];
  readonly epsilon: number;
  /** Correctness is normalised, the rest of the reward only centred. */
  readonly split: boolean;
}

/** Advantage of each rollout of one group, in order, by the settings of its stage. */
export function computeAdvantages(
  group: readonly { readonly value: number; readonly correct: boolean }[],
  { std, epsilon, split }: AdvantageSettings,
): number[] {
  const options = { normalisation: 'grpo', std, epsilon } as const;
  const rewards = group.map(({ value }) => value);
  if (!split) return computeGroupAdvantages(rewards, options);
  return computeSplitAdvantages(
    rewards,
    group.map(({ correct }) => correct),
    options,
  );
}

/** Whether the group says anything about which rollout was better: false when all rewards are equal. */
export function isInformativeGroup(rewards: readonly number[]): boolean {
  return rewards.some((reward) => reward !== rewards[0]);
}

/**
 * Advantage of each rollout of one group. A group of equal rewards gives exactly 0, not
 * rounding noise; a group of one gives its reward.
 */
export function computeGroupAdvantages(rewards: readonly number[], options: AdvantageOptions): number[] {
  if (rewards.length === 1) return [rewards[0]!];
  if (!isInformativeGroup(rewards)) return rewards.map(() => 0);
  const mean = computeMean(rewards);
  if (options.normalisation === 'mean') return rewards.map((reward) => reward - mean);
  const spread = computeStd(rewards, mean, options.std) + options.epsilon;
  return rewards.map((reward) => (reward - mean) / spread);
}

/**
 * Split advantage: correctness is normalised in the group, and what the reward holds beyond
 * correctness (`value - ±1`) is only centred, so that a small bonus is not blown up in groups that
 * are all correct. `correct` runs parallel to `rewards`.
 */
export function computeSplitAdvantages(
  rewards: readonly number[],
  correct: readonly boolean[],
  options: AdvantageOptions,
): number[] {
  const accuracy = correct.map((isCorrect) => (isCorrect ? 1 : -1));
  const main = computeGroupAdvantages(accuracy, options);
  if (rewards.length === 1) return [rewards[0]!];
  const extras = rewards.map((reward, i) => reward - accuracy[i]!);
  const centred = computeGroupAdvantages(extras, { ...options, normalisation: 'mean' });
  return main.map((value, i) => value + centred[i]!);
}

function computeMean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function computeStd(values: readonly number[], mean: number, kind: AdvantageOptions['std']): number {
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (kind === 'sample' ? values.length - 1 : values.length));
}
