import type { AdamSettings, LossSpec } from './datum.ts';
import type { EffectiveThresholds } from './effective/effective-parallelism.ts';
import type { FormatMode, LintCode } from './format/format-report.ts';
import type { AdvantageSettings, RewardConfig } from './reward.ts';
import { createRng, hashSeed, shuffle } from './rng.ts';
import type { WordSumLevel } from './word-sums/generate.ts';

/**
 * The recipe of a run as plain data: what the configuration resolves to and the pipeline executes.
 * Token counts are tokens of the student's tokenizer; fractions are in [0, 1].
 */

/** Where problems come from. `set` is a JSONL file below a `datasets` folder. */
export type ProblemsRef =
  | {
      readonly kind: 'word-sums';
      readonly level: WordSumLevel;
      readonly split: 'train' | 'heldout';
      readonly count: number;
      readonly seed: number;
    }
  | { readonly kind: 'file'; readonly path: string; readonly limit: number | null }
  | { readonly kind: 'set'; readonly name: string; readonly limit: number | null };

/** How the trainer sees a trajectory (docs/data-flow.md): `units` and `exact` score every token in its sampling context. */
export type Layout = 'units' | 'exact' | 'causal' | 'multiverse';

/** Paths per block: a fixed number, or one drawn for each block. */
export type PathCount = number | { readonly min: number; readonly max: number };

/** Fewest and most paths of a block. */
export function readPathRange(paths: PathCount): { readonly min: number; readonly max: number } {
  return typeof paths === 'number' ? { min: paths, max: paths } : paths;
}

/** Optional keys were added later; in a stored recipe without one, its comment says what holds. */
export interface RolloutSettings {
  readonly mode: 'parallel' | 'sequential';
  readonly paths: PathCount;
  /** Missing: `all`. */
  readonly join?: JoinPolicy;
  /** Missing: `emitted`. */
  readonly joinOrder?: JoinOrder;
  /** What becomes of a path that repeats a sibling: kept, or asked once more with another seed. Missing: `keep`. */
  readonly duplicatePaths?: 'keep' | 'reseed';
  readonly maxBlocks: number;
  readonly maxPromptTokens: number;
  readonly maxResponseTokens: number;
  readonly maxPathTokens: number;
  readonly maxSummaryTokens: number;
  readonly reserveSummaryTokens: number;
  readonly reserveAnswerTokens: number;
  readonly minPathTokens: number;
  readonly temperature: number;
  readonly topP: number;
  /** Text injected after `<Path>` per ordinal, so that siblings differ; null injects nothing. */
  readonly pathLabels: readonly string[] | null;
}

/** Learning-rate schedule; factors multiply the base rate. */
export type Schedule =
  | { readonly kind: 'constant'; readonly warmupSteps: number }
  | { readonly kind: 'cosine'; readonly warmupFraction: number }
  | {
      readonly kind: 'linear-tail';
      readonly warmupSteps: number;
      readonly tailFraction: number;
      readonly floor: number;
    };

/** A held-out accuracy that must be reached: mean over problems of `samples` sampled answers. */
export interface AccuracyTarget {
  readonly problems: readonly ProblemsRef[];
  readonly samples: number;
  readonly minAccuracy: number;
}

/** Which accepted answer of a problem becomes its row. */
export type KeepRule = 'first' | 'shortest' | 'diverse';

/** What a teacher charges, in US dollars per million tokens. */
export interface Prices {
  readonly promptPerMillion: number;
  readonly completionPerMillion: number;
}

/** Optional keys were added later; in a stored recipe without one, its comment says what holds. */
export interface ColdStartStage {
  readonly id: string;
  readonly kind: 'cold-start';
  readonly problems: readonly ProblemsRef[];
  readonly teacher: {
    /** Servers of one and the same model; null: the run's own engine. */
    readonly url: string | readonly string[] | null;
    /** Dialect of those servers; missing: `openai`. */
    readonly kind?: 'vllm' | 'tgi' | 'sglang' | 'openai';
    /** Most calls to them at once; missing or null: as many as to the engine. */
    readonly maxInFlight?: number | null;
    /** Missing or null: not known. */
    readonly prices?: Prices | null;
    readonly model: string;
    readonly temperature: number;
    readonly topP: number;
    readonly maxTokens: number;
    readonly apiKeyEnv: string | null;
  };
  /**
   * `prompt`: the teacher writes blocks right away. `annotate`: it writes a sequential solution first, then replaces
   * stretches of it by blocks. Stored recipes older than the key lack it and mean `prompt`.
   */
  readonly method?: 'prompt' | 'annotate';
  /** Template name or path for the teacher; `annotate` takes the two after it instead. */
  readonly prompt: string;
  /** `annotate`: for the sequential solution. */
  readonly solutionPrompt?: string;
  /** `annotate`: for putting blocks into it. */
  readonly annotatePrompt?: string;
  /** Take only this many problems, from the start of all sets together; missing or null: all. */
  readonly limit?: number | null;
  readonly samplesPerProblem: number;
  /** Further rounds of samples, with other seeds, for a problem without an accepted answer; missing: 0. */
  readonly retries?: number;
  /** Sampling temperature of those rounds; missing or null: that of the first. */
  readonly retryTemperature?: number | null;
  /** The stage stops asking once the stored attempts have taken this many tokens; missing or null: no bound. */
  readonly budgetTokens?: number | null;
  /** The stage stops asking once they have cost this much in US dollars, by the teacher's prices; missing or null: no bound. */
  readonly budgetUsd?: number | null;
  /** Missing: `first`. */
  readonly keep?: KeepRule;
  /** Accepted answers of one problem that become rows, at most; missing: 1. */
  readonly rowsPerProblem?: number;
  readonly minBlocks: number;
  /** Prompt and target together. */
  readonly maxTargetTokens: number;
}

