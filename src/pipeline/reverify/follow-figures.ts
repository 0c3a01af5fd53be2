import type { RolloutRecord, RolloutStep } from '../../ports/run-store/rollouts.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';
import type { MetricPoint } from '../../ports/run-store/training.ts';
import { measureAccuracy } from '../evaluate/evaluate.ts';

/** What a figure needs of a rollout whose tokens are no longer at hand. */
interface JudgedRollout extends Pick<RolloutRecord, 'group' | 'set' | 'verdict'> {
  readonly isFinished: boolean;
  readonly reward: number | null;
}

/** Figures of a run as the store holds them, by stage, step and key. */
export type StoredFigures = ReadonlyMap<string, number>;

const nameFigure = (stageIndex: number, step: number, key: string) => `${stageIndex} ${step} ${key}`;

/** Reads all figures of a run. */
export function readFigures(store: RunStore, runId: string): StoredFigures {
  return new Map(
    store.listMetrics(runId).map(({ stageIndex, step, key, value }) => [nameFigure(stageIndex, step, key), value]),
  );
}

/**
 * The stored figures of one step that follow from verdicts and rewards. What tells how the step was trained (`train/...`,
 * `mismatch/...`) and what a gate decided are facts of the past and stay.
 */
export class StepFigures {
  readonly #rollouts: JudgedRollout[] = [];

  /** Adds a rollout as it stands after it was judged anew. */
  add(rollout: RolloutRecord): void {
    const { group, set, verdict, trajectory, reward } = rollout;
    this.#rollouts.push({ group, set, verdict, isFinished: trajectory !== null, reward: reward?.value ?? null });
  }

  /** The figures that are no longer what `stored` says; one that the run did not store is not added. */
  listPoints({ stageIndex, purpose, step }: RolloutStep, stored: StoredFigures): MetricPoint[] {
    const figures = purpose === 'train' ? this.#measureTraining() : this.#measureSets(purpose);
    return Object.entries(figures).flatMap(([key, value]) => {
      const before = stored.get(nameFigure(stageIndex, step, key));
      // Sums of many small numbers may differ in their last digits.
      const isSame = before === undefined || Math.abs(before - value) <= 1e-9;
      return isSame ? [] : [{ stageIndex, step, key, value }];
    });
  }

  #measureTraining(): Record<string, number> {
    const finished = this.#rollouts.filter(({ isFinished }) => isFinished);
    const share = (kind: string) =>
      finished.filter(({ verdict }) => verdict?.verdict === kind).length / finished.length;
    return {
      'reward/mean': finished.reduce((sum, { reward }) => sum + (reward ?? 0), 0) / finished.length,
      'reward/correct_fraction': share('correct'),
      'verdict/unparsable_fraction': share('unparsable'),
    };
  }

  /** Of rollouts that an older version stored without their set, no figure can follow. */
  #measureSets(purpose: 'eval' | 'pilot'): Record<string, number> {
    const sets = Map.groupBy(
      this.#rollouts.filter(({ set }) => set !== null),
      ({ set }) => set!,
    );
    const figures = [...sets].flatMap(([set, rollouts]): [string, number][] => {
      const { accuracy, low, high, standardError } = measureAccuracy(rollouts);
      if (purpose === 'pilot') return set === 'target-1' ? [['pilot/mean_accuracy', accuracy]] : [];
      return [
        [`eval/${set}/mean_accuracy`, accuracy],
        [`eval/${set}/interval_low`, low],
        [`eval/${set}/interval_high`, high],
        [`eval/${set}/standard_error`, standardError],
      ];
    });
    return Object.fromEntries(figures);
  }
}
