import { openThrowawayStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { needsTrainer } from '../config/check-runnable.ts';
import type { RunConfig } from '../config/schema.ts';
import { listTeacherUrls } from '../core/curriculum.ts';
import { OutsideError, UsageError } from '../errors.ts';
import { diagnoseEngine } from '../pipeline/doctor/diagnose-engine.ts';
import { diagnoseTeacher } from '../pipeline/doctor/diagnose-teacher.ts';
import { diagnoseTrainer } from '../pipeline/doctor/diagnose-trainer.ts';
import { readFault, type Subject } from '../pipeline/doctor/faults.ts';
import { type Finding, Findings } from '../pipeline/doctor/finding.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import { readApiKey } from './connect-engines.ts';
import { openTrainer } from './connect-trainer.ts';
import { type OpenedRun, openRun } from './open-run.ts';
import { createRunRecord, listStageRecords } from './run-record.ts';
import { toCurriculumPlan } from './to-curriculum-plan.ts';

type ColdStart = Extract<RunConfig['stages'][number], { kind: 'cold-start' }>;

/** Which servers of a configuration are examined. */
export interface Scope {
  readonly engine: boolean;
  /** Ids of the cold-start stages whose teacher is. */
  readonly teachers: readonly string[];
  readonly trainer: boolean;
  /** No server is named: everything is examined that a run would start. */
  readonly isWhole: boolean;
}

/**
 * The servers that a configuration names by their address. Where it names none, everything that a run of it would start:
 * the embedded engine, which teaches too, and the embedded trainer. `teachesItself`: stages without a teacher of their own
 * are examined as well.
 */
export function findScope(config: RunConfig, teachesItself: boolean): Scope {
  const { engine, trainer, stages } = config;
  const coldStarts = stages.filter((stage) => stage.kind === 'cold-start');
  const named = {
    engine: engine.urls.length > 0,
    trainer: trainer.url !== null,
    teachers: coldStarts.filter((stage) => listTeacherUrls(stage.teacher).length > 0),
  };
  const isTaughtHere = (stage: ColdStart) =>
    listTeacherUrls(stage.teacher).length === 0 && (engine.kind === 'embedded' || stage.teacher.model === engine.model);
  if (named.engine || named.trainer || named.teachers.length > 0) {
    const own = named.engine && teachesItself ? coldStarts.filter(isTaughtHere) : [];
    return { ...named, teachers: [...named.teachers, ...own].map(({ id }) => id), isWhole: false };
  }
  if (engine.kind !== 'embedded') {
    throw new UsageError(
      'no server is named: give --engine URL, --teacher URL or --trainer URL, or a configuration that names one',
    );
  }
  return { engine: true, trainer: needsTrainer(config), teachers: coldStarts.map(({ id }) => id), isWhole: true };
}

/** What is examined, and which names of models were given rather than taken from a preset. */
export interface Examination {
  readonly config: RunConfig;
  readonly scope: Scope;
  readonly namedModels: { readonly engine: boolean; readonly teacher: boolean; readonly trainer: boolean };
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Examines the servers in scope, each by itself: what is wrong with one hides nothing of another. Probes are recorded, as
 * any run's requests are, in a store that is thrown away. Rejects with `UsageError` for a configuration that cannot be used.
 */
export async function examineServers(examination: Examination): Promise<Finding[]> {
  const { config, scope, namedModels, reporter, signal } = examination;
  using store = openThrowawayStore();
  const run = createRunRecord(config, null);
  store.createRun(run, listStageRecords(config));
  const findings: Finding[] = [];
  const open = (part: RunConfig) =>
    openRun({ runId: run.id, config: part, store, reporter, signal, requireServers: false });
  const stages = config.stages.filter(
    (stage): stage is ColdStart => stage.kind === 'cold-start' && scope.teachers.includes(stage.id),
  );
  const isOwn = ({ teacher }: ColdStart) => listTeacherUrls(teacher).length === 0;
  const taught = stages.filter((stage) => isOwn(stage) || hasKey(toTeacherSubject(config, stage), signal, findings));

  const engine = toEngineSubject(config);
  const isEngineOpen = scope.engine && hasKey(engine, signal, findings);
  await using opened = isEngineOpen
    ? await openOrTell(() => open({ ...config, stages: taught }), engine, signal, findings)
    : null;
  const diagnosis = opened === null ? null : await diagnoseEngine(opened.ctx, engine, namedModels.engine);
  findings.push(...(diagnosis?.findings ?? []));
  const usable = diagnosis?.usable ?? null;
  for (const stage of taught) {
    // An engine that teaches and is at fault has its findings already.
    if (usable === null && isOwn(stage)) continue;
    await using alone = usable === null ? await open(standIn(config, stage)) : null;
    const subject = toTeacherSubject(config, stage);
    findings.push(...(await diagnoseTeacher(usable ?? alone!.ctx, stage, subject, namedModels.teacher)));
  }
  if (scope.trainer) findings.push(...(await examineTrainer(examination, run.id, store, opened)));
  return findings;
}

/** Whether the key that the subject names is there; a finding where it is not. */
function hasKey(subject: Subject, signal: AbortSignal, findings: Finding[]): boolean {
  try {
    readApiKey(subject.variable);
    return true;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const found = new Findings(subject, signal);
    found.fail(subject.area, 'key_missing', error.message);
    findings.push(...found.all);
    return false;
  }
}

/** A server that cannot even be started or spoken to is a finding. */
async function openOrTell(
  open: () => Promise<OpenedRun>,
  subject: Subject,
  signal: AbortSignal,
  findings: Finding[],
): Promise<OpenedRun | null> {
  try {
    return await open();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OutsideError)) throw error;
    const found = new Findings(subject, signal);
    found.fail(subject.area, readFault(error), error.message);
    findings.push(...found.all);
    return null;
  }
}

