/**
 * Kill and resume on the embedded default, through the command line:
 *  1. two runs with one seed end with the same metrics, bit for bit;
 *  2. a run whose controller, engine or both were killed (SIGKILL) at random moments and resumed ends
 *     with the metrics of the uninterrupted run, bit for bit;
 *  3. no rollout is stored twice and none that was stored is lost;
 *  4. Ctrl-C ends with exit code 130 and says how to resume; the resumed run ends equal too.
 * `npm run soak` is the long form (bench/soak-kill.ts).
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { createRng } from '../../src/core/rng.ts';
import { runCli, startCli } from '../support/cli-process.ts';
import { runThroughKills, type Victim } from '../support/kill-rounds.ts';
import { readOutcome } from '../support/read-outcome.ts';
import { smallRunArgs } from '../support/small-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'parallel-r1-resume-'));
test.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));

async function runWhole(name: string) {
  const db = join(folder, `${name}.db`);
  const result = await runCli(['run', ...smallRunArgs(db)]);
  assert.equal(result.code, 0, result.stderr);
  return readOutcome(db);
}

const reference = runWhole('reference');

test('1: the same seed gives the same metrics and rollouts', async () => {
  assert.deepEqual(await runWhole('again'), await reference);
});

for (const [index, victim] of (['controller', 'engine', 'both'] satisfies Victim[]).entries()) {
  test(`2+3: ${victim} killed at random moments, resumed: same metrics, nothing lost, nothing doubled`, async (t) => {
    const db = join(folder, `kill-${victim}.db`);
    const plan = { victim, rng: createRng(1000 + index), kills: 4, maxChanges: 60 };
    const kills = await runThroughKills(['run', ...smallRunArgs(db)], db, plan);
    t.diagnostic(`${kills} kills`);
    assert.deepEqual(readOutcome(db), await reference);
  });
}

test('4: Ctrl-C stops with 130, names the command, and the resumed run ends the same', async () => {
  const db = join(folder, 'interrupt.db');
  const started = startCli(['run', ...smallRunArgs(db)]);
  started.child.stderr?.on('data', (chunk: string) => {
    if (chunk.includes('(sft)')) started.child.kill('SIGINT');
  });
  const stopped = await started.result;
  assert.equal(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stderr, /parallel-r1 resume \S+/);
  const resumed = await runCli(['resume', '--db', db]);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(readOutcome(db), await reference);
});
