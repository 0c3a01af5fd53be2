/**
 * 1. What the model cannot serve rejects with an EmbeddedLmError of the right code (overlong, unknown token, model
 *    or snapshot, capacity, bad lists and numbers), and the engine goes on.
 * 2. An aborted request rejects with the signal's reason, frees its slots, and leaves others alone; one aborted
 *    before it began never runs.
 * 3. More choices than slots are served in turn.
 * 4. A worker that dies rejects what is pending and what comes later; closing still works.
 * 5. Closing rejects what is pending and leaves no handle: a process that closes ends by itself, whatever flags it
 *    was started with.
 * 6. The memory of the default shape fits the budget, and no two buffers overlap the static data.
 * 7. A shape the kernels cannot carry is refused.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import {
  DEFAULT_SHAPE,
  type EmbeddedLm,
  EmbeddedLmError,
  type LossSequence,
} from '../../adapters/embedded-lm/model/contract.ts';
import { planMemory } from '../../adapters/embedded-lm/model/memory-plan.ts';
import { DEFAULT_CAPACITY, openEmbeddedLm } from '../../adapters/embedded-lm/model/open-embedded-lm.ts';
import { buildParameterLayout } from '../../adapters/embedded-lm/model/parameter-layout.ts';
import { createRng } from '../../src/core/rng.ts';
import { drawTokens, SMALL_SHAPE } from '../support/embedded-sequences.ts';
import { ADAM, drawTrainingBatch, pickBits, publishModel, toRequest } from '../support/embedded-training.ts';

const CROSS_ENTROPY = { kind: 'cross_entropy' } as const;

/** Opens a model with one trained and published set of weights; closed by `await using`. */
async function openReady(options: Partial<Parameters<typeof openEmbeddedLm>[0]> = {}) {
  const lm = await openEmbeddedLm({ shape: SMALL_SHAPE, threads: 2, capacity: { kvSlots: 8 }, ...options });
  const model = lm.createModel(121);
  await publishModel(lm, model, 's');
  return { lm, model, [Symbol.asyncDispose]: () => lm.close() };
}

/** Goes round the event loop until it is so, or until the test's time is up. */
async function until(condition: () => boolean, signal: AbortSignal): Promise<void> {
  while (!condition()) await setImmediate(undefined, { signal });
}

function hasCode(code: EmbeddedLmError['code']): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof EmbeddedLmError, String(error));
    assert.equal(error.code, code, error.message);
    assert.ok(error.message.length > 0 && !error.message.includes('\n'));
    return true;
  };
}

/** Work that only an end or an abort stops: completions of the greatest length. */
function toLongRequest(lm: EmbeddedLm) {
  const prompt = drawTokens(createRng(122), lm.shape, 3);
  return toRequest({ prompt, n: 2000, maxTokens: lm.shape.maxLength - 3, stopTokenIds: [] });
}

