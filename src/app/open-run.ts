import { openVerifyPool } from '../../adapters/verify-pool/open-verify-pool.ts';
import { needsTrainer } from '../config/check-runnable.ts';
import type { RunConfig } from '../config/schema.ts';
import type { ColdStartStage } from '../core/curriculum.ts';
import { findPackageRoot } from '../edge/package-root.ts';
import type { RunContext } from '../pipeline/context.ts';
import { createTokenCache } from '../pipeline/engine/tokenizer.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { RunObserver } from '../ports/run-observer.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { PromptRecord } from '../ports/run-store/runs.ts';
import { createProblemResolver, type ProblemResolver } from '../problem-sets/resolve-problems.ts';
import { listDatasetFolders } from '../problem-sets/set-folders.ts';
import { connectStudent, connectTeachers, createPolicy } from './connect-engines.ts';
import { connectTrainer } from './connect-trainer.ts';
import { type EmbeddedProcess, startEmbeddedProcess } from './embedded-process.ts';
import { embeddedFolderOf } from './embedded-weights.ts';
import { fitToStudent } from './fit-student.ts';
import { readRunTemplate } from './prompt-files.ts';
import type { RunParts } from './run-parts.ts';
import { readSftTextsOf } from './sft-rows.ts';
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
  /** Holds what was read before the run was opened; without it every set is read when it is needed. */
  readonly problems?: ProblemResolver | undefined;
  /** Reject at once when engine or trainer do not answer; otherwise the first call to them fails. */
  readonly requireServers: boolean;
  /** What the caller passed in; it is not closed with the run. Reporter and observers are given separately. */
  readonly parts?: RunParts;
  readonly observer?: RunObserver;
}

/** A run with its outside things connected; disposing closes them in reverse order. */
export interface OpenedRun extends AsyncDisposable {
  readonly ctx: RunContext;
}

/** The composition root: connects what a run needs, and starts the embedded server when the configuration names no URL. */
export async function openRun(options: OpenRunOptions): Promise<OpenedRun> {
  const { runId, config, store, reporter, signal, parts = {}, observer = {} } = options;
  const isRequired = options.requireServers;
  await using handles = new OpenHandles();
  const embedded = needsEmbedded(config, parts) ? handles.keep(await startEmbedded(options)) : null;
  const student = openStudent(options, handles, embedded);
  if (isRequired) await student.engine.checkHealth(signal);
  const fitted = isRequired ? await fitToStudent({ runId, config, store, reporter, signal }, student.engine) : config;
  const embeddedUrl = embedded?.url ?? null;
  const trainer =
    parts.trainer ?? handles.keep(await connectTrainer({ runId, config, store, reporter, embeddedUrl, isRequired }));
  const keep = (engine: AsyncDisposable) => handles.keep(engine);
  const teachers = connectTeachers(config, student, parts.teacher ?? null, reporter, keep);
  const { problems = createProblemResolver(listDatasetFolders(), signal, parts.problemSources) } = options;
  const readTemplate = createTemplateReader(options);
  const ctx: RunContext = {
    runId,
    plan: toCurriculumPlan(fitted),
    store,
    ...student,
    trainer,
    // One thread: answers are short, and the processors of the machine are for the engine.
    verifier: handles.keep(openVerifyPool()),
    reporter,
    observer,
    rewards: parts.rewards ?? {},
    signal,
    clock: systemClock,
    tokens: createTokenCache(TOKEN_CACHE_ENTRIES),
    studentTemplate: readTemplate(config.prompt, 'student'),
    teacherOf: (stage) => ({ ...teachers.get(stage)!, ...readTeacherTemplates(readTemplate, stage) }),
    problemsOf: problems.readAll,
    countProblems: problems.count,
    readProblems: problems.read,
    sftTextsOf: (data) => readSftTextsOf(store, data),
  };
  const owned = handles.move();
  return { ctx, [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() };
}

function openStudent(
  { config, reporter, parts = {}, requireServers }: OpenRunOptions,
  handles: OpenHandles,
  embedded: EmbeddedProcess | null,
) {
  const { engine } = parts;
  if (engine !== undefined) return { engine, calls: createPolicy(config, engine, { ...config.engine, endpoints: 1 }) };
  const url = config.engine.urls.length === 0 ? embedded!.url : null;
  // Who only looks wants to know, and not to wait.
  const student = connectStudent(config, url, reporter, requireServers);
  handles.keep(student.engine);
  if (parts.trainer !== undefined || needsTrainer(config)) return student;
  // Nobody hands weights over, so that what the server has is what is sampled.
  const capabilities = { ...student.engine.capabilities, loadWeights: false };
  return { ...student, engine: { ...student.engine, capabilities } };
}

function needsEmbedded(config: RunConfig, parts: RunParts): boolean {
  const needsEngine = parts.engine === undefined && config.engine.urls.length === 0;
  return needsEngine || (parts.trainer === undefined && needsTrainer(config) && config.trainer.url === null);
}

function startEmbedded({ config, store, signal }: OpenRunOptions): Promise<EmbeddedProcess> {
  const { threads, modelSeed, family } = config.embedded;
  const stateDir = embeddedFolderOf(store.file);
  return startEmbeddedProcess({ stateDir, threads, family, seed: modelSeed ?? config.run.seed }, signal);
}

type ReadTemplate = (name: string, role: string) => PromptRecord;

/** Reads the prompt template of each role once, so that a changed file is reported once. */
function createTemplateReader({ runId, store, reporter }: OpenRunOptions): ReadTemplate {
  const packageRoot = findPackageRoot(import.meta.url);
  const templates = new Map<string, PromptRecord>();
  return (name, role) => {
    const template = templates.get(role) ?? readRunTemplate(packageRoot, name, { store, runId, role, reporter });
    templates.set(role, template);
    return template;
  };
}

function readTeacherTemplates(read: ReadTemplate, stage: ColdStartStage) {
  const { id, method, prompt, solutionPrompt = 'sequential.v1', annotatePrompt = 'annotate.v1' } = stage;
  const role = `teacher:${id}`;
  if (method !== 'annotate') return { template: read(prompt, role), solutionTemplate: null };
  return { template: read(annotatePrompt, role), solutionTemplate: read(solutionPrompt, `solution:${id}`) };
}

/** Handles that are closed together, the last one opened first. Stands in for AsyncDisposableStack, which Node 22 lacks. */
export class OpenHandles implements AsyncDisposable {
  #handles: AsyncDisposable[];

  constructor(handles: AsyncDisposable[] = []) {
    this.#handles = handles;
  }

  /** Takes over a handle and returns it. */
  keep<T extends AsyncDisposable>(handle: T): T {
    this.#handles.push(handle);
    return handle;
  }

  /** Passes all handles to a new owner; this one closes nothing any more. */
  move(): OpenHandles {
    const moved = new OpenHandles(this.#handles);
    this.#handles = [];
    return moved;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const handle of this.#handles.splice(0).reverse()) await handle[Symbol.asyncDispose]();
  }
}
