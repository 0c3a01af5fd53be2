import { hashConfig, saveForeignState } from '../../src/app/run-record.ts';
import type { RunConfig } from '../../src/config/schema.ts';
import { type ArmId, prepareArm, trainArm } from '../../src/experiments/arms.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import type { CheckpointRecord } from '../../src/ports/run-store/training.ts';
import * as sample from './run-store-samples.ts';

/** Runs in a store as `experiment` leaves them: one that prepared an arm, one that trained it, without the training. */

/** What a saved arm is made of. */
export interface SavedArm {
  /** Id of the run that trained it. */
  readonly id: string;
  readonly base: RunConfig;
  readonly preset: string | null;
  readonly arm: ArmId;
  readonly seed: number;
  /** Right answers to four held-out problems, after the last step. */
  readonly right: number;
  readonly set?: string;
  /** When the runs began: a store lists the newest first. */
  readonly createdAtMs: number;
}

/** Saves both runs, done, with one evaluation of four problems. Arms that prepare the same share the run that prepares. */
export function saveArm(
  store: RunStore,
  { id, base, preset, arm, seed, right, set = 'held', createdAtMs }: SavedArm,
): void {
  const save = (runId: string, config: RunConfig) =>
    store.createRun(
      sample.sampleRun({
        ...{ id: runId, name: config.run.name, preset, seed, status: 'done', createdAtMs },
        configJson: JSON.stringify(config),
      }),
      config.stages.map((stage, index) =>
        sample.sampleStage({ index, id: stage.id, kind: stage.kind, status: 'done' }),
      ),
    );
  const preparation = prepareArm(base, arm, seed);
  const training = trainArm(base, arm, seed);
  const preparationId = `preparation-${hashConfig(JSON.stringify(preparation)).slice(0, 12)}`;
  if (store.getRun(preparationId) === null) save(preparationId, preparation);
  save(id, training);
  const state: CheckpointRecord = {
    stageIndex: 0,
    step: 1,
    kind: 'state',
    name: 'last',
    path: `state-of-${preparationId}`,
  };
  store.saveCheckpoint(preparationId, state);
  saveForeignState(store, id, state);
  store.saveMetrics(id, [{ stageIndex: 0, step: 1, key: 'block/position_macro', value: 0.25 }]);
  const { verdict } = sample.sampleRollout();
  store.saveRollouts(
    id,
    Array.from({ length: 4 }, (_, group) =>
      sample.sampleRollout({
        ...{ stageIndex: 0, step: 1, group, purpose: 'eval', set },
        problem: sample.sampleProblem({ id: `${set}/${group}` }),
        verdict: { ...verdict!, verdict: group < right ? 'correct' : 'incorrect' },
      }),
    ),
  );
}
