import {
  type InspectLog,
  type InspectSample,
  type InspectScore,
  SCORERS,
  writeInspectLog,
} from '../../adapters/export-files/write-inspect-log.ts';
import type { RunConfig } from '../config/schema.ts';
import { parseStoredConfig } from '../config/stored.ts';
import { nameTwin } from '../core/curriculum.ts';
import { countForks, countPolicyTokens } from '../core/trajectory.ts';
import type { Verdict } from '../core/verify/verdict.ts';
import { verify } from '../core/verify/verify.ts';
import { UsageError } from '../errors.ts';
import { renderStudentPrompt } from '../pipeline/engine/tokenizer.ts';
import { type RuleComparison, RuleTally } from '../pipeline/evaluate/compare-rules.ts';
import { measureEvaluation } from '../pipeline/evaluate/measure-evaluation.ts';
import { renderScoredText } from '../pipeline/rollout/score-trajectory.ts';
import type { RolloutRecord } from '../ports/run-store/rollouts.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import { listMeasured } from '../report/collect-evaluations.ts';

/** One evaluation of one set: the rollouts of a stage after a step. */
interface StoredSet {
  readonly run: RunRecord;
  readonly config: RunConfig;
  readonly template: string;
  readonly stageIndex: number;
  readonly step: number;
  readonly set: string;
}

/**
 * Writes every evaluation of a run into a folder, a log of inspect_ai for each set and step, and returns the files.
 * Throws `UsageError` for a run without any.
 */
export function exportEvaluations(store: RunStore, run: RunRecord, folder: string): string[] {
  const config = parseStoredConfig(run);
  const template = store.listPrompts(run.id).find(({ role }) => role === 'student')?.text ?? null;
  const steps = store.listRolloutSteps(run.id).filter(({ purpose }) => purpose === 'eval');
  const files = steps.flatMap(({ stageIndex, step }) =>
    store.countRolloutSets(run.id, stageIndex, 'eval', step).flatMap(({ set }) => {
      if (set === null || template === null) return [];
      return [writeInspectLog(describeLog(store, { run, config, template, stageIndex, step, set }), folder)];
    }),
  );
  if (files.length > 0) return files;
  throw new UsageError(`run ${run.id} has no evaluation whose rollouts name their set, so there is no log to write`);
}

function describeLog(store: RunStore, stored: StoredSet): InspectLog {
  const { run, config, stageIndex, step, set } = stored;
  const { engine, rollout } = config;
  const stage = store.listStages(run.id)[stageIndex]!;
  const measured = listMeasured(store, run.id, { stageIndex, purpose: 'eval', step, set });
  const names = nameProblems(store, stored);
  const ending = run.status === 'failed' ? 'error' : 'cancelled';
  return {
    runId: run.id,
    ...{ set, stage: stage.id, step },
    startedAtMs: run.createdAtMs,
    endedAtMs: run.updatedAtMs,
    status: stage.status === 'done' ? 'success' : ending,
    message: run.message,
    engine: { kind: engine.kind, model: engine.model, url: engine.urls[0] ?? null },
    sampling: { ...config.eval, maxTokens: rollout.maxResponseTokens, seed: config.run.seed },
    figures: measureEvaluation(set, measured, config.run.seed),
    rules: compareRules(store, stored),
    metadata: { run: run.id, name: run.name, preset: run.preset, ...describeDecoding(stored), paths: rollout.paths },
    problemIds: [...new Set(names.values())],
    *samples() {
      for (const record of readRollouts(store, stored)) yield toSample(record, names.get(record.group)!, stored);
    },
  };
}

/** How the answers were decoded: those of a twin without forks, whatever the run does otherwise. */
function describeDecoding({ config, stageIndex, set }: StoredSet): { readonly decoding: string } {
  const stage = config.stages[stageIndex];
  const sets = stage?.kind === 'eval' ? stage.sets : config.eval.sets;
  const isTwin = sets.some(({ name, sequentialTwin }) => sequentialTwin && nameTwin(name) === set);
  return { decoding: isTwin ? 'sequential' : config.rollout.mode };
}

/** Rollouts held in memory at once. */
const ROLLOUTS_PER_PAGE = 256;

function* readRollouts(store: RunStore, { run, stageIndex, step, set }: StoredSet): Generator<RolloutRecord> {
  for (const page of store.pageRollouts(run.id, stageIndex, 'eval', step, ROLLOUTS_PER_PAGE))
    for (const record of page) if (record.set === set) yield record;
}

/** What the log calls the problem of each group: its id, with a number where a set has the id more than once. */
function nameProblems(store: RunStore, { run, stageIndex, step, set }: StoredSet): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const taken = new Map<string, number>();
  for (const { group, problem } of listMeasured(store, run.id, { stageIndex, purpose: 'eval', step, set })) {
    if (names.has(group)) continue;
    const earlier = taken.get(problem.id) ?? 0;
    taken.set(problem.id, earlier + 1);
    names.set(group, earlier === 0 ? problem.id : `${problem.id}#${earlier + 1}`);
  }
  return names;
}

/** Null where the run judged by a rule of the reference itself. */
function compareRules(store: RunStore, stored: StoredSet): RuleComparison<null> | null {
  if (stored.config.verify.mode !== 'math') return null;
  const tally = new RuleTally<null>(stored.set);
  for (const { problem, trajectory, verdict } of readRollouts(store, stored)) {
    if (trajectory === null || verdict === null) continue;
    const text = renderScoredText(trajectory, stored.config.engine.eosTokens);
    tally.add({ place: null, golds: [problem.answer], text, verdict });
  }
  const compared = tally.finish();
  return compared.judged === 0 ? null : compared;
}

function toSample(record: RolloutRecord, id: string, { config, template }: StoredSet): InspectSample {
  const { problem, trajectory, verdict, sample, failure, durationMs } = record;
  const text = trajectory === null ? null : renderScoredText(trajectory, config.engine.eosTokens);
  const isCompared = config.verify.mode === 'math' && text !== null;
  const reference = isCompared ? verify(problem.answer, text, { mode: 'reference-dapo', structured: true }) : null;
  return {
    ...{ id, epoch: sample + 1, text, failure, target: problem.answer },
    prompt: renderStudentPrompt(template, problem.text),
    isTruncated: trajectory?.end === 'length',
    tokens: trajectory === null ? 0 : countPolicyTokens(trajectory),
    seconds: durationMs / 1000,
    scores: [toScores(SCORERS.ours, verdict), toScores(SCORERS.reference, reference)].flat(),
    metadata: {
      source: problem.source,
      ...(problem.level === undefined ? {} : { level: problem.level }),
      ...(problem.subject === undefined ? {} : { subject: problem.subject }),
      weights: record.weightsVersion,
      formatValid: record.formatValid,
      formatCode: record.formatCode,
      forks: trajectory === null ? 0 : countForks(trajectory),
    },
  };
}

const VALUES = { correct: 'C', incorrect: 'I', unparsable: 'N' } as const;

function toScores(scorer: string, verdict: Verdict | null): InspectScore[] {
  if (verdict === null) return [];
  const { rule, reason, extracted, verifier } = verdict;
  const why = reason === null || reason === rule ? rule : `${rule}: ${reason}`;
  return [{ scorer, value: VALUES[verdict.verdict], answer: extracted, explanation: `${why} (${verifier})` }];
}
