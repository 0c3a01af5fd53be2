import { StoreError } from '../../src/errors.ts';
import type { RunRecord, RunStore, StageRecord } from '../../src/ports/run-store.ts';
import type { Connection } from './connection.ts';
import { fromNullableTextCell, type TextCell, toNullableTextCell } from './text-cell.ts';

type RunRow = Omit<RunRecord, 'message'> & { readonly message: TextCell | null };

type RunMethods = Pick<RunStore, 'createRun' | 'getRun' | 'listRuns' | 'setRunStatus' | 'listStages' | 'saveStage'>;

const RUN_COLUMNS = `id, name, preset, seed, config_json AS configJson, config_hash AS configHash,
  software_version AS softwareVersion, status, message, created_at_ms AS createdAtMs, updated_at_ms AS updatedAtMs`;

/** Runs and their stages. */
export function openRunsTable(connection: Connection): RunMethods {
  const { db, file, nowMs } = connection;
  const insertRun = db.prepare(`INSERT INTO runs VALUES (@id, @name, @preset, @seed, @configJson, @configHash,
    @softwareVersion, @status, @message, @createdAtMs, @updatedAtMs)`);
  const selectRun = db.prepare<[string], RunRow>(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`);
  const selectRuns = db.prepare<[], RunRow>(`SELECT ${RUN_COLUMNS} FROM runs ORDER BY created_at_ms DESC, rowid DESC`);
  const updateStatus = db.prepare('UPDATE runs SET status = ?, message = ?, updated_at_ms = ? WHERE id = ?');
  const upsertStage = db.prepare(`INSERT INTO stages VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (run_id, stage_index) DO UPDATE SET id = excluded.id, kind = excluded.kind, status = excluded.status,
      state_json = excluded.state_json, updated_at_ms = excluded.updated_at_ms`);
  const selectStages = db.prepare<[string], StageRecord>(`SELECT stage_index AS "index", id, kind, status,
    state_json AS stateJson FROM stages WHERE run_id = ? ORDER BY stage_index`);

  const putStage = (runId: string, { index, id, kind, status, stateJson }: StageRecord) =>
    upsertStage.run(runId, index, id, kind, status, stateJson, nowMs());

  return {
    createRun: (run, stages) =>
      connection.writeDurably(() => {
        if (selectRun.get(run.id) !== undefined) throw new StoreError(`${file}: run ${run.id} exists already`);
        insertRun.run({ ...run, message: toNullableTextCell(run.message) });
        for (const stage of stages) putStage(run.id, stage);
      }),
    getRun: (id) => {
      const row = connection.read(() => selectRun.get(id));
      return row === undefined ? null : toRun(row);
    },
    listRuns: () => connection.read(() => selectRuns.all()).map(toRun),
    setRunStatus: (id, status, message) =>
      connection.writeDurably(() => {
        const { changes } = updateStatus.run(status, toNullableTextCell(message), nowMs(), id);
        if (changes === 0) throw new StoreError(`${file}: there is no run ${id}`);
      }),
    listStages: (runId) => connection.read(() => selectStages.all(runId)),
    saveStage: (runId, stage) =>
      connection.writeDurably(() => {
        putStage(runId, stage);
      }),
  };
}

function toRun(row: RunRow): RunRecord {
  return { ...row, message: fromNullableTextCell(row.message) };
}
