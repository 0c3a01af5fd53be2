/**
 * Servers behind a router, whose weights are loaded at their own addresses:
 *  1. a version is loaded into every replica before it counts as loaded; calls go to the router, wherever it sends them
 *  2. while one replica refuses or does not answer, the version is not loaded and not listed
 *  3. a replica that was restarted: the router does not know the version, all replicas are brought up to date, the call may
 *     be repeated, and it is told once
 *  4. an unloaded version is gone from every replica
 *  5. calls with an equal prefix key carry an equal session header, others another; no text of theirs is in it; its name can
 *     be set, and without a key or with null there is none
 *  6. a router that does not know a version nobody loaded is told as it is
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { EngineError } from '../../src/errors.ts';
import { createRoutedEngine } from '../../src/pipeline/engine/fleet/create-routed-engine.ts';
import type { CompletionRequest, Engine } from '../../src/ports/engine.ts';
import { type EndpointServer, startEndpoint } from '../support/engine-endpoints.ts';
import { DOUBLE_BASE } from '../support/engine-vllm-double.ts';
import { type FaultServer, json, startFaultServer } from '../support/fault-server.ts';

interface Routed {
  readonly engine: Engine;
  readonly replicas: readonly EndpointServer[];
  readonly router: FaultServer;
  readonly restored: string[];
}

const open = (url: string, sessionHeader: string | null = 'X-Session-ID') =>
  createOpenAiEngine({ kind: 'vllm', url, timeoutMs: 5_000, sessionHeader });

async function start(t: TestContext): Promise<Routed> {
  const replicas = [await startEndpoint(t), await startEndpoint(t)];
  let turn = 0;
  const router = await startFaultServer(t, (response, request) => {
    turn += 1;
    replicas[turn % 2]!.answer(response, request);
  });
  const restored: string[] = [];
  const engine = createRoutedEngine({
    router: open(router.url),
    replicas: replicas.map(({ url }) => open(url)),
    onRestored: (version) => restored.push(version),
  });
  t.after(() => engine[Symbol.asyncDispose]());
  return { engine, replicas, router, restored };
}

const REQUEST = { prompt: [11, 12], n: 1, maxTokens: 2, temperature: 1, topP: 1, seed: 1, stopTokenIds: [] };
const ask = (engine: Engine, model: string, more: Partial<CompletionRequest> = {}) =>
  engine.complete({ ...REQUEST, model, ...more });
const listIds = async (engine: Engine) => (await engine.listModels()).map(({ id }) => id);

test('1+4: every replica', async (t) => {
  const { engine, replicas, router } = await start(t);
  await engine.loadWeights('v1', '/weights/1');
  assert.deepEqual(await listIds(engine), [DOUBLE_BASE, 'v1']);
  for (let call = 0; call < 4; call += 1) assert.equal((await ask(engine, 'v1')).length, 1);
  assert.ok(router.seen.every(({ path }) => path === '/v1/completions'));
  assert.ok(replicas.every((replica) => replica.count('/v1/load_lora_adapter') === 1));
  await engine.unloadWeights('v1');
  assert.deepEqual(await listIds(engine), [DOUBLE_BASE]);
  for (const replica of replicas) assert.equal(replica.count('/v1/unload_lora_adapter'), 1);
});

test('2: one of them does not', async (t) => {
  const { engine, replicas } = await start(t);
  const [, second] = replicas as [EndpointServer, EndpointServer];
  const { answer } = second;
  second.answer = (response, request) =>
    request.path === '/v1/load_lora_adapter'
      ? json({ error: { message: 'no room' } }, 400)(response, request)
      : answer(response, request);
  await assert.rejects(engine.loadWeights('v1', '/weights/1'), /no room/);
  assert.deepEqual(await listIds(engine), [DOUBLE_BASE]);
  second.die();
  await assert.rejects(
    engine.loadWeights('v1', '/weights/1'),
    (error) => error instanceof EngineError && error.retryable,
  );
  second.recover();
  await engine.loadWeights('v1', '/weights/1');
  assert.deepEqual(await listIds(engine), [DOUBLE_BASE, 'v1']);
});

test('3: a restart', async (t) => {
  const { engine, replicas, restored } = await start(t);
  await engine.loadWeights('v1', '/weights/1');
  replicas[0]!.restart();
  const outcomes = await Promise.allSettled([ask(engine, 'v1'), ask(engine, 'v1')]);
  const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as EngineError] : []));
  assert.equal(failed.length, 1);
  assert.ok(failed[0]!.retryable);
  assert.match(failed[0]!.message, /weights v1 were lost behind/);
  assert.deepEqual(restored, ['v1']);
  for (let call = 0; call < 4; call += 1) await ask(engine, 'v1');
});

test('5: sessions', async (t) => {
  const { engine, router } = await start(t);
  const headerOf = () => router.seen.at(-1)!.headers['x-session-id'];
  const seen: unknown[] = [];
  for (const prefixKey of ['gsm8k\nWhat is 2 + 2?', 'gsm8k\nWhat is 2 + 2?', 'other']) {
    await ask(engine, DOUBLE_BASE, { prefixKey });
    seen.push(headerOf());
  }
  assert.match(String(seen[0]), /^[0-9a-f]{32}$/);
  assert.equal(seen[0], seen[1]);
  assert.notEqual(seen[0], seen[2]);
  await ask(engine, DOUBLE_BASE);
  assert.equal(headerOf(), undefined);

  for (const [name, wanted] of [
    ['X-Flow', true],
    [null, false],
  ] as const) {
    const other = open(router.url, name);
    t.after(() => other[Symbol.asyncDispose]());
    await ask(other, DOUBLE_BASE, { prefixKey: 'a' });
    assert.equal(headerOf(), undefined);
    assert.equal(router.seen.at(-1)!.headers['x-flow'] !== undefined, wanted);
  }
});

test('6: a version nobody loaded', async (t) => {
  const { engine, restored } = await start(t);
  await assert.rejects(ask(engine, 'v9'), (error) => error instanceof EngineError && !error.retryable);
  assert.deepEqual(restored, []);
});
