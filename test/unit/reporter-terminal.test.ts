/**
 * Progress for people:
 *  1. lines: headlines and ends at once, progress no oftener than asked, with rate and remaining time
 *  2. the rate of a resumed task counts what this process did, not what was there
 *  3. bars: drawn while a task runs, taken down when it ends; headlines scroll above; colours only when wanted
 *  4. disposing takes down the bars of unfinished tasks, so that nothing keeps the process alive
 *  5. silent says nothing
 *  6. durations and rates read well from seconds to hours
 *  7. the line of a bar fits every terminal: its counts lose no digit, what there is no room for is left out
 *  8. nothing a message holds reaches the terminal as a command
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import test from 'node:test';
import fc from 'fast-check';
import { createBarReporter } from '../../adapters/reporter-terminal/create-bar-reporter.ts';
import { createLineReporter, createSilentReporter } from '../../adapters/reporter-terminal/create-line-reporter.ts';
import { describeRate, describeSeconds, estimateProgress } from '../../adapters/reporter-terminal/estimate-progress.ts';
import { fitBarLine } from '../../adapters/reporter-terminal/fit-bar-line.ts';

/** A clock that stands still until it is set. */
function createHandClock() {
  let ms = 0;
  return {
    monotonic: () => ms,
    set: (value: number) => {
      ms = value;
    },
  };
}

/** A stream that believes to be a terminal; `saw` resolves when a text was written to it. */
function createScreen() {
  let shown = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      shown += String(chunk);
      stream.emit('shown');
      done();
    },
  });
  Object.assign(stream, { isTTY: true, columns: 140, rows: 40 });
  const saw = async (text: string) => {
    while (!shown.includes(text)) await once(stream, 'shown');
  };
  return { stream: stream as unknown as NodeJS.WriteStream, saw, read: () => shown };
}

test('1: lines', () => {
  const clock = createHandClock();
  const lines: string[] = [];
  const reporter = createLineReporter({ write: (line) => lines.push(line), clock, everyMs: 5000 });
  reporter.info('stage 1');
  reporter.warn('odd');
  const task = reporter.task('sft', 100, 'steps');
  clock.set(1000);
  task.update(1);
  clock.set(10_000);
  task.update(20, 'loss 1.0');
  clock.set(11_000);
  task.update(22);
  task.setTotal(50);
  clock.set(20_000);
  task.update(40);
  task.finish('50 steps');
  assert.deepEqual(lines.slice(0, 2), ['stage 1', 'warning: odd']);
  assert.equal(lines[2], 'sft: 20 of 100 steps; loss 1.0; 2.0 steps/s; about 40s left');
  assert.match(lines[3]!, /^sft: 40 of 50 steps/);
  assert.deepEqual(lines.slice(4), ['sft: 50 steps']);
});

test('2: resumed', () => {
  const clock = createHandClock();
  const lines: string[] = [];
  const task = createLineReporter({ write: (line) => lines.push(line), clock, everyMs: 0 }).task('rl', 100, 'steps');
  clock.set(10_000);
  task.update(81);
  assert.match(lines[0]!, /10\.0 s\/step; about 3m 10s left/);
});

test('3: bars', async () => {
  const { stream, saw, read } = createScreen();
  const reporter = createBarReporter({ stream, clock: createHandClock(), colour: false });
  const task = reporter.task('sft', 10, 'steps');
  task.update(3, 'loss 1.0');
  reporter.info('a headline');
  await saw('a headline');
  await saw('3/10 steps');
  await saw('loss 1.0');
  task.finish('10 steps');
  reporter[Symbol.dispose]();
  assert.match(read(), /✓ sft: 10 steps/);
  const coloured = createScreen();
  createBarReporter({ stream: coloured.stream, clock: createHandClock(), colour: true }).warn('odd');
  assert.ok(coloured.read().includes('\u001B[33m'));
  const plain = createScreen();
  createBarReporter({ stream: plain.stream, clock: createHandClock(), colour: false }).warn('odd');
  assert.equal(plain.read(), 'warning: odd\n');
});

test('4: left standing', () => {
  const { stream } = createScreen();
  using reporter = createBarReporter({ stream, clock: createHandClock(), colour: false });
  reporter.task('one', 10, 'steps').update(1);
  reporter.task('two', 10, 'steps').update(1);
  // The file must end by itself: a bar left standing would redraw for ever.
});

test('5: silent', () => {
  const task = createSilentReporter().task('x', 1, 'steps');
  assert.equal(task.update(1), undefined);
  assert.equal(task.finish(), undefined);
});

test('6: words', () => {
  assert.deepEqual([0.2, 59, 200, 7500].map(describeSeconds), ['1s', '59s', '3m 20s', '2h 05m']);
  assert.equal(describeRate(estimateProgress(0, 250, 1000, 1000), 'rows'), '250 rows/s');
  assert.equal(describeRate(estimateProgress(0, 2, 10, 50_000), 'steps'), '25.0 s/step');
  assert.equal(describeRate(estimateProgress(5, 5, 10, 1000), 'steps'), '');
});

test('7: every width', () => {
  const parts = {
    label: 'cold-start',
    unit: 'problems',
    pace: '12.5 problems/s, about 3m 20s left',
    note: '31 rows accepted',
  };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 0, max: 1e6 }),
      (columns, done, total) => {
        const line = fitBarLine({ ...parts, done, total }, columns);
        assert.ok(line.length <= columns, `${line.length} of ${columns}: ${line}`);
        const counts = `${done}/${total}`;
        if (columns >= counts.length) assert.ok(line.includes(counts), line);
        if (line.includes('/s')) assert.ok(line.includes(parts.pace), line);
      },
    ),
  );
  const wide = fitBarLine({ ...parts, done: 5, total: 10 }, 140);
  assert.equal(wide, `cold-start   ${'█'.repeat(12)}${'░'.repeat(12)} 5/10 problems  ${parts.pace}  ${parts.note}`);
  assert.match(
    fitBarLine({ ...parts, done: 4999, total: 10000 }, 79),
    /^cold-start +█+░+ 4999\/10000 problems {2}12\.5 .* left$/,
  );
});

test('8: hostile messages', async () => {
  const hostile = '\u001B]52;c;ZXZpbA==\u0007\u009B2J\u202Eevil\u0000';
  const lines: string[] = [];
  const plain = createLineReporter({ write: (line) => lines.push(line), clock: createHandClock(), everyMs: 0 });
  const { stream, saw, read } = createScreen();
  const bars = createBarReporter({ stream, clock: createHandClock(), colour: false });
  for (const reporter of [plain, bars]) {
    reporter.info(hostile);
    reporter.warn(hostile);
    const task = reporter.task(`task ${hostile}`, 10, 'steps');
    task.update(3, `note ${hostile}`);
    if (reporter === bars) await saw('3/10 steps');
    task.finish(`end ${hostile}`);
  }
  bars[Symbol.dispose]();
  assert.equal(lines.length, 4);
  for (const text of [lines.join(''), read()]) {
    for (const unsafe of ['\u0000', '\u0007', '\u009B', '\u202E', '\u001B]']) assert.ok(!text.includes(unsafe));
    assert.ok(text.includes('\\x1b]52;c;ZXZpbA==\\x07\\x9b2J\\u202eevil\\x00'));
  }
});
