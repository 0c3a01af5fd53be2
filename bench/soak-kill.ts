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
import { reportSoak, soakMemory } from './soak-memory.ts';
import { soakRollouts } from './soak-rollouts.ts';

const VICTIMS: readonly Victim[] = ['controller', 'engine', 'both'];
/** Kills per run before it is left to finish. */
const KILLS_PER_TRIAL = 3;
/** Steps after which the model of the memory soak gets some sums right and others not. */
const SFT_STEPS = 500;
/** Store changes after which a kill may come: about as many as the small run makes. */
const MAX_CHANGES = 120;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    trials: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    kills: { type: 'string' },
    hours: { type: 'string', default: '2' },
    every: { type: 'string', default: '60' },
    share: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
});
const seed = Number(values.seed);
const kills = { kills: Number(values.kills ?? '50'), seed };
const [kind = 'curriculum'] = positionals;
switch (kind) {
  case 'curriculum':
    await soakCurriculum(Number(values.trials), seed);
    break;
  case 'cold-start':
    await soakColdStart(kills);
    break;
  case 'rollouts':
    await soakRollouts(kills);
    break;
  case 'acknowledgements':
    await soakAcknowledgements({ kills: Number(values.kills ?? '1000'), seed });
    break;
  case 'memory': {
    const [hours, everySeconds, share] = [values.hours, values.every, values.share].map(Number) as [
      number,
      number,
      number,
    ];
    const result = await soakMemory({
      hours,
      minSteps: 1,
      everySeconds,
      share,
      sftSteps: SFT_STEPS,
      out: values.out ?? null,
    });
    process.exitCode = reportSoak(result) ? 0 : 1;
    break;
  }
  default:
    console.error(`there is no soak "${kind}"; known: curriculum, cold-start, rollouts, acknowledgements, memory`);
    process.exitCode = 2;
}

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
