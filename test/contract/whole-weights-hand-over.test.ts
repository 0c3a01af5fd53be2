/**
 * A trainer of all weights, by its wire, and an engine that takes them. No such trainer runs without a GPU: what the stand-in
 * answers was written from the wire of SkyRL 0.4.0 with rank 0, and was never compared with one.
 *  1. a model is created with rank 0; its archive, one file or several, is unpacked and served whole
 *  2. an archive that is cut short, or that lacks a file of its index, never reaches the engine
 *  3. deleted at the trainer, the unpacked model is deleted here, with what a killed process left of it
 *  4. the path that a save will have is known before it is asked for
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import tar from 'tar-stream';
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { createWholeDouble, WHOLE_BASE } from '../support/engine-whole-double.ts';
import { startFaultServer as startEngine } from '../support/fault-server.ts';
import { tinyTensors, writeModelFolder } from '../support/model-folders.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { connectTrainer } from '../support/trainer-connection.ts';
import { startFaultServer } from '../support/trainer-fault-server.ts';

const root = makeTempFolder('whole-hand-over');
const START = writeModelFolder(join(root, 'start'), tinyTensors(1));
const SHARDS = Object.fromEntries(
  Object.keys(tinyTensors(2)).map((name, i) => [name, `model-0000${i + 1}-of-00003.safetensors`]),
);
const WHOLE = writeModelFolder(join(root, 'trained'), tinyTensors(2));
const SHARDED = writeModelFolder(join(root, 'sharded'), tinyTensors(2), { shards: SHARDS });

async function pack(folder: string, without: string[] = []): Promise<Buffer> {
  const archive = tar.pack();
  for (const name of readdirSync(folder)) {
    if (!without.includes(name)) archive.entry({ name }, readFileSync(join(folder, name)));
  }
  archive.finalize();
  return buffer(archive as unknown as Readable);
}

async function start(t: TestContext, archive: Buffer) {
  const trainerDouble = await startFaultServer(t, { kind: 'skyrl' });
  trainerDouble.route('training_runs/model-1/checkpoints/v1_1_1/archive', (_request, response) =>
    response.end(archive),
  );
  const directory = join(root, t.name.replaceAll(/\W/g, '_'));
  const handOver = { kind: 'archive', directory } as const;
  const { trainer } = await connectTrainer(t, trainerDouble.url, { profile: 'skyrl-train', handOver });
  await trainer.openModel({ baseModel: WHOLE_BASE, rank: 0, seed: 1 }, null);
  const double = createWholeDouble(START);
  const server = await startEngine(t, double.answer);
  const engine = createOpenAiEngine({ kind: 'vllm', url: server.url, timeoutMs: 5_000 });
  t.after(() => engine[Symbol.asyncDispose]());
  return { trainer, trainerDouble, directory, double, engine };
}

for (const [name, folder] of [
  ['one file', WHOLE],
  ['several files', SHARDED],
] as const) {
  test(`1+3+4: ${name}`, async (t) => {
    const { trainer, trainerDouble, directory, double, engine } = await start(t, await pack(folder));
    assert.equal(trainerDouble.to('create_model')[0]!.body.lora_config.rank, 0);
    const expected = trainer.pathOf('sampler', 'v1_1_1');
    const saved = await trainer.saveForSampler('v1_1_1');
    assert.equal(saved.path, expected);
    await engine.loadWeights('run-s1-1-1', saved.location);
    assert.deepEqual(double.loaded, [saved.location]);
    assert.deepEqual(
      (await engine.listModels()).map(({ id }) => id),
      [WHOLE_BASE, 'run-s1-1-1'],
    );

    mkdirSync(join(directory, 'model-1_v1_1_1.0a1b2c.part'));
    await trainer.deleteSaved(saved.path);
    assert.deepEqual(readdirSync(directory), []);
  });
}

test('2: not whole', async (t) => {
  const { trainer, double, engine } = await start(t, await pack(SHARDED, [Object.values(SHARDS)[1]!]));
  const { location } = await trainer.saveForSampler('v1_1_1');
  await assert.rejects(
    engine.loadWeights('run-s1-1-1', location),
    /model-00002-of-00003\.safetensors of .* is missing/,
  );
  const cut = (await pack(WHOLE)).subarray(0, 700);
  const broken = await start(t, cut);
  await assert.rejects(broken.trainer.saveForSampler('v1_1_1'), /archive/);
  assert.deepEqual([double.loaded, broken.double.loaded], [[], []]);
});
