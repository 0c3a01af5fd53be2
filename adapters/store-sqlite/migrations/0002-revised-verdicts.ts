/** Schema 2: attempts carry their verdict, and a verdict that was replaced is kept. */
export const REVISED_VERDICTS = `
ALTER TABLE attempts ADD COLUMN verdict TEXT CHECK (verdict IN ('correct', 'incorrect', 'unparsable'));
ALTER TABLE attempts ADD COLUMN verdict_rule TEXT;
ALTER TABLE attempts ADD COLUMN verdict_reason TEXT;
ALTER TABLE attempts ADD COLUMN verifier TEXT;

CREATE TABLE replaced_verdicts (
  id INTEGER PRIMARY KEY,
  rollout_id INTEGER REFERENCES rollouts (id) ON DELETE CASCADE,
  attempt_id INTEGER REFERENCES attempts (id) ON DELETE CASCADE,
  verdict TEXT,
  verdict_rule TEXT,
  verdict_reason TEXT,
  extracted ANY,
  verifier TEXT,
  reward REAL,
  status TEXT,
  code TEXT,
  target ANY,
  replaced_at_ms INTEGER NOT NULL,
  CHECK ((rollout_id IS NULL) <> (attempt_id IS NULL))
) STRICT;

CREATE INDEX replaced_verdicts_by_rollout ON replaced_verdicts (rollout_id);
CREATE INDEX replaced_verdicts_by_attempt ON replaced_verdicts (attempt_id);
`;
