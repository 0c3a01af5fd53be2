/**
 * A run as TensorBoard event files:
 *  1. records are byte for byte those of TensorBoard's own writer (2.21.0), checksums included
 *  2. what is sent is in the file, step by step, in frames that can be checked
 *  3. opened again: a file that sorts after all others and says from which step on the others no longer count
 *  4. a first opening, and a folder somebody emptied, say that everything is wanted
 *  5. after a write that failed the next one goes into a file of its own
 *  6. values beyond 32 bits stand as the largest; NaN and infinities stay
 *  7. a folder that cannot be written is a clear line; nothing is sent after an abort
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import {
  computeMaskedCrc,
  writePointsRecord,
  writeStartRecord,
  writeVersionRecord,
} from '../../adapters/tracker-tensorboard/event-records.ts';
import { openTensorboardTracker } from '../../adapters/tracker-tensorboard/open-tensorboard-tracker.ts';
import { TrackerError } from '../../src/errors.ts';
import { makePoints } from '../support/series-points.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const root = makeTempFolder('tensorboard');
const signal = new AbortController().signal;
const NOW_MS = 1_700_000_000_250;

function openAt(name: string, lastStepSent: number | null, nowMs = NOW_MS) {
  return openTensorboardTracker({ folder: join(root, name), lastStepSent, clock: { now: () => nowMs } });
}

interface ReadEvent {
  wallTime: number;
  step: number;
  version?: string;
  isStart?: boolean;
  values: [key: string, value: number][];
}

/** Events of one file, and how many bytes of a record that was cut off follow. A frame whose checksums are wrong fails the test. */
function readWhole(path: string): { events: ReadEvent[]; cutBytes: number } {
  const bytes = readFileSync(path);
  const events: ReadEvent[] = [];
  let at = 0;
  while (at + 12 <= bytes.length) {
    const length = Number(bytes.readBigUInt64LE(at));
    assert.equal(bytes.readUInt32LE(at + 8), computeMaskedCrc(bytes.subarray(at, at + 8)));
    if (at + length + 16 > bytes.length) break;
    const message = bytes.subarray(at + 12, at + 12 + length);
    assert.equal(bytes.readUInt32LE(at + 12 + length), computeMaskedCrc(message));
    events.push(readEvent(message));
    at += length + 16;
  }
  return { events, cutBytes: bytes.length - at };
}

function readEvents(path: string): ReadEvent[] {
  const { events, cutBytes } = readWhole(path);
  assert.equal(cutBytes, 0, path);
  return events;
}

function readEvent(message: Uint8Array): ReadEvent {
  const reader = new BinaryReader(message);
  const event: ReadEvent = { wallTime: 0, step: 0, values: [] };
  while (reader.pos < reader.len) {
    const [field] = reader.tag();
    if (field === 1) event.wallTime = reader.double();
    else if (field === 2) event.step = Number(reader.int64());
    else if (field === 3) event.version = reader.string();
    else if (field === 5) event.values = readSummary(reader.bytes());
    else event.isStart = Buffer.from(reader.bytes()).equals(Buffer.from([8, 1]));
  }
  return event;
}

function readSummary(message: Uint8Array): [string, number][] {
  const reader = new BinaryReader(message);
  const values: [string, number][] = [];
  while (reader.pos < reader.len) {
    reader.tag();
    const value = new BinaryReader(reader.bytes());
    value.tag();
    const key = value.string();
    value.tag();
    values.push([key, value.float()]);
  }
  return values;
}

const listFiles = (name: string) => readdirSync(join(root, name)).sort();
const readFolder = (name: string) => listFiles(name).map((file) => readEvents(join(root, name, file)));

test("1: TensorBoard's own bytes", () => {
  // tensorboard.summary.writer.record_writer.RecordWriter over the same events.
  const wanted =
    '1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32338d2fe9' +
    '0f000000000000006d532b090900002040fc54d94110083a020801b9c5b1b1' +
    '3800000000000000a3797d570900004040fc54d94110082a2b0a120a0b7265776172642f6d65616e150000003f' +
    '0a150a0e74696d652f726f6c6c6f75745f7315000044412b1339d4' +
    '2600000000000000734fe3000900008040fc54d9411085808080102a150a130a0c6576616c2f6772c3b6c39f65156f1283bafd356651' +
    '1800000000000000a37f4b22090000c040fc54d9412a0d0a0b0a047a65726f150000000053ebb0c8';
  const point = {
    stageIndex: 0,
    step: 0,
    globalStep: 8,
    key: 'reward/mean',
    value: 0.5,
    wallTimeMs: 1_700_000_001_000,
  };
  const records = [
    writeVersionRecord(1_700_000_000_250),
    writeStartRecord(1_700_000_000_500, 8),
    writePointsRecord([point, { ...point, key: 'time/rollout_s', value: 12.25 }]),
    writePointsRecord([
      { ...point, globalStep: 4_294_967_301, key: 'eval/größe', value: -1e-3, wallTimeMs: 1_700_000_002_000 },
    ]),
    writePointsRecord([{ ...point, globalStep: 0, key: 'zero', value: 0, wallTimeMs: 1_700_000_003_000 }]),
  ];
  assert.equal(Buffer.concat(records).toString('hex'), wanted);
  // The known checksum e3069283 of "123456789", rotated and moved on.
  assert.equal(computeMaskedCrc(Buffer.from('123456789')), 0xc78ab0e5);
});

