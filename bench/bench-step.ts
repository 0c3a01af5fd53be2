import { createOpenAiEngine } from '../adapters/engine-openai/create-openai-engine.ts';
import { openRunStore } from '../adapters/store-sqlite/open-run-store.ts';
import { openVerifyPool } from '../adapters/verify-pool/open-verify-pool.ts';
import { createAbsentTrainer } from '../src/app/connect-trainer.ts';
import { createRunRecord, listStageRecords } from '../src/app/run-record.ts';
import { systemClock } from '../src/app/system-clock.ts';
import { toCurriculumPlan } from '../src/app/to-curriculum-plan.ts';
import { loadRunConfig } from '../src/config/load.ts';
import type { RunConfig } from '../src/config/schema.ts';
import type { TagIds } from '../src/core/grammar.ts';
import { createRng } from '../src/core/rng.ts';
import { TrainerError } from '../src/errors.ts';
import type { Binding, RunContext } from '../src/pipeline/context.ts';
import { createCallPolicy } from '../src/pipeline/engine/calls.ts';
import { createEngineFleet } from '../src/pipeline/engine/fleet/create-engine-fleet.ts';
import { createTokenCache } from '../src/pipeline/engine/tokenizer.ts';
import { rollOutStep } from '../src/pipeline/rollout/roll-out-step.ts';

/** Different problems; each is tokenised once, as in a run that meets its problems again. */
const PROBLEMS = 64;

export interface BenchStepOptions {
  readonly url: string;
  /** Store of the run, made new. */
  readonly file: string;
  readonly mode: 'sequential' | 'parallel';
  readonly maxInFlight: number;
  readonly tags: Omit<TagIds, 'gap' | 'eos'>;
  readonly eos: number;
}

export interface BenchStep extends AsyncDisposable {
  /** Takes the next step, of groups of one rollout, all begun at once, as a run takes it. Counts are of all steps. */
  rollOut(count: number): Promise<{ readonly correct: number; readonly forked: number }>;
}

/** A run's way to the engine and back into the store: store, verification threads, call policy, fleet, adapter. */
export function openBenchStep({ url, file, mode, maxInFlight, tags, eos }: BenchStepOptions): BenchStep {
  const sets = [`rollout.mode=${mode}`, 'rollout.maxResponseTokens=8000', `engine.urls=${url}`, 'engine.model=m'];
  const whole = loadRunConfig({ preset: 'seen', sets }).config;
  const config: RunConfig = { ...whole, stages: [{ id: 'eval', kind: 'eval', sets: [] }] };
  const store = openRunStore(file);
  const run = createRunRecord(config, null);
  store.createRun(run, listStageRecords(config));
  const engine = createEngineFleet({
    engines: [createOpenAiEngine({ kind: 'vllm', url, timeoutMs: 600_000 })],
    placement: 'sticky',
    clock: systemClock,
    onChange: ({ reason }) => {
      if (reason !== null) throw new Error(reason);
    },
  });
  const verifier = openVerifyPool();
  const template = { hash: 'bench', name: 'bench', text: '{Problem}' };
  const binding: Binding = {
    template,
    tags: { ...tags, gap: [9], eos: [eos] },
    gapText: '\n',
    labels: null,
  };
  const calls = createCallPolicy({
    ...{ maxInFlight, startInFlight: maxInFlight, tries: 8, firstPauseMs: 250, maxPauseMs: 30_000 },
    ...{ deadlineMs: 600_000, rng: createRng(7), clock: systemClock },
  });
  const unused = () => {
    throw new Error('not used here');
  };
  const ctx: RunContext = {
    runId: run.id,
    plan: toCurriculumPlan(config),
    store,
    engine,
    trainer: createAbsentTrainer('none', new TrainerError('no trainer')),
    verifier,
    calls,
    tokens: createTokenCache(1000),
    reporter: { info() {}, warn() {}, task: () => ({ update() {}, setTotal() {}, finish() {} }) },
    clock: systemClock,
    signal: new AbortController().signal,
    studentTemplate: template,
    teacherOf: unused,
    problemsOf: unused,
    countProblems: unused,
    readProblems: unused,
    sftTextsOf: unused,
  };
  const problems = Array.from({ length: PROBLEMS }, (_, i) => ({
    id: `p${i}`,
    source: 'bench',
    text: `In village ${i} there is one red house and there are two blue ones. How many houses are there?`,
    answer: '3',
  }));
  const stage = { id: 'bench', kind: 'eval', sets: [] } as const;
  let step = 0;
  return {
    rollOut: async (count) => {
      step += 1;
      await rollOutStep(
        { ctx, stage, index: 0, binding, weights: { serve: async () => 'm', lineageOf: () => 'm' } },
        {
          purpose: 'train',
          step,
          groups: Array.from({ length: count }, (_, i) => ({ problem: problems[i % PROBLEMS]!, size: 1 })),
          reward: { kind: 'accuracy' },
          temperature: 1,
          topP: 1,
          weightsStep: 0,
        },
      );
      const summaries = store.summarizeRollouts(run.id);
      const [{ correct, forked }] = summaries as [(typeof summaries)[number]];
      return { correct, forked };
    },
    [Symbol.asyncDispose]: async () => {
      await engine[Symbol.asyncDispose]();
      await verifier.close();
      store[Symbol.dispose]();
    },
  };
}
