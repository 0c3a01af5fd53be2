import { StoreError } from '../../src/errors.ts';
import type { AttemptRevision, RolloutRevision, RunStore } from '../../src/ports/run-store.ts';
import type { Connection } from './connection.ts';
import type { ProblemIndex } from './problem-index.ts';
import { toNullableTextCell } from './text-cell.ts';

/** Verdicts that are judged anew. What they replace goes to `replaced_verdicts`, in the same transaction. */
export function openRevisionsTable(connection: Connection, problems: ProblemIndex): Pick<RunStore, 'reviseVerdicts'> {
  const { db, file, nowMs } = connection;
  const keepRollout = db.prepare(`INSERT INTO replaced_verdicts (rollout_id, verdict, verdict_rule, verdict_reason,
      extracted, verifier, reward, replaced_at_ms)
    SELECT id, verdict, verdict_rule, verdict_reason, extracted, verifier, reward, @replacedAtMs FROM rollouts
    WHERE run_id = @runId AND stage_index = @stageIndex AND purpose = @purpose AND step = @step
      AND group_index = @group AND sample = @sample`);
  const updateRollout = db.prepare(`UPDATE rollouts SET verdict = @verdict, verdict_rule = @rule,
      verdict_reason = @reason, extracted = @extracted, verifier = @verifier, reward = @reward,
      reward_correct = @rewardCorrect
    WHERE run_id = @runId AND stage_index = @stageIndex AND purpose = @purpose AND step = @step
      AND group_index = @group AND sample = @sample`);
  const keepAttempt = db.prepare(`INSERT INTO replaced_verdicts (attempt_id, verdict, verdict_rule, verdict_reason,
      extracted, verifier, status, code, target, replaced_at_ms)
    SELECT id, verdict, verdict_rule, verdict_reason, extracted, verifier, status, code, target, @replacedAtMs
    FROM attempts
    WHERE run_id = @runId AND stage_index = @stageIndex AND problem_key = @problemKey AND sample = @sample`);
  const updateAttempt = db.prepare(`UPDATE attempts SET verdict = @verdict, verdict_rule = @rule,
      verdict_reason = @reason, extracted = @extracted, verifier = @verifier, status = @status, code = @code,
      target = @target
    WHERE run_id = @runId AND stage_index = @stageIndex AND problem_key = @problemKey AND sample = @sample`);

  const reviseRollout = (runId: string, revision: RolloutRevision, replacedAtMs: number) => {
    const { stageIndex, purpose, step, group, sample, verdict, reward } = revision;
    const key = { runId, stageIndex, purpose, step, group, sample };
    requireRow(keepRollout.run({ ...key, replacedAtMs }).changes, file, `${purpose} rollout of step ${step}`);
    updateRollout.run({
      ...key,
      ...toVerdictCells(verdict),
      reward: reward?.value ?? null,
      rewardCorrect: reward === null ? null : Number(reward.correct),
    });
  };
  const reviseAttempt = (runId: string, revision: AttemptRevision, replacedAtMs: number) => {
    const { stageIndex, problem, sample, status, code, target, verdict } = revision;
    const key = { runId, stageIndex, problemKey: problems.keyOf(problem), sample };
    requireRow(keepAttempt.run({ ...key, replacedAtMs }).changes, file, `attempt at problem ${problem.id}`);
    updateAttempt.run({ ...key, ...toVerdictCells(verdict), status, code, target: toNullableTextCell(target) });
  };

  return {
    reviseVerdicts: (runId, { rollouts, attempts }) => {
      const replacedAtMs = nowMs();
      connection.writeDurably(() => {
        for (const revision of rollouts) reviseRollout(runId, revision, replacedAtMs);
        for (const revision of attempts) reviseAttempt(runId, revision, replacedAtMs);
      });
    },
  };
}

function toVerdictCells({ verdict, rule, reason, extracted, verifier }: RolloutRevision['verdict']) {
  return { verdict, rule, reason, extracted: toNullableTextCell(extracted), verifier };
}

function requireRow(changes: number, file: string, what: string): void {
  if (changes !== 1) throw new StoreError(`${file}: there is no ${what} whose verdict could be replaced`);
}
