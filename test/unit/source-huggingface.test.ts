/**
 * Pulling problem sets from a hub on loopback.
 *
 *  1. gsm8k: the parquet of the right subset and split, answers after `####` without commas, U+2028 kept; the manifest says commit, licence, hashes, counts
 *  2. every other known set comes out in our row shape, whatever its columns
 *  3. dapo: instruction cut off, paragraphs kept, repeats and conflicting problems left out and counted; `keepDuplicates` keeps all
 *  4. any id with parquet or JSONL, with columns guessed or named; what is ambiguous is a usage error that lists the choices
 *  5. equal pulls give equal bytes; nothing but the two files is left
 *  6. names that are no set, and revisions that are none, are usage errors
 *  7. parquet compressed otherwise (gzip, zstd, brotli) is read
 *  8. a parquet file that is damaged, a Git LFS pointer and a viewer's cut row are refused by name
 *  9. a set of which no row is a problem is refused with the reasons counted
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { SourceError, UsageError } from '../../src/errors.ts';
import { COMMIT, type HubSet, startHub } from '../support/hub-server.ts';
import { ALL_SETS, DAPO, GSM8K, toJsonl, toParquet } from '../support/hub-sets.ts';
import { pullFrom, readPulled } from '../support/pull-from.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const root = makeTempFolder('pull');
const makeFolder = () => mkdtempSync(join(root, 'set-'));

async function start(t: TestContext, sets: readonly HubSet[]) {
  const folder = makeFolder();
  const hub = await startHub(t, sets);
  return { folder, hub, ...pullFrom(hub, folder) };
}

function usage(pattern: RegExp) {
  return (error: unknown) =>
    error instanceof UsageError && pattern.test(error.message) && !error.message.includes('\n');
}

function source(pattern: RegExp) {
  return (error: unknown) =>
    error instanceof SourceError && pattern.test(error.message) && !error.message.includes('\n');
}

test('1: gsm8k', async (t) => {
  const { folder, pull, hub } = await start(t, [GSM8K]);
  const { file, manifest, manifestFile } = await pull('gsm8k');
  assert.equal(file, join(folder, 'gsm8k_train.jsonl'));
  const rows = readPulled(folder, 'gsm8k_train');
  assert.deepEqual(
    rows.map(({ id, answer }) => [id, answer]),
    [
      ['gsm8k_train-0', '5'],
      ['gsm8k_train-1', '1345'],
      ['gsm8k_train-2', '-3'],
    ],
  );
  assert.equal(rows[2]!.problem, 'Line\u2028break?');
  assert.match(rows[0]!.solution!, /<<2\+3=5>>5/);
  assert.deepEqual(JSON.parse(readFileSync(manifestFile, 'utf8')), manifest);
  assert.deepEqual(
    [manifest.source.id, manifest.source.commit, manifest.source.revision],
    ['openai/gsm8k', COMMIT, 'main'],
  );
  assert.deepEqual([manifest.source.subset, manifest.source.split, manifest.source.hub], ['main', 'train', hub.url]);
  assert.equal(manifest.licence, 'mit');
  assert.deepEqual([manifest.rowsRead, manifest.rows, manifest.distinct, manifest.dropped.empty_answer], [4, 3, 3, 1]);
  const bytes = readFileSync(file);
  assert.deepEqual([manifest.bytes, manifest.sha256], [bytes.length, createHash('sha256').update(bytes).digest('hex')]);
  const [fetched] = manifest.source.files;
  const original = GSM8K.files['main/train-00000-of-00001.parquet']!.bytes;
  assert.deepEqual(fetched, {
    path: 'main/train-00000-of-00001.parquet',
    bytes: original.length,
    sha256: createHash('sha256').update(original).digest('hex'),
    checked: true,
  });
  const test = await pull('gsm8k/test');
  assert.deepEqual([test.manifest.name, test.manifest.rows], ['gsm8k_test', 1]);
});

test('2: the other known sets', async (t) => {
  const { folder, pull } = await start(t, ALL_SETS);
  const expected: Record<string, Record<string, string>[]> = {
    'math-500': [{ answer: '\\frac{1}{2}', subject: 'Algebra', level: '2' }],
    amc23: [{ answer: '27', problem: 'Cities A and B?' }, { answer: '3159' }],
    aime24: [{ answer: '204', id: 'aime24-0' }],
    aime25: [{ answer: '070' }],
  };
  for (const [name, rows] of Object.entries(expected)) {
    await pull(name);
    const found = readPulled(folder, name);
    assert.equal(found.length, rows.length, name);
    rows.forEach((row, i) => {
      for (const [key, value] of Object.entries(row)) assert.equal(found[i]![key], value, `${name} ${key}`);
    });
  }
  const { manifest } = await pull('hendrycks-math');
  assert.deepEqual(
    [manifest.name, manifest.rowsRead, manifest.rows, manifest.dropped.empty_answer],
    ['hendrycks-math_train', 4, 2, 2],
  );
  const rows = readPulled(folder, 'hendrycks-math_train');
  assert.deepEqual(
    rows.map(({ subject, answer }) => [subject, answer]),
    [
      ['algebra', '\\frac{\\sqrt{3}}{3}'],
      ['geometry', '\\frac{\\sqrt{3}}{3}'],
    ],
  );
  const one = await pull('hendrycks-math', { subset: 'geometry' });
  assert.deepEqual([one.manifest.name, one.manifest.rows], ['hendrycks-math_geometry_train', 1]);
});

test('3: dapo', async (t) => {
  const { folder, pull } = await start(t, [DAPO]);
  const { manifest } = await pull('dapo-math-17k');
  const rows = readPulled(folder, 'dapo-math-17k');
  assert.deepEqual(
    rows.map(({ id, problem, answer }) => [id, problem, answer]),
    [
      ['dapo-math-17k-0', 'Find x.\n\nIt is a number.', '34'],
      ['dapo-math-17k-3', 'Another one', '-7'],
    ],
  );
  assert.deepEqual([manifest.rowsRead, manifest.rows, manifest.distinct], [7, 2, 3]);
  const { duplicate, conflict, unexpected_prompt } = manifest.dropped;
  assert.deepEqual([duplicate, conflict, unexpected_prompt], [1, 3, 1]);
  const all = await pull('dapo-math-17k', { keepDuplicates: true });
  assert.deepEqual([all.manifest.rows, all.manifest.dropped.conflict, all.manifest.keptDuplicates], [6, 0, true]);
  assert.equal(readPulled(folder, 'dapo-math-17k').length, 6);
});

test('4: any id', async (t) => {
  const rows = [{ text: 'One and two?', gold: 3n, nested: { deep: ['4'] } }];
  const mine: HubSet = {
    id: 'ann/mine',
    files: {
      'train.jsonl': { bytes: toJsonl([{ question: 'Guess?', answer: '1' }]) },
      'test.jsonl': { bytes: toJsonl([{ question: 'Guess again?', answer: '2' }]) },
    },
  };
  const odd: HubSet = { id: 'ann/odd', files: { 'all.parquet': { bytes: toParquet(rows) } } };
  const many: HubSet = {
    id: 'ann/many',
    files: { 'a/x.parquet': { bytes: toParquet(rows) }, 'b/x.parquet': { bytes: toParquet(rows) } },
  };
  const none: HubSet = { id: 'ann/none', files: { 'README.md': { bytes: Buffer.from('x') } } };
  const { folder, pull } = await start(t, [mine, odd, many, none]);
  await pull('ann/mine', { split: 'test' });
  assert.equal(readPulled(folder, 'ann_mine_test')[0]!.problem, 'Guess again?');
  await assert.rejects(pull('ann/mine'), usage(/several splits: .*--split: train, test/));
  await assert.rejects(
    pull('ann/mine', { split: 'dev' }),
    usage(/no file for split dev; it has "test.jsonl", "train.jsonl"/),
  );
  await assert.rejects(pull('ann/odd'), usage(/"text", "gold", "nested".*--problem-column/));
  await assert.rejects(pull('ann/odd', { problemColumn: 'text' }), usage(/--answer-column/));
  await pull('ann/odd', { problemColumn: 'text', answerColumn: 'gold' });
  assert.equal(readPulled(folder, 'ann_odd')[0]!.answer, '3');
  await pull('ann/odd', { problemColumn: 'text', answerColumn: 'nested.deep.0' });
  assert.equal(readPulled(folder, 'ann_odd')[0]!.answer, '4');
  await assert.rejects(pull('ann/many'), usage(/several subsets: .*--subset: "a", "b"/));
  await pull('ann/many', { subset: 'b', problemColumn: 'text', answerColumn: 'gold' });
  assert.equal(readPulled(folder, 'ann_many_b').length, 1);
  await assert.rejects(pull('ann/none'), usage(/no parquet or JSONL file; it has "README.md"/));
});

test('5: equal bytes', async (t) => {
  const { folder, pull } = await start(t, [DAPO]);
  const read = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
  await pull('dapo-math-17k');
  const first = read();
  assert.deepEqual(first.map(([name]) => name).toSorted(), ['dapo-math-17k.jsonl', 'dapo-math-17k.manifest.json']);
  await pull('dapo-math-17k');
  assert.deepEqual(read(), first);
});

test('6: no such thing', async (t) => {
  const { folder, pull } = await start(t, [GSM8K]);
  await assert.rejects(pull('gsm9k'), usage(/no known set gsm9k; known: gsm8k/));
  await assert.rejects(pull('gsm8k', { split: 'dev' }), usage(/no split "dev"; it has train, test/));
  for (const set of ['../x', 'a/b/c', 'a/../b', 'https://x/y', 'a /b', '', '.a/b'])
    await assert.rejects(pull(set), usage(/neither a known set|no known set/), set);
  await assert.rejects(pull('gsm8k', { revision: '../main' }), usage(/--revision/));
  await assert.rejects(pull('gsm8k', { revision: 'v9' }), source(/openai\/gsm8k at v9: not found \(404\)/));
  await assert.rejects(pull('ann/absent'), source(/ann\/absent at main: not found/));
  assert.deepEqual(readdirSync(folder), []);
});

test('7: compressions', async (t) => {
  const columnData = [
    { name: 'problem', data: Array.from({ length: 50 }, (_, i) => `problem number ${i}`) },
    { name: 'answer', data: Array.from({ length: 50 }, (_, i) => String(i)) },
  ];
  const compressors = { GZIP: gzipSync, ZSTD: zstdCompressSync, BROTLI: brotliCompressSync };
  const sets = Object.entries(compressors).map(([codec, compress]): HubSet => {
    const pack = (bytes: Uint8Array) => new Uint8Array(compress(bytes));
    const bytes = parquetWriteBuffer({ columnData, codec: codec as 'GZIP', compressors: { [codec]: pack } });
    return { id: `ann/${codec}`, files: { 'x.parquet': { bytes: Buffer.from(bytes), lfs: true } } };
  });
  const { folder, pull } = await start(t, sets);
  for (const codec of Object.keys(compressors)) {
    await pull(`ann/${codec}`);
    assert.equal(readPulled(folder, `ann_${codec}`)[49]!.problem, 'problem number 49', codec);
  }
});

test('8: not what the name says', async (t) => {
  const whole = toParquet([{ problem: 'a?', answer: '1' }]);
  const damaged = Buffer.from(whole);
  damaged.fill(0xff, 4, whole.length - 200);
  const pointer = Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`);
  const sets: HubSet[] = [
    { id: 'ann/text', files: { 'x.parquet': { bytes: Buffer.from('this is no parquet file at all') } } },
    { id: 'ann/damaged', files: { 'x.parquet': { bytes: damaged } } },
    { id: 'ann/pointer', files: { 'x.jsonl': { bytes: pointer } } },
    {
      id: 'ann/viewer',
      files: { 'x.jsonl': { bytes: toJsonl([{ problem: 'a…', answer: '1', truncated_cells: ['problem'] }]) } },
    },
    { id: 'ann/broken', files: { 'x.jsonl': { bytes: Buffer.from('{"problem":"a?","answer":"1"}\n{"problem"\n') } } },
  ];
  const { folder, pull } = await start(t, sets);
  await assert.rejects(pull('ann/text'), source(/x\.parquet cannot be read as parquet/));
  await assert.rejects(pull('ann/damaged'), source(/x\.parquet cannot be read as parquet/));
  await assert.rejects(pull('ann/pointer'), source(/Git LFS pointer/));
  await assert.rejects(pull('ann/viewer'), source(/truncated_cells/));
  await assert.rejects(pull('ann/broken'), source(/x\.jsonl:2: not valid JSON/));
  assert.deepEqual(
    readdirSync(folder).filter((name) => name !== '.partial'),
    [],
  );
  assert.ok(existsSync(join(folder, '.partial')), 'what was fetched stays for the next try');
});

test('9: no problems', async (t) => {
  const rows = [
    { problem: '', answer: '1' },
    { problem: 'a?', answer: ' ' },
    { problem: 'b?', answer: null },
  ];
  const { pull } = await start(t, [{ id: 'ann/empty', files: { 'x.jsonl': { bytes: toJsonl(rows) } } }]);
  await assert.rejects(pull('ann/empty'), source(/empty_problem 1, empty_answer 2/));
});
