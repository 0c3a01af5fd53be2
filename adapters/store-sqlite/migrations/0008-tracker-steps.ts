/** How far the figures of a run were sent to each tracker. */
export const TRACKER_STEPS = `
CREATE TABLE tracker_steps (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  tracker TEXT NOT NULL,
  global_step INTEGER NOT NULL,
  PRIMARY KEY (run_id, tracker)
) STRICT, WITHOUT ROWID;
`;
