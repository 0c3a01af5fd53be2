/**
 * Problems from JSONL files.
 *
 *  1. id, problem, answer and level are read, in order; other keys are ignored; the source is the file's name or the given one
 *  2. a row without id is named after its line; a number serves as id and as answer
 *  3. only line feeds split: U+2028 inside a string stays; CRLF, blank lines, a byte order mark and a missing last line feed are fine
 *  4. a bad row rejects with SourceError `file:line: what is wrong`, after the good rows before it
 *  5. the limit ends reading: what follows is not checked
 *  6. a missing file and a folder are told in one line
 *  7. an endless line is refused at the bound, whatever the chunks
 *  8. lines come out whole wherever the chunks are cut
 *  9. an aborted signal ends reading with its reason
 * 10. reading twice gives the same problems
 * 11. the development sets read completely (skipped where absent)
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { createJsonlSource, type JsonlSourceOptions } from '../../adapters/source-jsonl/create-jsonl-source.ts';
import type { Problem } from '../../src/core/problem.ts';
import { splitLines } from '../../src/edge/jsonl.ts';
import { SourceError } from '../../src/errors.ts';
import type { ProblemSource } from '../../src/ports/problem-source.ts';

const DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

function writeRows(t: TestContext, content: string | Buffer, name = 'sums.jsonl'): string {
  const folder = mkdtempSync(join(tmpdir(), 'source-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

async function readAll(source: ProblemSource): Promise<Problem[]> {
  const problems: Problem[] = [];
  for await (const problem of source.read()) problems.push(problem);
  return problems;
}

function read(file: string, options?: JsonlSourceOptions): Promise<Problem[]> {
  return readAll(createJsonlSource(file, options));
}

const row = (over: object = {}) => JSON.stringify({ id: 'a', problem: '2 + 2?', answer: '4', ...over });

test('1. fields', async (t) => {
  const file = writeRows(t, `${row({ level: 'easy', solution: 'x' })}\n${row({ id: 'b', answer: '025' })}\n`);
  assert.deepEqual(await read(file), [
    { id: 'a', source: 'sums', text: '2 + 2?', answer: '4', level: 'easy' },
    { id: 'b', source: 'sums', text: '2 + 2?', answer: '025' },
  ]);
  assert.equal((await read(file, { name: 'gsm8k/train' }))[0]!.source, 'gsm8k/train');
});

test('2. ids and numbers', async (t) => {
  const file = writeRows(t, `\n${row({ id: undefined, answer: -2.5 })}\n${row({ id: 17, answer: 27.0 })}\n`);
  const problems = await read(file);
  assert.deepEqual(
    problems.map(({ id, answer }) => [id, answer]),
    [
      ['line-2', '-2.5'],
      ['17', '27'],
    ],
  );
});

test('3. line feeds only', async (t) => {
  const text = 'one\u2028two\u2029three\u0085four';
  const file = writeRows(t, `\uFEFF{"id":"a","problem":"${text}","answer":"4"}\r\n   \r\n${row({ id: 'z' })}`);
  const problems = await read(file);
  assert.deepEqual(
    problems.map(({ id }) => id),
    ['a', 'z'],
  );
  assert.equal(problems[0]!.text, text);
});

test('4. bad rows', async (t) => {
  const faults: [string | Buffer, RegExp][] = [
    ['{"problem": "x", "answer": ', /not valid JSON/],
    ['[1, 2]', /object is expected/],
    ['null', /object is expected/],
    ['{}', /"problem" is missing; the row is empty/],
    [JSON.stringify({ question: 'x', answer: '1' }), /"problem" is missing; the row has "question", "answer"/],
    [row({ answer: undefined }), /"answer" is missing/],
    [row({ answer: ' ' }), /"answer" is empty/],
    [row({ problem: '' }), /"problem" is empty/],
    [row({ problem: 5 }), /"problem" must be a string/],
    [row({ answer: ['4'] }), /"answer" must be a string or a number/],
    ['{"id":"a","problem":"x","answer":90071992547409931}', /"answer" must be a string/],
    [row({ id: {} }), /"id" must be/],
    [Buffer.from([0x22, 0xff, 0x22]), /not UTF-8/],
  ];
  for (const [bad, fault] of faults) {
    const file = writeRows(
      t,
      Buffer.concat([Buffer.from(`${row()}\n\n`), Buffer.from(bad), Buffer.from(`\n${row()}\n`)]),
    );
    const seen: Problem[] = [];
    await assert.rejects(
      async () => {
        for await (const problem of createJsonlSource(file).read()) seen.push(problem);
      },
      (error) => {
        assert.ok(error instanceof SourceError, String(error));
        assert.ok(error.message.startsWith(`${file}:3: `), error.message);
        assert.match(error.message, fault);
        assert.ok(!error.message.includes('\n'));
        return true;
      },
    );
    assert.equal(seen.length, 1);
  }
});

test('5. limit', async (t) => {
  const file = writeRows(t, `${row()}\n${row()}\nnot JSON\n`);
  assert.equal((await read(file, { limit: 2 })).length, 2);
  assert.equal((await read(file, { limit: 0 })).length, 0);
  await assert.rejects(read(file, { limit: null }), SourceError);
});

test('6. no file', async (t) => {
  const file = writeRows(t, '');
  assert.deepEqual(await read(file), []);
  await assert.rejects(
    read(`${file}.no`),
    (error) => error instanceof SourceError && /there is no such file$/.test(error.message),
  );
  await assert.rejects(
    read(tmpdir()),
    (error) => error instanceof SourceError && /this is a folder/.test(error.message),
  );
});

test('7. endless lines', async (t) => {
  const file = writeRows(t, `${row()}\n${'x'.repeat(300_000)}`);
  await assert.rejects(read(file, { maxLineBytes: 1_000 }), (error) => {
    assert.ok(error instanceof SourceError);
    assert.ok(error.message.startsWith(`${file}:2: the line is longer than 1000 bytes`), error.message);
    return true;
  });
  const exact = row();
  assert.equal((await read(writeRows(t, `${exact}\n`), { maxLineBytes: exact.length })).length, 1);
});

test('8. chunks', async () => {
  const lines = fc.array(fc.string().map((line) => line.replaceAll('\n', '')));
  await fc.assert(
    fc.asyncProperty(lines, fc.integer({ min: 1, max: 9 }), async (expected, size) => {
      const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(''));
      async function* chunks() {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      }
      const found: string[] = [];
      const fail = () => assert.fail('no line is too long');
      for await (const { number, bytes: line } of splitLines(chunks(), 10_000, fail)) {
        assert.equal(number, found.length + 1);
        found.push(line.toString());
      }
      assert.deepEqual(found, expected);
    }),
  );
});

test('9. abort', async (t) => {
  const file = writeRows(t, `${row()}\n${row()}\n`);
  const stop = new AbortController();
  const reason = new Error('enough');
  let seen = 0;
  await assert.rejects(async () => {
    for await (const _ of createJsonlSource(file).read(stop.signal)) {
      seen += 1;
      stop.abort(reason);
    }
  }, reason);
  assert.equal(seen, 1);
  await assert.rejects(async () => {
    for await (const _ of createJsonlSource(file).read(stop.signal)) seen += 1;
  }, reason);
  assert.equal(seen, 1, 'nothing is read after an abort');
});

test('10. again', async (t) => {
  const source = createJsonlSource(writeRows(t, `${row()}\n${row({ id: 'b' })}\n`, 'Set.JSONL'));
  assert.equal(source.name, 'Set');
  const first = await readAll(source);
  assert.deepEqual(await readAll(source), first);
  assert.equal(first.length, 2);
});

test('11. development sets', { skip: !existsSync(DATA) && 'the shared data are not here' }, async () => {
  const counts = { gsm8k_train: 7_473, aime24_test: 30, math500_test: 500 };
  for (const [name, count] of Object.entries(counts)) {
    const problems = await read(join(DATA, `${name}.jsonl`));
    assert.equal(problems.length, count, name);
    assert.equal(new Set(problems.map(({ id }) => id)).size, count);
  }
});
