import { StoreError } from '../../src/errors.ts';
import type {
  InputFile,
  PromptUse,
  RunRecord,
  RunVersions,
  StageRecord,
  StoredRuns,
} from '../../src/ports/run-store/runs.ts';
import type { Connection } from './connection.ts';
import { anyText, describeTable, plain, toTextCell } from './table.ts';

const RUNS = describeTable<RunRecord>(
  'runs',
  {
    id: plain('id'),
    name: plain('name'),
    preset: plain('preset'),
    seed: plain('seed'),
    configJson: plain('config_json'),
    configHash: plain('config_hash'),
    softwareVersion: plain('software_version'),
    status: plain('status'),
    message: anyText('message'),
    createdAtMs: plain('created_at_ms'),
    updatedAtMs: plain('updated_at_ms'),
  },
  {},
);

const STAGES = describeTable<StageRecord, { readonly runId: string; readonly updatedAtMs: number }>(
  'stages',
  {
    index: plain('stage_index'),
    id: plain('id'),
    kind: plain('kind'),
    status: plain('status'),
    stateJson: plain('state_json'),
  },
  { runId: plain('run_id'), updatedAtMs: plain('updated_at_ms') },
);

const VERSIONS = describeTable<RunVersions, { readonly runId: string; readonly sinceMs: number }>(
  'run_versions',
  { software: plain('software'), verifier: plain('verifier'), config: plain('config') },
  { runId: plain('run_id'), sinceMs: plain('since_ms') },
);

const INPUT_FILES = describeTable<InputFile & { readonly sinceMs: number }, { readonly runId: string }>(
  'input_files',
  {
    input: plain('input'),
    file: plain('file'),
    sha256: plain('sha256'),
    bytes: plain('bytes'),
    sinceMs: plain('since_ms'),
  },
  { runId: plain('run_id') },
);

/** Runs with their stages, versions, input files and prompt templates. */
export function openRunsTable(connection: Connection): StoredRuns {
  return {
    ...openRunsAndStages(connection),
    ...openVersions(connection),
    ...openInputFiles(connection),
    ...openPrompts(connection),
  };
}

type RunMethods = Omit<StoredRuns, keyof VersionMethods | keyof InputMethods | keyof PromptMethods>;
type VersionMethods = Pick<StoredRuns, 'listRunVersions' | 'saveRunVersions'>;
type InputMethods = Pick<StoredRuns, 'listInputFiles' | 'saveInputFile'>;
type PromptMethods = Pick<StoredRuns, 'savePrompt' | 'listPrompts'>;

function openRunsAndStages(connection: Connection): RunMethods {
  const { file, nowMs } = connection;
  const insertRun = connection.query(RUNS.insert);
  const selectRun = connection.query<[string], RunRecord>(`SELECT ${RUNS.columns} FROM runs WHERE id = ?`);
  const selectRuns = connection.query<[], RunRecord>(
    `SELECT ${RUNS.columns} FROM runs ORDER BY created_at_ms DESC, id DESC`,
  );
  const updateStatus = connection.query('UPDATE runs SET status = ?, message = ?, updated_at_ms = ? WHERE id = ?');
  const updateConfig = connection.query('UPDATE runs SET name = ?, config_json = ?, config_hash = ? WHERE id = ?');
  const upsertStage = connection.query(`${STAGES.insert}
    ON CONFLICT (run_id, stage_index) DO UPDATE SET id = excluded.id, kind = excluded.kind, status = excluded.status,
      state_json = excluded.state_json, updated_at_ms = excluded.updated_at_ms`);
  const selectStages = connection.query<[string], StageRecord>(
    `SELECT ${STAGES.columns} FROM stages WHERE run_id = ? ORDER BY stage_index`,
  );
  const putStage = (runId: string, stage: StageRecord) =>
    upsertStage.run(STAGES.toCells({ ...stage, runId, updatedAtMs: nowMs() }));

  return {
    createRun: (run, stages) =>
      connection.writeDurably(() => {
        if (selectRun.get(run.id) !== undefined) throw new StoreError(`${file}: run ${run.id} already exists`);
        insertRun.run(RUNS.toCells(run));
        for (const stage of stages) putStage(run.id, stage);
      }),
    getRun: (id) => {
      const run = connection.read(() => selectRun.get(id));
      return run === undefined ? null : RUNS.fromCells(run);
    },
    listRuns: () => connection.read(() => selectRuns.all().map(RUNS.fromCells)),
    setRunStatus: (id, status, message) =>
      connection.writeDurably(() => {
        const { changes } = updateStatus.run(status, toTextCell(message), nowMs(), id);
        if (changes === 0) throw new StoreError(`${file}: there is no run ${id}`);
      }),
    saveRunConfig: (id, { name, configJson, configHash }) =>
      connection.writeDurably(() => {
        const { changes } = updateConfig.run(name, configJson, configHash, id);
        if (changes === 0) throw new StoreError(`${file}: there is no run ${id}`);
      }),
    listStages: (runId) => connection.read(() => selectStages.all(runId).map(STAGES.fromCells)),
    saveStage: (runId, stage) =>
      connection.writeDurably(() => {
        putStage(runId, stage);
      }),
  };
}

function openVersions(connection: Connection): VersionMethods {
  const insert = connection.query(VERSIONS.insert);
  const select = connection.query<[string], RunVersions>(
    `SELECT ${VERSIONS.columns} FROM run_versions WHERE run_id = ? ORDER BY id`,
  );
  const list = (runId: string) => select.all(runId).map(VERSIONS.fromCells);
  return {
    listRunVersions: (runId) => connection.read(() => list(runId)),
    saveRunVersions: (runId, { software, verifier, config }) =>
      connection.write(() => {
        const last = list(runId).at(-1);
        if (last?.software === software && last.verifier === verifier && last.config === config) return;
        insert.run(VERSIONS.toCells({ software, verifier, config, runId, sinceMs: connection.nowMs() }));
      }),
  };
}

function openInputFiles(connection: Connection): InputMethods {
  const insert = connection.query(INPUT_FILES.insert);
  const select = connection.query<[string], InputFile & { readonly sinceMs: number }>(
    `SELECT ${INPUT_FILES.columns} FROM input_files WHERE run_id = ? ORDER BY id`,
  );
  return {
    listInputFiles: (runId) => connection.read(() => select.all(runId).map(INPUT_FILES.fromCells)),
    saveInputFile: (runId, file) =>
      connection.write(() => {
        insert.run(INPUT_FILES.toCells({ ...file, runId, sinceMs: connection.nowMs() }));
      }),
  };
}

function openPrompts(connection: Connection): PromptMethods {
  const insert = connection.query('INSERT INTO prompts (hash, text) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const insertUse = connection.query(`INSERT INTO run_prompts (run_id, role, hash, name) VALUES (?, ?, ?, ?)
    ON CONFLICT (run_id, role, hash) DO UPDATE SET name = excluded.name`);
  const selectUses = connection.query<[string], PromptUse>(`SELECT role, hash, name, text
    FROM run_prompts JOIN prompts USING (hash) WHERE run_id = ? ORDER BY run_prompts.id`);
  return {
    savePrompt: (runId, role, { hash, name, text }) =>
      connection.write(() => {
        insert.run(hash, text);
        insertUse.run(runId, role, hash, name);
      }),
    listPrompts: (runId) => connection.read(() => selectUses.all(runId)),
  };
}
