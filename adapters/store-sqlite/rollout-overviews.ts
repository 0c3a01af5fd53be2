import type {
  RolloutSetCount,
  RolloutStep,
  RolloutSummary,
  StoredRollouts,
} from '../../src/ports/run-store/rollouts.ts';
import type { Connection } from './connection.ts';
import { fromTextCell, type TextCell } from './table.ts';

type OverviewMethods = Pick<StoredRollouts, 'countRolloutSets' | 'summarizeRollouts' | 'listRolloutSteps'>;

/** What there is of rollouts, without reading one. */
export function openRolloutOverviews(connection: Connection): OverviewMethods {
  const countSets = connection.query<[object], { set: TextCell | null; groups: number }>(`SELECT set_name AS "set",
      count(DISTINCT group_index) AS groups
    FROM rollouts WHERE run_id = @runId AND stage_index = @stageIndex AND purpose = @purpose AND step = @step
    GROUP BY set_name ORDER BY min(group_index)`);
  const summarize = connection.query<[string], RolloutSummary>(`SELECT stage_index AS stageIndex, purpose,
      count(*) AS rollouts, sum(failure IS NOT NULL) AS failed, sum(verdict IS 'correct') AS correct,
      sum(verdict IS 'unparsable') AS unparsable, sum(format_valid) AS formatValid, sum(forks > 0) AS forked
    FROM rollouts WHERE run_id = ? GROUP BY stage_index, purpose ORDER BY stage_index, purpose`);
  const selectSteps = connection.query<[string], RolloutStep>(
    `SELECT DISTINCT stage_index AS stageIndex, purpose, step FROM rollouts WHERE run_id = ?
    ORDER BY stage_index, purpose, step`,
  );
  return {
    countRolloutSets: (runId, stageIndex, purpose, step) =>
      connection.read(() =>
        countSets
          .all({ runId, stageIndex, purpose, step })
          .map(({ set, groups }): RolloutSetCount => ({ set: fromTextCell(set), groups })),
      ),
    summarizeRollouts: (runId) => connection.read(() => summarize.all(runId)),
    listRolloutSteps: (runId) => connection.read(() => selectSteps.all(runId)),
  };
}
