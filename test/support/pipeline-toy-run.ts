import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import {
  type ColdStartStage,
  type CurriculumPlan,
  DEFAULT_WATCHDOG,
  type ProblemsRef,
  type RlStage,
  type SftStage,
  type StageSpec,
} from '../../src/core/curriculum.ts';
import { DEFAULT_EFFECTIVE_THRESHOLDS } from '../../src/core/effective/effective-parallelism.ts';
import type { Problem } from '../../src/core/problem.ts';
import { SourceError } from '../../src/errors.ts';
import type { RunContext } from '../../src/pipeline/context.ts';
import { createCallPolicy } from '../../src/pipeline/engine/calls.ts';
import { createTokenCache } from '../../src/pipeline/engine/tokenizer.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Engine } from '../../src/ports/engine.ts';
import type { Reporter } from '../../src/ports/reporter.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import type { Trainer } from '../../src/ports/trainer.ts';
import { createDirectVerifier } from './direct-verifier.ts';
import { createToyEngine, TOY_MODEL, TOY_TEACHER } from './pipeline-toy-engine.ts';
import { EOS_TEXT } from './pipeline-toy-tokens.ts';
import { createToyTrainer } from './pipeline-toy-trainer.ts';
import type { ToyWorld } from './pipeline-toy-world.ts';

/** A whole run over the toy world with the real SQLite store. */

export const TOY_RUN = 'toy-run';

const PAIRS: readonly (readonly [number, number])[] = [
  [1, 2],
  [2, 2],
  [3, 4],
  [5, 1],
];

export const TOY_PROBLEMS: readonly Problem[] = PAIRS.map(([a, b]) => ({
  id: `${a}+${b}`,
  source: 'toy',
  text: `What is ${a} plus ${b}?`,
  answer: String(a + b),
}));

/** The canonical answer to a toy question, with one block. */
export function writeToyTarget(value: string): string {
  return `<Parallel><Path>A:count ${value}</Path><Path>B:sum ${value}</Path></Parallel>\n<Summary>so ${value}</Summary>\nFinal Answer: ${value}`;
}

/** A teacher that knows its sums, and repeats the last line of what holds none. */
export function teachSums(prompt: string): { readonly content: string } {
  const [a, b] = (prompt.match(/\d/g) ?? []).map(Number);
  if (b === undefined) return { content: prompt.slice(prompt.lastIndexOf('\n') + 1) };
  return { content: writeToyTarget(String(a! + b!)) };
}

export const TOY_REF = { kind: 'set', name: 'toy', limit: null } as const;

const ADAM = { learningRate: 1, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, clipNorm: 0 };

export const COLD_START: ColdStartStage = {
  id: 'teach',
  kind: 'cold-start',
  problems: [TOY_REF],
  teacher: { url: null, model: TOY_TEACHER, temperature: 1, topP: 1, maxTokens: 100, apiKeyEnv: null },
  prompt: 'teacher',
  samplesPerProblem: 2,
  minBlocks: 1,
  maxTargetTokens: 60,
};

export const SFT: SftStage = {
  id: 'sft',
  kind: 'sft',
  data: 'teach',
  maxSteps: 40,
  epochs: null,
  batchSize: 4,
  adam: { ...ADAM, learningRate: 60 },
  schedule: { kind: 'constant', warmupSteps: 0 },
  until: { everySteps: 2, fromStep: 4, targets: [{ problems: [TOY_REF], samples: 4, minAccuracy: 0.35 }] },
  saveEvery: 2,
};

export const RL: RlStage = {
  id: 'rl',
  kind: 'rl',
  problems: [TOY_REF],
  steps: 8,
  batchSize: 4,
  groupSize: 8,
  minibatches: 2,
  adam: { ...ADAM, learningRate: 120 },
  schedule: { kind: 'constant', warmupSteps: 0 },
  reward: { kind: 'alternating', count: 'executed', bonus: 1.2, malformedCorrect: -1, window: 2, tieredSteps: 1 },
  loss: { kind: 'ppo', clipLow: 0.8, clipHigh: 1.2 },
  advantage: { std: 'sample', epsilon: 1e-6, split: false },
  scaleByInformative: null,
  gate: null,
  keepOptimizer: false,
  saveEvery: 3,
  evalEvery: 4,
};

export const TOY_STAGES: readonly StageSpec[] = [
  COLD_START,
  SFT,
  RL,
  { id: 'final', kind: 'eval', sets: [{ name: 'last', problems: [TOY_REF], samples: 4 }] },
];

