import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { AttemptRecord } from '../../src/ports/run-store/attempts.ts';
import { type CliResult, runCli } from './cli-process.ts';
import type { LiveServer } from './live-server.ts';

/** A `generate` run against a real server that answers noise. */

/** What the filters can say of noise; `transport` is not among them. */
const CODES: ReadonlySet<string | null> = new Set([
  ...['truncated', 'thinking_unclosed', 'empty', 'no_block', 'no_final_answer', 'multiple_final_answers'],
  ...['final_answer_in_block', 'text_after_final_answer', 'wrong_answer', 'untokenizable', 'too_long'],
  ...['path_outside_block', 'summary_outside_block', 'stray_close', 'text_in_block', 'nested_block', 'nested_path'],
  ...['tag_in_path', 'tag_in_summary', 'summary_inside_block', 'too_few_paths', 'empty_path', 'empty_summary'],
  ...['duplicate_path', 'missing_summary', 'text_before_summary', 'unclosed_block', 'unclosed_path'],
  ...['unclosed_summary', 'lookalike_tag'],
]);

const PROBLEMS = [1, 2, 3].map((n) => ({ id: `p${n}`, problem: `What is ${n} + 1?`, answer: `${n + 1}` }));

/** Longest answer, so that noise ends soon. */
export const ANSWER_TOKENS = 48;

export interface LiveRun {
  readonly result: CliResult;
  /** Rows of the store; none where it was not made. */
  readonly attempts: readonly AttemptRecord[];
}

/** Runs the command with three problems. `settings` are `--set` texts, later ones win. */
export async function generateLive(
  server: LiveServer,
  { folder, name, kind, samples = 1, settings = [] }: LiveRunOptions,
): Promise<LiveRun> {
  const file = join(folder, 'problems.jsonl');
  writeFileSync(file, PROBLEMS.map((problem) => `${JSON.stringify(problem)}\n`).join(''));
  const db = join(folder, `${name}.db`);
  const all = [`engine.kind=${kind}`, `stages.0.teacher.maxTokens=${ANSWER_TOKENS}`, ...settings];
  const result = await runCli([
    ...['generate', '--engine', server.url, '--model', server.model, '--problems', file, '--db', db],
    ...['--samples', String(samples), ...all.flatMap((setting) => ['--set', setting])],
  ]);
  using store = openRunStore(db, { readonly: true });
  return { result, attempts: [...store.listAttempts(store.listRuns()[0]!.id, 0)] };
}

export interface LiveRunOptions {
  /** Holds problems and store. */
  readonly folder: string;
  /** Of the store. */
  readonly name: string;
  readonly kind: 'openai' | 'vllm';
  readonly samples?: number;
  readonly settings?: readonly string[];
}

/** Asserts that two samples of every problem were asked, answered, told apart and judged. */
export function checkTwoSamples({ result, attempts }: LiveRun): void {
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(
    attempts.map(({ problem, sample }) => `${problem.id} ${sample}`).sort(),
    PROBLEMS.flatMap(({ id }) => [`${id} 0`, `${id} 1`]),
  );
  for (const { code, promptTokens, raw } of attempts) {
    assert.ok(CODES.has(code), `${code}`);
    assert.ok((promptTokens ?? 0) > 100, `${promptTokens} prompt tokens`);
    assert.notEqual(raw, null);
  }
  // Seeds of their own: noise does not repeat itself.
  assert.equal(new Set(attempts.map(({ raw }) => raw)).size, attempts.length);
}
