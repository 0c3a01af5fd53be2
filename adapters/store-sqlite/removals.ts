import { existsSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { StoreError } from '../../src/errors.ts';
import type { KeptBytes, StoredRemovals, StoreSize } from '../../src/ports/run-store/removals.ts';
import type { RolloutStep } from '../../src/ports/run-store/rollouts.ts';
import type { Connection } from './connection.ts';
import { countLogprobBytes, decodePieces } from './decode-pieces.ts';
import { encodePieces } from './encode-pieces.ts';

/** What a rollout and an attempt take beside their texts, roughly, indexes included. */
const ROLLOUT_BYTES = 700;
const ATTEMPT_BYTES = 200;

/** Sum and count that are never NULL. */
type Sums = { readonly rows: number; readonly bytes: number };

/** Removing for good: log-probs, kept answers, whole runs, and the space they leave. */
export function openRemovals(connection: Connection): StoredRemovals {
  const { db, query, read, write, writeDurably } = connection;
  db.function('logprob_bytes', { deterministic: true }, (pieces) => countLogprobBytes(pieces as Buffer));
  db.function('without_logprobs', { deterministic: true }, (pieces) => dropFromPieces(pieces as Buffer));

  const selectLogprobs = query<[string, number], Sums>(`SELECT count(*) AS rows, coalesce(sum(bytes), 0) AS bytes FROM (
      SELECT sum(logprob_bytes(pieces)) AS bytes FROM rollouts JOIN segments ON rollout_id = rollouts.id
      WHERE run_id = ? AND stage_index = ? GROUP BY rollouts.id
    ) WHERE bytes > 0`);
  const ofStep = `rollout_id IN (SELECT id FROM rollouts
      WHERE run_id = @runId AND stage_index = @stageIndex AND purpose = @purpose AND step = @step)`;
  const selectStep = connection.queryValue<[object], number>(
    `SELECT coalesce(sum(logprob_bytes(pieces)), 0) FROM segments WHERE ${ofStep}`,
  );
  const updateStep = query<[object]>(
    `UPDATE segments SET pieces = without_logprobs(pieces) WHERE ${ofStep} AND logprob_bytes(pieces) > 0`,
  );
  const selectAnswers = query<[string], Sums>(
    'SELECT count(*) AS rows, coalesce(sum(octet_length(answer)), 0) AS bytes FROM answers WHERE run_id = ?',
  );
  const deleteAnswers = query<[string]>('DELETE FROM answers WHERE run_id = ?');
  const selectRollouts = query<[string], Sums>(`SELECT count(DISTINCT rollouts.id) AS rows,
      coalesce(sum(octet_length(pieces)), 0) AS bytes
    FROM rollouts LEFT JOIN segments ON rollout_id = rollouts.id WHERE run_id = ?`);
  const selectAttempts = query<[string], Sums>(`SELECT count(*) AS rows, coalesce(sum(coalesce(octet_length(raw), 0)
      + coalesce(octet_length(reasoning), 0) + coalesce(octet_length(target), 0)), 0) AS bytes
    FROM attempts WHERE run_id = ?`);
  const deleteRun = query<[string]>('DELETE FROM runs WHERE id = ?');

  return {
    measureLogprobs: (runId, stageIndex) => read(() => selectLogprobs.get(runId, stageIndex)!),
    dropLogprobs: (runId, { stageIndex, purpose, step }: RolloutStep) =>
      write(() => {
        const key = { runId, stageIndex, purpose, step };
        const bytes = selectStep.get(key)!;
        if (bytes > 0) updateStep.run(key);
        return bytes;
      }),
    measureAnswers: (runId) => read(() => selectAnswers.get(runId)!),
    dropAllAnswers: (runId) =>
      write(() => {
        deleteAnswers.run(runId);
      }),
    measureRun: (runId): KeptBytes =>
      read(() => {
        const [rollouts, attempts] = [selectRollouts.get(runId)!, selectAttempts.get(runId)!];
        const bytes = rollouts.bytes + attempts.bytes + ROLLOUT_BYTES * rollouts.rows + ATTEMPT_BYTES * attempts.rows;
        return { rows: rollouts.rows + attempts.rows, bytes };
      }),
    removeRun: (runId) =>
      writeDurably(() => {
        deleteRun.run(runId);
      }),
    removeUnreferenced: () => removeUnreferenced(connection),
    measureStore: () => read(() => measureStore(connection)),
    compact: () => compact(connection),
  };
}

/** Pieces without log-probs. What cannot be decoded stays as it is: it is not for a tidy-up to report or to lose. */
function dropFromPieces(packed: Buffer): Buffer {
  try {
    return encodePieces(decodePieces(packed).map((piece) => ({ ...piece, logprobs: null })));
  } catch (error) {
    if (error instanceof RangeError) return packed;
    throw error;
  }
}

const UNREFERENCED = `
DELETE FROM problems WHERE key NOT IN (SELECT problem_key FROM rollouts UNION SELECT problem_key FROM attempts);
DELETE FROM encoded_prompts WHERE key NOT IN (SELECT prompt_key FROM rollouts WHERE prompt_key IS NOT NULL);
DELETE FROM prompts WHERE hash NOT IN (SELECT hash FROM run_prompts);
`;

/** Without the checks of foreign keys, which would look for each row's children one by one: the statements themselves ask. */
function removeUnreferenced({ db, read, writeDurably, forgetKeys }: Connection): void {
  read(() => db.pragma('foreign_keys = OFF'));
  try {
    writeDurably(() => db.exec(UNREFERENCED));
  } finally {
    read(() => db.pragma('foreign_keys = ON'));
    forgetKeys();
  }
}

function measureStore({ db, file }: Connection): StoreSize {
  const [pages, free, pageBytes] = ['page_count', 'freelist_count', 'page_size'].map((name) =>
    Number(db.pragma(name, { simple: true })),
  ) as [number, number, number];
  const log = existsSync(`${file}-wal`) ? statSync(`${file}-wal`).size : 0;
  return { bytes: pages * pageBytes + log, unusedBytes: free * pageBytes + log };
}

/** SQLite writes the new file to its folder for temporary files, and then to the log beside the store. */
function compact(connection: Connection): void {
  const { db, file, read } = connection;
  const { bytes, unusedBytes } = read(() => measureStore(connection));
  const needed = bytes - unusedBytes;
  for (const folder of new Set([process.env.SQLITE_TMPDIR ?? process.env.TMPDIR ?? tmpdir(), dirname(file)])) {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize >= needed) continue;
    const [need, room] = [needed, bavail * bsize].map((size) => Math.ceil(size / 1e6));
    throw new StoreError(
      `${file} keeps its size, and what was freed is used by the next runs: to make it smaller takes ${need} MB in ${folder} for a while, and ${room} MB are free there`,
      { retryable: true },
    );
  }
  read(() => {
    db.exec('VACUUM');
    db.pragma('wal_checkpoint(TRUNCATE)');
  });
}
