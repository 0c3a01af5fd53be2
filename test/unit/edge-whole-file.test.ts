/**
 * Files that are whole or not there:
 *  1. a file has its name when it is finished, and the size and hash of its content are told; text and bytes mix
 *  2. whatever fails before leaves what was there, and nothing beside it
 *  3. a place that cannot be written is a usage error that says what to do; a disk that is full is none
 *  4. what is unfinished is removed when it is disposed of
 *  5. missing folders are made; a link keeps pointing where it does; a pipe or a device is refused and stays what it is
 *  6. what killed processes left behind is removed by the next one that writes the same file, and nothing else is
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { explainWriteFailure, replaceFile, WholeFile } from '../../src/edge/whole-file.ts';
import { ParallelR1Error, UsageError } from '../../src/errors.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const root = makeTempFolder('whole-file');
const makeFolder = () => mkdtempSync(join(root, 'one-'));

test('1: whole', () => {
  const folder = makeFolder();
  const file = join(folder, 'rows.jsonl');
  const line = `${'½'.repeat(1_000)}\n`;
  const written = replaceFile(file, (write) => {
    for (let i = 0; i < 3_000; i += 1) write(line);
    write(Buffer.from([0, 1, 2]));
    write('end');
  });
  const content = readFileSync(file);
  assert.equal(content.length, written.bytes);
  assert.equal(createHash('sha256').update(content).digest('hex'), written.sha256);
  assert.equal(content.toString('utf8'), `${line.repeat(3_000)}\u0000\u0001\u0002end`);
  assert.deepEqual(readdirSync(folder), ['rows.jsonl']);
});

test('2: failures', () => {
  const folder = makeFolder();
  const file = join(folder, 'rows.jsonl');
  writeFileSync(file, 'before');
  assert.throws(
    () =>
      replaceFile(file, (write) => {
        write('after');
        throw new TypeError('a bug');
      }),
    TypeError,
  );
  assert.equal(readFileSync(file, 'utf8'), 'before');
  const taken = join(folder, 'taken');
  mkdirSync(join(taken, 'full'), { recursive: true });
  assert.throws(() => replaceFile(taken, (write) => write('x')), ParallelR1Error);
  assert.deepEqual(readdirSync(folder).toSorted(), ['rows.jsonl', 'taken']);
});

test('3: places', () => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'file'), '');
  assert.throws(
    () => new WholeFile(join(folder, 'file', 'below', 'out.jsonl')),
    (error) => error instanceof UsageError && /something on its way is no folder/.test(error.message),
  );
  const explain = (code: string) => explainWriteFailure('out.jsonl', Object.assign(new Error('x'), { code }));
  for (const code of ['ENOTDIR', 'EISDIR', 'EACCES', 'EROFS']) assert.ok(explain(code) instanceof UsageError, code);
  assert.match(explain('ENOSPC').message, /^out\.jsonl: the disk is full; nothing was changed/);
  assert.ok(!(explain('ENOSPC') instanceof UsageError));
  assert.match(explain('EIO').message, /cannot be written \(EIO\)/);
});

test('4: disposed of', () => {
  const folder = makeFolder();
  const file = join(folder, 'rows.jsonl');
  {
    using draft = new WholeFile(file);
    draft.write('half');
    draft.flush();
    assert.ok(existsSync(draft.temporary));
  }
  assert.deepEqual(readdirSync(folder), []);
});

test('5: folders, links, pipes, devices', { skip: process.platform === 'win32' }, () => {
  const folder = makeFolder();
  const deep = join(folder, 'a', 'b', 'rows.jsonl');
  replaceFile(deep, (write) => write('rows'));
  assert.equal(readFileSync(deep, 'utf8'), 'rows');
  const link = join(folder, 'link.jsonl');
  symlinkSync(deep, link);
  replaceFile(link, (write) => write('new rows'));
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readFileSync(deep, 'utf8'), 'new rows');
  const pipe = join(folder, 'pipe');
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
  for (const [place, what] of [
    [pipe, 'a pipe'],
    ['/dev/null', 'a device'],
  ] as const) {
    assert.throws(
      () => replaceFile(place, (write) => write('x')),
      (error) => error instanceof UsageError && error.message.includes(`is ${what}`),
    );
    assert.ok(!lstatSync(place).isFile());
  }
});

test('6: killed', () => {
  const folder = makeFolder();
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const file = join(folder, 'rows.jsonl');
  for (const name of [
    `rows.jsonl.partial-${dead}`,
    `rows.jsonl.partial-${process.ppid}`,
    `others.jsonl.partial-${dead}`,
    'rows.jsonl.partial-x',
  ])
    writeFileSync(join(folder, name), 'half');
  replaceFile(file, (write) => write('whole'));
  assert.deepEqual(
    readdirSync(folder).toSorted(),
    [
      `others.jsonl.partial-${dead}`,
      'rows.jsonl',
      `rows.jsonl.partial-${process.ppid}`,
      'rows.jsonl.partial-x',
    ].toSorted(),
  );
});
