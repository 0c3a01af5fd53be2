/**
 * Whole weights on a real vLLM, on a CPU and with two tiny models made here. Needs the Python of test/live/vllm.test.ts in
 * PARALLEL_R1_VLLM_PYTHON, and memory for two servers.
 *
 * 1. Reloaded from one model to another and back, its answers are those of a freshly started server, ids and log-probs bit
 *    for bit, for prompts whose prefix it holds in its cache as well.
 * 2. A path that leads nowhere, a folder that is cut short and one of another vocabulary are refused here; the server goes
 *    on with what it had.
 * 3. Killed and started again it has the first model, and a fleet gives it the version again before it is sampled from.
 */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { systemClock } from '../../src/app/system-clock.ts';
import { createEngineFleet } from '../../src/pipeline/engine/fleet/create-engine-fleet.ts';
import type { Completion, Engine } from '../../src/ports/engine.ts';
import { type LiveServer, startLiveServer, TINY_CONTEXT } from '../support/live-server.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const PYTHON = process.env.PARALLEL_R1_VLLM_PYTHON;
const skip = PYTHON === undefined && 'set PARALLEL_R1_VLLM_PYTHON';
const NAME = 'tiny';

const folder = makeTempFolder('whole-weights-live');
const closing: (() => Promise<void>)[] = [];
test.after(async () => {
  for (const close of closing) await close();
});

interface Running {
  readonly server: LiveServer;
  readonly engine: Engine;
}

/** A vLLM that serves `model`, or the tiny model that is made for it; on a given port where one is named. */
async function start(place: string, model: string | null, port: number | null = null): Promise<Running> {
  const server = await startLiveServer({
    python: PYTHON!,
    folder: join(folder, place),
    env: { VLLM_CPU_KVCACHE_SPACE: '1', VLLM_NO_USAGE_STATS: '1', VLLM_SERVER_DEV_MODE: '1' },
    toArgs: (made, own) => [
      ...['-m', 'vllm.entrypoints.openai.api_server', '--model', model ?? made, '--served-model-name', NAME],
      ...['--host', '127.0.0.1', '--port', String(own), '--generation-config', 'vllm'],
      ...['--enable-prompt-tokens-details', '--enforce-eager', '--dtype', 'float32'],
      ...['--max-model-len', String(TINY_CONTEXT), '--no-enable-chunked-prefill'],
      ...['--max-num-batched-tokens', '8192'],
    ],
    ...(port === null ? {} : { port }),
  });
  closing.push(server.close);
  const engine = createOpenAiEngine({ kind: 'vllm', url: server.url, timeoutMs: 120_000 });
  closing.push(() => engine[Symbol.asyncDispose]());
  return { server, engine };
}

/** A copy of a model whose down-projections are larger by half. */
function scaleModel(source: string, target: string): string {
  cpSync(source, target, { recursive: true });
  const file = join(target, 'model.safetensors');
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  for (const [name, { dtype, data_offsets: at }] of Object.entries(header)) {
    if (!name.includes('down_proj')) continue;
    assert.equal(dtype, 'F32');
    for (let i = 8 + length + at[0]; i < 8 + length + at[1]; i += 4) bytes.writeFloatLE(bytes.readFloatLE(i) * 1.5, i);
  }
  writeFileSync(file, bytes);
  return target;
}

const PROMPT = Array.from({ length: 600 }, (_, i) => 5 + ((i * 7) % 40));

async function ask(engine: Engine, model: string): Promise<readonly Completion[]> {
  const sampling = { temperature: 1, topP: 1, seed: 11, stopTokenIds: [] };
  return engine.complete({ model, prompt: PROMPT, n: 2, maxTokens: 32, ...sampling });
}

const decided = (all: readonly Completion[]) => all.map(({ ids, logprobs }) => ({ ids, logprobs }));

test('1-3: between two models', { skip, timeout: 900_000 }, async () => {
  const first = await start('first', null);
  const other = scaleModel(first.server.model, join(folder, 'other'));
  const fresh = await start('fresh', other);
  const ofFirst = decided(await ask(first.engine, NAME));
  const ofOther = decided(await ask(fresh.engine, NAME));
  assert.notDeepEqual(ofFirst, ofOther);

  await first.engine.loadWeights('run-s1-1-1', other);
  const cold = await ask(first.engine, 'run-s1-1-1');
  const warm = await ask(first.engine, 'run-s1-1-1');
  assert.deepEqual(decided(cold), ofOther);
  assert.deepEqual(decided(warm), ofOther);
  assert.ok(
    warm.some(({ cachedTokens }) => (cachedTokens ?? 0) > 0),
    'the prefix came from the cache',
  );

  const cut = join(folder, 'cut');
  cpSync(other, cut, { recursive: true });
  truncateSync(join(cut, 'model.safetensors'), 10_000);
  const vocabulary = join(folder, 'vocabulary');
  cpSync(other, vocabulary, { recursive: true });
  const config = JSON.parse(readFileSync(join(vocabulary, 'config.json'), 'utf8'));
  writeFileSync(join(vocabulary, 'config.json'), JSON.stringify({ ...config, vocab_size: config.vocab_size + 1 }));
  await assert.rejects(first.engine.loadWeights('run-s1-2-2', cut), /not written to its end/);
  await assert.rejects(first.engine.loadWeights('run-s1-2-2', vocabulary), /vocab_size/);
  await assert.rejects(first.engine.loadWeights('run-s1-2-2', join(folder, 'nowhere')));
  assert.deepEqual(decided(await ask(first.engine, 'run-s1-1-1')), ofOther);

  await first.engine.loadWeights('run-s1-3-3', first.server.model);
  assert.deepEqual(decided(await ask(first.engine, 'run-s1-3-3')), ofFirst);

  // The other server: started with `other`, given the first model, killed.
  const options = { placement: 'sticky', clock: systemClock, onChange: () => undefined } as const;
  const fleet = createEngineFleet({ engines: [fresh.engine], ...options });
  await fleet.loadWeights('run-s1-4-4', first.server.model);
  assert.deepEqual(decided(await ask(fleet, 'run-s1-4-4')), ofFirst);
  await fresh.server.close();
  await start('again', other, Number(new URL(fresh.server.url).port));
  await assert.rejects(ask(fleet, 'run-s1-4-4'), /are lost/);
  assert.deepEqual(decided(await ask(fleet, 'run-s1-4-4')), ofFirst);
  rmSync(cut, { recursive: true });
});
