import type { Trajectory } from '../../src/core/trajectory.ts';
import { StoreError } from '../../src/errors.ts';
import type { RolloutRecord, RolloutSummary, RunStore } from '../../src/ports/run-store.ts';
import type { Connection } from './connection.ts';
import { openEncodedPrompts } from './encoded-prompts.ts';
import type { ProblemIndex } from './problem-index.ts';
import { INSERT_ROLLOUT, ROLLOUT_COLUMNS, type RolloutRow, toRollout, toRolloutCells } from './rollout-row.ts';
import { openSegmentsTable } from './segments-table.ts';

type RolloutMethods = Pick<RunStore, 'saveRollouts' | 'loadRollouts' | 'summarizeRollouts' | 'listRolloutSteps'>;

/** Rollouts with their segments and prompts. The first one stored under a key stays. */
export function openRolloutsTable(connection: Connection, problems: ProblemIndex): RolloutMethods {
  const { db, file, nowMs } = connection;
  const prompts = openEncodedPrompts(connection);
  const segments = openSegmentsTable(connection);
  const insert = db.prepare(INSERT_ROLLOUT);
  const select = db.prepare<[string, number, string, number], RolloutRow>(`SELECT ${ROLLOUT_COLUMNS} FROM rollouts
    WHERE run_id = ? AND stage_index = ? AND purpose = ? AND step = ? ORDER BY group_index, sample`);
  const summarize = db.prepare<[string], RolloutSummary>(`SELECT stage_index AS stageIndex, purpose,
      count(*) AS rollouts, sum(failure IS NOT NULL) AS failed, sum(verdict IS 'correct') AS correct,
      sum(verdict IS 'unparsable') AS unparsable, sum(format_valid) AS formatValid, sum(forks > 0) AS forked
    FROM rollouts WHERE run_id = ? GROUP BY stage_index, purpose ORDER BY stage_index, purpose`);

  const selectSteps = db.prepare<[string], ReturnType<RunStore['listRolloutSteps']>[number]>(
    `SELECT DISTINCT stage_index AS stageIndex, purpose, step FROM rollouts WHERE run_id = ?
    ORDER BY stage_index, purpose, step`,
  );

  const save = (runId: string, record: RolloutRecord, savedAtMs: number) => {
    const { problem, trajectory } = record;
    const problemKey = problems.keyOf(problem);
    const promptKey = trajectory === null ? null : prompts.keyOf(trajectory.promptIds);
    const row = insert.run({ ...toRolloutCells(record), runId, problemKey, promptKey, savedAtMs });
    if (row.changes > 0 && trajectory !== null) segments.insert(Number(row.lastInsertRowid), trajectory.segments);
  };

  const load = (row: RolloutRow, once: ReturnType<typeof rememberReads>): RolloutRecord => {
    const problem = once.problem(row.problemKey);
    const { end, promptKey } = row;
    if (end === null || promptKey === null) return toRollout(row, { problem, trajectory: null });
    const trajectory: Trajectory = { promptIds: once.promptIds(promptKey), segments: segments.load(row.id), end };
    return toRollout(row, { problem, trajectory });
  };

  return {
    saveRollouts: (runId, rollouts) => {
      const savedAtMs = nowMs();
      connection.write(() => {
        for (const rollout of rollouts) {
          explainRange(() => save(runId, rollout, savedAtMs), `${file}: ${describeKey(rollout)} cannot be stored`);
        }
      });
    },
    loadRollouts: (runId, stageIndex, purpose, step) =>
      connection.read(() => {
        const once = rememberReads(problems.get, prompts.get);
        return select
          .all(runId, stageIndex, purpose, step)
          .map((row) => explainRange(() => load(row, once), `${file}: ${describeKey(row)} is damaged`));
      }),
    listRolloutSteps: (runId) => connection.read(() => selectSteps.all(runId)),
    summarizeRollouts: (runId) => connection.read(() => summarize.all(runId)),
  };
}

/** Problems and prompts recur within a step: each is read and decoded once. */
function rememberReads(readProblem: ProblemIndex['get'], readPrompt: (key: number) => readonly number[]) {
  return { problem: memoize(readProblem), promptIds: memoize(readPrompt) };
}

function memoize<T>(read: (key: number) => T): (key: number) => T {
  const known = new Map<number, T>();
  return (key) => {
    const value = known.has(key) ? (known.get(key) as T) : read(key);
    known.set(key, value);
    return value;
  };
}

function describeKey({
  stageIndex,
  purpose,
  step,
  group,
  sample,
}: Omit<RolloutRecord, 'problem'> | RolloutRow): string {
  return `${purpose} rollout of stage ${stageIndex}, step ${step}, group ${group}, sample ${sample}`;
}

/** The codec's `RangeError` as a `StoreError` that says which rollout. */
function explainRange<T>(work: () => T, message: string): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new StoreError(`${message}: ${error.message}`, { cause: error });
    throw error;
  }
}
