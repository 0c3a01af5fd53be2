import type { MetricPoint, RunStore } from '../../src/ports/run-store.ts';
import type { Connection } from './connection.ts';

type MetricMethods = Pick<RunStore, 'commitStep' | 'lastStep' | 'saveMetrics' | 'listMetrics'>;

type MetricRow = Omit<MetricPoint, 'value'> & { readonly value: number | null };

/** Committed steps and metrics. SQLite has no NaN: it is stored as NULL and read back as NaN. */
export function openMetricsTable(connection: Connection): MetricMethods {
  const { db, nowMs } = connection;
  const upsertStep = db.prepare(`INSERT INTO steps VALUES (?, ?, ?, 1, ?) ON CONFLICT (run_id, stage_index, step)
    DO UPDATE SET commits = commits + 1, committed_at_ms = excluded.committed_at_ms`);
  const selectLast = db
    .prepare<[string, number], number>('SELECT coalesce(max(step), 0) FROM steps WHERE run_id = ? AND stage_index = ?')
    .pluck();
  const upsertMetric =
    db.prepare(`INSERT INTO metrics VALUES (?, ?, ?, ?, ?) ON CONFLICT (run_id, stage_index, step, key)
    DO UPDATE SET value = excluded.value`);
  const selectMetrics = db.prepare<
    [{ runId: string; prefix: string }],
    MetricRow
  >(`SELECT stage_index AS stageIndex, step, key, value
    FROM metrics WHERE run_id = @runId AND substr(key, 1, length(@prefix)) = @prefix ORDER BY stage_index, step, key`);
  return {
    commitStep: (runId, stageIndex, step, metrics) =>
      connection.writeDurably(() => {
        upsertStep.run(runId, stageIndex, step, nowMs());
        for (const [key, value] of Object.entries(metrics)) upsertMetric.run(runId, stageIndex, step, key, value);
      }),
    lastStep: (runId, stageIndex) => connection.read(() => selectLast.get(runId, stageIndex) ?? 0),
    saveMetrics: (runId, points) =>
      connection.write(() => {
        for (const { stageIndex, step, key, value } of points) upsertMetric.run(runId, stageIndex, step, key, value);
      }),
    listMetrics: (runId, prefix = '') =>
      connection
        .read(() => selectMetrics.all({ runId, prefix }))
        .map((row) => ({ ...row, value: row.value ?? Number.NaN })),
  };
}
