import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { APPLICATION_ID, MIGRATIONS } from '../../adapters/store-sqlite/migrations.ts';

const FIXTURE = fileURLToPath(new URL('../fixtures/runs-0.1.0.db.gz', import.meta.url));

/**
 * Runs made by version 0.1.0 (schema 3) on the embedded default. `whole` and `killed` are one small curriculum, the latter
 * killed in SFT step 6; `easyWhole` and `easyKilled` the stage rl-easy alone, the latter killed in step 3.
 */
export const OLD_RUNS = {
  whole: '20261128-183911-473d',
  killed: '20261128-183915-d495',
  easyWhole: '20261128-183918-9e81',
  easyKilled: '20261128-183920-30ad',
} as const;

/** Schema of that store. */
export const OLD_SCHEMA = 3;

/** Unpacks the store into a file. */
export function unpackOldStore(file: string): void {
  writeFileSync(file, gunzipSync(readFileSync(FIXTURE)));
}

/** Makes a store as the software of that schema left it, with one run that has one attempt and one rollout. */
export function createStoreOfSchema(file: string, schema: number): void {
  const db = new Database(file);
  for (const { version, sql } of MIGRATIONS) if (version <= schema) db.exec(sql);
  db.pragma(`application_id = ${APPLICATION_ID}`);
  db.pragma(`user_version = ${schema}`);
  db.exec(`
    INSERT INTO runs VALUES ('run-1', 'n', NULL, 1, '{}', 'h', '0.0.9', 'done', NULL, 1, 1);
    INSERT INTO problems (key, source, id, digest, text, answer) VALUES (1, 's', 'p', x'00', 'q', '4');
    INSERT INTO attempts (run_id, stage_index, problem_key, sample, status, seed, extracted, prompt_hash, saved_at_ms)
      VALUES ('run-1', 0, 1, 0, 'accepted', 1, '4', 'h', 1);
    INSERT INTO rollouts (run_id, stage_index, purpose, step, group_index, sample, problem_key, weights_version, failure,
        verdict, verdict_rule, verifier, format_mode, format_valid, forks, policy_tokens, critical_tokens, duration_ms,
        saved_at_ms)
      VALUES ('run-1', 0, 'eval', 0, 0, 0, 1, 'w', 'gone', 'incorrect', 'r', 'math/1', 'strict', 0, 0, 0, 0, 1, 1);
  `);
  db.close();
}
