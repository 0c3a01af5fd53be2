import type { RunConfig } from '../config/schema.ts';

/**
 * The arms of the experiments: each is a recipe that differs from the one that is asked for in one thing. An arm has two
 * parts. What is prepared (cold start and SFT) is made once and shared by all arms that prepare the same; what is trained
 * (RL) begins with those weights.
 */

type Stage = RunConfig['stages'][number];
type RlStage = Extract<Stage, { kind: 'rl' }>;
type Reward = RlStage['reward'];
type Change = (config: RunConfig) => RunConfig;

/** One recipe of an experiment. */
export interface Arm {
  /** Half a line for tables. */
  readonly title: string;
  /** What cold start and SFT do otherwise; it holds for RL too. */
  readonly prepare?: Change;
  /** What RL does otherwise. */
  readonly train?: Change;
}

/** The windows of the paper: eight steps of accuracy, then two that pay 1.2 for a right answer with a block. */
const ALTERNATING: Reward = {
  kind: 'alternating',
  count: 'executed',
  bonus: 1.2,
  malformedCorrect: -1,
  window: 10,
  tieredSteps: 2,
};

/** Instructions of the two prompts, where the recipe has one of them. */
const INSTRUCTED = { embedded: 'embedded-instructed.v1', other: 'adaptive-parallel-thinking.v1' } as const;
const UNINSTRUCTED = { embedded: 'embedded.v1', other: 'none.v1' } as const;

/** Every arm by its id, which is also the name of its runs. */
export const ARMS = {
  recipe: { title: 'the recipe as it is' },
  sequential: {
    title: 'sequential: cold start, SFT and RL without a block',
    prepare: (config) => decodeInOneStream(writeSequentialRows(config)),
  },
  'tag-stripped': {
    title: 'the same rows with their tags taken out, one stream',
    prepare: (config) => decodeInOneStream(mapStages(config, 'sft', (stage) => ({ ...stage, stripTags: true }))),
  },
  'no-easy': { title: 'without RL on easy problems, as many steps', train: trainOnLastAlone },
  instructed: { title: 'the prompt asks for parallel thinking', prepare: (config) => ask(config, INSTRUCTED) },
  uninstructed: { title: 'the prompt is the bare problem', prepare: (config) => ask(config, UNINSTRUCTED) },
  'reward-accuracy': { title: 'reward: right', train: (config) => pay(config, { kind: 'accuracy' }) },
  'reward-product': {
    title: 'reward: right with a valid block, else wrong',
    train: (config) => pay(config, { kind: 'product', count: 'executed' }),
  },
  'reward-tiered': {
    title: 'reward: 1.2 for right with a block, at every step',
    train: (config) => pay(config, { kind: 'tiered', count: 'executed', bonus: 1.2, malformedCorrect: -1 }),
  },
  'reward-alternating': {
    title: 'reward: right; 1.2 with a block in 2 steps of 10',
    train: (config) => pay(config, ALTERNATING),
  },
  scaffold: {
    title: 'scaffold: first stage pays for blocks, then accuracy alone',
    train: (config) => payFirst(pay(config, { kind: 'accuracy' }), ALTERNATING),
  },
  'join-first': { title: 'a block ends with its first path', train: (config) => join(config, { kind: 'first' }) },
  'layout-units': { title: 'layout units', prepare: (config) => lay(config, 'units') },
  'layout-causal': { title: 'layout causal', prepare: (config) => lay(config, 'causal') },
  'layout-multiverse': { title: 'layout multiverse', prepare: (config) => lay(config, 'multiverse') },
} as const satisfies Readonly<Record<string, Arm>>;

/** Id of an arm. */
export type ArmId = keyof typeof ARMS;

/** Name of the runs that prepare arms. */
export const PREPARATION = 'preparation';

/** The recipe that prepares an arm: cold start and SFT. `seed` is that of every arm of one repetition. */
export function prepareArm(base: RunConfig, id: ArmId, seed: number): RunConfig {
  const { prepare = keep }: Arm = ARMS[id];
  const config = prepare(withSeed(base, seed));
  const stages = config.stages.filter(({ kind }) => kind === 'cold-start' || kind === 'sft');
  return { ...config, run: { ...config.run, name: PREPARATION }, stages };
}

/** The recipe that trains an arm: RL, from prepared weights. A gate that is not met warns, so that a bad arm is measured too. */
export function trainArm(base: RunConfig, id: ArmId, seed: number): RunConfig {
  const { prepare = keep, train = keep }: Arm = ARMS[id];
  const config = train(prepare(withSeed(base, seed)));
  const stages = config.stages.flatMap((stage) => (stage.kind === 'rl' ? [warnAtGate(stage)] : []));
  return { ...config, run: { ...config.run, name: id }, stages };
}

const keep: Change = (config) => config;

function withSeed(config: RunConfig, seed: number): RunConfig {
  return { ...config, run: { ...config.run, seed, report: null } };
}

function warnAtGate(stage: RlStage): RlStage {
  return stage.gate === null ? stage : { ...stage, gate: { ...stage.gate, onFail: 'warn' } };
}

function mapStages<K extends Stage['kind']>(
  config: RunConfig,
  kind: K,
  change: (stage: Extract<Stage, { kind: K }>) => Stage,
): RunConfig {
  const stages = config.stages.map((stage) =>
    stage.kind === kind ? change(stage as Extract<Stage, { kind: K }>) : stage,
  );
  return { ...config, stages };
}

function decodeInOneStream(config: RunConfig): RunConfig {
  return { ...config, rollout: { ...config.rollout, mode: 'sequential' } };
}

/** The teacher is asked for ordinary solutions; as many rows, the same problems. */
function writeSequentialRows(config: RunConfig): RunConfig {
  return mapStages(config, 'cold-start', (stage) => ({
    ...stage,
    method: 'prompt',
    prompt: 'sequential.v1',
    minBlocks: 0,
  }));
}

function ask(config: RunConfig, prompts: { readonly embedded: string; readonly other: string }): RunConfig {
  return { ...config, prompt: config.engine.kind === 'embedded' ? prompts.embedded : prompts.other };
}

function pay(config: RunConfig, reward: Reward): RunConfig {
  return mapStages(config, 'rl', (stage) => ({ ...stage, reward }));
}

function payFirst(config: RunConfig, reward: Reward): RunConfig {
  const first = config.stages.find(({ kind }) => kind === 'rl');
  return mapStages(config, 'rl', (stage) => (stage === first ? { ...stage, reward } : stage));
}

/** The last RL stage takes the steps of those before it. */
function trainOnLastAlone(config: RunConfig): RunConfig {
  const rl = config.stages.filter((stage) => stage.kind === 'rl');
  const last = rl.at(-1);
  const steps = rl.reduce((sum, stage) => sum + stage.steps, 0);
  const stages = config.stages.flatMap((stage): Stage[] => {
    if (stage.kind !== 'rl') return [stage];
    return stage === last ? [{ ...stage, steps }] : [];
  });
  return { ...config, stages };
}

function join(config: RunConfig, policy: RunConfig['rollout']['join']): RunConfig {
  return { ...config, rollout: { ...config.rollout, join: policy } };
}

function lay(config: RunConfig, layout: RunConfig['training']['layout']): RunConfig {
  return { ...config, training: { ...config.training, layout } };
}
