import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { createTinkerEngine } from '../../adapters/tinker/engine/create-tinker-engine.ts';
import { createTinkerTrainer } from '../../adapters/tinker/trainer/create-tinker-trainer.ts';
import { openVerifyPool } from '../../adapters/verify-pool/open-verify-pool.ts';
import { needsTrainer } from '../config/needs-trainer.ts';
import type { RunConfig } from '../config/schema.ts';
import { type ColdStartStage, listTeacherUrls } from '../core/curriculum.ts';
import { createRng, hashSeed } from '../core/rng.ts';
import { findPackageRoot } from '../edge/package-root.ts';
import { TrainerError, UsageError } from '../errors.ts';
import type { RunContext, Teacher } from '../pipeline/context.ts';
import { type CallPolicy, createCallPolicy } from '../pipeline/engine/calls.ts';
import { createEngineFleet, describeChange } from '../pipeline/engine/fleet/create-engine-fleet.ts';
import { createTokenCache } from '../pipeline/engine/tokenizer.ts';
import type { EndpointStatus, Engine } from '../ports/engine.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { PromptRecord } from '../ports/run-store/runs.ts';
import type { Trainer } from '../ports/trainer.ts';
import { createProblemResolver } from '../problem-sets/resolve-problems.ts';
import { listDatasetFolders } from '../problem-sets/set-folders.ts';
import { createAbsentTrainer } from './absent-trainer.ts';
import { type EmbeddedProcess, startEmbeddedProcess } from './embedded-process.ts';
import { OpenHandles } from './open-handles.ts';
import { readRunTemplate } from './prompt-files.ts';
import { readSftTextsOf } from './sft-texts-of.ts';
import { systemClock } from './system-clock.ts';
import { toCurriculumPlan } from './to-curriculum-plan.ts';

/** Calls in flight per remote server before it has shown how many it takes. */
const START_PER_ENDPOINT = 128;

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
  const templates = new Map<string, PromptRecord>();
  const readTemplate = (name: string, role: string) => {
    const template = templates.get(role) ?? readRunTemplate(packageRoot, name, { store, runId, role, reporter });
    templates.set(role, template);
    return template;
  };
  await using handles = new OpenHandles();
  const embedded = needsEmbedded(config) ? handles.keep(await startEmbedded(options)) : null;
  const { urls, kind, placement = 'sticky', maxInFlight } = config.engine;
  const gather = (engines: readonly Engine[]): Engine =>
    createEngineFleet({
      engines,
      placement,
      clock: systemClock,
      onChange: (endpoint, all) => reportEndpoint(reporter, endpoint, all),
    });
  const engine = handles.keep(
    urls.length === 0 ? connectEngine(config, embedded!.url) : gather(urls.map((url) => connectEngine(config, url))),
  );
  const calls = openCallPolicy(config, { kind, endpoints: urls.length, maxInFlight }, engine);
  if (options.requireServers) await engine.checkHealth(signal);
  const trainer = handles.keep(await openTrainer(options, embedded));
  const teachers = openTeachers(config, { engine, calls }, (engines) => handles.keep(gather(engines)));
  const problems = createProblemResolver(listDatasetFolders(), signal);
  const ctx: RunContext = {
    runId,
    plan: toCurriculumPlan(config),
    store,
    engine,
    trainer,
    // One thread: answers are short, and a run's processors belong to the engine.
    verifier: handles.keep(openVerifyPool()),
    reporter,
    signal,
    clock: systemClock,
    tokens: createTokenCache(TOKEN_CACHE_ENTRIES),
    calls,
    studentTemplate: readTemplate(config.prompt, 'student'),
    teacherOf: (stage) => ({
      ...teachers.get(stage)!,
      ...readTeacherTemplates(readTemplate, stage),
    }),
    problemsOf: problems.readAll,
    readProblems: problems.read,
    sftTextsOf: (data) => readSftTextsOf(store, data),
  };
  const owned = handles.move();
  return { ctx, [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() };
}

function shareLimits({ engine }: RunConfig) {
  return { timeoutMs: engine.timeoutSeconds * 1000, eosTexts: engine.eosTokens };
}

