/**
 * Schema 4: rollouts carry the evaluation set they belong to, and a run the versions under which it was worked on. What
 * older rows tell of the versions is taken over; which set they belong to they do not tell.
 */
export const SETS_AND_VERSIONS = `
ALTER TABLE rollouts ADD COLUMN set_name ANY;

CREATE INDEX rollouts_by_set ON rollouts (run_id, stage_index, purpose, step, set_name, group_index, sample)
  WHERE set_name IS NOT NULL;

CREATE TABLE run_versions (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  software TEXT NOT NULL,
  verifier TEXT,
  config INTEGER,
  since_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX run_versions_by_run ON run_versions (run_id);

INSERT INTO run_versions (run_id, software, verifier, since_ms)
SELECT runs.id, runs.software_version, judged.verifier, runs.created_at_ms
FROM runs LEFT JOIN (
  SELECT run_id, verifier FROM attempts WHERE verifier IS NOT NULL
  UNION
  SELECT run_id, verifier FROM rollouts WHERE verifier IS NOT NULL
) AS judged ON judged.run_id = runs.id
ORDER BY runs.created_at_ms, runs.id, judged.verifier;
`;
