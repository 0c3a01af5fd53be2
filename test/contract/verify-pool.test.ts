/**
 * The pool of verification threads:
 *  1. one judgement per case, in order, over several threads and batches; the same verdicts as the verifier itself
 *  2. what doubles leave open comes out settled, whether mathjs was loaded before or not
 *  3. a stuck thread is replaced: its case is `unparsable` (killed, by the rule `deadline`), every other case is judged
 *  4. the deadline of a case begins when a thread takes it up: many slow cases in a queue are all judged
 *  5. a thread that runs out of memory costs its case alone (rule `memory`), one that dies otherwise too (rule `died`)
 *  6. getting ready for a second look does not count
 *  7. a fault of the code is a verdict with its message, and the thread lives on
 *  8. nothing of a killed thread is left: the next case meets a fresh one
 *  9. an abort rejects with the signal's reason at once, before and while the case is judged; the pool goes on
 * 10. a closed pool rejects, what is pending too
 * 11. a module that cannot start rejects with one line instead of starting threads for ever
 * 12. an idle pool keeps no process alive; one that is being closed does, also while a report of its thread is on its way
 * 13. every hostile input of the sample file is judged and meets nothing
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openVerifyPool, type VerifyPoolOptions } from '../../adapters/verify-pool/open-verify-pool.ts';
import { verify } from '../../src/core/verify/verify.ts';
import { VerifierError } from '../../src/errors.ts';
import type { VerifyCase } from '../../src/ports/verifier.ts';
import { NO_SAMPLES, readSharedRows } from '../support/shared-rows.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const FAULTS = new URL('../support/verify-fault-thread.ts', import.meta.url);
const OPTIONS = { mode: 'math', structured: false } as const;

const toCase = (gold: string, text = gold): VerifyCase => ({ gold, text, options: OPTIONS });

function openPool(t: TestContext, options: VerifyPoolOptions = {}) {
  const pool = openVerifyPool(options);
  t.after(() => pool.close());
  return pool;
}

test('1: order', async (t) => {
  const pool = openPool(t, { threads: 2 });
  const cases = Array.from({ length: 500 }, (_, k) => toCase(String(k), `Final Answer: ${k % 3 === 0 ? k : k + 1}`));
  const judgements = await pool.verify(cases);
  assert.deepEqual(
    judgements.map(({ verdict, extracted }) => [verdict, extracted]),
    cases.map(({ gold, text }) => [verify(gold, text, OPTIONS).verdict, text.slice(14)]),
  );
  assert.ok(judgements.every(({ ms }) => ms >= 0));
  assert.deepEqual(await pool.verify([]), []);
});

test('2: settled', async (t) => {
  const cases = [
    toCase('\\frac{\\pi}{4}', '\\arctan(1)'),
    toCase('\\frac{\\pi}{4}', '\\arctan(1)+10^{-20}'),
    toCase('7'),
    toCase('\\frac{\\pi}{4}', '\\arctan(1)+10^{-20}'),
  ];
  const pool = openPool(t);
  const first = await pool.verify(cases);
  assert.deepEqual(
    first.map(({ verdict, rule }) => [verdict, rule]),
    [
      ['correct', 'probe'],
      ['incorrect', 'confirm'],
      ['correct', 'text-equal'],
      ['incorrect', 'confirm'],
    ],
  );
  const again = await pool.verify(cases);
  assert.deepEqual(
    again.map(({ ms: _, ...verdict }) => verdict),
    first.map(({ ms: _, ...verdict }) => verdict),
  );
});

test('3: a stuck thread', async (t) => {
  const pool = openPool(t, { entry: FAULTS, deadlineMs: 200 });
  const texts = ['a', 'b', 'hang', 'c', 'hang', 'd'];
  const judgements = await pool.verify(texts.map((text) => toCase(text)));
  assert.deepEqual(
    judgements.map(({ verdict }) => verdict),
    ['correct', 'correct', 'unparsable', 'correct', 'unparsable', 'correct'],
  );
  assert.deepEqual([judgements[2]!.reason, judgements[2]!.rule], ['killed', 'deadline']);
});

test('4: queueing does not count', async (t) => {
  const pool = openPool(t, { entry: FAULTS, deadlineMs: 2000 });
  const slow = Array.from({ length: 12 }, () => toCase('burn 100'));
  const judgements = await Promise.all([pool.verify(slow), pool.verify(slow)]);
  assert.ok(judgements.flat().every(({ verdict }) => verdict === 'correct'));
});

test('5: memory and death', async (t) => {
  const pool = openPool(t, { entry: FAULTS, memoryMb: 32, deadlineMs: 20_000 });
  const judgements = await pool.verify(['a', 'hog', 'b', 'die', 'c'].map((text) => toCase(text)));
  assert.deepEqual(
    judgements.map(({ verdict, reason }) => [verdict, reason]),
    [
      ['correct', null],
      ['unparsable', 'killed'],
      ['correct', null],
      ['unparsable', 'killed'],
      ['correct', null],
    ],
  );
  assert.deepEqual([judgements[1]!.rule, judgements[3]!.rule], ['memory', 'died']);
});

test('6: getting ready', async (t) => {
  const pool = openPool(t, { entry: FAULTS, deadlineMs: 200 });
  const judgements = await pool.verify(['a', 'prepare', 'b'].map((text) => toCase(text)));
  assert.deepEqual(
    judgements.map(({ verdict }) => verdict),
    ['correct', 'correct', 'correct'],
  );
  assert.equal(judgements[1]!.rule, 'second look');
});

test('7: a fault of the code', async (t) => {
  const pool = openPool(t, { entry: FAULTS });
  const [fault, next] = await pool.verify([toCase('throw'), toCase('a')]);
  assert.deepEqual([fault!.verdict, fault!.reason], ['unparsable', 'fault: TypeError: a fault of the code']);
  assert.deepEqual([next!.verdict, next!.rule], ['correct', '2']);
});

test('8: a fresh thread', async (t) => {
  const pool = openPool(t, { entry: FAULTS, deadlineMs: 200 });
  // The thread counts what it has judged.
  assert.equal((await pool.verify([toCase('a'), toCase('b')]))[1]!.rule, '2');
  assert.equal((await pool.verify([toCase('hang')]))[0]!.reason, 'killed');
  assert.equal((await pool.verify([toCase('c')]))[0]!.rule, '1');
});

test('9: abort', async (t) => {
  const pool = openPool(t, { entry: FAULTS, deadlineMs: 500 });
  const reason = new Error('enough');
  await assert.rejects(pool.verify([toCase('a')], AbortSignal.abort(reason)), reason);
  const controller = new AbortController();
  const pending = pool.verify([toCase('hang'), toCase('a')], controller.signal);
  const other = pool.verify([toCase('b')]);
  controller.abort(reason);
  await assert.rejects(pending, reason);
  assert.equal((await other)[0]!.verdict, 'correct');
});

test('10: closed', async (t) => {
  const pool = openPool(t, { entry: FAULTS, deadlineMs: 60_000 });
  const pending = assert.rejects(pool.verify([toCase('hang')]), VerifierError);
  await pool.close();
  await pending;
  await assert.rejects(pool.verify([toCase('a')]), /closed/);
});

test('11: a module that cannot start', async (t) => {
  const entry = join(makeTempFolder('pool'), 'broken.mjs');
  writeFileSync(entry, 'throw new Error("broken from the start");\n');
  const pool = openPool(t, { entry: pathToFileURL(entry) });
  await assert.rejects(
    pool.verify([toCase('a')]),
    (error) => error instanceof VerifierError && /cannot be started: broken from the start/.test(error.message),
  );
});

/** Runs a module in a process of its own; gives its exit code and what it printed. */
async function runModule(body: string): Promise<[code: number | null, out: string]> {
  const module = new URL('../../adapters/verify-pool/open-verify-pool.ts', import.meta.url).href;
  const script = `const { openVerifyPool } = await import(${JSON.stringify(module)});
    const one = (k) => ({ gold: String(k), text: String(k), options: { mode: 'math', structured: false } });
    ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  const [code] = await once(child, 'close');
  return [code as number | null, out.trim()];
}

test('12: what keeps a process alive', async () => {
  const idle = 'const [{ verdict }] = await openVerifyPool().verify([one(7)]); console.log(verdict);';
  assert.deepEqual(await runModule(idle), [0, 'correct']);
  // The turn that closes the pool is busy, so that the report of the batch is already there, unread.
  const closing = `const main = async () => {
      const pool = openVerifyPool();
      await pool.verify([one(1)]);
      const pending = pool.verify([one(2)]).catch(() => 'rejected');
      for (const end = performance.now() + 200; performance.now() < end; );
      const closed = pool.close();
      console.log(await pending);
      await closed;
      console.log('closed');
      process.exitCode = 3;
    };
    void main();`;
  assert.deepEqual(await runModule(closing), [3, 'rejected\nclosed']);
});

interface Hazard {
  readonly input?: string;
  readonly input_parts?: readonly (readonly [text: string, times: number])[];
}

const hazards = readSharedRows<Hazard>('verify/hazards.jsonl');

test('13: hostile inputs', { skip: hazards === null && NO_SAMPLES }, async (t) => {
  const pool = openPool(t, { threads: 2 });
  const texts = hazards!.map(
    ({ input, input_parts }) => input ?? input_parts!.map(([part, times]) => part.repeat(times)).join(''),
  );
  const wrapped = texts.flatMap((text) => [text, `\\boxed{${text}}`, `$${text}$`, `Final Answer: ${text}`]);
  const control = ['7', '\\frac{1}{2}', '(1,2)'].map((text) => toCase(text, `Final Answer: ${text}`));
  const judgements = await pool.verify([...wrapped.map((text) => toCase('\\frac{1}{2}', text)), ...control]);
  assert.ok(judgements.slice(0, wrapped.length).every(({ verdict }) => verdict !== 'correct'));
  assert.ok(judgements.slice(0, wrapped.length).every(({ reason }) => reason !== 'killed'));
  assert.deepEqual(
    judgements.slice(wrapped.length).map(({ verdict }) => verdict),
    ['correct', 'correct', 'correct'],
  );
});
