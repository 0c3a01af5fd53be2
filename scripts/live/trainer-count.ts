import Database from 'better-sqlite3';

/** How many optimizer steps stand behind weights, by SkyRL's own record of what it did: a trainer's word against the store's. */

/** A row of SkyRL's table `futures`; `request_id` counts up in the order of arrival, which is the order of execution. */
interface DoneRequest {
  readonly id: number;
  readonly kind: 'OPTIM_STEP' | 'SAVE_WEIGHTS' | 'LOAD_WEIGHTS';
  readonly data: string | null;
}

const CHECKPOINT = /^tinker:\/\/([\w-]+)\/weights\/([\w.-]+)$/;

/**
 * Counts the optimizer steps that led to a saved state: those of its model before it was saved, and of the states that
 * were loaded before, back to the untrained model. Only what SkyRL marks as completed counts. Throws when the state or one that was loaded is not in
 * the database.
 */
export function countStepsBehind(database: string, statePath: string): number {
  const db = new Database(database, { readonly: true });
  try {
    const parts = CHECKPOINT.exec(statePath);
    if (parts === null) throw new Error(`${statePath} is no path of a saved state`);
    let [, model, checkpoint] = parts as unknown as [string, string, string];
    let total = 0;
    const seen = new Set<string>();
    while (!seen.has(`${model}/${checkpoint}`)) {
      seen.add(`${model}/${checkpoint}`);
      const { steps, loaded } = countOnModel(db, model, checkpoint);
      total += steps;
      if (loaded === null) return total;
      ({ model, checkpoint } = loaded);
    }
    throw new Error(`the states behind ${statePath} go in a circle`);
  } finally {
    db.close();
  }
}

/** Steps of one model between the last state it loaded and a state it saved, and which it loaded; null for none. */
function countOnModel(db: Database.Database, model: string, checkpoint: string) {
  const sql = `SELECT request_id AS id, request_type AS kind,
      CASE WHEN request_type = 'OPTIM_STEP' THEN NULL ELSE request_data END AS data
    FROM futures WHERE model_id = ? AND status = 'COMPLETED' AND request_type IN ('OPTIM_STEP', 'SAVE_WEIGHTS', 'LOAD_WEIGHTS')
    ORDER BY request_id`;
  const requests = db.prepare(sql).all(model) as DoneRequest[];
  const savedAt = requests.findLastIndex(
    ({ kind, data }) => kind === 'SAVE_WEIGHTS' && JSON.parse(data!).path === checkpoint,
  );
  if (savedAt === -1) throw new Error(`the trainer's record has no state ${checkpoint} of ${model}`);
  const before = requests.slice(0, savedAt);
  const loadedAt = before.findLastIndex(({ kind }) => kind === 'LOAD_WEIGHTS');
  const steps = before.slice(loadedAt + 1).filter(({ kind }) => kind === 'OPTIM_STEP').length;
  if (loadedAt === -1) return { steps, loaded: null };
  const { source_model_id, checkpoint_id } = JSON.parse(before[loadedAt]!.data!) as {
    source_model_id: string;
    checkpoint_id: string;
  };
  return { steps, loaded: { model: source_model_id, checkpoint: checkpoint_id } };
}
