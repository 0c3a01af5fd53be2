import type { Problem } from '../../core/problem.ts';
import { computeReward, type RewardConfig } from '../../core/reward.ts';
import { EngineError, RunError } from '../../errors.ts';
import type { Completion } from '../../ports/engine.ts';
import type { RolloutPurpose, RolloutRecord } from '../../ports/run-store.ts';
import type { Binding, RunContext } from '../context.ts';
import { countAtWork } from '../engine/calls.ts';
import { renderStudentPrompt } from '../engine/render-student-prompt.ts';
import { tokenizePrompt } from '../engine/tokenizer.ts';
import { runAll } from '../run-all.ts';
import { AnswerLog, FORGETFUL, type OwnedAnswers } from './answer-log.ts';
import { rollOutGroup } from './roll-out-group.ts';
import type { AttemptOutcome, CallSpec, RolloutIo } from './rollout-io.ts';
import { type Score, scoreTrajectories } from './score-trajectory.ts';

/** The groups of one step (or of one evaluation): which problems, how many attempts each, how they are rewarded. */
export interface StepRolloutRequest {
  readonly stageIndex: number;
  readonly purpose: RolloutPurpose;
  readonly step: number;
  readonly groups: readonly { readonly problem: Problem; readonly size: number }[];
  readonly reward: RewardConfig;
  readonly temperature: number;
  readonly topP: number;
  /** Makes the weights this step samples from available and returns their version; called only when something is missing. */
  servedVersion(): Promise<string>;
  onGroup?(finishedGroups: number): void;
}

/**
 * Rolls out what the store does not hold yet and returns all rollouts of the step in (group, sample)
 * order. Each finished group is stored before the next decision is taken, and until then every answer of the
 * engine's: a killed run asks again only for what had not been answered.
 */
export async function rollOutStep(
  ctx: RunContext,
  binding: Binding,
  request: StepRolloutRequest,
): Promise<readonly RolloutRecord[]> {
  const { stageIndex, purpose, step } = request;
  const stored = ctx.store.loadRollouts(ctx.runId, stageIndex, purpose, step);
  const missing = listMissingGroups(request, stored);
  // What is stored now need not be read again: it would come back as it is. What the store has already stays as it is.
  const rollouts = [...stored];
  const nameOf = ({ group, sample }: RolloutRecord) => `${group} ${sample}`;
  const known = new Set(stored.map(nameOf));
  if (missing.length > 0) {
    const version = await request.servedVersion();
    const log = new AnswerLog(ctx, stageIndex);
    let finished = request.groups.length - missing.length;
    const rollOutMissing = async (group: number, signal: AbortSignal) => {
      const { source, id } = request.groups[group]!.problem;
      // Answers of other weights are none of these.
      const answers = log.open('rollout', purpose, step, group, version);
      const io = createRolloutIo(ctx, binding, request, { signal, answers, prefixKey: `${source}\n${id}` });
      const fresh = await rollOutOneGroup(ctx, io, request, { group, version, answers });
      rollouts.push(...fresh.filter((rollout) => !known.has(nameOf(rollout))));
      finished += 1;
      request.onGroup?.(finished);
    };
    await runAll(missing, rollOutMissing, ctx.signal, () => countAtWork(ctx));
  }
  rollouts.sort((a, b) => a.group - b.group || a.sample - b.sample);
  refuseWhenAllFailed(rollouts);
  return rollouts;
}

function listMissingGroups(request: StepRolloutRequest, stored: readonly RolloutRecord[]): number[] {
  const counts = new Map<number, number>();
  for (const rollout of stored) counts.set(rollout.group, (counts.get(rollout.group) ?? 0) + 1);
  const missing: number[] = [];
  request.groups.forEach(({ size }, group) => {
    if ((counts.get(group) ?? 0) < size) missing.push(group);
  });
  return missing;
}

interface IoOptions {
  readonly signal: AbortSignal;
  /** Where the engine's answers are kept; missing: nowhere. */
  readonly answers?: RolloutIo['answers'];
  /** Calls with an equal key go where their prefix is, when there are several endpoints. */
  readonly prefixKey?: string;
}