/** One endpoint of the run's engine. */
function connectEngine(config: RunConfig, url: string): Engine {
  const { kind, model, tokenizerUrl, apiKeyEnv } = config.engine;
  const shared = { url, ...shareLimits(config), ...readApiKey(apiKeyEnv) };
  if (kind !== 'tinker') return createOpenAiEngine({ kind, ...shared });
  if (tokenizerUrl == null) throw new UsageError('engine.kind tinker needs engine.tokenizerUrl');
  // A server of its own, which is not shown the key of the other.
  const tokenizer = createOpenAiEngine({ kind: 'vllm', url: tokenizerUrl, ...shareLimits(config) });
  return createTinkerEngine({ ...shared, model, tokenizer, clock: systemClock });
}

/** Who answers and what bounds the calls to it, per cold-start stage: servers of its own, or `own` where it names none. */
function openTeachers(
  config: RunConfig,
  own: Pick<Teacher, 'engine' | 'calls'>,
  gather: (engines: readonly Engine[]) => Engine,
): ReadonlyMap<ColdStartStage, Pick<Teacher, 'engine' | 'calls'>> {
  const teachers = new Map<ColdStartStage, Pick<Teacher, 'engine' | 'calls'>>();
  for (const stage of config.stages) {
    if (stage.kind !== 'cold-start') continue;
    const { kind = 'openai', apiKeyEnv, maxInFlight } = stage.teacher;
    const urls = listTeacherUrls(stage.teacher);
    const connect = (url: string) =>
      createOpenAiEngine({ kind, url, ...shareLimits(config), ...readApiKey(apiKeyEnv) });
    if (urls.length === 0) teachers.set(stage, own);
    else {
      const engine = gather(urls.map(connect));
      const places = { kind, endpoints: urls.length, maxInFlight: maxInFlight ?? config.engine.maxInFlight };
      teachers.set(stage, { engine, calls: openCallPolicy(config, places, engine) });
    }
  }
  return teachers;
}

function reportEndpoint(reporter: Reporter, endpoint: EndpointStatus, all: readonly EndpointStatus[]): void {
  const line = describeChange(endpoint, all);
  if (endpoint.isUp) reporter.info(line);
  else reporter.warn(line);
}

/** What decides how many calls an engine gets. */
interface CallPlaces {
  readonly kind: RunConfig['engine']['kind'];
  readonly endpoints: number;
  readonly maxInFlight: number;
}

function openCallPolicy(
  { run, engine: { timeoutSeconds } }: RunConfig,
  { kind, endpoints, maxInFlight }: CallPlaces,
  engine: Engine,
): CallPolicy {
  const isEmbedded = kind === 'embedded';
  const { readLoad } = engine;
  return createCallPolicy({
    maxInFlight,
    // What an embedded server takes is known; a remote one shows it.
    startInFlight: isEmbedded ? maxInFlight : START_PER_ENDPOINT * Math.max(1, endpoints),
    // An embedded server that is gone stays gone; a remote one may be restarting.
    tries: isEmbedded ? 2 : 8,
    firstPauseMs: 250,
    maxPauseMs: 30_000,
    deadlineMs: timeoutSeconds * 1000,
    rng: createRng(hashSeed(run.seed, 'pauses')),
    ...(readLoad === undefined ? {} : { readLoad }),
    clock: systemClock,
  });
}

function needsEmbedded(config: RunConfig): boolean {
  return config.engine.urls.length === 0 || (needsTrainer(config) && config.trainer.url === null);
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
  const { config, store, runId, reporter } = options;
  const { url, profile, handover, operationTimeoutSeconds, apiKeyEnv } = config.trainer;
  return createTinkerTrainer({
    url: url ?? embedded!.url,
    profile: url === null ? 'embedded' : profile,
    operationTimeoutMs: operationTimeoutSeconds * 1000,
    handOver: handover,
    requestLog: store.trainerLog(runId),
    clock: systemClock,
    warn: (message) => reporter.warn(message),
    ...readApiKey(apiKeyEnv),
  });
}

function readTeacherTemplates(read: (name: string, role: string) => PromptRecord, stage: ColdStartStage) {
  const { id, method, prompt, solutionPrompt = 'sequential.v1', annotatePrompt = 'annotate.v1' } = stage;
  const role = `teacher:${id}`;
  if (method !== 'annotate') return { template: read(prompt, role), solutionTemplate: null };
  return { template: read(annotatePrompt, role), solutionTemplate: read(solutionPrompt, `solution:${id}`) };
}

/** Keys come from the environment only. */
function readApiKey(name: string | null): { apiKey?: string } {
  if (name === null) return {};
  const apiKey = process.env[name];
  if (apiKey === undefined || apiKey === '')
    throw new UsageError(`environment variable ${name} is not set; the configuration names it as an API key`);
  return { apiKey };
}