/** Servers of a teacher; none: the run's own engine teaches. */
export function listTeacherUrls({ url }: Pick<ColdStartStage['teacher'], 'url'>): readonly string[] {
  if (url === null) return [];
  return typeof url === 'string' ? [url] : url;
}

/** Optional keys were added later; in a stored recipe without one, its comment says what holds. */
export interface SftStage {
  readonly id: string;
  readonly kind: 'sft';
  /** Id of the cold-start stage that made the rows, or a JSONL file of `{problem, answer, target}`. */
  readonly data: string;
  /** Train on the rows without their tags, each as one sequence; missing: false. */
  readonly stripTags?: boolean;
  readonly maxSteps: number;
  /** Null: as many as `maxSteps` takes. */
  readonly epochs: number | null;
  readonly batchSize: number;
  readonly adam: AdamSettings;
  readonly schedule: Schedule;
  /** End early when every target is met; checked every `everySteps` from `fromStep` on. */
  readonly until: {
    readonly everySteps: number;
    readonly fromStep: number;
    readonly targets: readonly AccuracyTarget[];
  } | null;
  readonly saveEvery: number;
}

export interface RlStage {
  readonly id: string;
  readonly kind: 'rl';
  readonly problems: readonly ProblemsRef[];
  readonly steps: number;
  /** Prompts per step. */
  readonly batchSize: number;
  readonly groupSize: number;
  /** Optimizer updates per step. */
  readonly minibatches: number;
  readonly adam: AdamSettings;
  readonly schedule: Schedule;
  readonly reward: RewardConfig;
  readonly loss: LossSpec;
  readonly advantage: AdvantageSettings;
  /** Learning rate is multiplied by min(1, informative sequences / this); null switches it off. */
  readonly scaleByInformative: number | null;
  /** Pilot before entering: sampled accuracy on held-out problems of this stage. */
  readonly gate: (AccuracyTarget & { readonly onFail: 'stop' | 'warn' }) | null;
  readonly keepOptimizer: boolean;
  readonly saveEvery: number;
  /** 0: only before the first and after the last step. */
  readonly evalEvery: number;
}

export interface EvalStage {
  readonly id: string;
  readonly kind: 'eval';
  readonly sets: readonly EvalSet[];
}

/** Optional keys were added later; in a stored recipe without one, its comment says what holds. */
export interface EvalSet {
  readonly name: string;
  readonly problems: readonly ProblemsRef[];
  readonly samples: number;
  /** Whether every problem is answered once more without forks, under the same seeds. Missing: false. */
  readonly sequentialTwin?: boolean;
}

/** Name under which the answers without forks of a set are stored and reported. */
export function nameTwin(set: string): string {
  return `${set}-sequential`;
}

/** The sets as they are measured: themselves in order, then the twins of those that have one. */
export function listMeasuredSets(sets: readonly EvalSet[]): readonly EvalSet[] {
  const twins = sets.filter(({ sequentialTwin = false }) => sequentialTwin);
  return [...sets, ...twins.map((set) => ({ ...set, name: nameTwin(set.name), sequentialTwin: false }))];
}

export type StageSpec = ColdStartStage | SftStage | RlStage | EvalStage;

