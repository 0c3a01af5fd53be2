/**
 * Whole weights in place of those an engine serves, against a stand-in for vLLM and SGLang:
 *  1. answers of a version are those of a server that was started with it, also to a prompt that was asked before; the
 *     version is listed, and the server goes on taking requests
 *  2. loaded again it costs no second loading; another version takes its place, and asking for the one before is refused
 *  3. a folder that is incomplete, or of another shape than the served model, never reaches the server
 *  4. a server that was restarted has lost the version: it is not sampled from, and a fleet loads it again
 *  5. a loading that fails is told, the server is not left paused, and the version is not sampled from
 *  6. vLLM without its development mode: one line that says what to do; adapters go their old way
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { EngineError } from '../../src/errors.ts';
import { createEngineFleet } from '../../src/pipeline/engine/fleet/create-engine-fleet.ts';
import type { Engine } from '../../src/ports/engine.ts';
import { createStandingClock } from '../support/engine-endpoints.ts';
import { createWholeDouble, WHOLE_BASE, type WholeDouble } from '../support/engine-whole-double.ts';
import { startFaultServer } from '../support/fault-server.ts';
import { tinyTensors, writeModelFolder } from '../support/model-folders.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const root = makeTempFolder('whole-weights');
const START = writeModelFolder(join(root, 'start'), tinyTensors(1));
const FIRST = writeModelFolder(join(root, 'v1'), tinyTensors(2));
const SECOND = writeModelFolder(join(root, 'v2'), tinyTensors(3));

interface Served {
  readonly engine: Engine;
  /** What answers now; a test may put another one in its place, as a restart does. */
  double: WholeDouble;
}

async function serve(t: TestContext, kind: 'vllm' | 'sglang', double = createWholeDouble(START)): Promise<Served> {
  const server = await startFaultServer(t, (response, request) => served.double.answer(response, request));
  const engine = createOpenAiEngine({ kind, url: server.url, timeoutMs: 5_000 });
  t.after(() => engine[Symbol.asyncDispose]());
  const served: Served = { engine, double };
  return served;
}

async function ask({ complete }: Engine, model: string): Promise<readonly number[]> {
  const request = { prompt: [1, 2, 3], n: 1, maxTokens: 1, temperature: 1, topP: 1, seed: 5, stopTokenIds: [] };
  return (await complete({ model, ...request }))[0]!.ids;
}

for (const kind of ['vllm', 'sglang'] as const) {
  test(`1+2: ${kind}`, async (t) => {
    const fresh = async (folder: string) => ask((await serve(t, kind, createWholeDouble(folder))).engine, WHOLE_BASE);
    const [atStart, first, second] = [await fresh(START), await fresh(FIRST), await fresh(SECOND)];
    assert.equal(new Set([atStart, first, second].map(String)).size, 3);
    const served = await serve(t, kind);
    const { engine, double } = served;
    assert.deepEqual(await ask(engine, WHOLE_BASE), atStart);
    for (const [version, folder, wanted] of [
      ['run-s1-1-1', FIRST, first],
      ['run-s1-2-2', SECOND, second],
    ] as const) {
      await engine.loadWeights(version, folder);
      await engine.loadWeights(version, folder);
      assert.deepEqual(await ask(engine, version), wanted);
      assert.deepEqual(await ask(engine, version), wanted, 'from the cache');
      assert.deepEqual(
        (await engine.listModels()).map(({ id, parent }) => [id, parent]),
        [
          [WHOLE_BASE, null],
          [version, WHOLE_BASE],
        ],
      );
      assert.equal(double.isPaused(), false);
    }
    assert.deepEqual(double.loaded, [FIRST, SECOND]);
    for (const gone of ['run-s1-1-1', WHOLE_BASE]) {
      await assert.rejects(ask(engine, gone), (error) => {
        assert.ok(error instanceof EngineError);
        assert.match(error.message, /is not served, the weights are run-s1-2-2/);
        return error.status === 404;
      });
    }
    await engine.unloadWeights('run-s1-1-1');
    assert.deepEqual(await ask(engine, 'run-s1-2-2'), second);
  });
}

test('3: never a folder that was not found good', async (t) => {
  const { engine, double } = await serve(t, 'vllm');
  const cut = writeModelFolder(join(root, 'cut'), tinyTensors(4));
  rmSync(join(cut, 'model.safetensors'));
  await assert.rejects(engine.loadWeights('run-s1-1-1', cut), /has neither model\.safetensors/);
  const { 'model.norm.weight': _, ...less } = tinyTensors(4);
  const other = writeModelFolder(join(root, 'other'), less);
  await assert.rejects(engine.loadWeights('run-s1-1-1', other), /tensor "model\.norm\.weight" is missing/);
  await assert.rejects(engine.loadWeights('run-s1-1-1', join(root, 'nowhere')), EngineError);
  assert.deepEqual(double.loaded, []);
});

test('4: a restart', async (t) => {
  const served = await serve(t, 'vllm');
  const options = { placement: 'sticky', clock: createStandingClock(), onChange: () => undefined } as const;
  const fleet = createEngineFleet({ engines: [served.engine], ...options });
  await fleet.loadWeights('run-s1-1-1', FIRST);
  const wanted = await ask(fleet, 'run-s1-1-1');
  served.double = createWholeDouble(START);
  await assert.rejects(ask(fleet, 'run-s1-1-1'), (error) => {
    assert.ok(error instanceof EngineError && error.retryable);
    assert.match(error.message, /weights run-s1-1-1 are lost/);
    return true;
  });
  assert.deepEqual(await ask(fleet, 'run-s1-1-1'), wanted);
  assert.deepEqual(served.double.loaded, [FIRST]);
});

test('5: a loading that fails', async (t) => {
  let isRefusing = true;
  const { engine, double } = await serve(
    t,
    'sglang',
    createWholeDouble(START, () => isRefusing),
  );
  await assert.rejects(engine.loadWeights('run-s1-1-1', FIRST), /cannot load/);
  isRefusing = false;
  await assert.rejects(ask(engine, 'run-s1-1-1'), EngineError);
  const dying = await serve(
    t,
    'vllm',
    createWholeDouble(START, () => true),
  );
  await assert.rejects(dying.engine.loadWeights('run-s1-1-1', FIRST), EngineError);
  await assert.rejects(ask(dying.engine, 'run-s1-1-1'), EngineError);
  assert.deepEqual([double.isPaused(), double.loaded], [false, [FIRST]]);
});

test('6: without the development mode', async (t) => {
  const { engine, double } = await serve(
    t,
    'vllm',
    createWholeDouble(START, () => false, false),
  );
  await assert.rejects(
    engine.loadWeights('run-s1-1-1', FIRST),
    /does not take whole weights: start it with VLLM_SERVER_DEV_MODE=1/,
  );
  assert.deepEqual(double.loaded, []);
  assert.equal((await ask(engine, WHOLE_BASE)).length, 1);
});
