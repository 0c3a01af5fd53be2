import type { RolloutSettings } from '../../core/curriculum.ts';
import type { Problem } from '../../core/problem.ts';
import { computeReward, type Reward, type RewardConfig } from '../../core/reward.ts';
import { RunError } from '../../errors.ts';
import type { RewardCase } from '../../ports/reward-function.ts';
import type { RolloutPurpose, RolloutRecord } from '../../ports/run-store/rollouts.ts';
import { countAtWork } from '../engine/calls.ts';
import { renderStudentPrompt, tokenizePrompt } from '../engine/tokenizer.ts';
import { runAll } from '../run-all.ts';
import type { SamplingRun } from '../stage-run.ts';
import { AnswerLog } from './answer-log.ts';
import { type RolloutOutcome, rollOutGroup } from './roll-out-group.ts';
import { type Score, scoreTrajectories } from './score-trajectory.ts';
import { createRolloutIo } from './trajectory-calls.ts';

/** One problem and how many rollouts it gets. */
export interface RolloutGroup {
  readonly problem: Problem;
  readonly size: number;
  /** Evaluation set or target it belongs to; none in training. */
  readonly set?: string;
  /** Missing: as the run decodes. */
  readonly decoding?: RolloutSettings['mode'];
  /** The group whose seeds it shares; missing: it has its own. */
  readonly seedGroup?: number;
}

/** The groups of one step (or of one evaluation): which problems, how many rollouts each, how they are rewarded. */
export interface StepRolloutRequest {
  readonly purpose: RolloutPurpose;
  readonly step: number;
  readonly groups: readonly RolloutGroup[];
  readonly reward: RewardConfig;
  readonly temperature: number;
  readonly topP: number;
  /** Samples come from the weights after this step of the stage; null: everything must be in the store. */
  readonly weightsStep: number | null;
  /** Told how many groups are finished, stored ones included. */
  onGroup?(finishedGroups: number): void;
}

/** All rollouts of a step in (group, sample) order, and how long new weights took to reach the engine. */
export interface StepRollouts {
  readonly rollouts: readonly RolloutRecord[];
  /** 0 where nothing was missing. */
  readonly handOverMs: number;
}

/**
 * Rolls out what the store does not hold yet, under the weights asked for. Each finished group is stored before the next
 * decision is taken, and until then so is every answer of the engine: a killed run asks again only for what had not been
 * answered. Rejects with `RunError` when every rollout of the step failed.
 */
export async function rollOutStep(run: SamplingRun, request: StepRolloutRequest): Promise<StepRollouts> {
  const { ctx, index } = run;
  const stored = ctx.store.loadRollouts(ctx.runId, index, request.purpose, request.step);
  refuseOtherProblems(run, request, stored);
  const missing = listMissingGroups(request, stored);
  if (missing.length === 0) return { rollouts: refuseWhenAllFailed(stored), handOverMs: 0 };
  const startedMs = ctx.clock.monotonic();
  const version = await serveWeights(run, request);
  const handOverMs = ctx.clock.monotonic() - startedMs;
  const fresh = await rollOutMissing(run, request, missing, version);
  // What is stored now need not be read again, and what the store had already stays as it is.
  const nameOf = ({ group, sample }: RolloutRecord) => `${group} ${sample}`;
  const known = new Set(stored.map(nameOf));
  const rollouts = [...stored, ...fresh.filter((rollout) => !known.has(nameOf(rollout)))];
  rollouts.sort((a, b) => a.group - b.group || a.sample - b.sample);
  return { rollouts: refuseWhenAllFailed(rollouts), handOverMs };
}

