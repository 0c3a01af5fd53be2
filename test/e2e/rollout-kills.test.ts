/**
 * A controller that is killed (SIGKILL) in the middle of its trajectories, through the command line, at a server whose
 * answers follow from prompt and seed:
 *  1. resumed until it is done it ends with the rollouts and figures of an uninterrupted run
 *  2. no completion is asked for again whose answer was stored, and there were such answers of unfinished groups
 * `npm run soak -- rollouts` is the long form (bench/soak-rollouts.ts).
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { createRng } from '../../src/core/rng.ts';
import { runCli } from '../support/cli-process.ts';
import { startEmbeddedServe } from '../support/embedded-trainer-process.ts';
import { evalArgs, evaluateThroughKills } from '../support/kill-rollouts.ts';
import { readOutcome } from '../support/read-outcome.ts';
import { startRolloutServer } from '../support/rollout-server.ts';

test('1+2: four kills', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rollout-kills-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  await using trainer = await startEmbeddedServe(join(folder, 'trainer'));
  const server = await startRolloutServer({ maxDelayMs: 20 });
  t.after(() => server.close());
  const run = { engine: server.url, trainer: trainer.url, problems: 6, samples: 4 };
  const whole = join(folder, 'whole.db');
  const first = await runCli(evalArgs({ ...run, db: whole }));
  assert.equal(first.code, 0, first.stderr);

  const killed = join(folder, 'killed.db');
  const maxAnswers = Math.floor(server.asked / 3);
  const plan = { run: { ...run, db: killed }, server, trainer, kills: 4, maxAnswers, rng: createRng(7) };
  const { kills, openAnswers } = await evaluateThroughKills(plan);
  t.diagnostic(`${kills} kills, ${openAnswers} answers of unfinished groups stored at them`);
  assert.ok(kills > 0 && openAnswers > 0);
  assert.deepEqual(server.askedAgain, []);
  assert.deepEqual(readOutcome(killed), readOutcome(whole));
});
