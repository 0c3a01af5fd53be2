import type { Verdict } from '../../src/core/verify/verdict.ts';
import type { AttemptRecord, AttemptTotals, RunStore } from '../../src/ports/run-store.ts';
import type { Connection } from './connection.ts';
import type { ProblemIndex } from './problem-index.ts';
import { fromNullableTextCell, type TextCell, toNullableTextCell } from './text-cell.ts';

type AttemptMethods = Pick<
  RunStore,
  'saveAttempts' | 'listAttempts' | 'findAttempts' | 'countAttempts' | 'measureAttempts'
>;

type FoundAttempt = ReturnType<RunStore['findAttempts']>[number];

type CellKey = 'raw' | 'reasoning' | 'target' | 'extracted';

type AttemptRow = Omit<AttemptRecord, 'problem' | 'verdict' | CellKey> &
  Readonly<Record<CellKey, TextCell | null>> & {
    readonly problemKey: number;
    readonly verdict: Verdict['verdict'] | null;
    readonly rule: string;
    readonly reason: string | null;
    readonly verifier: string;
  };

type AttemptCount = ReturnType<RunStore['countAttempts']>[number];

/** Tokens are counted as `measureUse` of the pipeline counts them. */
const MEASURE_ATTEMPTS = `SELECT count(*) AS attempts, count(DISTINCT problem_key) AS problems,
    count(DISTINCT CASE WHEN status = 'accepted' THEN problem_key END) AS acceptedProblems,
    coalesce(sum(CASE WHEN status = 'failed' THEN 0 ELSE prompt_tokens END), 0) AS promptTokens,
    coalesce(sum(CASE WHEN status = 'failed' THEN 0 ELSE
      coalesce(completion_tokens, (coalesce(length(raw), 0) + coalesce(length(reasoning), 0) + 3) / 4) END), 0)
      AS completionTokens,
    coalesce(sum(CASE WHEN pause_ms <= 60000 THEN pause_ms END), 0) AS activeMs
  FROM (SELECT *, saved_at_ms - lag(saved_at_ms) OVER (ORDER BY saved_at_ms) AS pause_ms
    FROM attempts WHERE run_id = @runId AND stage_index = @stageIndex)`;

/** Cold-start attempts. The first one stored under a key stays. */
export function openAttemptsTable(connection: Connection, problems: ProblemIndex): AttemptMethods {
  const { db, nowMs } = connection;
  const insert = db.prepare(`INSERT INTO attempts (run_id, stage_index, problem_key, sample, status, code, seed, raw,
      reasoning, target, extracted, prompt_tokens, completion_tokens, prompt_hash, verdict, verdict_rule, verdict_reason,
      verifier, saved_at_ms)
    VALUES (@runId, @stageIndex, @problemKey, @sample, @status, @code, @seed, @raw, @reasoning, @target, @extracted,
      @promptTokens, @completionTokens, @promptHash, @verdict, @rule, @reason, @verifier, @savedAtMs)
    ON CONFLICT (run_id, stage_index, problem_key, sample) DO NOTHING`);
  const selectIds = db
    .prepare<[{ runId: string; stageIndex: number; status: string | null }], number>(
      `SELECT a.id FROM attempts AS a JOIN problems AS p ON p.key = a.problem_key
       WHERE a.run_id = @runId AND a.stage_index = @stageIndex AND (@status IS NULL OR a.status = @status)
       ORDER BY p.source, p.id, p.digest, a.sample`,
    )
    .pluck();
  const selectOne = db.prepare<[number], AttemptRow>(`SELECT problem_key AS problemKey, sample, status, code, seed, raw,
    reasoning, target, extracted, prompt_tokens AS promptTokens, completion_tokens AS completionTokens,
    prompt_hash AS promptHash, verdict, verdict_rule AS rule, verdict_reason AS reason, verifier
    FROM attempts WHERE id = ?`);
  const count = db.prepare<[string, number], AttemptCount>(`SELECT code, status, count(*) AS count FROM attempts
    WHERE run_id = ? AND stage_index = ? GROUP BY status, code ORDER BY status, code`);

  const selectOf = db.prepare<[string, number, number], FoundAttempt>(
    'SELECT sample, status FROM attempts WHERE run_id = ? AND stage_index = ? AND problem_key = ? ORDER BY sample',
  );
  const measure = db.prepare<[{ runId: string; stageIndex: number }], AttemptTotals>(MEASURE_ATTEMPTS);

  const saveAll = (runId: string, stageIndex: number, attempts: readonly AttemptRecord[]) => {
    const savedAtMs = nowMs();
    for (const { problem, verdict, ...attempt } of attempts) {
      insert.run({
        ...attempt,
        ...toCells(attempt),
        verdict: verdict?.verdict ?? null,
        rule: verdict?.rule ?? null,
        reason: verdict?.reason ?? null,
        verifier: verdict?.verifier ?? null,
        runId,
        stageIndex,
        problemKey: problems.keyOf(problem),
        savedAtMs,
      });
    }
  };

  return {
    saveAttempts: (runId, stageIndex, attempts) => connection.write(() => saveAll(runId, stageIndex, attempts)),
    // Rows are fetched one by one: an open cursor would keep the connection busy while the caller writes.
    *listAttempts(runId, stageIndex, status) {
      const ids = connection.read(() => selectIds.all({ runId, stageIndex, status: status ?? null }));
      for (const id of ids) {
        const row = connection.read(() => selectOne.get(id));
        if (row !== undefined) yield toAttempt(row, problems);
      }
    },
    findAttempts: (runId, stageIndex, problem) =>
      connection.read(() => {
        const key = problems.find(problem);
        return key === null ? [] : selectOf.all(runId, stageIndex, key);
      }),
    measureAttempts: (runId, stageIndex) => connection.read(() => measure.get({ runId, stageIndex })!),
    countAttempts: (runId, stageIndex) => connection.read(() => count.all(runId, stageIndex)),
  };
}

function toCells(attempt: Pick<AttemptRecord, CellKey>): Record<CellKey, TextCell | null> {
  return {
    raw: toNullableTextCell(attempt.raw),
    reasoning: toNullableTextCell(attempt.reasoning),
    target: toNullableTextCell(attempt.target),
    extracted: toNullableTextCell(attempt.extracted),
  };
}

function toAttempt(
  { problemKey, verdict, rule, reason, verifier, ...row }: AttemptRow,
  problems: ProblemIndex,
): AttemptRecord {
  const extracted = fromNullableTextCell(row.extracted);
  return {
    ...row,
    verdict: verdict === null ? null : { verdict, rule, reason, extracted, verifier },
    problem: problems.get(problemKey),
    raw: fromNullableTextCell(row.raw),
    reasoning: fromNullableTextCell(row.reasoning),
    target: fromNullableTextCell(row.target),
    extracted,
  };
}
