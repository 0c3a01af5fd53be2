/** What the reward looks at. Counts are over the response, never the prompt. */
export interface RewardParts {
  readonly correct: boolean;
  /** `<Parallel>` tags in the response text, executed or not. */
  readonly blocksInText: number;
  /** Blocks the controller executed. */
  readonly blocksExecuted: number;
  /** Format verdict of the run's checker mode. */
  readonly formatValid: boolean;
}

/** Method section 6: the four rewards. */
export type RewardConfig =
  | { readonly kind: 'accuracy' }
  | { readonly kind: 'product'; readonly count: 'text' | 'executed' }
  | {
      readonly kind: 'tiered';
      readonly count: 'text' | 'executed';
      readonly bonus: number;
      readonly malformedCorrect: number;
    }
  | {
      readonly kind: 'alternating';
      readonly count: 'text' | 'executed';
      readonly bonus: number;
      readonly malformedCorrect: number;
      readonly window: number;
      readonly tieredSteps: number;
    }
  /** A reward that whoever started the run brought along under that name. */
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
 * The formula in force at a step of a stage, counted from 1 (method 6.3). A window is
 * `window - tieredSteps` steps of accuracy, then `tieredSteps` steps of tiered. RangeError below 1.
 */
export function rewardModeAt(config: BuiltInReward, step: number): Exclude<Reward['mode'], 'own'> {
  requireStep(step);
  if (config.kind !== 'alternating') return config.kind;
  return (step - 1) % config.window < config.window - config.tieredSteps ? 'accuracy' : 'tiered';
}

/** The reward of one trajectory at a step of its stage (truth table: method 6.2). RangeError below step 1. */
export function computeReward(config: BuiltInReward, step: number, parts: RewardParts): Reward {
  const mode = rewardModeAt(config, step);
  return { ...parts, value: computeValue(config, mode, parts), mode };
}

function computeValue(config: BuiltInReward, mode: Reward['mode'], parts: RewardParts): number {
  if (!parts.correct) return -1;
  if (config.kind === 'accuracy' || mode === 'accuracy') return 1;
  const blocks = config.count === 'text' ? parts.blocksInText : parts.blocksExecuted;
  if (config.kind === 'product') return blocks >= 1 && parts.formatValid ? 1 : -1;
  if (blocks === 0) return 1;
  return parts.formatValid ? config.bonus : config.malformedCorrect;
}
