/**
 * The trained weights that come with the package:
 *  1. where no run was trained, `solve` answers with them at once, forks, says whose weights they are, and leaves nothing behind
 *  2. they still fit model, tokenizer and task: of held-out word sums they get at least 85 % right in valid, executed blocks
 *  3. what they came from is beside them, and is what their own figures claim
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createSilentReporter } from '../../adapters/reporter-terminal/create-line-reporter.ts';
import { openSolveRun } from '../../src/app/open-solve-run.ts';
import { SHIPPED_FOLDER, SHIPPED_STATE } from '../../src/app/shipped-weights.ts';
import { loadRunConfig } from '../../src/config/load.ts';
import { generateWordSums } from '../../src/core/word-sums/generate.ts';
import { solveProblem } from '../../src/pipeline/rollout/solve.ts';
import { runCli } from '../support/cli-process.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('shipped');
const db = join(folder, 'runs.db');

test('1: solve without a run', async () => {
  const question = 'Dan has 18 keys, then makes 31. How many in all?';
  const { code, stdout, stderr } = await runCli(['solve', question, '--answer', '49', '--db', db]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^the weights that come with the package answer/);
  const begun = stdout.split('\n').map((line) => line.trimStart().split(' (')[0]);
  for (const part of ['path 1', 'path 2', 'summary']) assert.ok(begun.includes(part), stdout);
  assert.deepEqual(readdirSync(folder), []);
});

test('2: held-out word sums', async () => {
  const signal = new AbortController().signal;
  const base = loadRunConfig({ preset: 'embedded' }).config;
  const config = { ...base, stages: [{ id: 'solve', kind: 'eval' as const, sets: [] }] };
  const recipe = { config, preset: 'embedded', weights: { run: null, state: SHIPPED_STATE } };
  await using run = await openSolveRun(recipe, { db, reporter: createSilentReporter(), signal });
  const problems = generateWordSums({ level: 'easy', split: 'heldout', count: 60, seed: 4711 });
  let good = 0;
  for (const { text, answer } of problems) {
    const { verdict, format, trajectory } = await solveProblem(run.ctx, run.binding, {
      ...{ question: text, gold: answer, decoding: 'parallel', version: run.version },
    });
    const hasForked = trajectory.segments.some(({ role }) => role === 'path');
    if (verdict?.verdict === 'correct' && format.valid && hasForked) good += 1;
  }
  assert.ok(good >= 0.85 * problems.length, `${good} of ${problems.length}`);
});

test('3: where they come from', () => {
  const recipe = JSON.parse(readFileSync(join(SHIPPED_FOLDER, 'recipe.json'), 'utf8'));
  const { config } = loadRunConfig({ preset: recipe.preset });
  assert.equal(recipe.seed, config.run.seed);
  assert.ok(recipe.heldOut['eval/easy/mean_accuracy'] > 0.85);
});
