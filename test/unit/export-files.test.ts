/**
 * Cold-start rows as data sets.
 *
 * 1. every format spells a row as its users expect it
 * 2. each row is one line for any reader, and parses back to what went in
 * 3. the manifest counts and hashes what was written, and says settings and versions; the card can be read by a hub
 * 4. equal rows and settings give equal bytes
 * 5. beside a file, manifest and card carry its name; in a folder they have the usual names; other READMEs stay
 * 6. rows that fail half-way leave the former files and no rest
 * 7. unknown formats and places that cannot be written are usage errors that say what to do
 * 8. no text of a row or a name breaks out of the card
 * 9. verl: parquet with its row layout in nested columns, many rows in several groups, read back as written; the same bytes each time
 * 10. manifest and card tell attempts per filter code, the licences of the sources, and what to do about the tags
 * 11. what LLaMA-Factory and axolotl must be told stands beside the file; entries of other data sets stay
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { parse } from 'yaml';
import { EXPORT_FORMATS, type SftRow } from '../../adapters/export-files/export-formats.ts';
import { exportRows } from '../../adapters/export-files/export-rows.ts';
import type { VerlRow } from '../../adapters/export-files/write-parquet.ts';
import { TAGS } from '../../src/core/grammar.ts';
import { UsageError } from '../../src/errors.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const MANIFEST = {
  name: 'word sums',
  run: 'run-1',
  settings: { teacher: 'tiny', temperature: 1, filters: { minBlocks: 1 } },
  versions: { verifier: 'math/1', software: '0.1.0' },
  attempts: { accepted: 2, wrong_answer: 5 },
  licences: { sums: 'mit', other: null },
};

function sampleRow(over: Partial<SftRow> = {}): SftRow {
  return {
    ...{
      id: 'p1',
      source: 'sums',
      problem: '2 + 2?',
      answer: '4',
      prompt: 'Q: 2 + 2?',
      target: '<Parallel>...\nFinal Answer: 4',
    },
    ...{ blocks: 1, paths: 2, checker: 'strict', verifier: 'math/1', template: 'ab12', sample: 0, seed: 9, ...over },
  };
}

function readRows(file: string): unknown[] {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('1. formats', (t) => {
  const folder = makeTempFolder('export', t);
  const { prompt, target, ...rest } = sampleRow();
  const expected: Record<string, unknown> = {
    messages: {
      messages: [
        { role: 'user', content: prompt },
        { role: 'assistant', content: target },
      ],
    },
    sharegpt: {
      id: 'sums/p1#0',
      conversations: [
        { from: 'human', value: prompt },
        { from: 'gpt', value: target },
      ],
    },
    alpaca: { id: 'sums/p1#0', instruction: prompt, input: '', output: target },
    trl: { id: 'sums/p1#0', prompt: `${prompt}\n`, completion: target },
    'trl-chat': {
      id: 'sums/p1#0',
      prompt: [{ role: 'user', content: prompt }],
      completion: [{ role: 'assistant', content: target }],
    },
    text: { ...rest, prompt, target, text: `${prompt}\n${target}` },
  };
  assert.deepEqual([...Object.keys(expected), 'verl'].toSorted(), EXPORT_FORMATS.toSorted());
  for (const format of Object.keys(expected)) {
    const { file } = exportRows([sampleRow()], { format, out: join(folder, `${format}.jsonl`), manifest: MANIFEST });
    assert.deepEqual(readRows(file), [expected[format]], format);
  }
});

test('2. one line per row', (t) => {
  const file = join(makeTempFolder('export', t), 'rows.jsonl');
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { minLength: 1 }), (pairs) => {
      const rows = pairs.map(([prompt, target]) => sampleRow({ prompt: `${prompt}\u2028\u0085`, target }));
      exportRows(rows, { format: 'trl', out: file, manifest: MANIFEST });
      const content = readFileSync(file, 'utf8');
      assert.equal(content.split(/[\n\r\u0085\u2028\u2029\v\f]/).length, rows.length + 1);
      assert.deepEqual(
        readRows(file).map((row) => (row as { prompt: string }).prompt),
        rows.map(({ prompt }) => `${prompt}\n`),
      );
    }),
    { numRuns: 40 },
  );
});

test('3. manifest and card', (t) => {
  const out = join(makeTempFolder('export', t), 'sft.jsonl');
  const rows = [sampleRow(), sampleRow({ sample: 1, blocks: 2 }), sampleRow({ source: 'other' })];
  const result = exportRows(rows, { format: 'messages', out, manifest: MANIFEST });
  const bytes = readFileSync(out);
  const manifest = JSON.parse(readFileSync(result.manifestFile, 'utf8'));
  assert.deepEqual(manifest, result.manifest);
  assert.equal(manifest.sha256, createHash('sha256').update(bytes).digest('hex'));
  assert.deepEqual(
    [manifest.rows, manifest.problems, manifest.bytes, manifest.file],
    [3, 2, bytes.length, 'sft.jsonl'],
  );
  assert.deepEqual(manifest.rowsPerSource, { other: 1, sums: 2 });
  assert.deepEqual(manifest.rowsPerBlocks, { 1: 2, 2: 1 });
  assert.deepEqual(
    [manifest.settings, manifest.versions, manifest.run],
    [MANIFEST.settings, MANIFEST.versions, 'run-1'],
  );
  const card = readFileSync(result.cardFile, 'utf8');
  const front = parse(card.split('---')[1]!);
  assert.equal(front.configs[0].data_files, 'sft.jsonl');
  assert.ok(card.includes(manifest.sha256) && card.includes('| verifier | math/1 |'));
});

test('4. deterministic', (t) => {
  const folder = makeTempFolder('export', t);
  const write = (name: string, manifest: typeof MANIFEST) => {
    mkdirSync(join(folder, name));
    const { file, manifestFile, cardFile } = exportRows([sampleRow(), sampleRow({ sample: 1 })], {
      format: 'text',
      out: join(folder, name),
      manifest,
    });
    return [file, manifestFile, cardFile].map((path) => readFileSync(path, 'utf8'));
  };
  const { settings, ...rest } = MANIFEST;
  const shuffled = { settings: { filters: settings.filters, temperature: 1, teacher: 'tiny' }, ...rest };
  assert.deepEqual(write('a', MANIFEST), write('b', shuffled));
});

test('5. places', (t) => {
  const folder = makeTempFolder('export', t);
  writeFileSync(join(folder, 'README.md'), 'mine');
  exportRows([sampleRow()], { format: 'trl', out: join(folder, 'sft.jsonl'), manifest: MANIFEST });
  assert.deepEqual(readdirSync(folder).sort(), [
    'README.md',
    'sft.README.md',
    'sft.axolotl.yaml',
    'sft.dataset_info.json',
    'sft.jsonl',
    'sft.manifest.json',
  ]);
  assert.equal(readFileSync(join(folder, 'README.md'), 'utf8'), 'mine');
  const set = join(folder, 'set');
  mkdirSync(set);
  exportRows([], { format: 'trl-chat', out: set, manifest: MANIFEST });
  assert.deepEqual(readdirSync(set).sort(), ['README.md', 'data.jsonl', 'manifest.json']);
  assert.equal(readFileSync(join(set, 'data.jsonl'), 'utf8'), '');
});

test('6. failure half-way', (t) => {
  const folder = makeTempFolder('export', t);
  const out = join(folder, 'sft.jsonl');
  exportRows([sampleRow()], { format: 'trl', out, manifest: MANIFEST });
  const names = readdirSync(folder);
  const before = names.map((name) => readFileSync(join(folder, name), 'utf8'));
  function* failing() {
    yield sampleRow({ prompt: 'x'.repeat(2_000_000) });
    throw new Error('the store is gone');
  }
  assert.throws(() => exportRows(failing(), { format: 'trl', out, manifest: MANIFEST }), /the store is gone/);
  assert.deepEqual(readdirSync(folder), names);
  assert.deepEqual(
    names.map((name) => readFileSync(join(folder, name), 'utf8')),
    before,
  );
});

test('7. usage errors', (t) => {
  const folder = makeTempFolder('export', t);
  const attempt = (format: string, out: string) => () => exportRows([sampleRow()], { format, out, manifest: MANIFEST });
  const usage = (pattern: RegExp) => (error: unknown) =>
    error instanceof UsageError && pattern.test(error.message) && !/\n/.test(error.message);
  assert.throws(attempt('csv', join(folder, 'a')), usage(/unknown export format "csv"; known: messages/));
  assert.throws(attempt('constructor', join(folder, 'a')), usage(/unknown/));
  assert.deepEqual(readdirSync(folder), []);
  writeFileSync(join(folder, 'dataset_info.json'), '[]');
  assert.throws(attempt('trl', folder), usage(/dataset_info\.json is no JSON object/));
  assert.throws(attempt('trl', join(folder, 'dataset_info.json', 'a.jsonl')), usage(/is no folder/));
  assert.deepEqual(readdirSync(folder), ['dataset_info.json']);
});

test('8. hostile names', (t) => {
  const out = join(makeTempFolder('export', t), 'sft.jsonl');
  const hostile = 'a\n---\n# b | c `d` <script>';
  const manifest = { ...MANIFEST, name: hostile, settings: { [hostile]: hostile } };
  const { cardFile } = exportRows([sampleRow({ source: hostile })], { format: 'trl', out, manifest });
  const card = readFileSync(cardFile, 'utf8');
  assert.equal(parse(card.split(/^---$/m)[1]!).pretty_name, hostile);
  const body = card.split(/^---$/m).slice(2).join('');
  assert.ok(!body.includes('<script>'));
  assert.equal(body.match(/^# /gm)!.length, 1);
});

const readParquet = async (path: string) =>
  (await parquetReadObjects({ file: await asyncBufferFromFile(path) })) as unknown as VerlRow[];

test('9. verl', async (t) => {
  const folder = makeTempFolder('export', t);
  const text = 'one\u2028two \u4e2d\u6587 \u{1f600} "quoted"';
  const rows = Array.from({ length: 2_500 }, (_, i) =>
    sampleRow({ id: `p${i}`, prompt: `${text} ${i}`, sample: i % 3 }),
  );
  const write = (out: string) => exportRows(rows, { format: 'verl', out, manifest: MANIFEST });
  const { file, manifest, manifestFile } = write(join(folder, 'sft.parquet'));
  assert.ok(manifestFile.endsWith('sft.manifest.json'));
  assert.equal((await parquetMetadataAsync(await asyncBufferFromFile(file))).row_groups.length, 3);
  const found = await readParquet(file);
  assert.equal(found.length, 2_500);
  const last = found[2_499]!;
  assert.deepEqual(Object.keys(last), ['data_source', 'prompt', 'messages', 'ability', 'reward_model', 'extra_info']);
  assert.deepEqual(
    [last.data_source, last.ability, last.reward_model],
    ['sums', 'math', { ground_truth: '4', style: 'rule' }],
  );
  assert.deepEqual(last.prompt, [{ role: 'user', content: `${text} 2499` }]);
  assert.deepEqual(last.messages, [...last.prompt, { role: 'assistant', content: sampleRow().target }]);
  const { extra_info } = last;
  assert.deepEqual(
    [extra_info.split, Number(extra_info.index), extra_info.reward_method],
    ['train', 2_499, 'accuracy'],
  );
  assert.deepEqual([extra_info.question, extra_info.answer], [`${text} 2499`, sampleRow().target]);
  const bytes = readFileSync(file);
  assert.deepEqual([manifest.bytes, manifest.rows], [bytes.length, 2_500]);
  assert.equal(manifest.sha256, createHash('sha256').update(bytes).digest('hex'));
  const again = join(folder, 'set/');
  mkdirSync(again);
  const second = write(again);
  assert.ok(second.file.endsWith('data.parquet'));
  assert.ok(readFileSync(second.file).equals(bytes));
  const none = exportRows([], { format: 'verl', out: join(folder, 'none.parquet'), manifest: MANIFEST });
  assert.deepEqual(await readParquet(none.file), []);
});

test('10. attempts, licences and tags', (t) => {
  const result = exportRows([sampleRow()], {
    format: 'trl',
    out: join(makeTempFolder('export', t), 'a.jsonl'),
    manifest: MANIFEST,
  });
  const { attempts, licences } = JSON.parse(readFileSync(result.manifestFile, 'utf8'));
  assert.deepEqual([attempts, licences], [MANIFEST.attempts, MANIFEST.licences]);
  const card = readFileSync(result.cardFile, 'utf8');
  for (const line of ['| wrong_answer | 5 |', '| sums | mit |', '| other | not known |'])
    assert.ok(card.includes(line), line);
  for (const tag of TAGS) assert.ok(card.includes(`"${tag}"`), tag);
  assert.match(card, /six tags on identical rows stay indistinguishable/);
});

test('11. settings of readers', (t) => {
  const folder = makeTempFolder('export', t);
  writeFileSync(join(folder, 'dataset_info.json'), JSON.stringify({ mine: { file_name: 'mine.jsonl' } }));
  const write = (format: string) => {
    const { file, datasetInfoFile, axolotlFile } = exportRows([sampleRow()], {
      format,
      out: folder,
      manifest: MANIFEST,
    });
    return {
      row: format === 'verl' ? null : (readRows(file)[0] as Record<string, unknown>),
      info: JSON.parse(readFileSync(datasetInfoFile!, 'utf8')),
      axolotl: parse(readFileSync(axolotlFile!, 'utf8')),
    };
  };
  for (const format of EXPORT_FORMATS.filter((name) => name !== 'trl-chat')) {
    const { row, info, axolotl } = write(format);
    assert.deepEqual(Object.keys(info), ['mine', 'word_sums'], format);
    const { file_name, columns } = info.word_sums;
    assert.equal(file_name, format === 'verl' ? 'data.parquet' : 'data.jsonl');
    if (row !== null)
      for (const column of Object.values(columns)) assert.ok(Object.hasOwn(row, column as string), format);
    const [dataset] = axolotl.datasets;
    assert.equal(dataset.path, file_name);
    assert.equal(dataset.ds_type, format === 'verl' ? 'parquet' : 'json');
    const fields = [dataset.field_messages, dataset.field, dataset.type.field_instruction, dataset.type.field_output];
    const named = fields.filter((field) => field !== undefined);
    assert.ok(named.length > 0);
    if (row !== null) for (const field of named) assert.ok(Object.hasOwn(row, field), `${format} ${field}`);
    assert.deepEqual(axolotl.tokens, TAGS);
  }
});