async function examineTrainer(
  { config, scope, namedModels, reporter, signal }: Examination,
  runId: string,
  store: RunStore,
  opened: OpenedRun | null,
): Promise<Finding[]> {
  const subject = toTrainerSubject(config, scope.engine);
  const findings: Finding[] = [];
  if (!hasKey(subject, signal, findings)) return findings;
  // Who only looks wants to know, and not to wait for a place.
  const impatient = { ...config, trainer: { ...config.trainer, slotPatienceSeconds: 0 } };
  const found = new Findings(subject, signal);
  try {
    const embeddedUrl = opened?.ctx.engine.url ?? null;
    await using trainer = await openTrainer({ runId, config: impatient, store, reporter, embeddedUrl });
    const { trainer: plan } = toCurriculumPlan(config);
    return await diagnoseTrainer(trainer, plan, subject, namedModels.trainer, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OutsideError)) throw error;
    found.fail('trainer', readFault(error), error.message);
    return found.all;
  }
}

/** A teacher that is examined alone stands in for the student, as a server that chats. */
function standIn(config: RunConfig, stage: ColdStart): RunConfig {
  const { model, apiKeyEnv } = stage.teacher;
  const urls = [...listTeacherUrls(stage.teacher)];
  return {
    ...config,
    engine: { ...config.engine, kind: 'openai', urls, adminUrls: [], model, apiKeyEnv },
    stages: [stage],
  };
}

function toEngineSubject({ engine: { kind, apiKeyEnv } }: RunConfig): Subject {
  return {
    area: 'engine',
    expected: `server of kind ${kind}`,
    urlKey: 'engine.urls (--engine)',
    modelKey: 'engine.model',
    modelFlag: '--model NAME',
    apiKeyEnvKey: 'engine.apiKeyEnv',
    variable: apiKeyEnv,
    roomKeys: 'rollout.maxPromptTokens and rollout.maxResponseTokens',
  };
}

function toTeacherSubject(config: RunConfig, { id, teacher }: ColdStart): Subject {
  const roomKeys = `stages.${id}.teacher.maxTokens`;
  // The engine teaches: it is reached and named as the engine is.
  if (listTeacherUrls(teacher).length === 0) return { ...toEngineSubject(config), area: 'teacher', roomKeys };
  return {
    area: 'teacher',
    expected: `server of kind ${teacher.kind ?? 'openai'}`,
    urlKey: `stages.${id}.teacher.url (--teacher)`,
    modelKey: `stages.${id}.teacher.model`,
    modelFlag: '--teacher-model NAME',
    apiKeyEnvKey: `stages.${id}.teacher.apiKeyEnv`,
    variable: teacher.apiKeyEnv,
    roomKeys,
  };
}

function toTrainerSubject({ trainer: { apiKeyEnv } }: RunConfig, isEngineToo: boolean): Subject {
  return {
    area: 'trainer',
    expected: 'trainer of the Tinker API',
    urlKey: 'trainer.url (--trainer)',
    modelKey: 'trainer.baseModel',
    modelFlag: isEngineToo ? '--set trainer.baseModel=NAME' : '--model NAME',
    apiKeyEnvKey: 'trainer.apiKeyEnv',
    variable: apiKeyEnv,
    roomKeys: 'rollout.maxPromptTokens and rollout.maxResponseTokens',
  };
}
