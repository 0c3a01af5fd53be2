/**
 * Answers judged from the command line:
 *  1. `verify --jsonl` has `ms` and the verifier's version in every line, in the order of the rows, over two threads
 *  2. `--policy` changes what counts as the same answer; the options of a row count more
 *  3. an unknown policy, a value out of range, a policy for a reference mode: one line, exit code 2
 *  4. a row that cannot be read ends the stream with exit code 2, after the verdicts on the rows before it
 *  5. a hostile answer is a verdict
 *  6. `reverify` shows what would change and writes nothing; `--apply` writes; then nothing is left to change
 *  7. `reverify` of a run that is not there: exit code 2; `--apply` on a store in use is refused
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { acquireRunLock } from '../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { createRunRecord, listStageRecords } from '../../src/app/run-record.ts';
import { loadRunConfig } from '../../src/config/load.ts';
import { runCli } from '../support/cli-process.ts';
import { sampleRollout } from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('verify');

function writeRows(name: string, rows: readonly unknown[]): string {
  const file = join(folder, name);
  writeFileSync(file, rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''));
  return file;
}

const parseLines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

test('1: a stream', async () => {
  const rows = Array.from({ length: 300 }, (_, k) => ({
    id: k,
    gold: String(k),
    answer: `Final Answer: ${k % 2 === 0 ? k : k + 1}`,
  }));
  const { code, stdout, stderr } = await runCli(['verify', '--jsonl', writeRows('many.jsonl', rows), '--threads', '2']);
  assert.equal(code, 0, stderr);
  const verdicts = parseLines(stdout);
  assert.deepEqual(
    verdicts.map(({ id, verdict }) => [id, verdict]),
    rows.map(({ id }) => [id, id % 2 === 0 ? 'correct' : 'incorrect']),
  );
  assert.ok(verdicts.every(({ ms, verifier }) => ms >= 0 && /^math\/\d+$/.test(verifier)));
});

test('2: policies', async () => {
  const file = writeRows('policies.jsonl', [
    { gold: '4, 10', answer: '10, 4' },
    { gold: '1/3', answer: '0.3333' },
    { gold: '1/3', answer: '0.3333', options: { precision: 6 } },
  ]);
  const judge = async (...options: string[]) =>
    parseLines((await runCli(['verify', '--jsonl', file, ...options])).stdout).map(({ verdict }) => verdict);
  assert.deepEqual(await judge(), ['correct', 'incorrect', 'incorrect']);
  assert.deepEqual(await judge('--policy', 'order=sequence', '--policy', 'precision=4'), [
    'incorrect',
    'correct',
    'incorrect',
  ]);
});

test('3: wrong policies', async () => {
  const refuse = async (options: readonly string[], message: RegExp) => {
    const { code, stdout, stderr } = await runCli(['verify', '--gold', '1', '--answer', '1', ...options]);
    assert.deepEqual([code, stdout], [2, ''], options.join(' '));
    assert.match(stderr, message);
  };
  await refuse(['--policy', 'ordr=set'], /no policy "ordr"; did you mean order\?/);
  await refuse(['--policy', 'order=any'], /--policy order is "any"; it must be set, sequence/);
  await refuse(['--policy', 'precision=16'], /whole number from 0 to 15/);
  await refuse(['--policy', 'order=set', '--mode', 'reference-dapo'], /--mode math only/);
  await refuse(['--threads', '0'], /--threads/);
});

test('4: a broken row', async () => {
  const file = writeRows('broken.jsonl', [{ gold: '1', answer: '1' }, { gold: '2', answer: '3' }, 'no json']);
  const { code, stdout, stderr } = await runCli(['verify', '--jsonl', file]);
  assert.equal(code, 2);
  assert.deepEqual(
    parseLines(stdout).map(({ verdict }) => verdict),
    ['correct', 'incorrect'],
  );
  assert.match(stderr, /broken\.jsonl:3: not valid JSON/);
});

test('5: hostile', async () => {
  const { code, stdout } = await runCli(['verify', '--gold', '7', '--answer', '\\boxed{9^{9^{9^9}}}', '--json']);
  assert.equal(code, 1);
  assert.equal(JSON.parse(stdout).verdict, 'unparsable');
});

test('6: reverify', async () => {
  const db = join(folder, 'runs.db');
  const { config } = loadRunConfig({});
  const run = createRunRecord(config, 'embedded');
  {
    using store = openRunStore(db);
    store.createRun(run, listStageRecords(config));
    store.setRunStatus(run.id, 'done', null);
    // The text of the sample holds no answer: this version cannot find "4" in it.
    store.saveRollouts(run.id, [sampleRollout({ stageIndex: 2 })]);
  }
  const look = await runCli(['reverify', run.id, '--db', db]);
  assert.equal(look.code, 0, look.stderr);
  assert.match(
    look.stdout,
    /step 1 group 0 sample 0 .*: correct \(text-equal, math\/1\) -> \w+ \(.*\); reward 1\.2 -> -1\n/,
  );
  assert.match(look.stdout, /1 answers judged, 1 verdicts change.*--apply writes/);
  const document = JSON.parse((await runCli(['reverify', run.id, '--db', db, '--apply', '--json'])).stdout);
  assert.deepEqual([document.applied, document.judged, document.changed.length], [true, 1, 1]);
  assert.deepEqual(document.changed[0].reward, { before: 1.2, after: -1 });
  const again = JSON.parse((await runCli(['reverify', run.id, '--db', db, '--json'])).stdout);
  assert.deepEqual([again.judged, again.changed.length, again.restated], [1, 0, {}]);
});

test('7: refusals', async () => {
  const db = join(folder, 'other.db');
  openRunStore(db)[Symbol.dispose]();
  const missing = await runCli(['reverify', 'nobody', '--db', db]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /there is no run nobody/);
  using _lock = acquireRunLock(db);
  const refused = await runCli(['reverify', 'nobody', '--db', db, '--apply']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /in use by process/);
});
