/**
 * Long form of test/e2e/resume.test.ts: `npm run soak -- [--trials 100] [--seed 1]`. Each trial is one run
 * of the small curriculum whose controller, engine or both are killed (SIGKILL) at random moments and
 * resumed until it ends; its metrics, rollouts and log-probs must equal those of an uninterrupted run, bit
 * for bit. Prints one line per trial and the totals; exit code 1 when a trial differs.
 * `--cold-start [--kills 50]` is bench/soak-cold-start.ts, `--rollouts [--kills 50]` bench/soak-rollouts.ts,
 * `--acknowledgements [--kills 1000]` bench/soak-acknowledgements.ts.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRng } from '../src/core/rng.ts';
import { runCli } from '../test/support/cli-process.ts';
import { runThroughKills, type Victim } from '../test/support/kill-rounds.ts';
import { readOutcome } from '../test/support/read-outcome.ts';
import { smallRunArgs } from '../test/support/small-run.ts';
import { soakAcknowledgements } from './soak-acknowledgements.ts';
import { soakColdStart } from './soak-cold-start.ts';
import { soakRollouts } from './soak-rollouts.ts';

const VICTIMS: readonly Victim[] = ['controller', 'engine', 'both'];
/** Kills per run before it is left to finish. */
const KILLS_PER_TRIAL = 3;
/** Store changes after which a kill may come: about as many as the small run makes. */
const MAX_CHANGES = 120;

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    'cold-start': { type: 'boolean', default: false },
    rollouts: { type: 'boolean', default: false },
    acknowledgements: { type: 'boolean', default: false },
    kills: { type: 'string' },
  },
});
const seed = Number(values.seed);
const kills = { kills: Number(values.kills ?? '50'), seed };
if (values['cold-start']) await soakColdStart(kills);
else if (values.rollouts) await soakRollouts(kills);
else if (values.acknowledgements) await soakAcknowledgements({ kills: Number(values.kills ?? '1000'), seed });
else await soakCurriculum(Number(values.trials), seed);

async function soakCurriculum(trials: number, seed: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parallel-r1-soak-'));
  try {
    const rng = createRng(seed);
    const whole = join(folder, 'whole.db');
    const first = await runCli(['run', ...smallRunArgs(whole)]);
    assert.equal(first.code, 0, first.stderr);
    const expected = readOutcome(whole);
    let kills = 0;
    let different = 0;
    for (let trial = 0; trial < trials; trial += 1) {
      const victim = VICTIMS[trial % VICTIMS.length]!;
      const db = join(folder, `trial-${trial}.db`);
      const plan = { victim, rng, kills: KILLS_PER_TRIAL, maxChanges: MAX_CHANGES };
      const killed = await runThroughKills(['run', ...smallRunArgs(db)], db, plan);
      kills += killed;
      let verdict = 'equal';
      try {
        assert.deepEqual(readOutcome(db), expected);
      } catch {
        verdict = 'DIFFERENT';
        different += 1;
      }
      console.log(`trial ${trial + 1}: ${victim} killed ${killed} times, ${verdict}`);
      rmSync(db, { force: true });
      rmSync(`${db}-embedded`, { recursive: true, force: true });
    }
    console.log(`${trials} runs, ${kills} kills, ${different} different from the uninterrupted run`);
    process.exitCode = different === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
