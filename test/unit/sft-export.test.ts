/**
 * What an export says of a run.
 *
 * 1. attempts are counted per filter code over all cold-start stages; accepted ones under `accepted`
 * 2. the licence of a source is the one in the manifest beside its set; word sums are ours; others are not known
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { describeExport } from '../../src/app/sft-rows.ts';
import { loadRunConfig } from '../../src/config/load.ts';
import { sampleAttempt, sampleProblem, sampleRun, sampleStage } from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('sft-export');

const problems = [
  { kind: 'set', name: 'gsm8k/train', limit: null },
  { kind: 'set', name: 'mine', limit: null },
  { kind: 'word-sums', level: 'easy', split: 'train', count: 1, seed: 1 },
];
const { config } = loadRunConfig({
  overrides: [
    { flag: '', path: 'stages.kind=cold-start.problems', value: problems },
    { flag: '', path: 'stages.kind=rl.problems', value: 'not-exported' },
  ],
});

function describe() {
  for (const name of ['gsm8k_train', 'mine']) writeFileSync(join(folder, `${name}.jsonl`), '');
  writeFileSync(join(folder, 'gsm8k_train.manifest.json'), JSON.stringify({ rows: 3, licence: 'mit', source: {} }));
  using store = openRunStore(join(folder, `runs-${process.hrtime.bigint()}.db`));
  const run = sampleRun({ configJson: JSON.stringify(config) });
  store.createRun(run, [sampleStage({ id: 'cold-start', kind: 'cold-start' }), sampleStage({ index: 1, id: 'rl' })]);
  const rejected = { status: 'rejected', target: null } as const;
  store.saveAttempts(run.id, 0, [
    sampleAttempt(),
    sampleAttempt({ ...rejected, sample: 1, code: 'wrong_answer' }),
    sampleAttempt({ ...rejected, sample: 2, code: 'wrong_answer' }),
    sampleAttempt({ problem: sampleProblem({ id: 'p2' }), status: 'failed', code: 'transport', target: null }),
  ]);
  return describeExport(store, run, [folder]);
}

test('1: attempts', () => {
  assert.deepEqual(describe().attempts, { accepted: 1, wrong_answer: 2, transport: 1 });
});

test('2: licences', () => {
  assert.deepEqual(describe().licences, { 'gsm8k/train': 'mit', mine: null, 'word-sums': 'MIT' });
});
