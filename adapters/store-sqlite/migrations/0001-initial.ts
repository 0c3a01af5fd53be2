/**
 * Schema 1. Columns of type ANY hold text that a model, a server or a file wrote: TEXT, or a BLOB of
 * UTF-16LE where the string has lone surrogates and could not come back from UTF-8 (table.ts).
 * Meaning of tables and columns: docs/run-store.md.
 */
export const INITIAL_SCHEMA = `
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  preset TEXT,
  seed INTEGER NOT NULL,
  config_json TEXT NOT NULL,
  config_hash TEXT NOT NULL,
  software_version TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'interrupted', 'failed', 'done')),
  message ANY,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE stages (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  stage_index INTEGER NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('cold-start', 'sft', 'rl', 'eval')),
  status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'done', 'refused')),
  state_json TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (run_id, stage_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE prompts (
  hash TEXT PRIMARY KEY,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE run_prompts (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  role TEXT NOT NULL,
  hash TEXT NOT NULL REFERENCES prompts (hash),
  name TEXT NOT NULL,
  UNIQUE (run_id, role, hash)
) STRICT;

CREATE TABLE problems (
  key INTEGER PRIMARY KEY,
  source ANY NOT NULL,
  id ANY NOT NULL,
  digest BLOB NOT NULL,
  text ANY NOT NULL,
  answer ANY NOT NULL,
  level ANY,
  UNIQUE (source, id, digest)
) STRICT;

CREATE TABLE encoded_prompts (
  key INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  tokens INTEGER NOT NULL,
  ids BLOB NOT NULL
) STRICT;

CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  stage_index INTEGER NOT NULL,
  problem_key INTEGER NOT NULL REFERENCES problems (key),
  sample INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('accepted', 'rejected', 'failed')),
  code TEXT,
  seed INTEGER NOT NULL,
  raw ANY,
  reasoning ANY,
  target ANY,
  extracted ANY,
  prompt_tokens INTEGER,
  completion_tokens INTEGER,
  prompt_hash TEXT NOT NULL,
  saved_at_ms INTEGER NOT NULL,
  UNIQUE (run_id, stage_index, problem_key, sample)
) STRICT;

CREATE TABLE rollouts (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  stage_index INTEGER NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose IN ('train', 'eval', 'pilot')),
  step INTEGER NOT NULL,
  group_index INTEGER NOT NULL,
  sample INTEGER NOT NULL,
  problem_key INTEGER NOT NULL REFERENCES problems (key),
  weights_version TEXT NOT NULL,
  prompt_key INTEGER REFERENCES encoded_prompts (key),
  end_reason TEXT CHECK (end_reason IN ('eos', 'length', 'failed')),
  failure ANY,
  verdict TEXT CHECK (verdict IN ('correct', 'incorrect', 'unparsable')),
  verdict_rule TEXT,
  verdict_reason TEXT,
  extracted ANY,
  verifier TEXT,
  format_mode TEXT NOT NULL,
  format_valid INTEGER NOT NULL,
  format_code TEXT,
  reward REAL,
  reward_mode TEXT,
  reward_correct INTEGER,
  reward_format_valid INTEGER,
  blocks_in_text INTEGER,
  blocks_executed INTEGER,
  forks INTEGER NOT NULL,
  policy_tokens INTEGER NOT NULL,
  critical_tokens INTEGER NOT NULL,
  duration_ms REAL NOT NULL,
  saved_at_ms INTEGER NOT NULL,
  UNIQUE (run_id, stage_index, purpose, step, group_index, sample),
  CHECK ((end_reason IS NULL) = (prompt_key IS NULL))
) STRICT;

CREATE TABLE segments (
  id INTEGER PRIMARY KEY,
  rollout_id INTEGER NOT NULL REFERENCES rollouts (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('main', 'path', 'summary')),
  block INTEGER NOT NULL,
  path INTEGER NOT NULL,
  stop TEXT NOT NULL CHECK (stop IN ('tag', 'eos', 'length', 'abort')),
  flags TEXT NOT NULL,
  seed INTEGER,
  weights_version TEXT,
  tokens INTEGER NOT NULL,
  pieces BLOB NOT NULL,
  UNIQUE (rollout_id, ordinal)
) STRICT;

CREATE TABLE steps (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  stage_index INTEGER NOT NULL,
  step INTEGER NOT NULL,
  commits INTEGER NOT NULL,
  committed_at_ms INTEGER NOT NULL,
  PRIMARY KEY (run_id, stage_index, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE metrics (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  stage_index INTEGER NOT NULL,
  step INTEGER NOT NULL,
  key TEXT NOT NULL,
  value REAL,
  PRIMARY KEY (run_id, stage_index, step, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE trainer_requests (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  model_id TEXT NOT NULL,
  seq_id INTEGER NOT NULL,
  operation TEXT NOT NULL,
  payload_hash TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('submitting', 'acknowledged', 'done', 'failed')),
  request_id TEXT,
  message ANY,
  submitted_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX trainer_requests_by_number ON trainer_requests (run_id, model_id, seq_id);

CREATE TABLE checkpoints (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  stage_index INTEGER NOT NULL,
  step INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('state', 'sampler')),
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  deleted_at_ms INTEGER,
  UNIQUE (run_id, kind, path)
) STRICT;
`;
