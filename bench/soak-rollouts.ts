/**
 * Long form of test/e2e/rollout-kills.test.ts: `npm run soak -- rollouts [--kills 50] [--seed 1]`. `eval` with 200
 * trajectories in flight at a server whose answers follow from prompt and seed; the controller is killed (SIGKILL) at
 * random moments and resumed until it is done. Rollouts and figures must equal those of an uninterrupted run, and no
 * completion may be asked for again whose answer was stored. Exit code 1 when something differs.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '../src/core/rng.ts';
import { runCli } from '../test/support/cli-process.ts';
import { startEmbeddedServe } from '../test/support/embedded-trainer-process.ts';
import { evalArgs, evaluateThroughKills } from '../test/support/kill-rollouts.ts';
import { readOutcome } from '../test/support/read-outcome.ts';
import { startRolloutServer } from '../test/support/rollout-server.ts';

const PROBLEMS = 50;
const SAMPLES = 4;
const MAX_DELAY_MS = 40;

/** Runs the soak. */
export async function soakRollouts({ kills, seed }: { kills: number; seed: number }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parallel-r1-soak-'));
  try {
    await using trainer = await startEmbeddedServe(join(folder, 'trainer'));
    const size = { trainer: trainer.url, problems: PROBLEMS, samples: SAMPLES };
    const calm = await startRolloutServer({ maxDelayMs: MAX_DELAY_MS });
    const whole = join(folder, 'whole.db');
    const first = await runCli(evalArgs({ ...size, db: whole, engine: calm.url }));
    assert.equal(first.code, 0, first.stderr);
    await calm.close();

    const server = await startRolloutServer({ maxDelayMs: MAX_DELAY_MS });
    const run = { ...size, db: join(folder, 'killed.db'), engine: server.url };
    // Kills are spread over the whole run.
    const maxAnswers = Math.max(1, Math.floor((2 * calm.asked) / (kills + 1)));
    const plan = { run, server, trainer, kills, maxAnswers, rng: createRng(seed) };
    const outcome = await evaluateThroughKills(plan);
    await server.close();
    console.log(
      `${outcome.kills} kills, ${PROBLEMS * SAMPLES} trajectories, at most ${server.peak} calls in flight; ` +
        `${outcome.openAnswers} answers of unfinished groups were in the store at them`,
    );
    console.log(
      `${calm.asked} completions asked for and answered without a kill, ${server.asked} asked for and ${server.answered} ` +
        `answered with; of stored ones ${server.askedAgain.length} asked for again`,
    );
    assert.deepEqual(server.askedAgain, []);
    assert.deepEqual(readOutcome(run.db), readOutcome(whole));
    console.log('rollouts and figures are those of the uninterrupted run');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