export function toyPlan(over: Partial<CurriculumPlan> = {}): CurriculumPlan {
  return {
    seed: 5,
    engine: { model: TOY_MODEL, maxInFlight: 4, eosTokens: [EOS_TEXT] },
    trainer: { baseModel: TOY_MODEL, rank: 8, seed: 5 },
    rollout: {
      mode: 'parallel',
      paths: 2,
      maxBlocks: 1,
      maxPromptTokens: 20,
      maxResponseTokens: 48,
      maxPathTokens: 5,
      maxSummaryTokens: 6,
      reserveSummaryTokens: 6,
      reserveAnswerTokens: 8,
      minPathTokens: 3,
      temperature: 1,
      topP: 1,
      pathLabels: ['A:', 'B:'],
    },
    layout: 'units',
    verifyMode: 'math',
    formatMode: 'strict',
    formatPromote: [],
    effective: DEFAULT_EFFECTIVE_THRESHOLDS,
    watchdog: { ...DEFAULT_WATCHDOG, action: 'off' },
    stages: TOY_STAGES,
    eval: { sets: [{ name: 'held', problems: [TOY_REF], samples: 2 }], temperature: 1, topP: 1 },
    ...over,
  };
}

/** What the pipeline said, for tests that look at it. */
export interface ToyReporter extends Reporter {
  readonly lines: string[];
}

function createReporter(): ToyReporter {
  const lines: string[] = [];
  return {
    lines,
    info: (message) => lines.push(`info ${message}`),
    warn: (message) => lines.push(`warn ${message}`),
    task: () => ({ update: () => undefined, setTotal: () => undefined, finish: () => undefined }),
  };
}

/** A clock without time: sleeping ends at once. */
export function createToyClock(): Clock {
  let now = 0;
  const tick = () => (now += 1);
  return { now: tick, monotonic: tick, sleep: async () => undefined };
}

const PROMPTING = {
  template: { hash: 'teacher-hash', name: 'teacher', text: 'Teach: {Problem}' },
  solutionTemplate: null,
};
const ANNOTATING = {
  template: { hash: 'annotate-hash', name: 'annotate', text: 'Mark: {Solution} for {Problem}' },
  solutionTemplate: { hash: 'solution-hash', name: 'solution', text: 'Solve: {Problem}' },
};

export interface ToyParts {
  readonly file: string;
  readonly world: ToyWorld;
  readonly plan?: CurriculumPlan;
  readonly problems?: readonly Problem[];
  readonly signal?: AbortSignal;
  /** Put between the pipeline and the outside things. */
  readonly wrap?: <T extends object>(target: T, name: 'engine' | 'trainer' | 'store') => T;
}

export interface ToyRun extends Disposable {
  readonly ctx: RunContext;
  readonly store: RunStore;
  readonly engine: ReturnType<typeof createToyEngine>;
  readonly trainer: ReturnType<typeof createToyTrainer>;
  readonly reporter: ToyReporter;
}

/** Opens the run in `file` (made when it is new) as a fresh process would: new doubles over the same world. */
export function openToyRun(parts: ToyParts): ToyRun {
  const { file, world, plan = toyPlan(), problems = TOY_PROBLEMS } = parts;
  const wrap = parts.wrap ?? ((target) => target);
  const clock = createToyClock();
  const store = openRunStore(file, { clock });
  if (store.getRun(TOY_RUN) === null) createRun(store, plan);
  const engine = createToyEngine(world);
  const trainer = createToyTrainer(world);
  const reporter = createReporter();
  const seen: Engine = wrap<Engine>(engine, 'engine');
  const calls = createCallPolicy({ maxInFlight: 4, tries: 3, firstPauseMs: 1, maxPauseMs: 1, clock });
  const listToyProblems = (refs: readonly ProblemsRef[]) =>
    refs.flatMap((ref) => {
      if (ref.kind !== 'set' || ref.name !== 'toy') throw new SourceError(`no problems ${JSON.stringify(ref)}`);
      return problems.slice(0, ref.limit ?? problems.length);
    });
  const ctx: RunContext = {
    runId: TOY_RUN,
    plan,
    store: wrap<RunStore>(store, 'store'),
    engine: seen,
    trainer: wrap<Trainer>(trainer, 'trainer'),
    verifier: createDirectVerifier(),
    calls,
    tokens: createTokenCache(1000),
    reporter,
    clock,
    signal: parts.signal ?? new AbortController().signal,
    studentTemplate: { hash: 'student-hash', name: 'student', text: '{Problem}' },
    teacherOf: ({ method }) => ({ engine: seen, calls, ...(method === 'annotate' ? ANNOTATING : PROMPTING) }),
    problemsOf: async (refs) => listToyProblems(refs),
    countProblems: async (refs) => listToyProblems(refs).length,
    readProblems: async function* (refs) {
      yield* listToyProblems(refs);
    },
    sftTextsOf: (data) => {
      throw new SourceError(`no rows ${data}`);
    },
  };
  return { ctx, store, engine, trainer, reporter, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

function createRun(store: RunStore, plan: CurriculumPlan): void {
  const stages = plan.stages.map(({ id, kind }, index) => ({
    index,
    id,
    kind,
    status: 'pending' as const,
    stateJson: '{}',
  }));
  store.createRun(
    {
      id: TOY_RUN,
      name: 'toy',
      preset: null,
      seed: plan.seed,
      configJson: '{}',
      configHash: 'hash',
      softwareVersion: '0',
      status: 'running',
      message: null,
      createdAtMs: 0,
      updatedAtMs: 0,
    },
    stages,
  );
}
