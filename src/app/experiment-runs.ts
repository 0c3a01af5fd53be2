import type { RunConfig } from '../config/schema.ts';
import { readStoredConfig } from '../config/stored.ts';
import { type ArmId, prepareArm, trainArm } from '../experiments/arms.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import type { FinishedArm } from '../report/experiment-results.ts';
import { isSameRecipe } from './resume-changes.ts';
import { findForeignPath, findLastState } from './run-record.ts';

/** The runs of experiments in a store: they are known by what they compute and by the weights they began with. */

/** The arms of an experiment, each at every seed. */
export interface PlannedArms {
  /** The recipe that the arms change. */
  readonly base: RunConfig;
  readonly arms: readonly ArmId[];
  readonly seeds: readonly number[];
}

/** The arms that are done, as the store has them, and how many are not. */
export function listFinishedArms(
  store: RunStore,
  { base, arms, seeds }: PlannedArms,
  known = new KnownRuns(store),
): { readonly finished: readonly FinishedArm[]; readonly missing: number } {
  const finished = arms.flatMap((arm) =>
    seeds.flatMap((seed): FinishedArm[] => {
      const preparation = prepareArm(base, arm, seed);
      const prepared = preparation.stages.length === 0 ? null : known.find(preparation, null)?.run;
      if (prepared === undefined) return [];
      const run = known.find(trainArm(base, arm, seed), prepared?.id ?? null)?.run;
      return run?.status === 'done' ? [{ arm, seed, run }] : [];
    }),
  );
  return { finished, missing: arms.length * seeds.length - finished.length };
}

/** A run with what it computes. */
export interface KnownRun {
  readonly run: RunRecord;
  readonly config: RunConfig;
  /** Path of the state that it began with, of another run; null where it began with none. */
  readonly weights: string | null;
}

/** The runs of a store by what they compute. Those that this version cannot read are not among them. */
export class KnownRuns {
  /** Newest first. */
  readonly all: readonly KnownRun[];
  readonly #store: RunStore;
  readonly #bySeed: ReadonlyMap<number, readonly KnownRun[]>;

  constructor(store: RunStore) {
    this.#store = store;
    this.all = store.listRuns().flatMap((run): KnownRun[] => {
      const config = readStoredConfig(run);
      return config === null ? [] : [{ run, config, weights: findForeignPath(store, run.id) }];
    });
    this.#bySeed = Map.groupBy(this.all, ({ config }) => config.run.seed);
  }

  /** The run of that recipe that began with the last weights of that run, whatever its arm is called: the newest that is done, else the newest. */
  find(config: RunConfig, weightsOf: string | null): KnownRun | null {
    const weights = weightsOf === null ? null : (findLastState(this.#store, weightsOf)?.path ?? null);
    const same = (this.#bySeed.get(config.run.seed) ?? []).filter(
      (known) => known.weights === weights && isSameRecipe(known.config, config),
    );
    return same.find(({ run }) => run.status === 'done') ?? same[0] ?? null;
  }
}