test('requests beyond the limits are refused, the engine lives', async () => {
  await using ready = await openReady();
  const { lm, model } = ready;
  const { maxLength, usedVocab } = SMALL_SHAPE;
  const [fits] = drawTrainingBatch(lm, 123, 1);
  const many = (length: number, value = 1) => Array.from({ length }, () => value);
  const sequence = (fields: Partial<LossSequence>): LossSequence[] => [
    { tokens: [1, 2, 3], targets: [2, 3, 4], weights: [1, 1, 1], ...fields },
  ];
  const train = (fields: Partial<LossSequence>) => () => lm.forwardBackward(model, sequence(fields), CROSS_ENTROPY);
  const sample = (fields: Partial<Parameters<EmbeddedLm['sample']>[0]>) => () =>
    lm.sample(toRequest({ prompt: [1, 2, 3], ...fields }));
  const cases: [string, EmbeddedLmError['code'], () => Promise<unknown>][] = [
    ['overlong sequence', 'too_long', train({ tokens: many(maxLength + 1), targets: many(maxLength + 1) })],
    ['overlong completion', 'too_long', sample({ maxTokens: maxLength - 2 })],
    ['overlong prompt', 'too_long', sample({ prompt: many(maxLength + 1), maxTokens: 1 })],
    ['positions that leave no room', 'too_long', sample({ positionIds: [0, 1, maxLength - 2], maxTokens: 5 })],
    ['unused token', 'unknown_token', train({ tokens: [1, usedVocab, 3] })],
    ['negative token', 'unknown_token', train({ tokens: [1, -1, 3] })],
    ['fractional token', 'unknown_token', train({ tokens: [1, 1.5, 3] })],
    ['unknown target', 'unknown_token', train({ targets: [1, 2, usedVocab] })],
    ['unknown prompt token', 'unknown_token', sample({ prompt: [usedVocab] })],
    ['unknown stop token', 'unknown_token', sample({ stopTokenIds: [usedVocab] })],
    ['position too large', 'bad_request', train({ positionIds: [0, 1, maxLength] })],
    ['negative position', 'bad_request', train({ positionIds: [0, -1, 2] })],
    ['lists of two lengths', 'bad_request', train({ targets: [1, 2] })],
    ['path ids of another length', 'bad_request', train({ attnPath: [0, 0] })],
    ['weights of another length', 'bad_request', train({ weights: [1, 1] })],
    ['log-probs of another length', 'bad_request', train({ logprobs: [0, 0, 0, 0], advantages: [1, 1, 1] })],
    ['advantages of another length', 'bad_request', train({ logprobs: [0, 0, 0], advantages: [1] })],
    ['empty sequence', 'bad_request', train({ tokens: [], targets: [], weights: [] })],
    ['empty prompt', 'bad_request', sample({ prompt: [] })],
    ['no choices', 'bad_request', sample({ n: 0 })],
    ['no tokens', 'bad_request', sample({ maxTokens: 0 })],
    ['negative temperature', 'bad_request', sample({ temperature: -1 })],
    ['temperature that is no number', 'bad_request', sample({ temperature: Number.NaN })],
    ['top-p of 0', 'bad_request', sample({ topP: 0 })],
    ['unknown snapshot', 'unknown_snapshot', sample({ snapshot: 'none' })],
    ['unknown model', 'unknown_model', () => lm.forward('none', [fits!])],
    ['unknown model to export', 'unknown_model', () => lm.exportState('none')],
    ['unknown model to step', 'unknown_model', () => lm.optimStep('none', ADAM)],
    ['weights of another model', 'bad_request', () => lm.publish('short', new Float32Array(8))],
    ['no room for a model', 'capacity', async () => many(20).map((seed) => lm.createModel(seed))],
  ];
  const before = await lm.forward(model, [fits!]);
  for (const [name, code, call] of cases) await assert.rejects(call, hasCode(code), name);
  assert.deepEqual((await lm.forward(model, [fits!])).logprobs, before.logprobs);
  assert.equal((await lm.optimStep(model, ADAM)).gradNorm, 0, 'a refused batch leaves no gradient');
  assert.equal((await lm.sample(toRequest({ prompt: [1], maxTokens: maxLength - 1, stopTokenIds: [] }))).length, 1);
});

test('a request fills the model to its last position', async () => {
  await using ready = await openReady();
  const { lm } = ready;
  const prompt = drawTokens(createRng(124), SMALL_SHAPE, SMALL_SHAPE.maxLength - 1);
  const [choice] = await lm.sample(toRequest({ prompt, maxTokens: 1, stopTokenIds: [] }));
  assert.equal(choice!.ids.length, 1);
});

test('an aborted request frees its slots and leaves others alone', { timeout: 10_000 }, async ({ signal }) => {
  await using ready = await openReady();
  const { lm } = ready;
  const request = toRequest({ prompt: [1, 2, 3, 4, 5], n: 20 });
  const wanted = (await lm.sample(request)).map(pickBits);
  const controller = new AbortController();
  const aborted = lm.sample(toLongRequest(lm), controller.signal);
  await until(() => lm.stats().running > 0 && lm.stats().waiting > 0 && lm.stats().kvUsage > 0, signal);
  const waiting = lm.sample(request, signal);
  const reason = new Error('the client went away');
  controller.abort(reason);
  await assert.rejects(aborted, (error) => error === reason);
  assert.deepEqual((await waiting).map(pickBits), wanted);
  await until(() => lm.stats().running === 0 && lm.stats().waiting === 0 && lm.stats().kvUsage === 0, signal);
  assert.deepEqual((await lm.sample(request, signal)).map(pickBits), wanted);
});

test('a request aborted before it began never runs', { timeout: 10_000 }, async () => {
  await using ready = await openReady();
  const { lm } = ready;
  const { generatedTokens } = lm.stats();
  const reason = new Error('gone before');
  await assert.rejects(lm.sample(toLongRequest(lm), AbortSignal.abort(reason)), (error) => error === reason);
  await lm.sample(toRequest({ prompt: [1], maxTokens: 1 }));
  assert.equal(lm.stats().generatedTokens, generatedTokens + 1);
});

test('more choices than slots are served in turn', { timeout: 10_000 }, async () => {
  await using ready = await openReady({ capacity: { kvSlots: 2 } });
  const { lm } = ready;
  const requests = Array.from({ length: 5 }, (_, seed) => toRequest({ prompt: [seed, 2], n: 9, seed }));
  const counts = await Promise.all(requests.map(async (request) => (await lm.sample(request)).length));
  assert.deepEqual(counts, [9, 9, 9, 9, 9]);
});

