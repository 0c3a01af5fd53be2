/**
 * Long form of test/e2e/acknowledgement-kills.test.ts: `npm run soak -- acknowledgements [--kills 1000] [--seed 1]`. Runs
 * of a curriculum of seconds behind a proxy that loses, doubles and delays acknowledgements, whose controller and trainer
 * are killed (SIGKILL) at random moments. The trainer's own count of optimizer steps must be the store's, metrics and
 * rollouts those of an undisturbed run, and nothing may be left at the trainer. Exit code 1 when something differs.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '../src/core/rng.ts';
import { countTrials, type TrialTotals } from '../test/support/acknowledgement-kills.ts';

const KILLS_PER_RUN = 20;
/** Most of the time is spent in pauses before repetitions. */
const AT_ONCE = 4;

/** Runs the soak. */
export async function soakAcknowledgements({ kills, seed }: { kills: number; seed: number }): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'parallel-r1-soak-'));
  const makeFolder = (name: string) => {
    const folder = join(root, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  };
  try {
    const plan = { kills, killsPerRun: KILLS_PER_RUN, atOnce: AT_ONCE, rng: createRng(seed) };
    const totals = await countTrials(plan, makeFolder, (now) => console.log(describe(now)));
    const { lost, doubled, stuck, orphans, different } = totals;
    process.exitCode = lost + doubled + stuck + orphans + different === 0 ? 0 : 1;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function describe({ runs, kills, disturbed, lost, doubled, stuck, givenUp, orphans, different }: TrialTotals): string {
  return (
    `${runs} runs, ${kills} kills, ${disturbed} acknowledgements lost, doubled or late: optimizer steps ${lost} lost, ` +
    `${doubled} doubled; ${stuck} runs stuck, ${different} different from the undisturbed one, ${orphans} saves left behind; ${givenUp} times given up and resumed`
  );
}
