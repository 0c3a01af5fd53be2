/**
 * Exactly once: a curriculum whose acknowledgements are lost, doubled and delayed on the way from the trainer, and whose
 * controller and trainer are killed (SIGKILL) 50 times at random moments, one, the other or both as it is drawn. The same
 * process goes on when the trainer dies.
 *  1. the trainer's own count of optimizer steps is the store's, stage by stage: none is lost, none doubled
 *  2. metrics and rollouts are those of an undisturbed run, bit for bit
 *  3. no run is stuck, and no save is left at the trainer that the store does not know
 * `npm run soak -- acknowledgements` is the long form (bench/soak-acknowledgements.ts).
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createRng } from '../../src/core/rng.ts';
import { countTrials } from '../support/acknowledgement-kills.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

test('1-3: fifty kills', async (t) => {
  const root = makeTempFolder('acknowledgements', t);
  const makeFolder = (name: string) => {
    const folder = join(root, name);
    mkdirSync(folder);
    return folder;
  };
  const plan = { kills: 50, killsPerRun: 13, atOnce: 4, rng: createRng(17) };
  const { runs, kills, disturbed, givenUp, ...bad } = await countTrials(plan, makeFolder);
  t.diagnostic(
    `${runs} runs, ${kills} kills, ${disturbed} acknowledgements disturbed, ${givenUp} times given up and resumed`,
  );
  assert.deepEqual(bad, { lost: 0, doubled: 0, stuck: 0, orphans: 0, different: 0 });
  assert.ok(kills >= 50 && disturbed >= 20, `${kills} kills, ${disturbed} disturbed`);
});
