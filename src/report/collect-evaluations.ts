import type { RunConfig } from '../config/schema.ts';
import { parseStoredConfig } from '../config/stored.ts';
import { type EvalSet, listMeasuredSets, nameTwin, type ProblemsRef } from '../core/curriculum.ts';
import { UsageError } from '../errors.ts';
import {
  compareMeasured,
  type Evaluation,
  type MeasuredRollout,
  measureEvaluation,
  type TwinComparison,
} from '../pipeline/evaluate/measure-evaluation.ts';
import type { ListedRollout, RolloutFilter } from '../ports/run-store/listings.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';

/** Figures of evaluation stages, and one sentence for each stage that has none although it was evaluated. */
export interface Evaluations {
  readonly figures: readonly Evaluation[];
  /** Sets that were answered without forks too. */
  readonly twins: readonly TwinComparison[];
  readonly gaps: readonly string[];
}

/** How many problems a set holds now; null when it cannot be read. */
export type CountProblems = (refs: readonly ProblemsRef[]) => Promise<number | null>;

/** The evaluation stage whose rollouts are measured. */
interface MeasuredStage {
  readonly runId: string;
  readonly index: number;
  readonly id: string;
  readonly sets: readonly EvalSet[];
  readonly seed: number;
  readonly countProblems: CountProblems;
}

/** Full figures of a run's evaluation stages, from the stored rollouts, one set in memory at a time. */
export async function collectEvaluations(
  store: RunStore,
  run: RunRecord,
  countProblems: CountProblems,
): Promise<Evaluations> {
  if (store.listStages(run.id).every(({ kind }) => kind !== 'eval')) return { figures: [], twins: [], gaps: [] };
  const config = readConfig(run);
  if (typeof config === 'string') return { figures: [], twins: [], gaps: [config] };
  const figures: Evaluation[] = [];
  const twins: TwinComparison[] = [];
  const gaps: string[] = [];
  for (const [index, stage] of config.stages.entries()) {
    if (stage.kind !== 'eval') continue;
    const { id, sets } = stage;
    const { seed } = config.run;
    const measured = await measureStage(store, { runId: run.id, index, id, sets, seed, countProblems });
    if (typeof measured === 'string') gaps.push(measured);
    else {
      figures.push(...measured.figures);
      twins.push(...measured.twins);
    }
  }
  return { figures, twins, gaps };
}

/** A run of a newer version can still be shown, except for what depends on settings this version does not know. */
function readConfig(run: RunRecord): RunConfig | string {
  try {
    return parseStoredConfig(run);
  } catch (error) {
    if (error instanceof UsageError) return `evaluations have no figures: ${error.message}`;
    throw error;
  }
}

/** The figures of one stage in the order of its sets, or why there are none. */
async function measureStage(
  store: RunStore,
  stage: MeasuredStage,
): Promise<Pick<Evaluations, 'figures' | 'twins'> | string> {
  const { runId, index, sets, seed } = stage;
  const stored = store.countRolloutSets(runId, index, 'eval', 0);
  const loadSet = stored.some(({ set }) => set === null)
    ? await assignOldRollouts(store, stage)
    : (set: string) => listMeasured(store, runId, { stageIndex: index, purpose: 'eval', step: 0, set });
  if (typeof loadSet === 'string') return loadSet;
  const figures = listMeasuredSets(sets).flatMap(({ name }) => {
    const rollouts = loadSet(name);
    return rollouts.length === 0 ? [] : [measureEvaluation(name, rollouts, seed)];
  });
  const twins = sets.flatMap(({ name: set, sequentialTwin = false }) => {
    const twin = nameTwin(set);
    const [own, other] = sequentialTwin ? [loadSet(set), loadSet(twin)] : [[], []];
    return own.length === 0 || other.length === 0 ? [] : [{ set, twin, ...compareMeasured(other, own, seed) }];
  });
  return { figures, twins };
}

/** Rollouts read at a time. */
const ROLLOUTS_PER_PAGE = 1_000;

type SetRollout = MeasuredRollout & Pick<ListedRollout, 'set' | 'problem'>;

/** What is measured of the rollouts of one set or step: a few numbers of each, never their text. */
export function listMeasured(store: RunStore, runId: string, filter: RolloutFilter): SetRollout[] {
  const measured: SetRollout[] = [];
  for (let after: number | null = null; ; ) {
    const page = store.listRollouts(runId, filter, { after, size: ROLLOUTS_PER_PAGE });
    for (const { group, set, end, verdict, formatValid, blocks, policyTokens, criticalTokens, problem } of page) {
      measured.push({ group, set, end, verdict, formatValid, blocks, policyTokens, criticalTokens, problem });
    }
    if (page.length < ROLLOUTS_PER_PAGE) return measured;
    after = page.at(-1)!.id;
  }
}

/**
 * Rollouts that do not say which set they belong to, such as those of version 0.1.0. The groups of a stage are those of
 * its sets in order, so that they can be told apart as long as the sets still have as many problems as there are groups.
 */
async function assignOldRollouts(
  store: RunStore,
  { runId, index, id, sets, countProblems }: MeasuredStage,
): Promise<((set: string) => MeasuredRollout[]) | string> {
  const rollouts = listMeasured(store, runId, { stageIndex: index, purpose: 'eval', step: 0 });
  const groups = new Set(rollouts.map(({ group }) => group)).size;
  const counts = await Promise.all(sets.map(({ problems }) => countProblems(problems)));
  const known = counts.filter((count) => count !== null);
  const total = known.reduce((sum, count) => sum + count, 0);
  const isUnreadable = known.length < counts.length;
  if (isUnreadable || total !== groups) {
    const now = isUnreadable
      ? 'can no longer all be read'
      : `now have ${total} problems where ${groups} were evaluated`;
    return `evaluation ${id} has no figures: its rollouts were stored before rollouts named their set, and the sets ${now}`;
  }
  const setOf = sets.flatMap(({ name }, place) => new Array<string>(known[place]!).fill(name));
  return (name) => rollouts.filter(({ set, group }) => (set ?? setOf[group]) === name);
}
