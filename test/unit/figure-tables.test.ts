/**
 * Figures of a run as tables:
 *  1. series are the points that trackers get, steps the same points with a column for each key
 *  2. rollouts: one row each over more pages than one, with what a list shows of it; columns are the keys of every row
 *  3. problems: one row for each group, named by its problem; funnel: every answer that was asked for is in it once
 *  4. a table of a run that has nothing is empty
 *  5. a CSV row: quotes, line feeds and commas come back from a reader; a formula begins with an apostrophe and a negative
 *     number does not; control characters are spelt out
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import fc from 'fast-check';
import { openThrowawayStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { PRESETS } from '../../src/config/presets.ts';
import { runConfigSchema } from '../../src/config/schema.ts';
import { writeCsvRow } from '../../src/edge/csv.ts';
import { type FigureTableName, openFigureTable } from '../../src/report/figure-tables.ts';
import * as sample from '../support/run-store-samples.ts';

const CONFIG = runConfigSchema.parse(PRESETS.embedded);
const RL = CONFIG.stages.findIndex(({ kind }) => kind === 'rl');
const RUN = 'run-1';

function open(t: TestContext) {
  const store = openThrowawayStore();
  t.after(() => store[Symbol.dispose]());
  const run = sample.sampleRun({ configJson: JSON.stringify(CONFIG) });
  store.createRun(
    run,
    CONFIG.stages.map(({ id, kind }, index) => sample.sampleStage({ index, id, kind })),
  );
  const read = async (name: FigureTableName) => {
    const { columns, rows } = await openFigureTable(name, { store, run, countProblems: async () => null });
    const all = [...rows];
    for (const row of all) assert.deepEqual(Object.keys(row), columns);
    return all;
  };
  return { store, read };
}

test('1: series and steps', async (t) => {
  const { store, read } = open(t);
  store.commitStep(RUN, RL, 1, { 'reward/mean': 0.5, 'train/loss': 2 });
  store.commitStep(RUN, RL, 2, { 'reward/mean': Number.NaN });
  store.saveMetrics(RUN, [{ stageIndex: RL + 1, step: 0, key: 'eval/hard/mean_accuracy', value: 0.25 }]);
  const series = await read('series');
  assert.deepEqual(
    series.map(({ globalStep, key, value }) => [globalStep, key, value]),
    [
      [1, 'reward/mean', 0.5],
      [1, 'train/loss', 2],
      [2, 'reward/mean', Number.NaN],
      [3, 'eval/hard/mean_accuracy', 0.25],
    ],
  );
  assert.deepEqual(
    (await read('steps')).map(({ time: _, ...row }) => row),
    [
      ...[{ stage: CONFIG.stages[RL]!.id, step: 1, globalStep: 1, 'reward/mean': 0.5, 'train/loss': 2 }],
      ...[{ stage: CONFIG.stages[RL]!.id, step: 2, globalStep: 2, 'reward/mean': Number.NaN, 'train/loss': null }],
      { stage: CONFIG.stages[RL + 1]!.id, step: 0, globalStep: 3, 'reward/mean': null, 'train/loss': null },
    ].map((row, i) => ({ ...row, 'eval/hard/mean_accuracy': i === 2 ? 0.25 : null })),
  );
});

test('2: rollouts', async (t) => {
  const { store, read } = open(t);
  const failed = { trajectory: null, failure: 'gone', verdict: null, reward: null } as const;
  store.saveRollouts(
    RUN,
    Array.from({ length: 1_005 }, (_, group) =>
      sample.sampleRollout({ stageIndex: RL, group, ...(group === 1_004 ? failed : {}) }),
    ),
  );
  const rows = await read('rollouts');
  assert.deepEqual(
    rows.map(({ group }) => group),
    Array.from({ length: 1_005 }, (_, group) => group),
  );
  const [first, last] = [rows[0]!, rows.at(-1)!];
  const { stage, problem, wanted, answer, verdict, reward, tokens, criticalTokens } = first;
  assert.deepEqual(
    [stage, problem, wanted, answer, verdict, reward, tokens, criticalTokens],
    [CONFIG.stages[RL]!.id, 'p1', '4', '4', 'correct', 1.2, 15, 12],
  );
  assert.deepEqual([last.failure, last.verdict, last.reward, last.end], ['gone', null, null, null]);
});

test('3: problems and funnel', async (t) => {
  const { store, read } = open(t);
  store.saveRollouts(
    RUN,
    [0, 1].map((one) => sample.sampleRollout({ stageIndex: RL, purpose: 'eval', set: 'hard', sample: one })),
  );
  const [row] = await read('problems');
  const { purpose, set, source, problem, rollouts, correct, forked } = row!;
  assert.deepEqual([purpose, set, source, problem, rollouts, correct, forked], ['eval', 'hard', 'sums', 'p1', 2, 2, 2]);
  const coldStart = CONFIG.stages.findIndex(({ kind }) => kind === 'cold-start');
  const rejected = { status: 'rejected', target: null } as const;
  store.saveAttempts(RUN, coldStart, [
    sample.sampleAttempt(),
    sample.sampleAttempt({ sample: 1, ...rejected, code: 'wrong_answer' }),
    sample.sampleAttempt({ sample: 2, ...rejected, code: 'nested_path' }),
  ]);
  const funnel = await read('funnel');
  const lost = funnel.filter(({ code }) => code !== null);
  assert.deepEqual(
    lost.map(({ level, code, attempts }) => [level, code, attempts]),
    [
      ['well-formed', 'nested_path', 1],
      ['right', 'wrong_answer', 1],
    ],
  );
  const levels = funnel.filter(({ code }) => code === null).map(({ attempts }) => attempts);
  assert.deepEqual(levels, [3, 3, 2, 1, 1]);
});

test('4: nothing', async (t) => {
  const { read } = open(t);
  for (const name of ['series', 'steps', 'evaluations', 'problems', 'rollouts', 'funnel'] as const)
    assert.deepEqual(await read(name), []);
});

/** What a reader of RFC 4180 makes of one record. */
function readCsvRow(text: string): string[] {
  const cells = [...`,${text}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,"]*))/g)];
  return cells.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
}

test('5: CSV', () => {
  assert.equal(writeCsvRow(['a', 1.5, true, null, Number.NaN]), 'a,1.5,true,,NaN');
  assert.equal(writeCsvRow(['=1+1', '@x', '-3', '+4.5', '-x', -3]), "'=1+1,'@x,-3,+4.5,'-x,-3");
  assert.equal(writeCsvRow(['\u001b[2J']), '\\x1b[2J');
  const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', 'é', ' ', "'") });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (cells) => {
      assert.deepEqual(readCsvRow(writeCsvRow(cells)), cells);
    }),
  );
});
