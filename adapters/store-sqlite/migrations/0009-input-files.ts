/** Schema 9: the files a run reads, as they were each time it was found or accepted that they had changed. */
export const INPUT_FILES = `
CREATE TABLE input_files (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  input TEXT NOT NULL,
  file TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  since_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX input_files_by_run ON input_files (run_id);
`;
