import type { AnswerRecord, StoredAnswers } from '../../src/ports/run-store/answers.ts';
import type {
  CheckpointRecord,
  MetricPoint,
  StepFigures,
  StepPlace,
  StoredTraining,
} from '../../src/ports/run-store/training.ts';
import type { TrainerRequestRecord } from '../../src/ports/trainer.ts';
import type { Connection } from './connection.ts';
import { type Column, describeTable, plain, toTextCell } from './table.ts';

/** What training leaves: committed steps and metrics, what the trainer saved, and what it was asked. */
export function openTrainingTables(connection: Connection): StoredTraining {
  return {
    ...openMetrics(connection),
    ...openTrackedSeries(connection),
    ...openCheckpoints(connection),
    ...openRequests(connection),
  };
}

type MetricMethods = Pick<StoredTraining, 'commitStep' | 'lastStep' | 'saveMetrics' | 'listMetrics'>;

/** SQLite has no NaN: it is stored as NULL and read back as NaN. */
const figure = (name: string): Column<number> => ({
  name,
  codec: { toCell: (value) => value, fromCell: (cell) => (cell === null ? Number.NaN : (cell as number)) },
});

const METRICS = describeTable<MetricPoint, { readonly runId: string }>(
  'metrics',
  { stageIndex: plain('stage_index'), step: plain('step'), key: plain('key'), value: figure('value') },
  { runId: plain('run_id') },
);

/** Committed steps and metrics. */
function openMetrics(connection: Connection): MetricMethods {
  const upsertStep = connection.query(`INSERT INTO steps (run_id, stage_index, step, commits, committed_at_ms)
    VALUES (?, ?, ?, 1, ?) ON CONFLICT (run_id, stage_index, step)
    DO UPDATE SET commits = commits + 1, committed_at_ms = excluded.committed_at_ms`);
  const selectLast = connection.queryValue<[string, number], number>(
    'SELECT coalesce(max(step), 0) FROM steps WHERE run_id = ? AND stage_index = ?',
  );
  const upsert = connection.query(`${METRICS.insert}
    ON CONFLICT (run_id, stage_index, step, key) DO UPDATE SET value = excluded.value`);
  const select = connection.query<[{ runId: string; prefix: string }], MetricPoint>(`SELECT ${METRICS.columns}
    FROM metrics WHERE run_id = @runId AND substr(key, 1, length(@prefix)) = @prefix ORDER BY stage_index, step, key`);
  return {
    commitStep: (runId, stageIndex, step, metrics) =>
      connection.writeDurably(() => {
        upsertStep.run(runId, stageIndex, step, connection.nowMs());
        for (const [key, value] of Object.entries(metrics)) {
          upsert.run(METRICS.toCells({ stageIndex, step, key, value, runId }));
        }
      }),
    lastStep: (runId, stageIndex) => connection.read(() => selectLast.get(runId, stageIndex) ?? 0),
    saveMetrics: (runId, points) =>
      connection.write(() => {
        for (const point of points) upsert.run(METRICS.toCells({ ...point, runId }));
      }),
    listMetrics: (runId, prefix = '') => connection.read(() => select.all({ runId, prefix }).map(METRICS.fromCells)),
  };
}

type SeriesMethods = Pick<
  StoredTraining,
  'listStepFigures' | 'listLastFigures' | 'listNewestFigures' | 'trackedStep' | 'saveTrackedStep'
>;

/** Figures step by step, and how far each tracker has them. */
function openTrackedSeries(connection: Connection): SeriesMethods {
  const selectSteps = connection.query<
    [string, number, number, number],
    StepPlace & { readonly committedAtMs: number | null }
  >(`SELECT stage_index AS stageIndex, step, committed_at_ms AS committedAtMs FROM (
      SELECT DISTINCT run_id, stage_index, step FROM metrics WHERE run_id = ? AND (stage_index, step) > (?, ?)
      ORDER BY stage_index, step LIMIT ?
    ) LEFT JOIN steps USING (run_id, stage_index, step) ORDER BY stage_index, step`);
  const selectFigures = connection.query<[string, number, number], MetricPoint>(
    `SELECT ${METRICS.columns} FROM metrics WHERE run_id = ? AND stage_index = ? AND step = ? ORDER BY key`,
  );
  const selectNewest = connection.query<[string], MetricPoint>(`SELECT ${METRICS.columns} FROM (
      SELECT *, row_number() OVER (PARTITION BY key ORDER BY stage_index DESC, step DESC) AS place
      FROM metrics WHERE run_id = ?
    ) WHERE place = 1 ORDER BY key`);
  const selectLast = connection.query<[string], StepPlace>(
    'SELECT stage_index AS stageIndex, max(step) AS step FROM metrics WHERE run_id = ? GROUP BY stage_index ORDER BY stage_index',
  );
  const selectTracked = connection.queryValue<[string, string], number>(
    'SELECT global_step FROM tracker_steps WHERE run_id = ? AND tracker = ?',
  );
  const upsertTracked = connection.query(`INSERT INTO tracker_steps (run_id, tracker, global_step) VALUES (?, ?, ?)
    ON CONFLICT (run_id, tracker) DO UPDATE SET global_step = excluded.global_step`);
  const readFigures = (runId: string, { stageIndex, step }: StepPlace): Record<string, number> =>
    Object.fromEntries(
      selectFigures.all(runId, stageIndex, step).map((cells) => {
        const { key, value } = METRICS.fromCells(cells);
        return [key, value];
      }),
    );
  return {
    listStepFigures: (runId, after, limit) =>
      connection.read(() =>
        selectSteps
          .all(runId, after?.stageIndex ?? -2, after?.step ?? 0, limit)
          .map((place): StepFigures => ({ ...place, metrics: readFigures(runId, place) })),
      ),
    listNewestFigures: (runId) => connection.read(() => selectNewest.all(runId).map(METRICS.fromCells)),
    listLastFigures: (runId) => connection.read(() => selectLast.all(runId)),
    trackedStep: (runId, tracker) => connection.read(() => selectTracked.get(runId, tracker) ?? null),
    saveTrackedStep: (runId, tracker, globalStep) =>
      connection.write(() => {
        upsertTracked.run(runId, tracker, globalStep);
      }),
  };
}

