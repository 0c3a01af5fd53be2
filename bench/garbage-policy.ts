/**
 * What becomes of a policy that learned to write hollow blocks:
 * `node bench/garbage-policy.ts [--steps 40] [--share 0.5] [--counts executed,effective] [--json]`.
 *
 * The embedded model is taught, on right answers only, to put a block of two one-digit paths behind a sequential solution
 * in `share` of the rows and to write real blocks in the others. Then the easy RL stage of the default recipe runs with
 * the tiered reward, once for each way of counting blocks: in the text, executed, effective. Shown are, for the first and
 * the last ten steps, the shares of responses that are right, that meet the bonus, that do so with a hollow block, and
 * that hold an effective block, and the share of informative groups over the first 20 steps.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openRunStore } from '../adapters/store-sqlite/open-run-store.ts';
import { startRun } from '../src/app/start-run.ts';
import { loadRunConfig } from '../src/config/load.ts';
import type { BlockCount } from '../src/core/reward.ts';
import { generateWordSums } from '../src/core/word-sums/generate.ts';
import { sumOperands, writeDirectSolution, writeParallelSolution } from '../src/core/word-sums/solutions.ts';
import { parseWordSum } from '../src/core/word-sums/wording.ts';

const ROWS = 3360;
const SHOWN = ['reward/correct_fraction', 'reward/bonus_fraction', 'reward/hollow_bonus_fraction'] as const;
const EFFECTIVE = 'parallel/effective_fraction';
const INFORMATIVE = 'train/informative_fraction';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '40' },
    share: { type: 'string', default: '0.5' },
    counts: { type: 'string', default: 'executed,effective' },
    json: { type: 'boolean', default: false },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'garbage-policy-'));
try {
  const data = writeRows(Number(values.share));
  for (const count of values.counts.split(',') as BlockCount[]) await show(count, data, Number(values.steps));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A sequential solution with a block behind it in which nothing is done. */
function writeHollow(operands: readonly number[]): string {
  const [steps, answer] = writeDirectSolution(operands).split('\n') as [string, string];
  const block = '<Parallel><Path>tens0</Path><Path>ones1</Path></Parallel>';
  return `${steps}${block}\n<Summary>${sumOperands(operands)}</Summary>\n${answer}`;
}

function writeRows(share: number): string {
  const problems = generateWordSums({ level: 'easy', split: 'train', count: ROWS, seed: 101 });
  const lines = problems.map(({ text, answer }, index) => {
    const { operands } = parseWordSum(text)!;
    const isHollow = (index % 100) / 100 < share;
    const target = isHollow ? writeHollow(operands) : writeParallelSolution(operands);
    return JSON.stringify({ problem: text, answer, target });
  });
  const file = join(folder, 'rows.jsonl');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

async function show(count: BlockCount, data: string, steps: number): Promise<void> {
  const overrides = [
    ['stages.sft.data', data],
    ['stages.sft.until', null],
    ['stages.sft.maxSteps', 900],
    ['stages.rl-easy.steps', steps],
    ['stages.rl-easy.reward', { kind: 'tiered', count, bonus: 1.2, malformedCorrect: -1 }],
    ['stages.rl-easy.gate', null],
    ['stages.rl-easy.evalEvery', 0],
    ['eval.sets', []],
  ] as const;
  const { config } = loadRunConfig({
    preset: 'embedded',
    overrides: overrides.map(([path, value]) => ({ flag: path, path, value })),
  });
  const stages = config.stages.filter(({ id }) => id === 'sft' || id === 'rl-easy');
  const db = join(folder, `${count}.db`);
  const { runId } = await startRun({ config: { ...config, stages }, db });
  using store = openRunStore(db, { readonly: true });
  const points = store.listMetrics(runId).filter(({ stageIndex }) => stageIndex === 1);
  const meanOf = (key: string, from: number, to: number) => {
    const found = points.filter((point) => point.key === key && point.step >= from && point.step <= to);
    return found.reduce((sum, { value }) => sum + (value ?? 0), 0) / Math.max(1, found.length);
  };
  const figures = Object.fromEntries(
    [...SHOWN, EFFECTIVE].map((key) => [key, [meanOf(key, 1, 10), meanOf(key, steps - 9, steps)] as const]),
  );
  const informative = meanOf(INFORMATIVE, 1, 20);
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ count, steps, figures, informative })}\n`);
    return;
  }
  process.stdout.write(`reward.count ${count}: informative groups of the first 20 steps ${informative.toFixed(2)}\n`);
  for (const [key, [first, last]] of Object.entries(figures))
    process.stdout.write(`  ${key.padEnd(32)} ${first.toFixed(2)} -> ${last.toFixed(2)}\n`);
}
