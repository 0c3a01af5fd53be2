import {
  type CreditOutcome,
  CreditTally,
  changePaths,
  listPathChanges,
  type PathChange,
  type PathCredit,
} from '../../core/replay/path-credit.ts';
import type { Segment, Trajectory } from '../../core/trajectory.ts';
import type { RolloutRecord } from '../../ports/run-store/rollouts.ts';
import type { Binding, RunContext } from '../context.ts';
import { runAll } from '../run-all.ts';
import { goOnFromPaths } from './roll-out-group.ts';
import { judgeTrajectories } from './score-trajectory.ts';
import { createRolloutIo } from './trajectory-calls.ts';

/** Which stored rollouts are asked again, and of whom. */
export interface CreditRequest {
  /** Rollouts step by step; those of one step may answer for each other. */
  readonly steps: Iterable<readonly RolloutRecord[]>;
  /** Forked rollouts with a right answer that are asked at most, the first ones. */
  readonly limit: number;
  /** Name the engine knows the weights by. */
  readonly version: string;
  /** Is told how many rollouts have been asked. */
  onRollout?(asked: number): void;
}

/** Whether right answers stand when a path of their last block is taken out, or the paths change places. */
export interface CreditReport {
  readonly rollouts: number;
  readonly credits: readonly PathCredit[];
}

/**
 * Writes the summary and what follows once more for every change of the paths, from the run's seeds and under the sampling
 * settings the rollout had, and judges the answer. Another rollout of the same step and weights that has the same text up
 * to the summary answers instead, where there is one. Stores nothing.
 */
export async function askWithoutPaths(
  ctx: RunContext,
  binding: Binding,
  request: CreditRequest,
): Promise<CreditReport> {
  const tally = new CreditTally();
  let rollouts = 0;
  for (const step of request.steps) {
    const asked = step.filter(isAskable).slice(0, request.limit - rollouts);
    if (asked.length === 0) continue;
    const twins = indexTwins(step);
    const askOne = async (rollout: Askable, signal: AbortSignal) => {
      for (const change of listPathChanges(rollout.trajectory)) {
        const { outcome, isFromTwin } = await askChange(ctx, binding, request.version, rollout, change, twins, signal);
        tally.add(change, outcome, isFromTwin);
      }
      rollouts += 1;
      request.onRollout?.(rollouts);
    };
    await runAll(asked, askOne, ctx.signal);
    if (rollouts >= request.limit) break;
  }
  return { rollouts, credits: tally.summarize() };
}

type Askable = RolloutRecord & { readonly trajectory: Trajectory };

function isAskable(rollout: RolloutRecord): rollout is Askable {
  if (rollout.trajectory === null || rollout.verdict?.verdict !== 'correct') return false;
  return listPathChanges(rollout.trajectory).length > 0;
}

/** The rollouts of a step by weights, problem and text up to their last summary. */
function indexTwins(step: readonly RolloutRecord[]): ReadonlyMap<string, RolloutRecord> {
  const twins = new Map<string, RolloutRecord>();
  for (const rollout of step) {
    if (rollout.trajectory === null || rollout.verdict === null) continue;
    const changes = listPathChanges(rollout.trajectory);
    if (changes.length > 0) twins.set(nameText(rollout, changePaths(rollout.trajectory, changes[0]!)), rollout);
  }
  return twins;
}

function nameText({ weightsVersion, problem }: RolloutRecord, segments: readonly Segment[]): string {
  const ids = segments.flatMap(({ pieces }) => pieces.flatMap((piece) => piece.ids));
  return JSON.stringify([weightsVersion, problem.source, problem.id, ids]);
}

async function askChange(
  ctx: RunContext,
  binding: Binding,
  version: string,
  rollout: Askable,
  change: PathChange,
  twins: ReadonlyMap<string, RolloutRecord>,
  signal: AbortSignal,
): Promise<{ readonly outcome: CreditOutcome; readonly isFromTwin: boolean }> {
  const { trajectory, problem, purpose } = rollout;
  const segments = changePaths(trajectory, change);
  const twin = change.kind === 'intact' ? undefined : twins.get(nameText(rollout, segments));
  if (twin !== undefined)
    return { outcome: twin.verdict!.verdict === 'correct' ? 'stands' : 'falls', isFromTwin: true };
  const sampling = purpose === 'eval' ? ctx.plan.eval : ctx.plan.rollout;
  const io = createRolloutIo(ctx, binding, sampling, { signal, prefixKey: `${problem.source}\n${problem.id}` });
  const { stageIndex, step, group, sample } = rollout;
  const outcome = await goOnFromPaths(
    io,
    {
      promptIds: trajectory.promptIds,
      groupSize: 1,
      model: version,
      seedParts: [ctx.plan.seed, stageIndex, purpose, step, group, problem.source, problem.id],
    },
    sample,
    segments,
  );
  if ('failure' in outcome) return { outcome: 'failed', isFromTwin: false };
  const [verdict] = await judgeTrajectories(ctx.verifier, ctx.plan, [{ problem, ...outcome }], signal);
  return { outcome: verdict!.verdict === 'correct' ? 'stands' : 'falls', isFromTwin: false };
}