type CheckpointMethods = Pick<
  StoredTraining,
  | 'intendCheckpoint'
  | 'saveCheckpoint'
  | 'listCheckpoints'
  | 'listIntendedCheckpoints'
  | 'countCheckpoints'
  | 'markCheckpointDeleted'
>;
type RequestMethods = Pick<StoredTraining, 'trainerLog'>;

const CHECKPOINTS = describeTable<
  CheckpointRecord,
  { readonly runId: string; readonly createdAtMs: number; readonly isSaved: 0 | 1 }
>(
  'checkpoints',
  {
    stageIndex: plain('stage_index'),
    step: plain('step'),
    kind: plain('kind'),
    name: plain('name'),
    path: plain('path'),
  },
  { runId: plain('run_id'), createdAtMs: plain('created_at_ms'), isSaved: plain('is_saved') },
);

/** A path saved again counts as the newest; deleted ones keep their row. */
function openCheckpoints(connection: Connection): CheckpointMethods {
  const { nowMs } = connection;
  const intend = connection.query(`${CHECKPOINTS.insert} ON CONFLICT (run_id, kind, path)
    DO UPDATE SET is_saved = 0, deleted_at_ms = NULL WHERE deleted_at_ms IS NOT NULL`);
  const replace = connection.query(CHECKPOINTS.insert.replace('INSERT', 'INSERT OR REPLACE'));
  const selectLive = connection.query<[{ runId: string; kind: string | null; isSaved: 0 | 1 }], CheckpointRecord>(
    `SELECT ${CHECKPOINTS.columns} FROM checkpoints WHERE run_id = @runId AND deleted_at_ms IS NULL
    AND is_saved = @isSaved AND (@kind IS NULL OR kind = @kind) ORDER BY id`,
  );
  const count = connection.queryValue<[string, string], number>(
    'SELECT count(*) FROM checkpoints WHERE run_id = ? AND kind = ?',
  );
  const markDeleted = connection.query(`UPDATE checkpoints SET deleted_at_ms = ?
    WHERE run_id = ? AND path = ? AND deleted_at_ms IS NULL`);
  return {
    intendCheckpoint: (runId, checkpoint) =>
      connection.writeDurably(() => {
        intend.run(CHECKPOINTS.toCells({ ...checkpoint, runId, createdAtMs: nowMs(), isSaved: 0 }));
      }),
    saveCheckpoint: (runId, checkpoint) =>
      connection.writeDurably(() => {
        replace.run(CHECKPOINTS.toCells({ ...checkpoint, runId, createdAtMs: nowMs(), isSaved: 1 }));
      }),
    listCheckpoints: (runId, kind) =>
      connection.read(() => selectLive.all({ runId, kind: kind ?? null, isSaved: 1 }).map(CHECKPOINTS.fromCells)),
    listIntendedCheckpoints: (runId) =>
      connection.read(() => selectLive.all({ runId, kind: null, isSaved: 0 }).map(CHECKPOINTS.fromCells)),
    countCheckpoints: (runId, kind) => connection.read(() => count.get(runId, kind) ?? 0),
    markCheckpointDeleted: (runId, path) =>
      connection.write(() => {
        markDeleted.run(nowMs(), runId, path);
      }),
  };
}

const REQUESTS = describeTable<
  TrainerRequestRecord,
  { readonly runId: string; readonly state: string; readonly submittedAtMs: number; readonly updatedAtMs: number }
