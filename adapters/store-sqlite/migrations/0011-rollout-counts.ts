/** What `rollout_counts` is, as a query. A store without the table is shown through it (show-as-current.ts). */
export const ROLLOUT_COUNTS_QUERY = `
SELECT run_id, stage_index, purpose, step, count(*) AS rollouts, sum(end_reason IS NULL) AS failed,
  sum(verdict IS 'correct') AS correct, sum(verdict IS 'unparsable') AS unparsable,
  sum(format_valid) AS format_valid, sum(forks > 0) AS forked
FROM rollouts GROUP BY run_id, stage_index, purpose, step`;

/**
 * Schema 11: how many rollouts each step has and what became of them, so that the report of a run of a million rollouts
 * counts steps and not rollouts. Triggers keep it, whoever writes.
 */
export const ROLLOUT_COUNTS = `
CREATE TABLE rollout_counts (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  stage_index INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  step INTEGER NOT NULL,
  rollouts INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  correct INTEGER NOT NULL,
  unparsable INTEGER NOT NULL,
  format_valid INTEGER NOT NULL,
  forked INTEGER NOT NULL,
  PRIMARY KEY (run_id, stage_index, purpose, step)
) STRICT, WITHOUT ROWID;

INSERT INTO rollout_counts (run_id, stage_index, purpose, step, rollouts, failed, correct, unparsable, format_valid, forked)
${ROLLOUT_COUNTS_QUERY};

CREATE TRIGGER rollouts_counted AFTER INSERT ON rollouts BEGIN
  INSERT INTO rollout_counts VALUES (NEW.run_id, NEW.stage_index, NEW.purpose, NEW.step, 1, NEW.end_reason IS NULL,
    NEW.verdict IS 'correct', NEW.verdict IS 'unparsable', NEW.format_valid, NEW.forks > 0)
  ON CONFLICT (run_id, stage_index, purpose, step) DO UPDATE SET rollouts = rollouts + 1,
    failed = failed + excluded.failed, correct = correct + excluded.correct,
    unparsable = unparsable + excluded.unparsable, format_valid = format_valid + excluded.format_valid,
    forked = forked + excluded.forked;
END;

CREATE TRIGGER rollouts_recounted AFTER UPDATE OF end_reason, verdict, format_valid, forks ON rollouts BEGIN
  UPDATE rollout_counts SET failed = failed + (NEW.end_reason IS NULL) - (OLD.end_reason IS NULL),
    correct = correct + (NEW.verdict IS 'correct') - (OLD.verdict IS 'correct'),
    unparsable = unparsable + (NEW.verdict IS 'unparsable') - (OLD.verdict IS 'unparsable'),
    format_valid = format_valid + NEW.format_valid - OLD.format_valid,
    forked = forked + (NEW.forks > 0) - (OLD.forks > 0)
  WHERE run_id = NEW.run_id AND stage_index = NEW.stage_index AND purpose = NEW.purpose AND step = NEW.step;
END;

CREATE TRIGGER rollouts_discounted AFTER DELETE ON rollouts BEGIN
  UPDATE rollout_counts SET rollouts = rollouts - 1, failed = failed - (OLD.end_reason IS NULL),
    correct = correct - (OLD.verdict IS 'correct'), unparsable = unparsable - (OLD.verdict IS 'unparsable'),
    format_valid = format_valid - OLD.format_valid, forked = forked - (OLD.forks > 0)
  WHERE run_id = OLD.run_id AND stage_index = OLD.stage_index AND purpose = OLD.purpose AND step = OLD.step;
  DELETE FROM rollout_counts WHERE run_id = OLD.run_id AND stage_index = OLD.stage_index
    AND purpose = OLD.purpose AND step = OLD.step AND rollouts = 0;
END;
`;
