import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { createTinkerTrainer } from '../../adapters/trainer-tinker/create-tinker-trainer.ts';
import type { RunConfig } from '../config/schema.ts';
import type { ColdStartStage } from '../core/curriculum.ts';
import { TrainerError, UsageError } from '../errors.ts';
import { createCallPolicy } from '../pipeline/calls.ts';
import type { RunContext } from '../pipeline/context.ts';
import { createTokenCache } from '../pipeline/token-cache.ts';
import type { Engine } from '../ports/engine.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { RunStore } from '../ports/run-store.ts';
import type { Trainer } from '../ports/trainer.ts';
import { createAbsentTrainer } from './absent-trainer.ts';
import { listDatasetFolders } from './dataset-folders.ts';
import { type EmbeddedProcess, startEmbeddedProcess } from './embedded-process.ts';
import { OpenHandles } from './open-handles.ts';
import { findPackageRoot } from './package-root.ts';
import { readPromptTemplate } from './prompt-files.ts';
import { createProblemResolver } from './resolve-problems.ts';
import { readSftTextsOf } from './sft-texts-of.ts';
import { systemClock } from './system-clock.ts';
import { toCurriculumPlan } from './to-curriculum-plan.ts';

/** Tokenizer answers kept in memory. */
const TOKEN_CACHE_ENTRIES = 60_000;

export interface OpenRunOptions {
  readonly runId: string;
  readonly config: RunConfig;
  readonly store: RunStore;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Reject at once when engine or trainer do not answer; otherwise whoever uses them is told. */
  readonly requireServers: boolean;
}

/** A run with its outside things connected; disposing closes them in reverse order. */
export interface OpenedRun extends AsyncDisposable {
  readonly ctx: RunContext;
}

/** Connects engine, trainer and teacher, starting the embedded server when the configuration names no URL. */
export async function openRun(options: OpenRunOptions): Promise<OpenedRun> {
  const { runId, config, store, reporter, signal } = options;
  const packageRoot = findPackageRoot(import.meta.url);
  await using handles = new OpenHandles();
  const embedded = needsEmbedded(config) ? handles.keep(await startEmbedded(options)) : null;
  const connect = (url: string, kind: RunConfig['engine']['kind'], apiKeyEnv: string | null): Engine =>
    handles.keep(
      createOpenAiEngine({ kind, url, timeoutMs: config.engine.timeoutSeconds * 1000, ...readApiKey(apiKeyEnv) }),
    );
  const engine = connect(config.engine.urls[0] ?? embedded!.url, config.engine.kind, config.engine.apiKeyEnv);
  if (options.requireServers) await engine.checkHealth(signal);
  const trainer = handles.keep(await openTrainer(options, embedded));
  const teachers = new Map<ColdStartStage, Engine>();
  for (const stage of config.stages) {
    if (stage.kind !== 'cold-start') continue;
    const { url, apiKeyEnv } = stage.teacher;
    teachers.set(stage, url === null ? engine : connect(url, 'openai', apiKeyEnv));
  }
  const isEmbedded = config.engine.kind === 'embedded';
  const ctx: RunContext = {
    runId,
    plan: toCurriculumPlan(config),
    store,
    engine,
    trainer,
    reporter,
    signal,
    clock: systemClock,
    tokens: createTokenCache(TOKEN_CACHE_ENTRIES),
    // An embedded server that is gone stays gone; a remote one may be restarting.
    calls: createCallPolicy({
      maxInFlight: config.engine.maxInFlight,
      attempts: isEmbedded ? 2 : 8,
      firstPauseMs: 250,
      maxPauseMs: 30_000,
      clock: systemClock,
    }),
    studentTemplate: readPromptTemplate(packageRoot, config.prompt),
    teacherOf: (stage) => ({
      engine: teachers.get(stage)!,
      template: readPromptTemplate(packageRoot, stage.prompt),
    }),
    problemsOf: createProblemResolver(listDatasetFolders(), signal),
    sftTextsOf: (data) => readSftTextsOf(store, data),
  };
  const owned = handles.move();
  return { ctx, [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() };
}

function needsEmbedded(config: RunConfig): boolean {
  return config.engine.urls.length === 0 || (needsTrainer(config) && config.trainer.url === null);
}

/** Cold-start data come from an engine alone; evaluations too need a trainer, which hands over the weights. */
function needsTrainer(config: RunConfig): boolean {
  return config.stages.some(({ kind }) => kind !== 'cold-start');
}

function startEmbedded({ config, store, signal }: OpenRunOptions): Promise<EmbeddedProcess> {
  const { threads, modelSeed } = config.embedded;
  const stateDir = `${store.file}-embedded`;
  return startEmbeddedProcess({ stateDir, threads, seed: modelSeed ?? config.run.seed }, signal);
}

async function openTrainer(options: OpenRunOptions, embedded: EmbeddedProcess | null): Promise<Trainer> {
  if (!needsTrainer(options.config)) {
    return createAbsentTrainer('none', new TrainerError('this run has no trainer, because none of its stages trains'));
  }
  try {
    return await connectTrainer(options, embedded);
  } catch (error) {
    if (options.requireServers || !(error instanceof TrainerError)) throw error;
    return createAbsentTrainer(options.config.trainer.url ?? 'none', error);
  }
}

function connectTrainer(options: OpenRunOptions, embedded: EmbeddedProcess | null) {
  const { config, store, runId } = options;
  const { url, profile, handover, operationTimeoutSeconds, apiKeyEnv } = config.trainer;
  return createTinkerTrainer({
    url: url ?? embedded!.url,
    profile: url === null ? 'embedded' : profile,
    operationTimeoutMs: operationTimeoutSeconds * 1000,
    handover,
    requestLog: store.trainerLog(runId),
    clock: systemClock,
    ...readApiKey(apiKeyEnv),
  });
}

/** Keys come from the environment only. */
function readApiKey(name: string | null): { apiKey?: string } {
  if (name === null) return {};
  const apiKey = process.env[name];
  if (apiKey === undefined || apiKey === '')
    throw new UsageError(`environment variable ${name} is not set; the configuration names it as an API key`);
  return { apiKey };
}
