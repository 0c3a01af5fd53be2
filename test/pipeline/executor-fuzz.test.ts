/**
 * A short run of `npm run fuzz -- --executor`:
 *  1. at an engine that does what it likes, under random settings: every trajectory ends within a bounded number of
 *     calls and within its budget; sampled tokens are what the engine gave; format, figures, replay and every layout
 *     take it; loss is on sampled tokens alone; rendered ids parse as what was executed; only an engine that breaks its
 *     contract ends a group
 *  2. the fuzz meets what it looks for: blocks, paths given up, broken contracts, responses that parse
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { runExecutorFuzz } from '../../bench/run-executor-fuzz.ts';

test('1+2: 3,000 groups', async () => {
  const { faults, ...met } = await runExecutorFuzz(3000, 5);
  assert.deepEqual(faults, []);
  assert.ok(met.trajectories > 3000 && met.blocks > 500, JSON.stringify(met));
  assert.ok(met.givenUp > 100 && met.rejected > 50 && met.parsed > 50, JSON.stringify(met));
});