/** A problem file that changed since the run was stopped would mix rollouts of two problems in one group. */
function refuseOtherProblems(
  { stage }: SamplingRun,
  { groups, step }: StepRolloutRequest,
  stored: readonly RolloutRecord[],
) {
  for (const { group, problem, purpose } of stored) {
    const asked = groups[group]?.problem;
    if (asked !== undefined && asked.text === problem.text && asked.answer === problem.answer) continue;
    throw new RunError(
      `stage ${stage.id}: group ${group} of the ${purpose} rollouts of step ${step} is stored for problem ${problem.source}/${problem.id}, but ` +
        `${asked === undefined ? 'there is no such group now' : `it is ${asked.source}/${asked.id} now, or its text or answer differs`}; ` +
        'a problem set changed since: put the earlier file back, or start a new run',
    );
  }
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

function serveWeights({ weights, stage, index }: SamplingRun, request: StepRolloutRequest): Promise<string> {
  const { purpose, step, weightsStep } = request;
  if (weightsStep !== null) return weights.serve(index, weightsStep);
  throw new RunError(
    `the ${purpose} rollouts of stage ${stage.id} after step ${step} are missing from the store, and the weights they came from are gone`,
  );
}

/** Rolls out the groups named by `missing`, as many at once as the engine takes. */
async function rollOutMissing(
  run: SamplingRun,
  request: StepRolloutRequest,
  missing: readonly number[],
  version: string,
): Promise<readonly RolloutRecord[]> {
  const { ctx, index } = run;
  const log = new AnswerLog(ctx, index);
  const lineage = run.weights.lineageOf(index, request.weightsStep ?? request.step);
  const rollouts: RolloutRecord[] = [];
  let finished = request.groups.length - missing.length;
  const rollOutOne = async (group: number, signal: AbortSignal) => {
    // An answer from other weights must not be taken for one of these. Those of the same ones may, whatever name served them.
    const answers = log.open('rollout', request.purpose, request.step, group, lineage);
    const fresh = await rollOutOneGroup(run, request, { group, version, signal, answers });
    await answers.settle(() => ctx.store.saveRollouts(ctx.runId, fresh));
    rollouts.push(...fresh);
    finished += 1;
    request.onGroup?.(finished);
  };
  await runAll(missing, rollOutOne, ctx.signal, () => countAtWork(ctx));
  return rollouts;
}

/** Where a group is rolled out. */
interface GroupPlace {
  readonly group: number;
  readonly version: string;
  readonly signal: AbortSignal;
  readonly answers: ReturnType<AnswerLog['open']>;
}

/** One group: sampled, judged, rewarded. */
async function rollOutOneGroup(
  run: SamplingRun,
  request: StepRolloutRequest,
  { group, version, signal, answers }: GroupPlace,
): Promise<readonly RolloutRecord[]> {
  const { ctx, binding, index } = run;
  const { purpose, step } = request;
  const { problem, size, set = null, seedGroup = group, decoding } = request.groups[group]!;
  const startedMs = ctx.clock.monotonic();
  const promptIds = await tokenizePrompt(ctx, renderStudentPrompt(binding.template.text, problem.text));
  const mode = decoding ?? ctx.plan.rollout.mode;
  const plan = { ...ctx.plan, rollout: { ...ctx.plan.rollout, mode } };
  const io = createRolloutIo({ ...ctx, plan }, binding, request, {
    signal,
    answers,
    prefixKey: `${problem.source}\n${problem.id}`,
  });
  const outcomes = await rollOutGroup(io, {
    promptIds,
    groupSize: size,
    model: version,
    seedParts: [ctx.plan.seed, index, purpose, step, seedGroup, problem.source, problem.id],
  });
  const durationMs = ctx.clock.monotonic() - startedMs;
  const finished = outcomes.flatMap((outcome) => ('failure' in outcome ? [] : [outcome.trajectory]));
  const scores = (await scoreTrajectories(ctx.verifier, ctx.plan, problem, finished, signal)).values();
  const { formatMode } = ctx.plan;
  const key = { stageIndex: index, purpose, step, group };
  const shared = { ...key, problem, set, weightsVersion: version, formatMode, durationMs };
  const rewardOf = ({ trajectory }: Finished, { verdict, parts }: Score) =>
    rewardRollout(run, request.reward, { problem, trajectory, verdict, parts, step });
  return outcomes.map((outcome, sample) => ({
    ...shared,
    sample,
    ...('failure' in outcome ? toFailed(outcome.failure) : toFinished(outcome, scores.next().value!, rewardOf)),
  }));
}

/** What becomes of a trajectory: the part of its rollout that was not known beforehand. */
type Judged = Pick<RolloutRecord, 'trajectory' | 'failure' | 'verdict' | 'formatValid' | 'formatCode' | 'reward'>;

function toFailed(failure: string): Judged {
  return { trajectory: null, failure, verdict: null, formatValid: false, formatCode: null, reward: null };
}

type Finished = Extract<RolloutOutcome, { trajectory: unknown }>;

function toFinished(outcome: Finished, score: Score, rewardOf: (outcome: Finished, score: Score) => Reward): Judged {
  const { verdict, format } = score;
  return {
    trajectory: outcome.trajectory,
    failure: null,
    verdict,
    formatValid: format.valid,
    formatCode: format.violations[0]?.code ?? null,
    reward: rewardOf(outcome, score),
  };
}

/** The reward by its formula, or by the function that the program which started the run passed in. */
function rewardRollout({ ctx, stage }: SamplingRun, reward: RewardConfig, rollout: RewardCase): Reward {
  const { parts, problem, step } = rollout;
  if (reward.kind !== 'own') return computeReward(reward, Math.max(1, step), parts);
  const value = ctx.rewards?.[reward.name]?.(rollout);
  if (Number.isFinite(value)) return { ...parts, value: value!, mode: 'own' };
  throw new RunError(
    `stage ${stage.id}: the reward "${reward.name}" gave ${value} for problem ${problem.source}/${problem.id}; it must give a finite number`,
  );
}

function refuseWhenAllFailed(rollouts: readonly RolloutRecord[]): readonly RolloutRecord[] {
  const first = rollouts[0];
  if (first === undefined || rollouts.some((rollout) => rollout.failure === null)) return rollouts;
  throw new RunError(`every rollout of step ${first.step} failed; the first one: ${first.failure}`);
}
