import type { Problem } from '../../src/core/problem.ts';
import { StoreError } from '../../src/errors.ts';
import type { AttemptRevision } from '../../src/ports/run-store/attempts.ts';
import type { RolloutRevision, StoredRollouts } from '../../src/ports/run-store/rollouts.ts';
import type { Connection } from './connection.ts';
import { ROLLOUT_KEY } from './rollout-row.ts';
import type { SharedRows } from './shared-rows.ts';
import { listEqual, listNames, toTextCell } from './table.ts';
import { VERDICT_COLUMNS } from './verdict-columns.ts';

type RevisionMethods = Pick<StoredRollouts, 'reviseVerdicts' | 'hasVerdictsOf'>;

const OF_ROLLOUT = `run_id = @runId AND ${listEqual(ROLLOUT_KEY, ' AND ')}`;
const OF_ATTEMPT = 'run_id = @runId AND stage_index = @stageIndex AND problem_key = @problemKey AND sample = @sample';
const VERDICT_NAMES = listNames(VERDICT_COLUMNS);

/** Replaces verdicts of answers that were judged again. The old ones go to `replaced_verdicts`, in the same transaction. */
export function openRevisionsTable(connection: Connection, problems: SharedRows<Problem>): RevisionMethods {
  const { file, nowMs } = connection;
  const keepRollout = connection.query<[object]>(`INSERT INTO replaced_verdicts
      (rollout_id, ${VERDICT_NAMES}, reward, replaced_at_ms)
    SELECT id, ${VERDICT_NAMES}, reward, @replacedAtMs FROM rollouts WHERE ${OF_ROLLOUT}`);
  const updateRollout = connection.query<[object]>(`UPDATE rollouts SET ${listEqual(VERDICT_COLUMNS)},
      reward = @reward, reward_correct = @rewardCorrect WHERE ${OF_ROLLOUT}`);
  const keepAttempt = connection.query<[object]>(`INSERT INTO replaced_verdicts
      (attempt_id, ${VERDICT_NAMES}, status, code, target, replaced_at_ms)
    SELECT id, ${VERDICT_NAMES}, status, code, target, @replacedAtMs FROM attempts WHERE ${OF_ATTEMPT}`);
  const updateAttempt = connection.query<[object]>(`UPDATE attempts SET ${listEqual(VERDICT_COLUMNS)},
      status = @status, code = @code, target = @target WHERE ${OF_ATTEMPT}`);
  const findJudged = ['rollouts', 'attempts'].map((table) =>
    connection.query<[string, string], unknown>(`SELECT 1 FROM ${table} WHERE run_id = ? AND verifier = ? LIMIT 1`),
  );

  const reviseRollout = (runId: string, revision: RolloutRevision, replacedAtMs: number) => {
    const { stageIndex, purpose, step, group, sample, verdict, reward } = revision;
    const key = { runId, stageIndex, purpose, step, group, sample };
    requireRow(keepRollout.run({ ...key, replacedAtMs }).changes, file, `${purpose} rollout of step ${step}`);
    const revised = { reward: reward?.value ?? null, rewardCorrect: reward === null ? null : Number(reward.correct) };
    updateRollout.run({ ...key, ...verdict, extracted: toTextCell(verdict.extracted), ...revised });
  };
  const reviseAttempt = (runId: string, revision: AttemptRevision, replacedAtMs: number) => {
    const { stageIndex, problem, sample, status, code, target, verdict } = revision;
    const key = { runId, stageIndex, problemKey: problems.keyOf(problem), sample };
    requireRow(keepAttempt.run({ ...key, replacedAtMs }).changes, file, `attempt at problem ${problem.id}`);
    const revised = { status, code, target: toTextCell(target) };
    updateAttempt.run({ ...key, ...verdict, extracted: toTextCell(verdict.extracted), ...revised });
  };

  return {
    hasVerdictsOf: (runId, verifier) =>
      connection.read(() => findJudged.some((find) => find.get(runId, verifier) !== undefined)),
    reviseVerdicts: (runId, { rollouts, attempts }) => {
      const replacedAtMs = nowMs();
      connection.writeDurably(() => {
        for (const revision of rollouts) reviseRollout(runId, revision, replacedAtMs);
        for (const revision of attempts) reviseAttempt(runId, revision, replacedAtMs);
      });
    },
  };
}

function requireRow(changes: number, file: string, what: string): void {
  if (changes !== 1) throw new StoreError(`${file}: there is no ${what} whose verdict could be replaced`);
}