test('2: what is sent', async () => {
  const tracker = await openAt('plain', null);
  assert.deepEqual([tracker.name, tracker.lastStepSent], ['TensorBoard', null]);
  await tracker.send(makePoints(1, 2), signal);
  await tracker.send([], signal);
  await tracker.send(makePoints(3, 3), signal);
  await tracker.close('done');
  const [events, ...others] = readFolder('plain');
  assert.equal(others.length, 0);
  assert.deepEqual(
    events!.map(({ step }) => step),
    [0, 1, 1, 2, 3],
  );
  assert.deepEqual([events![0]?.version, events![0]?.wallTime], ['brain.Event:2', NOW_MS / 1000]);
  assert.equal(events![1]?.isStart, true);
  assert.deepEqual(events![3]?.values, [
    ['reward/mean', 2],
    ['format/valid', 2.125],
  ]);
  assert.equal(events![3]?.wallTime, 1_700_000_002);
});

test('3: opened again', async () => {
  for (const [lastStepSent, from, nowMs] of [
    [null, 1, NOW_MS],
    [4, 5, NOW_MS],
    [6, 7, NOW_MS - 3_600_000],
  ] as const) {
    const tracker = await openAt('again', lastStepSent, nowMs);
    assert.equal(tracker.lastStepSent, lastStepSent);
    await tracker.send(makePoints(from, from + 3), signal);
    await tracker.close('interrupted');
  }
  const files = readFolder('again');
  assert.deepEqual(
    files.map(([, second]) => [second?.isStart ?? false, second?.step]),
    [
      [true, 1],
      [true, 5],
      [true, 7],
    ],
    'files sort as they were written, although the clock stood still and went back',
  );
});

test('4: nothing there', async () => {
  assert.equal((await openAt('new', 12)).lastStepSent, null);
  const tracker = await openAt('emptied', null);
  await tracker.send(makePoints(1, 2), signal);
  await tracker.close('done');
  rmSync(join(root, 'emptied'), { recursive: true });
  const again = await openAt('emptied', 2);
  assert.equal(again.lastStepSent, null);
  await again.send(makePoints(1, 3), signal);
  await again.close('done');
  assert.equal(readFolder('emptied').length, 1);
});

/** Sends steps until the file may not grow any more, then what failed and one step more; prints how it went. */
const FULL_FILE_PROGRAM = `
const { openTensorboardTracker } = await import(process.argv[1]);
const { makePoints } = await import(process.argv[2]);
const tracker = await openTensorboardTracker({ folder: process.argv[3], lastStepSent: null, clock: { now: () => ${NOW_MS} } });
const { signal } = new AbortController();
for (let step = 1; ; step += 10) {
  const points = makePoints(step, step + 9);
  try {
    await tracker.send(points, signal);
  } catch (error) {
    await tracker.send(points, signal);
    await tracker.send(makePoints(step + 10, step + 10), signal);
    await tracker.close('done');
    console.log(JSON.stringify({ failedAt: step, kind: error.name, message: error.message }));
    break;
  }
}`;

const noLimit = process.platform === 'win32' && 'no limit on the size of a file to set';

test('5: after a failed write', { skip: noLimit }, async () => {
  const folder = join(root, 'full');
  const [adapter, support] = [
    '../../adapters/tracker-tensorboard/open-tensorboard-tracker.ts',
    '../support/series-points.ts',
  ].map((path) => new URL(path, import.meta.url).href);
  const program = ['--input-type=module', '-e', FULL_FILE_PROGRAM, adapter!, support!, folder];
  // Eight blocks of 512 or 1024 bytes, as the shell has it: the write that meets the limit is carried out in part.
  const limited = ['-c', 'ulimit -f 8 && exec "$0" "$@"', process.execPath, ...program];
  const { stdout } = await promisify(execFile)('/bin/sh', limited);
  const { failedAt, kind, message } = JSON.parse(stdout);
  assert.equal(kind, 'TrackerError');
  assert.match(message, /^TensorBoard files cannot be written in .*full: EFBIG.*; free or choose another folder$/);
  const [first, second, ...others] = listFiles('full').map((file) => readWhole(join(folder, file)));
  assert.equal(others.length, 0);
  assert.ok(first!.cutBytes > 0, 'the first file ends in the middle of a record');
  assert.ok(first!.events.at(-1)!.step >= failedAt, 'and holds a part of what was sent again');
  assert.equal(second!.cutBytes, 0);
  assert.deepEqual(
    second!.events.map(({ step, isStart }) => [step, isStart ?? false]),
    [[0, false], [failedAt, true], ...Array.from({ length: 11 }, (_, i) => [failedAt + i, false])],
  );
});

test('6: values', async () => {
  const tracker = await openAt('values', null);
  const [point] = makePoints(1, 1);
  const values = [1e300, -1e300, Number.NaN, Infinity, 0.1];
  await tracker.send(
    values.map((value, i) => ({ ...point!, key: `k${i}`, value })),
    signal,
  );
  await tracker.close('done');
  const stored = readFolder('values')[0]?.[2]?.values.map(([, value]) => value);
  assert.deepEqual(stored, [
    Math.fround(3.4028234663852886e38),
    -3.4028234663852886e38,
    NaN,
    Infinity,
    Math.fround(0.1),
  ]);
});

test('7: what cannot be', async () => {
  writeFileSync(join(root, 'file'), '');
  await assert.rejects(openAt('file/run', null), (error: Error) => {
    assert.ok(error instanceof TrackerError);
    assert.match(
      error.message,
      /TensorBoard files cannot be written in .*file.*: E(NOTDIR|EXIST).*; free or choose another/,
    );
    return true;
  });
  mkdirSync(join(root, 'aborted'));
  const tracker = await openAt('aborted', null);
  await assert.rejects(tracker.send(makePoints(1, 1), AbortSignal.abort(new Error('stopped'))), /stopped/);
  await tracker.close('interrupted');
  assert.ok(existsSync(join(root, 'aborted')));
  assert.deepEqual(listFiles('aborted'), []);
});