test('a dead worker rejects pending and later work', { timeout: 10_000 }, async ({ signal }) => {
  const workers: Worker[] = [];
  await using ready = await openReady({ onWorker: (worker) => workers.push(worker) });
  const { lm, model } = ready;
  assert.equal(workers.length, 2);
  const pending = [lm.sample(toLongRequest(lm)), lm.sample({ ...toLongRequest(lm), prompt: [7, 7, 7] })];
  await until(() => lm.stats().running > 0, signal);
  const batch = Array.from({ length: 40 }, (_, i) => drawTrainingBatch(lm, i, 10)).flat();
  const trained = lm.forwardBackward(model, batch, CROSS_ENTROPY);
  const rejected = Promise.all([...pending, trained].map((work) => assert.rejects(work, hasCode('closed'))));
  await setImmediate();
  await workers[0]!.terminate();
  await rejected;
  await assert.rejects(lm.sample(toRequest({ prompt: [1] })), hasCode('closed'));
  await assert.rejects(lm.forward(model, batch), hasCode('closed'));
});

test('closing rejects pending work', { timeout: 10_000 }, async ({ signal }) => {
  const ready = await openReady();
  const pending = ready.lm.sample(toLongRequest(ready.lm));
  const rejected = assert.rejects(pending, hasCode('closed'));
  await until(() => ready.lm.stats().running > 0, signal);
  await ready.lm.close();
  await rejected;
  await assert.rejects(ready.lm.sample(toRequest({ prompt: [1] })), hasCode('closed'));
  await ready.lm.close();
});

test('a process that closes the model ends by itself', { timeout: 15_000 }, async () => {
  const entry = new URL('../../adapters/embedded-lm/model/open-embedded-lm.ts', import.meta.url).href;
  const code = `
    import { DEFAULT_CAPACITY, openEmbeddedLm } from ${JSON.stringify(entry)};
    const lm = await openEmbeddedLm({ shape: ${JSON.stringify(SMALL_SHAPE)}, threads: 2 });
    const model = lm.createModel(1);
    await lm.publish('s', (await lm.exportState(model)).weights);
    const [choice] = await lm.sample({ ...${JSON.stringify(toRequest({ prompt: [1, 2] }))}, snapshot: 's' });
    await lm.close();
    console.log(choice.ids.length > 0 ? 'sampled' : 'nothing');`;
  // `--input-type` is one of the flags that would stop a worker from starting if it inherited them.
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [exitCode] = await once(child, 'close');
  assert.equal(exitCode, 0);
  assert.equal(output.trim(), 'sampled');
});

test('the memory plan of the default shape keeps to its budget', () => {
  const layout = buildParameterLayout(DEFAULT_SHAPE);
  const plan = planMemory(DEFAULT_SHAPE, layout, { ...DEFAULT_CAPACITY, threads: 2 });
  const megabytes = (plan.pages * 65_536) / 1e6;
  assert.ok(megabytes <= 336, `${megabytes} MB`);
  assert.ok(plan.rope >= 65_536, 'the first 64 KiB are the compiler');
  const tooMany = { ...DEFAULT_CAPACITY, threads: 2, kvSlots: 20_000 };
  assert.throws(() => planMemory(DEFAULT_SHAPE, layout, tooMany), hasCode('capacity'));
});

test('a shape the kernels cannot carry is refused', async () => {
  for (const wrong of [{ width: 36 }, { heads: 8 }, { hidden: 60 }, { vocab: 22 }, { usedVocab: 25 }, { layers: 0 }]) {
    const shape = { ...SMALL_SHAPE, ...wrong };
    await assert.rejects(openEmbeddedLm({ shape, threads: 1 }), hasCode('bad_request'), JSON.stringify(wrong));
  }
  await assert.rejects(openEmbeddedLm({ shape: SMALL_SHAPE, threads: 0 }), hasCode('bad_request'));
});

test('a short training lowers the loss', async () => {
  await using ready = await openReady();
  const { lm, model } = ready;
  const tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5];
  const line = [{ tokens: tokens.slice(0, -1), targets: tokens.slice(1), weights: tokens.slice(1).map(() => 0.1) }];
  const first = await lm.forwardBackward(model, line, CROSS_ENTROPY);
  await lm.optimStep(model, ADAM);
  for (let step = 0; step < 40; step += 1) {
    await lm.forwardBackward(model, line, CROSS_ENTROPY);
    await lm.optimStep(model, ADAM);
  }
  const last = await lm.forwardBackward(model, line, CROSS_ENTROPY);
  assert.ok(first.lossSum > 2 && last.lossSum < 0.2, `${first.lossSum} to ${last.lossSum}`);
  await publishModel(lm, model, 'learnt');
  const [choice] = await lm.sample(
    toRequest({ snapshot: 'learnt', prompt: tokens.slice(0, 2), maxTokens: 9, temperature: 0, stopTokenIds: [] }),
  );
  assert.deepEqual(choice!.ids, tokens.slice(2));
});
