/**
 * A stream of cases through a verifier:
 *  1. judgements come in the order of the cases, whatever order they were finished in
 *  2. a judgement is handed out as soon as it is there, although the source still waits
 *  3. the source is read a bounded number of cases ahead
 *  4. an error of the source comes after the judgements on what was read before it
 *  5. an error of the verifier ends the stream
 *  6. whoever stops reading stops the source
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { verifyStream } from '../../src/pipeline/verify-stream.ts';
import type { Judgement, Verifier, VerifyCase } from '../../src/ports/verifier.ts';

const toCase = (text: string): VerifyCase => ({ gold: '1', text, options: { mode: 'math', structured: false } });

function toJudgement(text: string): Judgement {
  return { verdict: 'correct', rule: 'r', reason: null, extracted: text, verifier: 'v', ms: 0 };
}

/** Judges each case after as many turns of the event loop as `turns` says. */
function createSlowVerifier(turns: (text: string) => number): Verifier {
  const judge = async ({ text }: VerifyCase) => {
    for (let k = turns(text); k > 0; k -= 1) await new Promise(setImmediate);
    return toJudgement(text);
  };
  return { verify: (cases) => Promise.all(cases.map(judge)), [Symbol.asyncDispose]: async () => undefined };
}

async function collect(stream: AsyncIterable<{ readonly judgement: Judgement }>): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for await (const { judgement } of stream) found.push(judgement.extracted);
  return found;
}

test('1: order', async () => {
  const texts = Array.from({ length: 40 }, (_, k) => String(k));
  const verifier = createSlowVerifier((text) => 40 - Number(text));
  assert.deepEqual(await collect(verifyStream(verifier, texts.map(toCase))), texts);
});

test('2: at once', async () => {
  let release = (): void => undefined;
  const waits = new Promise<void>((resolve) => {
    release = resolve;
  });
  const source = async function* () {
    yield toCase('first');
    await waits;
    yield toCase('second');
  };
  const stream = verifyStream(
    createSlowVerifier(() => 1),
    source(),
  );
  assert.equal((await stream.next()).value?.judgement.extracted, 'first');
  release();
  assert.equal((await stream.next()).value?.judgement.extracted, 'second');
  assert.equal((await stream.next()).done, true);
});

test('3: bounded', async () => {
  let read = 0;
  const source = function* () {
    for (;;) {
      read += 1;
      yield toCase(String(read));
    }
  };
  const stream = verifyStream(
    createSlowVerifier(() => 0),
    source(),
  );
  for (let k = 0; k < 10; k += 1) await stream.next();
  for (let k = 0; k < 50; k += 1) await new Promise(setImmediate);
  assert.ok(read < 1_000, `${read} cases were read for 10 judgements`);
  await stream.return(undefined);
});

test('4: an error of the source', async () => {
  const source = function* () {
    yield toCase('a');
    yield toCase('b');
    throw new Error('line 3 is broken');
  };
  const found: (string | null)[] = [];
  const read = async () => {
    for await (const { judgement } of verifyStream(
      createSlowVerifier(() => 3),
      source(),
    ))
      found.push(judgement.extracted);
  };
  await assert.rejects(read, /line 3 is broken/);
  assert.deepEqual(found, ['a', 'b']);
});

test('5: an error of the verifier', async () => {
  const verifier: Verifier = {
    verify: () => Promise.reject(new Error('no threads')),
    [Symbol.asyncDispose]: async () => undefined,
  };
  await assert.rejects(collect(verifyStream(verifier, [toCase('a'), toCase('b')])), /no threads/);
});

test('6: stopping', async () => {
  let isClosed = false;
  const source = function* () {
    try {
      for (;;) yield toCase('x');
    } finally {
      isClosed = true;
    }
  };
  const stream = verifyStream(
    createSlowVerifier(() => 0),
    source(),
  );
  await stream.next();
  await stream.return(undefined);
  for (let k = 0; k < 5; k += 1) await new Promise(setImmediate);
  assert.equal(isClosed, true);
});
