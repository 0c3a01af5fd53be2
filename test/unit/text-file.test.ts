/**
 * Files as people hand them in, through every reader of lines and of whole files:
 *  1. UTF-8 reads the same with and without byte order mark, with CRLF, without a last line feed
 *  2. UTF-16 (either order, with and without mark), Latin-1, gzip, parquet and Git LFS pointers are refused by name
 *  3. a key that occurs twice in a row is a fault, however it is spelt; inside of values it may
 *  4. numbers and null as answers, and a line beyond the limit, are told with file and line
 *  5. white space between tags, thinking and end-of-sequence text of a data file's targets are none of the text, as for
 *     a teacher's answer
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { createJsonlSource } from '../../adapters/source-jsonl/create-jsonl-source.ts';
import { readSftFile } from '../../src/app/sft-rows.ts';
import { checkFormat } from '../../src/core/format/format-checker.ts';
import type { Problem } from '../../src/core/problem.ts';
import { readTextFile } from '../../src/edge/text-file.ts';
import { SourceError } from '../../src/errors.ts';
import { checkSet } from '../../src/problem-sets/check-set.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('text-file');
let count = 0;

function write(content: string | Buffer): string {
  count += 1;
  const file = join(folder, `file-${count}.jsonl`);
  writeFileSync(file, content);
  return file;
}

async function readAll(source: ReturnType<typeof createJsonlSource>): Promise<Problem[]> {
  const problems: Problem[] = [];
  for await (const problem of source.read()) problems.push(problem);
  return problems;
}

const readProblems = (file: string) => readAll(createJsonlSource(file));
const ROW = '{"id": "a", "problem": "Wie groß ist é?", "answer": "3", "target": "Final Answer: 3"}';

/** Every way in which a file of rows is read. */
const READERS: readonly ((file: string) => unknown)[] = [
  readProblems,
  (file) => checkSet(file, 4000),
  async (file) => readSftFile(file),
  async (file) => readTextFile(file),
];

test('1: UTF-8', async () => {
  for (const content of [`${ROW}\n`, `\uFEFF${ROW}\n`, `${ROW}\r\n`, ROW, `\uFEFF\r\n${ROW}`]) {
    const [problem, ...more] = await readProblems(write(content));
    assert.deepEqual([problem?.id, problem?.text, problem?.answer, more.length], ['a', 'Wie groß ist é?', '3', 0]);
    assert.deepEqual(
      readSftFile(write(content)).map(({ target }) => target),
      ['Final Answer: 3'],
    );
    assert.equal((await checkSet(write(content), 4000)).faults.length, 0);
  }
});

test('2: everything else', async () => {
  const text = `${ROW}\n`;
  const wide = Buffer.from(text, 'utf16le');
  const swapped = Buffer.from(wide).swap16();
  const cases: readonly (readonly [Buffer | string, RegExp])[] = [
    [Buffer.concat([Buffer.from([0xff, 0xfe]), wide]), /UTF-16 \(little-endian\): save it as UTF-8$/],
    [Buffer.concat([Buffer.from([0xfe, 0xff]), swapped]), /UTF-16 \(big-endian\)/],
    [wide, /UTF-16 without a byte order mark/],
    [swapped, /UTF-16 without a byte order mark/],
    [Buffer.from(text, 'latin1'), /Latin-1/],
    [gzipSync(text), /gzip/],
    [Buffer.from('PAR1....'), /parquet/],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n', /Git LFS pointer.*git lfs pull$/],
  ];
  for (const [content, message] of cases) {
    const file = write(content);
    for (const read of READERS) {
      await assert.rejects(
        async () => read(file),
        (error) => error instanceof SourceError && message.test(error.message) && error.message.startsWith(file),
        `${message} ${read}`,
      );
    }
  }
});

test('3: a key twice', async () => {
  const twice = '{"problem": "p and p?", "answer": "3", "\\u0061nswer": "4"}';
  await assert.rejects(
    () => readProblems(write(twice)),
    /:1: the key "\\u0061nswer" occurs twice: which one counts\?$/,
  );
  const nested =
    '{"problem": "p and p?", "answer": "3", "meta": {"answer": 1, "x": ["answer", "answer"]}, "note": "answer\\":"}';
  assert.equal((await readProblems(write(nested)))[0]?.answer, '3');
});

test('4: answers and lines', async () => {
  const row = (answer: string) => write(`{"problem": "How many are there?", "answer": ${answer}}\n`);
  assert.equal((await readProblems(row('0.5')))[0]?.answer, '0.5');
  await assert.rejects(() => readProblems(row('null')), /:1: "answer" is missing/);
  await assert.rejects(() => readProblems(row('{"value": 3}')), /:1: "answer" must be a string or a number/);
  await assert.rejects(() => readProblems(row('12345678901234567890')), /:1: "answer" must be a string or a number/);
  const long = createJsonlSource(row(`"${'9'.repeat(500)}"`), { maxLineBytes: 200 });
  await assert.rejects(() => readAll(long), /:1: the line is longer than 200 bytes/);
});

test('5: white space between tags', () => {
  const loose =
    '<think>hm</think><Parallel>\n<Path>\na\n</Path>\n\n<Path>\nb\n</Path>\n</Parallel>\n\n<Summary>\ns\n</Summary>\n\nFinal Answer: 3<|im_end|>\n';
  const [row] = readSftFile(write(`${JSON.stringify({ problem: 'p and p?', answer: '3', target: loose })}\n`));
  assert.equal(
    row?.target,
    '<Parallel><Path>\na\n</Path><Path>\nb\n</Path></Parallel>\n<Summary>\ns\n</Summary>\n\nFinal Answer: 3',
  );
  assert.equal(checkFormat(row!.target, 'strict').valid, true);
});
