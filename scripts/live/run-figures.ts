import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Figures of a run, read off its store as docs/run-store.md describes it. The store is only looked at, also while a run writes it. */

/** Mean over problems, and half the width of its 95 % interval (normal approximation). */
export interface Share {
  readonly mean: number;
  readonly halfWidth: number;
}

/** One evaluation: what was right, and what had a valid block that was executed. */
export interface EvaluationFigures {
  readonly stage: string;
  readonly step: number;
  readonly problems: number;
  readonly correct: Share;
  readonly validBlock: Share;
}

export interface RunFigures {
  readonly evaluations: readonly EvaluationFigures[];
  /** Largest `mismatch/mean` and `mismatch/max` of any RL step; null where there was none. */
  readonly mismatch: { readonly mean: number; readonly max: number } | null;
  /** Median seconds between two steps of a stage, by its id. */
  readonly secondsPerStep: Readonly<Record<string, number>>;
  readonly stages: readonly { readonly id: string; readonly status: string; readonly steps: number }[];
}

/** The newest run of that name in a store; null when there is no store or no such run yet. */
export function readRun(
  store: string,
  name: string,
): { readonly id: string; readonly status: string; readonly message: string | null } | null {
  return readStore(store, null, (db) => {
    const row = db
      .prepare('SELECT id, status, message FROM runs WHERE name = ? ORDER BY created_at_ms DESC LIMIT 1')
      .get(name);
    return (row as { id: string; status: string; message: string | null } | undefined) ?? null;
  });
}

/** Steps of all stages that the store holds. */
export function countSteps(store: string): number {
  return readStore(store, 0, (db) => (db.prepare('SELECT count(*) AS n FROM steps').get() as { n: number }).n);
}

/** Updates of the optimizer that the store's steps stand for, up to a step of a stage: one for each supervised step, in RL what the step says. */
export function countUpdates(store: string, upTo: { readonly stageIndex: number; readonly step: number }): number {
  return readStore(store, 0, (db) => {
    const sql = `SELECT coalesce(sum(CASE WHEN g.kind = 'rl' THEN coalesce(m.value, 0) ELSE 1 END), 0) AS n
      FROM steps s JOIN stages g USING (run_id, stage_index)
      LEFT JOIN metrics m ON m.run_id = s.run_id AND m.stage_index = s.stage_index AND m.step = s.step AND m.key = 'train/updates'
      WHERE s.stage_index < $stageIndex OR (s.stage_index = $stageIndex AND s.step <= $step)`;
    return (db.prepare(sql).get(upTo) as { n: number }).n;
  });
}

/** The state that was saved last, deleted or not. */
export function findLastState(
  store: string,
): { readonly stageIndex: number; readonly step: number; readonly path: string } | null {
  return readStore(store, null, (db) => {
    const sql = `SELECT stage_index AS stageIndex, step, path FROM checkpoints WHERE kind = 'state' ORDER BY stage_index DESC, step DESC, id DESC LIMIT 1`;
    return (db.prepare(sql).get() as { stageIndex: number; step: number; path: string } | undefined) ?? null;
  });
}

/** What was decided about the first `count` rollouts of a store, all of them where it is null: their number and a hash. */
export function digestDecisions(
  store: string,
  count: number | null,
): { readonly rollouts: number; readonly digest: string } {
  // Killed before its first rollout a run has the decisions of none, store or not.
  return readStore(store, { rollouts: 0, digest: createHash('sha256').digest('hex') }, (db) => {
    const sql = `SELECT stage_index, purpose, step, group_index, sample, weights_version, verdict, extracted, format_valid, reward
      FROM rollouts ORDER BY id LIMIT ?`;
    const hash = createHash('sha256');
    let rollouts = 0;
    for (const row of db
      .prepare(sql)
      .raw()
      .iterate(count ?? -1)) {
      hash.update(`${JSON.stringify(row)}\n`);
      rollouts += 1;
    }
    return { rollouts, digest: hash.digest('hex') };
  });
}

/** Of the newest run of that name: a store may hold several, as that of a comparison does. */
export function readFigures(store: string, name: string): RunFigures {
  const absent = { evaluations: [], mismatch: null, secondsPerStep: {}, stages: [] };
  const run = readRun(store, name);
  if (run === null) return absent;
  return readStore(store, absent, (db) => {
    const stages = db
      .prepare(
        `SELECT g.id, g.status, g.stage_index AS stageIndex,
          (SELECT count(*) FROM steps s WHERE s.run_id = g.run_id AND s.stage_index = g.stage_index) AS steps
          FROM stages g WHERE g.run_id = ? ORDER BY g.stage_index`,
      )
      .all(run.id) as { id: string; status: string; stageIndex: number; steps: number }[];
    return {
      stages,
      evaluations: readEvaluations(
        db,
        run.id,
        stages.map(({ id }) => id),
      ),
      mismatch: readMismatch(db, run.id),
      secondsPerStep: Object.fromEntries(
        stages.flatMap(({ id, stageIndex }) => {
          const seconds = measureSteps(db, run.id, stageIndex);
          return seconds === null ? [] : [[id, seconds]];
        }),
      ),
    };
  });
}

function readEvaluations(db: Database.Database, runId: string, stageIds: readonly string[]): EvaluationFigures[] {
  const sql = `SELECT stage_index AS stageIndex, step, avg(verdict = 'correct') AS correct,
      avg(format_valid = 1 AND blocks_executed > 0) AS validBlock
    FROM rollouts WHERE run_id = ? AND purpose = 'eval' AND failure IS NULL GROUP BY stage_index, step, group_index`;
  const rows = db.prepare(sql).all(runId) as {
    stageIndex: number;
    step: number;
    correct: number;
    validBlock: number;
  }[];
  const byMoment = Map.groupBy(rows, ({ stageIndex, step }) => `${stageIndex}/${step}`);
  return [...byMoment.values()].map((problems) => ({
    stage: stageIds[problems[0]!.stageIndex]!,
    step: problems[0]!.step,
    problems: problems.length,
    correct: toShare(problems.map(({ correct }) => correct)),
    validBlock: toShare(problems.map(({ validBlock }) => validBlock)),
  }));
}

function toShare(values: readonly number[]): Share {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean, halfWidth: 1.96 * Math.sqrt(variance / values.length) };
}

function readMismatch(db: Database.Database, runId: string): RunFigures['mismatch'] {
  const largest = db.prepare('SELECT max(value) AS value FROM metrics WHERE run_id = ? AND key = ?');
  const [mean, max] = ['mismatch/mean', 'mismatch/max'].map(
    (key) => (largest.get(runId, key) as { value: number | null }).value,
  );
  return mean == null || max == null ? null : { mean, max };
}

function measureSteps(db: Database.Database, runId: string, stageIndex: number): number | null {
  const times = db
    .prepare('SELECT committed_at_ms FROM steps WHERE run_id = ? AND stage_index = ? ORDER BY step')
    .pluck()
    .all(runId, stageIndex) as number[];
  const gaps = times
    .slice(1)
    .map((time, index) => (time - times[index]!) / 1000)
    .sort((a, b) => a - b);
  return gaps.length === 0 ? null : gaps[Math.floor(gaps.length / 2)]!;
}

function readStore<T>(store: string, absent: T, read: (db: Database.Database) => T): T {
  if (!existsSync(store)) return absent;
  const db = new Database(store, { readonly: true });
  try {
    // Killed while it was made, a store may have no tables yet.
    const isStore = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'steps'").get() !== undefined;
    return isStore ? read(db) : absent;
  } finally {
    db.close();
  }
}
