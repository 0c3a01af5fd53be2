/** Schema 5: the models that runs hold at their trainers, so that a resumed run can give back what a killed process held. */
export const TRAINER_MODELS = `
CREATE TABLE trainer_models (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  model_id TEXT NOT NULL,
  opened_at_ms INTEGER NOT NULL,
  closed_at_ms INTEGER,
  UNIQUE (run_id, model_id)
) STRICT;
`;