/** The way from a rollout to the engine: the run's settings, its retries, one sampling temperature. */
export function createRolloutIo(
  ctx: RunContext,
  binding: Binding,
  { temperature, topP }: Pick<StepRolloutRequest, 'temperature' | 'topP'>,
  { signal, answers = FORGETFUL, prefixKey }: IoOptions,
): RolloutIo {
  const shared = { temperature, topP, ...(prefixKey === undefined ? {} : { prefixKey }) };
  const complete = async (call: CallSpec, own: AbortSignal): Promise<Completion[]> => {
    const completions = await ctx.engine.complete({ ...call, ...shared }, own);
    if (completions.every(({ finish }) => finish !== 'abort')) return completions;
    throw new EngineError(`engine ${ctx.engine.url} aborted a completion`, { retryable: true });
  };
  return {
    binding,
    settings: ctx.plan.rollout,
    eosTexts: ctx.plan.engine.eosTokens,
    clock: ctx.clock,
    signal,
    answers,
    complete: (call, until) => ctx.calls.run((own) => complete(call, own), until),
  };
}

interface GroupPlace {
  readonly group: number;
  readonly version: string;
  readonly answers: OwnedAnswers;
}

async function rollOutOneGroup(
  ctx: RunContext,
  io: RolloutIo,
  request: StepRolloutRequest,
  { group, version, answers }: GroupPlace,
): Promise<readonly RolloutRecord[]> {
  const { problem, size } = request.groups[group]!;
  const startedMs = ctx.clock.monotonic();
  const promptIds = await tokenizePrompt(ctx, renderStudentPrompt(io.binding.template.text, problem.text));
  const outcomes = await rollOutGroup(io, {
    promptIds,
    groupSize: size,
    model: version,
    seedParts: [ctx.plan.seed, request.stageIndex, request.purpose, request.step, group, problem.source, problem.id],
  });
  const durationMs = ctx.clock.monotonic() - startedMs;
  const finished = outcomes.flatMap((outcome) => ('failure' in outcome ? [] : [outcome.trajectory]));
  const scores = await scoreTrajectories(ctx.verifier, ctx.plan, problem, finished, io.signal);
  const scoreOf = (outcome: AttemptOutcome) =>
    'failure' in outcome ? null : scores[finished.indexOf(outcome.trajectory)]!;
  const rollouts = outcomes.map((outcome, sample) =>
    toRollout(ctx, request, { group, sample, problem, outcome, version, durationMs, score: scoreOf(outcome) }),
  );
  await answers.settle(() => ctx.store.saveRollouts(ctx.runId, rollouts));
  return rollouts;
}

interface FinishedAttempt {
  readonly group: number;
  readonly sample: number;
  readonly problem: Problem;
  readonly outcome: AttemptOutcome;
  /** Null for an attempt that failed. */
  readonly score: Score | null;
  readonly version: string;
  readonly durationMs: number;
}

function toRollout(ctx: RunContext, request: StepRolloutRequest, attempt: FinishedAttempt): RolloutRecord {
  const { group, sample, problem, outcome, score, version, durationMs } = attempt;
  const key = { stageIndex: request.stageIndex, purpose: request.purpose, step: request.step, group, sample };
  const base = { ...key, problem, weightsVersion: version, formatMode: ctx.plan.formatMode, durationMs };
  if ('failure' in outcome || score === null) {
    const failure = 'failure' in outcome ? outcome.failure : null;
    return { ...base, trajectory: null, failure, verdict: null, formatValid: false, formatCode: null, reward: null };
  }
  return {
    ...base,
    trajectory: outcome.trajectory,
    failure: null,
    verdict: score.verdict,
    formatValid: score.format.valid,
    formatCode: score.format.violations[0]?.code ?? null,
    reward: computeReward(request.reward, Math.max(1, request.step), score.parts),
  };
}

function refuseWhenAllFailed(rollouts: readonly RolloutRecord[]): void {
  const first = rollouts[0];
  if (first === undefined || rollouts.some((rollout) => rollout.failure === null)) return;
  throw new RunError(`every rollout of step ${first.step} failed; the first one: ${first.failure}`);
}