>(
  'trainer_requests',
  {
    modelId: plain('model_id'),
    seqId: plain('seq_id'),
    operation: plain('operation'),
    payloadHash: plain('payload_hash'),
  },
  {
    runId: plain('run_id'),
    state: plain('state'),
    submittedAtMs: plain('submitted_at_ms'),
    updatedAtMs: plain('updated_at_ms'),
  },
);

/**
 * Requests to the trainer, one row per submission, written before it goes out: a row left at `submitting` or
 * `acknowledged` is one whose outcome the process did not live to see. A sequence number may be submitted again; what is
 * reported later then belongs to the latest submission. Beside them the models that the requests go to.
 */
function openRequests(connection: Connection): RequestMethods {
  const { nowMs } = connection;
  const insert = connection.query(REQUESTS.insert);
  const findLatest = connection.queryValue<[object], number>(`SELECT max(id) FROM trainer_requests
    WHERE run_id = @runId AND model_id = @modelId AND seq_id = @seqId AND operation = @operation
      AND payload_hash = @payloadHash`);
  const acknowledge = connection.query(`UPDATE trainer_requests SET state = 'acknowledged', request_id = ?,
    updated_at_ms = ? WHERE id = ?`);
  const finish = connection.query('UPDATE trainer_requests SET state = ?, message = ?, updated_at_ms = ? WHERE id = ?');
  const openModel = connection.query(`INSERT INTO trainer_models (run_id, model_id, opened_at_ms) VALUES (?, ?, ?)
    ON CONFLICT (run_id, model_id) DO UPDATE SET closed_at_ms = NULL`);
  const closeModel = connection.query('UPDATE trainer_models SET closed_at_ms = ? WHERE run_id = ? AND model_id = ?');
  const selectModels = connection.queryValue<[string], string>(
    'SELECT model_id FROM trainer_models WHERE run_id = ? AND closed_at_ms IS NULL ORDER BY id',
  );
  const selectPaths = connection.queryValue<[string], string>(
    'SELECT path FROM checkpoints WHERE run_id = ? AND deleted_at_ms IS NULL ORDER BY id',
  );
  const latest = (runId: string, record: TrainerRequestRecord) => findLatest.get({ ...record, runId }) ?? null;

  return {
    trainerLog: (runId) => ({
      submitting: (record) =>
        connection.write(() => {
          const now = nowMs();
          insert.run(REQUESTS.toCells({ ...record, runId, state: 'submitting', submittedAtMs: now, updatedAtMs: now }));
        }),
      acknowledged: (record, requestId) =>
        connection.write(() => {
          acknowledge.run(requestId, nowMs(), latest(runId, record));
        }),
      finished: (record, outcome, message) =>
        connection.write(() => {
          finish.run(outcome, toTextCell(message), nowMs(), latest(runId, record));
        }),
      modelOpened: (modelId) =>
        connection.write(() => {
          openModel.run(runId, modelId, nowMs());
        }),
      modelClosed: (modelId) =>
        connection.write(() => {
          closeModel.run(nowMs(), runId, modelId);
        }),
      listOpenModels: () => connection.read(() => selectModels.all(runId)),
      listSavedPaths: () => connection.read(() => selectPaths.all(runId)),
    }),
  };
}

const ANSWERS = describeTable<AnswerRecord, { readonly runId: string; readonly stageIndex: number }>(
  'answers',
  { owner: plain('owner'), call: plain('call'), answer: plain('answer') },
  { runId: plain('run_id'), stageIndex: plain('stage_index') },
);

/** Answers of an engine that no finished attempt or rollout holds yet. */
export function openAnswersTable(connection: Connection): StoredAnswers {
  const insert = connection.query(`${ANSWERS.insert} ON CONFLICT DO NOTHING`);
  const select = connection.query<[string, number, string], AnswerRecord>(
    `SELECT ${ANSWERS.columns} FROM answers WHERE run_id = ? AND stage_index = ? AND owner = ? ORDER BY id`,
  );
  const selectAny = connection.query<[string, number], unknown>(
    'SELECT 1 FROM answers WHERE run_id = ? AND stage_index = ? LIMIT 1',
  );
  const remove = connection.query('DELETE FROM answers WHERE run_id = ? AND stage_index = ? AND owner = ?');
  return {
    saveAnswers: (runId, stageIndex, answers) =>
      connection.write(() => {
        for (const answer of answers) insert.run(ANSWERS.toCells({ ...answer, runId, stageIndex }));
      }),
    hasAnswers: (runId, stageIndex) => connection.read(() => selectAny.get(runId, stageIndex) !== undefined),
    loadAnswers: (runId, stageIndex, owner) =>
      connection.read(() => select.all(runId, stageIndex, owner).map(ANSWERS.fromCells)),
    dropAnswers: (runId, stageIndex, owners) =>
      connection.write(() => {
        for (const owner of owners) remove.run(runId, stageIndex, owner);
      }),
  };
}
