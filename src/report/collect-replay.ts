import type { LatencyModel } from '../core/replay/latency-model.ts';
import { type ReplaySummary, ReplayTally } from '../core/replay/replay-tally.ts';
import type { ReplayPolicy } from '../core/replay/replay-trajectory.ts';
import { computeTrajectoryFigures, type TrajectoryFigures } from '../core/trajectory-figures.ts';
import { UsageError } from '../errors.ts';
import type { RolloutPurpose, RolloutRecord } from '../ports/run-store/rollouts.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';

/** Which rollouts of a run are replayed. */
export interface ReplaySelection {
  readonly purpose: RolloutPurpose | undefined;
  /** Id of a stage. */
  readonly stage: string | undefined;
  /** Only those with at least one executed block. */
  readonly forkedOnly: boolean;
}

/** The stored shapes, before any policy; means of ratios are over rollouts, those of blocks over blocks. */
export interface StoredShape {
  readonly rollouts: number;
  /** Rollouts without a trajectory, which cannot be replayed. */
  readonly failed: number;
  readonly forked: number;
  readonly blocks: number;
  readonly meanSelfParallelism: number;
  readonly meanStragglerSlack: number;
  readonly meanBlockPosition: number;
}

export interface ReplayReport {
  readonly run: Pick<RunRecord, 'id' | 'name'>;
  readonly model: LatencyModel;
  readonly stored: StoredShape;
  /** The same tokens without forks: what speed-ups are measured against. */
  readonly oneStream: ReplaySummary;
  readonly policies: readonly { readonly policy: ReplayPolicy; readonly summary: ReplaySummary }[];
}

/** Replays the selected rollouts of a run under every policy. Reads one step at a time. Throws `UsageError` when there are none. */
export function collectReplay(
  store: RunStore,
  { id, name }: RunRecord,
  selection: ReplaySelection,
  policies: readonly ReplayPolicy[],
  model: LatencyModel,
): ReplayReport {
  const stream = new ReplayTally('one-stream', model);
  const tallies = policies.map((policy) => ({ policy, tally: new ReplayTally(policy, model) }));
  const shape = new ShapeTally();
  for (const { trajectory, verdict } of listRollouts(store, id, selection)) {
    const figures = trajectory === null ? null : computeTrajectoryFigures(trajectory);
    if (selection.forkedOnly && figures?.blocks.length === 0) continue;
    shape.add(figures);
    if (trajectory === null) continue;
    for (const tally of [stream, ...tallies.map((one) => one.tally)]) {
      tally.add(trajectory, verdict?.verdict === 'correct');
    }
  }
  const stored = shape.summarize();
  if (stored.rollouts === 0)
    throw new UsageError(`run ${id} has no such rollouts to replay; see: parallel-r1 show ${id}`);
  return {
    run: { id, name },
    model,
    stored,
    oneStream: stream.summarize(),
    policies: tallies.map(({ policy, tally }) => ({ policy, summary: tally.summarize() })),
  };
}

function* listRollouts(store: RunStore, runId: string, selection: ReplaySelection): Iterable<RolloutRecord> {
  for (const step of listSelectedSteps(store, runId, selection)) yield* step;
}

/** The rollouts of the selected stage and purpose, one step at a time. Throws `UsageError` for a stage the run has not. */
export function* listSelectedSteps(
  store: RunStore,
  runId: string,
  selection: Pick<ReplaySelection, 'purpose' | 'stage'>,
): Iterable<RolloutRecord[]> {
  const stages = store.listStages(runId);
  const stage = selection.stage === undefined ? null : stages.find(({ id }) => id === selection.stage);
  if (stage === undefined) {
    throw new UsageError(
      `run ${runId} has no stage "${selection.stage}"; known: ${stages.map(({ id }) => id).join(', ')}`,
    );
  }
  for (const { stageIndex, purpose, step } of store.listRolloutSteps(runId)) {
    if (stage !== null && stage.index !== stageIndex) continue;
    if (selection.purpose !== undefined && selection.purpose !== purpose) continue;
    yield store.loadRollouts(runId, stageIndex, purpose, step);
  }
}

class ShapeTally {
  #rollouts = 0;
  #failed = 0;
  #forked = 0;
  #selfParallelism = 0;
  #blocks = 0;
  #slack = 0;
  #position = 0;

  /** Null for a rollout that failed. */
  add(figures: TrajectoryFigures | null): void {
    if (figures === null) {
      this.#failed += 1;
      return;
    }
    this.#rollouts += 1;
    this.#selfParallelism += figures.selfParallelism;
    if (figures.blocks.length > 0) this.#forked += 1;
    for (const { stragglerSlack, position } of figures.blocks) {
      this.#blocks += 1;
      this.#slack += stragglerSlack;
      this.#position += position;
    }
  }

  summarize(): StoredShape {
    return {
      rollouts: this.#rollouts,
      failed: this.#failed,
      forked: this.#forked,
      blocks: this.#blocks,
      meanSelfParallelism: this.#rollouts === 0 ? 1 : this.#selfParallelism / this.#rollouts,
      meanStragglerSlack: this.#blocks === 0 ? 1 : this.#slack / this.#blocks,
      meanBlockPosition: this.#blocks === 0 ? 0 : this.#position / this.#blocks,
    };
  }
}
