/**
 * Whether `eval` tells the truth: the paper's four sets (../shared/data) at a server on this machine that answers each
 * problem rightly with a chance of its own, through configuration, HTTP, store, verifier and statistics. `node
 * bench/eval-coverage.ts [--repeats 100] [--kills 20] [--only aime24] [--difficulty easy] [--samples 4]`. The truth is known twice: the mean of the distribution that the chances are
 * drawn from, which is what the interval is for, and the mean of the chances that were drawn. Exit code 1 when an interval
 * held the first in fewer than 90 of 100 repeats. With `--kills N` in place of repeats: one evaluation of all
 * four sets through N kills (SIGKILL), whose figures must be those of an uninterrupted one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { answerByChance, writeSharedSets } from '../test/support/known-accuracy.ts';
import { countCoverage, evaluateThroughKills } from '../test/support/known-evaluation.ts';
import { startRolloutServer } from '../test/support/rollout-server.ts';
import { NO_SAMPLES } from '../test/support/shared-rows.ts';
import { DIFFICULTIES } from '../test/support/simulated-evaluations.ts';

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '100' },
    kills: { type: 'string' },
    only: { type: 'string' },
    /** The first word of a difficulty's name. */
    difficulty: { type: 'string' },
    samples: { type: 'string', default: '4' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'eval-coverage-'));
const all = writeSharedSets(folder);
if (all === null) {
  console.error(NO_SAMPLES);
  process.exit(2);
}
const sets = all.filter(({ name }) => values.only === undefined || name === values.only);
const repeats = Number(values.repeats);
/** The paper's 16 answers to a problem with `--samples 16`; one where it takes one. */
const samples = (set: string) => (set === 'math-500' ? 1 : Number(values.samples));
const difficulties = DIFFICULTIES.filter(({ name }) => name.startsWith(values.difficulty ?? ''));
const server = await startRolloutServer({ maxDelayMs: 1, write: answerByChance(sets) });
const percent = (share: number) => (100 * share).toFixed(1);
let least = 1;
if (values.kills !== undefined) {
  const plan = { server, sets, kills: Number(values.kills), folder, seed: 1 };
  const { whole, killed, kills } = await evaluateThroughKills(plan);
  const isEqual = isDeepStrictEqual(killed, whole);
  console.log(`${kills} kills, ${sets.length} sets: figures ${isEqual ? 'equal' : 'DIFFER'}`);
  await server.close();
  rmSync(folder, { recursive: true, force: true });
  process.exit(isEqual ? 0 : 1);
}
console.log('| difficulty | set | k | holds the true mean | holds the mean of its problems | mean width in points |');
console.log('| --- | --- | --- | --- | --- | --- |');
try {
  for (const difficulty of difficulties) {
    const plan = { engine: server.url, sets, samples, difficulty, repeats, db: join(folder, 'runs.db') };
    for (const { set, ofKind, ofSet } of await countCoverage(plan)) {
      least = Math.min(least, ofKind.coverage);
      const cells = [difficulty.name, set, samples(set), percent(ofKind.coverage), percent(ofSet.coverage)];
      console.log(`| ${[...cells, percent(ofKind.width)].join(' | ')} |`);
    }
  }
} finally {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = least < 0.9 ? 1 : 0;
