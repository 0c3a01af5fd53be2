import type { CheckpointRecord, RunStore } from '../../src/ports/run-store.ts';
import type { Connection } from './connection.ts';

type CheckpointMethods = Pick<RunStore, 'saveCheckpoint' | 'listCheckpoints' | 'markCheckpointDeleted'>;

/** What the trainer saved. A path saved again counts as the newest; deleted ones keep their row. */
export function openCheckpointsTable(connection: Connection): CheckpointMethods {
  const { db, nowMs } = connection;
  const replace = db.prepare(`INSERT OR REPLACE INTO checkpoints (run_id, stage_index, step, kind, name, path,
    created_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const selectLive = db.prepare<[{ runId: string; kind: string | null }], CheckpointRecord>(`SELECT
      stage_index AS stageIndex, step, kind, name, path FROM checkpoints
    WHERE run_id = @runId AND deleted_at_ms IS NULL AND (@kind IS NULL OR kind = @kind) ORDER BY id`);
  const markDeleted = db.prepare(`UPDATE checkpoints SET deleted_at_ms = ?
    WHERE run_id = ? AND path = ? AND deleted_at_ms IS NULL`);
  return {
    saveCheckpoint: (runId, { stageIndex, step, kind, name, path }) =>
      connection.writeDurably(() => {
        replace.run(runId, stageIndex, step, kind, name, path, nowMs());
      }),
    listCheckpoints: (runId, kind) => connection.read(() => selectLive.all({ runId, kind: kind ?? null })),
    markCheckpointDeleted: (runId, path) =>
      connection.write(() => {
        markDeleted.run(nowMs(), runId, path);
      }),
  };
}
