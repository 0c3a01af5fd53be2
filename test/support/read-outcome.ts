import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';

/** What must not depend on how often a run was killed: metrics (times and retries left out) and every rollout's tokens. */
export function readOutcome(db: string): { metrics: unknown[]; rollouts: unknown[] } {
  using store = openRunStore(db, { readonly: true });
  const run = store.listRuns()[0];
  if (run === undefined) throw new Error(`no run in ${db}`);
  const metrics = store
    .listMetrics(run.id)
    .filter(({ key }) => !/^(?:time|engine)\//.test(key))
    .map(({ stageIndex, step, key, value }) => [stageIndex, step, key, value]);
  const rollouts: unknown[] = [];
  for (const { index } of store.listStages(run.id)) {
    for (const purpose of ['train', 'eval', 'pilot'] as const) {
      for (let step = 0; step <= store.lastStep(run.id, index); step += 1) {
        for (const rollout of store.loadRollouts(run.id, index, purpose, step)) {
          const ids = rollout.trajectory?.segments.flatMap(({ pieces }) => pieces.flatMap((piece) => piece.ids));
          const logprobs = rollout.trajectory?.segments.flatMap(({ pieces }) =>
            pieces.flatMap((piece) => piece.logprobs ?? []),
          );
          rollouts.push([index, purpose, step, rollout.group, rollout.sample, ids, logprobs, rollout.reward?.value]);
        }
      }
    }
  }
  return { metrics, rollouts };
}
