import { AnswerTally, type TallyScene } from '../../core/analyses/answer-tally.ts';
import { isLeadingPath } from '../../core/trajectory.ts';
import type { RolloutStep } from '../../ports/run-store/rollouts.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';
import type { MetricPoint } from '../../ports/run-store/training.ts';

/** Rollouts read at a time. */
const PAGE_ROLLOUTS = 64;

/** A step or a set that lacks the analyses: where its figures stand, and which figure shows that it was measured. */
const MARK = 'block/per_answer';

/** A step of rollouts whose figures are stored without analyses. */
interface LackingStep {
  readonly step: RolloutStep;
  /** What stands before the keys of each set; of training one, under null. */
  readonly prefixes: ReadonlyMap<string | null, string>;
}

/** The steps of a run whose figures were stored by a version without analyses, training steps and evaluations. */
export function listLackingSteps(store: RunStore, runId: string): LackingStep[] {
  const known = readKeys(store, runId);
  return store.listRolloutSteps(runId).flatMap((step): LackingStep[] => {
    const has = (key: string) => known.has(nameKey(step.stageIndex, step.step, key));
    if (step.purpose === 'pilot') return [];
    if (step.purpose === 'train') {
      return has('reward/mean') && !has(MARK) ? [{ step, prefixes: new Map([[null, '']]) }] : [];
    }
    const sets = store
      .countRolloutSets(runId, step.stageIndex, step.purpose, step.step)
      .flatMap(({ set }) => (set === null ? [] : [[set, `eval/${set}/`] as const]))
      .filter(([, prefix]) => has(`${prefix}mean_accuracy`) && !has(`${prefix}${MARK}`));
    return sets.length === 0 ? [] : [{ step, prefixes: new Map(sets) }];
  });
}

/** Every figure of a run, without its value. */
function readKeys(store: RunStore, runId: string): ReadonlySet<string> {
  return new Set(store.listMetrics(runId).map(({ stageIndex, step, key }) => nameKey(stageIndex, step, key)));
}

function nameKey(stageIndex: number, step: number, key: string): string {
  return `${stageIndex} ${step} ${key}`;
}

/**
 * The analyses that stored steps lack, one step at a time, from their rollouts; figures that are there stay. What is in memory does not grow with a step.
 * Evaluations of versions whose rollouts do not name their set are left out.
 */
export function* measureStored(
  store: RunStore,
  runId: string,
  thresholds: TallyScene['thresholds'],
): Generator<MetricPoint[]> {
  const scene = { parallelOpen: findParallelTag(store, runId), thresholds };
  const known = readKeys(store, runId);
  for (const { step, prefixes } of listLackingSteps(store, runId)) {
    const { stageIndex, purpose } = step;
    const tallies = new Map([...prefixes].map(([set, prefix]) => [set, { prefix, tally: new AnswerTally(scene) }]));
    for (const page of store.pageRollouts(runId, stageIndex, purpose, step.step, PAGE_ROLLOUTS)) {
      for (const { set, trajectory, problem, verdict } of page) {
        if (trajectory === null) continue;
        const own = tallies.get(purpose === 'train' ? null : set);
        own?.tally.add({ trajectory, problem: problem.text, answer: verdict?.extracted ?? null });
      }
    }
    const points = [...tallies.values()].flatMap(({ prefix, tally }) =>
      Object.entries(tally.figures()).map(([key, value]) => ({
        ...{ stageIndex, step: step.step, key: `${prefix}${key}`, value },
      })),
    );
    yield points.filter(({ key }) => !known.has(nameKey(stageIndex, step.step, key)));
  }
}

/** The token id of `<Parallel>`, read off the first rollout that forked: it is the last token before the first path. */
function findParallelTag(store: RunStore, runId: string): number | null {
  const [listed] = store.listRollouts(runId, { forked: true }, { after: null, size: 1 });
  const segments = listed === undefined ? [] : (store.findRollout(listed.id)?.trajectory?.segments ?? []);
  const fork = segments.findIndex((_, index) => isLeadingPath(segments, index));
  return segments[fork - 1]?.pieces.at(-1)?.ids.at(-1) ?? null;
}
