import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { reportYield } from '../../src/pipeline/cold-start/yield-report.ts';

import { runCli } from './cli-process.ts';
import type { SharedProblem } from './teacher-rows.ts';
import { TEACHER_MODEL } from './teacher-server.ts';

/** A `generate` run through the command line, and what it left. */

export interface GenerateRun {
  readonly db: string;
  /** Problems. */
  readonly file: string;
  /** Base URL of the teacher. */
  readonly url: string;
  readonly maxInFlight: number;
}

/** The command that makes the data. */
export function generateArgs({ db, file, url, maxInFlight }: GenerateRun): string[] {
  const names = ['--engine', url, '--model', TEACHER_MODEL, '--problems', file];
  const settings = [`engine.maxInFlight=${maxInFlight}`, 'stages.0.minBlocks=1'];
  return ['generate', ...names, '--db', db, ...settings.flatMap((setting) => ['--set', setting])];
}

/** Writes problems as a user has them; returns the file. */
export function writeProblems(file: string, problems: readonly SharedProblem[]): string {
  const lines = problems.map(({ id, problem, answer }) => `${JSON.stringify({ id, problem, answer })}\n`);
  writeFileSync(file, lines.join(''));
  return file;
}

/** Attempts per code of the store's only run, `accepted` among them. */
export function readYield(db: string): Record<string, number> {
  using store = openRunStore(db, { readonly: true });
  const { accepted, rejected } = reportYield({ store, runId: store.listRuns()[0]!.id }, 0);
  return { accepted, ...Object.fromEntries(rejected.map(({ code, count }) => [code, count])) };
}

/** Exports the store's only run; returns the file. */
export async function exportMessages(db: string, out: string): Promise<string> {
  using store = openRunStore(db, { readonly: true });
  const run = store.listRuns()[0]!.id;
  const result = await runCli(['export', run, '--format', 'messages', '--out', out, '--db', db]);
  assert.equal(result.code, 0, result.stderr);
  return out;
}