export interface CurriculumPlan {
  readonly seed: number;
  readonly engine: { readonly model: string; readonly maxInFlight: number; readonly eosTokens: readonly string[] };
  readonly trainer: {
    readonly baseModel: string;
    readonly rank: number;
    /** Seed of a fresh model's weights. */
    readonly seed: number;
    /** Newest saved states of a stage, and newest weights of the run, that are kept; missing: 1. */
    readonly keep?: number;
    /** Longest wait for a trainer that died to answer again; missing: 0, its death ends the run. */
    readonly patienceMs?: number;
  };
  readonly rollout: RolloutSettings;
  readonly layout: Layout;
  readonly verifyMode: 'math' | 'reference-dapo' | 'reference-gsm8k';
  readonly formatMode: FormatMode;
  /** Lints that make a response invalid. */
  readonly formatPromote: readonly LintCode[];
  /** When the paths of a block count as parallel work. */
  readonly effective: EffectiveThresholds;
  readonly watchdog: WatchdogSettings;
  readonly stages: readonly StageSpec[];
  readonly eval: { readonly sets: readonly EvalSet[]; readonly temperature: number; readonly topP: number };
}

/** When figures of a stage that fall while its bonus grows are told, and what happens then. */
export interface WatchdogSettings {
  readonly action: 'off' | 'warn' | 'stop';
  /** Steps whose mean is compared with that of earlier ones. */
  readonly window: number;
  /** Share of its highest mean that a figure must have lost. */
  readonly minFall: number;
  /** What the bonus must have gained meanwhile, as a share of responses. */
  readonly minGrowth: number;
}

/** Ten steps smooth the noise of a batch; a third lost is seen by eye in any curve, and a twentieth gained is no noise. */
export const DEFAULT_WATCHDOG: WatchdogSettings = { action: 'warn', window: 10, minFall: 0.3, minGrowth: 0.05 };

/** When the paths of a block are joined: when all have ended, the first, or the first `count`. */
export type CountedJoin =
  | { readonly kind: 'all' }
  | { readonly kind: 'first' }
  | { readonly kind: 'quorum'; readonly count: number };

/** A join by count, or by deadline: this many milliseconds after the fork, once two paths have ended. */
export type JoinPolicy = CountedJoin | { readonly kind: 'deadline'; readonly ms: number };

/** How joined paths stand in the text: by ordinal, or longest first, which leaves less to compute at the join. */
export type JoinOrder = 'emitted' | 'longest-first';

/** Fewest paths of a block that the strict grammar accepts. */
export const MIN_PATHS = 2;

/** How many of `asked` paths must have ended before they are joined: 1 to `asked`. */
export function countWanted(join: CountedJoin, asked: number): number {
  const wanted = join.kind === 'all' ? asked : join.kind === 'first' ? 1 : join.count;
  return Math.max(1, Math.min(wanted, asked));
}

/** `items` in rendering order: `emitted` leaves them as they are, of equally long ones the earlier stays first. */
export function orderPaths<T>(items: readonly T[], order: JoinOrder, measure: (item: T) => number): readonly T[] {
  return order === 'emitted' ? items : items.toSorted((a, b) => measure(b) - measure(a));
}

/** What the number of a step alone determines: its rows and its learning rate. */

/** Rows of one step, counted from 1: every epoch is a permutation of its own, the last incomplete batch is dropped. */
export function selectBatch<T>(rows: readonly T[], batchSize: number, step: number, seed: number): T[] {
  const perEpoch = Math.floor(rows.length / batchSize);
  const epoch = Math.floor((step - 1) / perEpoch);
  const order = shuffle(Array.from(rows.keys()), createRng(hashSeed(seed, 'epoch', epoch)));
  const from = ((step - 1) % perEpoch) * batchSize;
  return order.slice(from, from + batchSize).map((index) => rows[index]!);
}

/**
 * Factor of the base learning rate at an update, both counted from 0 (`step` 0 is the first of
 * `totalSteps`). `cosine` follows the reference, whose first update has factor 0; the
 * other two start their warm-up at 1 / warmupSteps.
 */
export function learningRateAt(schedule: Schedule, step: number, totalSteps: number): number {
  if (schedule.kind === 'cosine') return computeCosine(schedule.warmupFraction, step, totalSteps);
  if (step < schedule.warmupSteps) return (step + 1) / schedule.warmupSteps;
  if (schedule.kind === 'constant') return 1;
  return computeLinearTail(schedule.tailFraction, schedule.floor, step, totalSteps);
}

function computeCosine(warmupFraction: number, step: number, totalSteps: number): number {
  const warmup = Math.floor(warmupFraction * totalSteps);
  if (step < warmup) return step / warmup;
  if (step >= totalSteps) return 0;
  return Math.max(0, (1 + Math.cos((Math.PI * (step - warmup)) / (totalSteps - warmup))) / 2);
}

/** Constant, then down to `floor`, which the last update reaches. */
function computeLinearTail(tailFraction: number, floor: number, step: number, totalSteps: number): number {
  const tail = Math.floor(tailFraction * totalSteps);
  const start = totalSteps - tail;
  if (step < start) return 1;
  const progress = Math.min(1, (step - start + 1) / tail);
  return 1 - (1 - floor) * progress;
}
