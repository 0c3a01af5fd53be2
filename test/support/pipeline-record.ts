import type { RolloutPurpose } from '../../src/ports/run-store/rollouts.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import { TOY_RUN } from './pipeline-toy-run.ts';
import type { ToyWorld } from './pipeline-toy-world.ts';

const PURPOSES: readonly RolloutPurpose[] = ['train', 'eval', 'pilot'];

/** Everything a run decided, for comparing two ways to the same end: all but times and where the trainer put its files. */
export interface RunDigest {
  readonly stages: readonly string[];
  readonly metrics: readonly string[];
  readonly rollouts: readonly string[];
  readonly attempts: readonly string[];
  /** Weights, momentum and update count of the newest saved state. */
  readonly finalState: string;
}

export function digestRun(store: RunStore, world: ToyWorld): RunDigest {
  const stages = store.listStages(TOY_RUN);
  const metrics = store.listMetrics(TOY_RUN).filter(({ key }) => !key.startsWith('time/'));
  const last = store.listCheckpoints(TOY_RUN, 'state').at(-1);
  return {
    stages: stages.map(({ id, status, stateJson }) => `${id} ${status} ${stateJson}`),
    metrics: metrics.map(({ stageIndex, step, key, value }) => `${stageIndex} ${step} ${key} ${value}`),
    rollouts: stages.flatMap(({ index }) => listRollouts(store, index)),
    attempts: stages.flatMap(({ index }) =>
      [...store.listAttempts(TOY_RUN, index)].map((attempt) => JSON.stringify(attempt)),
    ),
    finalState:
      last === undefined
        ? ''
        : JSON.stringify(world.states.get(last.path), (_, value) => (value instanceof Map ? [...value] : value)),
  };
}

function listRollouts(store: RunStore, stageIndex: number): string[] {
  const found: string[] = [];
  for (const purpose of PURPOSES) {
    for (let step = 0; step <= 50; step += 1) {
      for (const { durationMs: _, ...rollout } of store.loadRollouts(TOY_RUN, stageIndex, purpose, step)) {
        // The same weights have another name in every process.
        found.push(JSON.stringify(rollout).replaceAll(/("weightsVersion":"[^"]+)-\d+"/g, '$1"'));
      }
    }
  }
  return found;
}
