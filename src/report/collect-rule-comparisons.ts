import { readStoredConfig } from '../config/stored.ts';
import { listMeasuredSets } from '../core/curriculum.ts';
import { type RuleComparison, RuleTally } from '../pipeline/evaluate/compare-rules.ts';
import { renderScoredText } from '../pipeline/rollout/score-trajectory.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';

/** A stored rollout: its id, and the problem as its source names it. */
export interface RolloutPlace {
  readonly rollout: number;
  readonly problem: string;
}

/** Rollouts held in memory at once. */
const ROLLOUTS_PER_PAGE = 512;

/**
 * The verdicts of a run's evaluation stages beside those of the reference's rule, set by set. Reads the text of every
 * answer. Empty for a run that judged by a rule of the reference anyway, or whose settings this version does not know.
 */
export function collectRuleComparisons(store: RunStore, run: RunRecord): RuleComparison<RolloutPlace>[] {
  if (store.listStages(run.id).every(({ kind }) => kind !== 'eval')) return [];
  const config = readStoredConfig(run);
  if (config === null || config.verify.mode !== 'math') return [];
  return config.stages.flatMap((stage, index) => {
    if (stage.kind !== 'eval') return [];
    return compareStage(
      store,
      { runId: run.id, index, eosTexts: config.engine.eosTokens },
      listMeasuredSets(stage.sets),
    );
  });
}

interface StagePlace {
  readonly runId: string;
  readonly index: number;
  readonly eosTexts: readonly string[];
}

/** Where a rollout is before its id has been looked up. */
type Place = { readonly group: number; readonly sample: number; readonly problem: string };

function compareStage(
  store: RunStore,
  { runId, index, eosTexts }: StagePlace,
  sets: readonly { readonly name: string }[],
): RuleComparison<RolloutPlace>[] {
  const tallies = new Map(sets.map(({ name }) => [name, new RuleTally<Place>(name)]));
  for (const page of store.pageRollouts(runId, index, 'eval', 0, ROLLOUTS_PER_PAGE)) {
    for (const { group, sample, set, problem, trajectory, verdict } of page) {
      if (trajectory === null || verdict === null) continue;
      const place = { group, sample, problem: problem.id };
      const text = renderScoredText(trajectory, eosTexts);
      tallies.get(set ?? '')?.add({ place, golds: [problem.answer], text, verdict });
    }
  }
  const compared = [...tallies.values()].map((tally) => tally.finish()).filter(({ judged }) => judged > 0);
  return compared.map((comparison) => ({
    ...comparison,
    differing: comparison.differing.map(({ place: { group, sample, problem }, ...rest }) => {
      const filter = { stageIndex: index, purpose: 'eval', step: 0, group } as const;
      const [row] = store.listRollouts(runId, filter, { after: null, size: sample + 1 }).slice(-1);
      return { ...rest, place: { rollout: row!.id, problem } };
    }),
  }));
}
