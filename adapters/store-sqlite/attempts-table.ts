import type { Problem } from '../../src/core/problem.ts';
import { estimateTokens } from '../../src/core/token-bound.ts';
import type {
  AttemptCount,
  AttemptRecord,
  AttemptStatus,
  AttemptTotals,
  StoredAttempts,
} from '../../src/ports/run-store/attempts.ts';
import type { Connection } from './connection.ts';
import type { SharedRows } from './shared-rows.ts';
import { anyText, type Cell, describeTable, fromTextCell, plain, type Selection } from './table.ts';
import { NO_VERDICT, toVerdict, VERDICT_COLUMNS, type VerdictRow } from './verdict-columns.ts';

/** An attempt whose problem is in another table. */
export interface AttemptRow extends Omit<AttemptRecord, 'problem' | 'verdict'>, VerdictRow {
  readonly problemKey: number;
}

interface AttemptNotes {
  readonly runId: string;
  readonly stageIndex: number;
  readonly savedAtMs: number;
}

/** The table of attempts. What an attempt refers to is in tables of its own. */
export const ATTEMPTS = describeTable<AttemptRow, AttemptNotes>(
  'attempts',
  {
    problemKey: plain('problem_key'),
    sample: plain('sample'),
    status: plain('status'),
    code: plain('code'),
    seed: plain('seed'),
    raw: anyText('raw'),
    reasoning: anyText('reasoning'),
    target: anyText('target'),
    ...VERDICT_COLUMNS,
    promptTokens: plain('prompt_tokens'),
    completionTokens: plain('completion_tokens'),
    promptHash: plain('prompt_hash'),
  },
  { runId: plain('run_id'), stageIndex: plain('stage_index'), savedAtMs: plain('saved_at_ms') },
);

/** A longer pause between two attempts does not count as time in which attempts arrived. */
const MAX_PAUSE_MS = 60_000;

const MEASURE = `SELECT count(*) AS attempts, count(DISTINCT problem_key) AS problems,
    count(DISTINCT CASE WHEN status = 'accepted' THEN problem_key END) AS acceptedProblems,
    coalesce(sum(prompt_tokens), 0) AS promptTokens,
    coalesce(sum(CASE WHEN status = 'failed' THEN completion_tokens
      ELSE coalesce(completion_tokens, estimate_tokens(raw, reasoning)) END), 0) AS completionTokens,
    coalesce(sum(CASE WHEN pause_ms <= ${MAX_PAUSE_MS} THEN pause_ms END), 0) AS activeMs
  FROM (SELECT *, saved_at_ms - lag(saved_at_ms) OVER (ORDER BY saved_at_ms) AS pause_ms
    FROM attempts WHERE run_id = @runId AND stage_index = @stageIndex)`;

/** Cold-start attempts. The first one stored under a key stays. */
export function openAttemptsTable(connection: Connection, problems: SharedRows<Problem>): StoredAttempts {
  const insert = connection.query(`${ATTEMPTS.insert}
    ON CONFLICT (run_id, stage_index, problem_key, sample) DO NOTHING`);
  const selectIds = connection.queryValue<[object], number>(`SELECT a.id FROM attempts AS a
      JOIN problems AS p ON p.key = a.problem_key
    WHERE a.run_id = @runId AND a.stage_index = @stageIndex AND (@status IS NULL OR a.status = @status)
    ORDER BY p.source, p.id, p.digest, a.sample`);
  const selectOne = connection.query<[number], Selection<AttemptRow>>(
    `SELECT ${ATTEMPTS.columns} FROM attempts WHERE id = ?`,
  );
  const selectOf = connection.query<[string, number, number], AttemptStatus>(
    'SELECT sample, status FROM attempts WHERE run_id = ? AND stage_index = ? AND problem_key = ? ORDER BY sample',
  );
  const count = connection.query<[string, number], AttemptCount>(`SELECT code, status, count(*) AS count FROM attempts
    WHERE run_id = ? AND stage_index = ? GROUP BY status, code ORDER BY status, code`);
  const selectFailed = connection.query<[string, number], { code: string | null; count: number; raw: Cell }>(
    `SELECT coalesce(code, 'failed') AS code, count(*) AS count, raw, max(id) AS last FROM attempts
    WHERE run_id = ? AND stage_index = ? AND status = 'failed' GROUP BY code ORDER BY count DESC, code`,
  );
  const deleteFailed = connection.query(
    "DELETE FROM attempts WHERE run_id = ? AND stage_index = ? AND status = 'failed'",
  );
  const measure = connection.query<[object], AttemptTotals>(MEASURE);
  // Not SQL's length(), which does not count characters as the pipeline's budget does.
  connection.db.function('estimate_tokens', { deterministic: true, varargs: true }, (...parts) =>
    estimateTokens(parts.reduce<number>((sum, part) => sum + (fromTextCell(part as Cell)?.length ?? 0), 0)),
  );

  return {
    saveAttempts: (runId, stageIndex, attempts) =>
      connection.write(() => {
        const savedAtMs = connection.nowMs();
        for (const { problem, verdict, ...shared } of attempts) {
          const { extracted } = shared;
          const row = { ...shared, ...(verdict ?? NO_VERDICT), extracted, problemKey: problems.keyOf(problem) };
          insert.run(ATTEMPTS.toCells({ ...row, runId, stageIndex, savedAtMs }));
        }
      }),
    // Rows are fetched one by one: an open cursor would keep the connection busy while the caller writes.
    *listAttempts(runId, stageIndex, status) {
      const ids = connection.read(() => selectIds.all({ runId, stageIndex, status: status ?? null }));
      for (const id of ids) {
        const row = connection.read(() => selectOne.get(id));
        if (row !== undefined) yield toAttempt(ATTEMPTS.fromCells(row), problems);
      }
    },
    findAttempts: (runId, stageIndex, problem) =>
      connection.read(() => {
        const key = problems.find(problem);
        return key === null ? [] : selectOf.all(runId, stageIndex, key);
      }),
    listFailedAttempts: (runId, stageIndex) =>
      connection.read(() =>
        selectFailed.all(runId, stageIndex).map(({ code, count, raw }) => ({
          code: code ?? 'failed',
          count,
          message: fromTextCell(raw) ?? '',
        })),
      ),
    dropFailedAttempts: (runId, stageIndex) => connection.write(() => deleteFailed.run(runId, stageIndex).changes),
    measureAttempts: (runId, stageIndex) => connection.read(() => measure.get({ runId, stageIndex })!),
    countAttempts: (runId, stageIndex) => connection.read(() => count.all(runId, stageIndex)),
  };
}

/** The record of a row. */
export function toAttempt(row: AttemptRow, problems: SharedRows<Problem>): AttemptRecord {
  const { problemKey, verdict: _verdict, rule: _rule, reason: _reason, verifier: _verifier, ...shared } = row;
  return { ...shared, verdict: toVerdict(row), problem: problems.get(problemKey) };
}
