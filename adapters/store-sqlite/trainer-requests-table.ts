import type { RunStore } from '../../src/ports/run-store.ts';
import type { TrainerRequestRecord } from '../../src/ports/trainer.ts';
import type { Connection } from './connection.ts';
import { toNullableTextCell } from './text-cell.ts';

/**
 * Requests to the trainer, one row per submission and written before it goes out: a row left at
 * `submitting` or `acknowledged` is an outcome the process did not live to see. A sequence number
 * may be submitted again; later news then belong to the latest submission.
 */
export function openTrainerRequestsTable(connection: Connection): Pick<RunStore, 'trainerLog'> {
  const { db, nowMs } = connection;
  const insert = db.prepare(`INSERT INTO trainer_requests (run_id, model_id, seq_id, operation, payload_hash, state,
    submitted_at_ms, updated_at_ms) VALUES (@runId, @modelId, @seqId, @operation, @payloadHash, 'submitting', @now, @now)`);
  const findLatest = db
    .prepare<[string, string, number, string, string], number>(
      `SELECT max(id) FROM trainer_requests
       WHERE run_id = ? AND model_id = ? AND seq_id = ? AND operation = ? AND payload_hash = ?`,
    )
    .pluck();
  const acknowledge = db.prepare(`UPDATE trainer_requests SET state = 'acknowledged', request_id = ?, updated_at_ms = ?
    WHERE id = ?`);
  const finish = db.prepare('UPDATE trainer_requests SET state = ?, message = ?, updated_at_ms = ? WHERE id = ?');

  const latest = (runId: string, { modelId, seqId, operation, payloadHash }: TrainerRequestRecord) =>
    findLatest.get(runId, modelId, seqId, operation, payloadHash) ?? null;

  return {
    trainerLog: (runId) => ({
      submitting: ({ modelId, seqId, operation, payloadHash }) =>
        connection.write(() => {
          insert.run({ runId, modelId, seqId, operation, payloadHash, now: nowMs() });
        }),
      acknowledged: (record, requestId) =>
        connection.write(() => {
          acknowledge.run(requestId, nowMs(), latest(runId, record));
        }),
      finished: (record, outcome, message) =>
        connection.write(() => {
          finish.run(outcome, toNullableTextCell(message), nowMs(), latest(runId, record));
        }),
    }),
  };
}
