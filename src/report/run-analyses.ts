import { listLackingSteps } from '../pipeline/evaluate/measure-stored.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { MetricPoint } from '../ports/run-store/training.ts';
import type { SeriesPoint } from './report-data.ts';

/** How a figure is written. */
type AnalysisUnit = 'share' | 'count' | 'tokens' | 'ratio' | 'nats';

/** The paper's analyses in reading order. Definitions and sources: docs/analyses.md. */
const ANALYSES: readonly (readonly [key: string, label: string, unit: AnalysisUnit])[] = [
  ['rollout/parallel_text_fraction', 'a block in the text', 'share'],
  ['rollout/parallel_fraction', 'a block executed', 'share'],
  ['parallel/effective_fraction', 'an effective block', 'share'],
  ['block/per_answer', 'blocks an answer', 'count'],
  ['block/paths', 'paths a block', 'count'],
  ['block/position_first', 'first block begins at', 'share'],
  ['block/position_text_first', 'first tag in text at', 'share'],
  ['block/answer_known_fraction', 'answer known before', 'share'],
  ['parallel/path_similarity', 'paths alike (BLEU)', 'ratio'],
  ['parallel/duplicate_path_fraction', 'copied paths', 'share'],
  ['parallel/disagreement_fraction', 'paths disagree', 'share'],
  ['parallel/redundant_block_fraction', 'redundant blocks', 'share'],
  ['rollout/mean_tokens', 'tokens an answer', 'tokens'],
  ['rollout/mean_critical_tokens', 'on the longest chain', 'tokens'],
  ['rollout/main_tokens', 'in the main text', 'tokens'],
  ['block/path_tokens', 'in a path', 'tokens'],
  ['block/summary_tokens', 'in a summary', 'tokens'],
  ['rollout/self_parallelism', 'self-parallelism', 'ratio'],
  ['rollout/surprisal', 'surprisal a token', 'nats'],
  ['mismatch/mean', 'mismatch, mean', 'nats'],
  ['mismatch/max', 'mismatch, largest', 'nats'],
];

/** One analysis over the run. */
export interface AnalysisSeries {
  readonly key: string;
  readonly label: string;
  readonly unit: AnalysisUnit;
  /** In order of (stage, step); never empty. */
  readonly points: readonly SeriesPoint[];
}

/** How the answers of a run think in parallel, step by step. */
export interface RunAnalyses {
  /** Over the RL steps. */
  readonly training: readonly AnalysisSeries[];
  /** Over the evaluations of each held-out set. */
  readonly sets: readonly { readonly set: string; readonly figures: readonly AnalysisSeries[] }[];
  /** Steps that were stored without analyses; `analyse` adds them. */
  readonly lackingSteps: number;
}

/** Reads the analyses of a run off its stored figures. */
export function collectAnalyses(store: RunStore, runId: string): RunAnalyses {
  const byKey = Map.groupBy(store.listMetrics(runId), ({ key }) => key);
  const sets = [...byKey.keys()].flatMap((key) => /^eval\/([^/]+)\/mean_accuracy$/.exec(key)?.[1] ?? []);
  return {
    training: collectSeries(byKey, (key) => key),
    // The two lengths are older than the analyses and have no group in their names.
    sets: sets.map((set) => ({
      set,
      figures: collectSeries(byKey, (key) => `eval/${set}/${key.replace(/^rollout\/mean_/, 'mean_')}`),
    })),
    lackingSteps: listLackingSteps(store, runId).length,
  };
}

function collectSeries(
  byKey: ReadonlyMap<string, readonly MetricPoint[]>,
  nameOf: (key: string) => string,
): AnalysisSeries[] {
  return ANALYSES.flatMap(([key, label, unit]) => {
    const points = (byKey.get(nameOf(key)) ?? []).map(({ stageIndex, step, value }) => ({ stageIndex, step, value }));
    return points.length === 0 ? [] : [{ key: nameOf(key), label, unit, points }];
  });
}
