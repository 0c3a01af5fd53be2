/** Schema 3: answers of an engine that no finished attempt or rollout holds yet. */
export const ANSWERS = `
CREATE TABLE answers (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  stage_index INTEGER NOT NULL,
  owner TEXT NOT NULL,
  call TEXT NOT NULL,
  answer TEXT NOT NULL,
  UNIQUE (run_id, stage_index, owner, call)
) STRICT;
`;
