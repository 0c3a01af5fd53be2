/**
 * Sampler weights by archive.
 *
 * 1. A gzip tar and a plain tar are unpacked alike; redirects within the server and links in JSON are followed.
 * 2. An adapter gets `target_modules` from its tensor names, an integer `lora_alpha` and a task type; `adapter/` is found.
 * 3. SkyRL is asked by the bare name, others by kind and name.
 * 4. 503 and 425 are waited out; other answers are errors.
 * 5. Locations on other hosts, other schemes and endless redirects are refused, and nothing is fetched from them.
 * 6. Entries that lead out of the folder, links, too many bytes or files for what is expected, an archive that grows
 *    beyond what weights do, a cut tar, a MARKER tar: refused, nothing is left behind.
 * 7. An adapter without a LoRA tensor is refused: an engine would serve the base model.
 * 8. An archive may begin with the folder itself, "/" included. Adapter and whole model are told by their files; what is
 *    neither is refused.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import { UNPACK_LIMITS, unpackArchive } from '../../adapters/tinker/hand-over/unpack-archive.ts';
import type { TinkerTrainerOptions } from '../../adapters/tinker/trainer/create-tinker-trainer.ts';
import { TrainerError } from '../../src/errors.ts';
import { makeFolder } from '../support/embedded-requests.ts';
import { connectTrainer } from '../support/trainer-connection.ts';
import { type FaultServer, startFaultServer } from '../support/trainer-fault-server.ts';

interface Entry {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly type?: 'symlink' | 'link' | 'directory' | 'fifo';
  readonly linkname?: string;
}

async function pack(entries: readonly Entry[]): Promise<Buffer> {
  const archive = tar.pack();
  for (const { content = '', ...header } of entries) archive.entry(header, content);
  archive.finalize();
  return buffer(archive as unknown as Readable);
}

/** A safetensors file with tensors of these names and no data. */
function tensors(...names: string[]): Buffer {
  const header = Buffer.from(
    JSON.stringify({
      __metadata__: {},
      ...Object.fromEntries(names.map((name) => [name, { dtype: 'F32', shape: [0], data_offsets: [0, 0] }])),
    }),
  );
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([size, header]);
}

const LAYER = 'base_model.model.model.layers.0';
const ADAPTER: Entry[] = [
  {
    name: 'adapter_config.json',
    content: JSON.stringify({ peft_type: 'LORA', r: 8, lora_alpha: 32.0, target_modules: null, task_type: null }),
  },
  {
    name: 'adapter_model.safetensors',
    content: tensors(
      `${LAYER}.mlp.down_proj.lora_A.weight`,
      `${LAYER}.mlp.down_proj.lora_B.weight`,
      `${LAYER}.self_attn.q_proj.lora_A.weight`,
      'base_model.model.model.layers.1.mlp.down_proj.lora_A.weight',
    ),
  },
];

const ARCHIVE = 'training_runs/model-1/checkpoints/sampler_weights/v1/archive';

async function open(t: TestContext, options: Partial<TinkerTrainerOptions> = {}) {
  const double = await startFaultServer(t);
  const directory = path.join(await makeFolder(t), 'weights');
  const { trainer, clock } = await connectTrainer(t, double.url, {
    handOver: { kind: 'archive', directory },
    apiKey: 'k',
    ...options,
  });
  await trainer.openModel({ baseModel: 'base', rank: 8, seed: 1 }, null);
  return { double, trainer, clock, directory, save: () => trainer.saveForSampler('v1') };
}

/** Serves the archive where the server says it is. */
function serve(double: FaultServer, bytes: Buffer, from = ARCHIVE): void {
  double.route(from, (_request, response) => response.writeHead(302, { location: '/download' }).end());
  double.route('/download', (_request, response) => response.end(bytes));
}

test('archives are unpacked and made loadable', async (t) => {
  const archive = await pack([{ name: './', type: 'directory' }, ...ADAPTER]);
  for (const bytes of [archive, gzipSync(archive)]) {
    const { double, save, directory } = await open(t);
    serve(double, bytes);
    const { location } = await save();
    assert.equal(location, path.join(directory, 'model-1_v1'));
    const config = JSON.parse(readFileSync(path.join(location, 'adapter_config.json'), 'utf8'));
    assert.deepEqual(config.target_modules, ['down_proj', 'q_proj']);
    assert.deepEqual([config.lora_alpha, config.task_type, config.r], [32, 'CAUSAL_LM', 8]);
    assert.equal(double.to('/download')[0]!.headers['x-api-key'], 'k');
    assert.deepEqual(readdirSync(directory), ['model-1_v1']);
  }
});

test('links in JSON, nested adapters, full models', async (t) => {
  const nested = await open(t);
  nested.double.route(ARCHIVE, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ url: `${nested.double.url}/download`, expires: 'soon' }));
  });
  const archive = await pack(ADAPTER.map((entry) => ({ ...entry, name: `adapter/${entry.name}` })));
  nested.double.route('/download', (_request, response) => response.end(archive));
  assert.equal((await nested.save()).location, path.join(nested.directory, 'model-1_v1', 'adapter'));

  const skyrl = await open(t, { profile: 'skyrl-train' });
  const model = [
    { name: '/', type: 'directory' as const },
    { name: 'config.json', content: '{}' },
    { name: 'model-00001-of-00002.safetensors', content: tensors('lm_head.weight') },
    { name: 'tokenizer.json', content: '{}' },
  ];
  serve(skyrl.double, await pack(model), 'training_runs/model-1/checkpoints/v1/archive');
  const { location, found } = await skyrl.save();
  assert.deepEqual(found, { kind: 'model', files: model.slice(1).map(({ name }) => name) });
  assert.ok(existsSync(path.join(location, 'config.json')));
});

test('8. archives that begin with their own folder', async (t) => {
  for (const name of ['/', './', '.']) {
    const { double, save } = await open(t);
    serve(double, gzipSync(await pack([{ name, type: 'directory' }, ...ADAPTER])));
    const { found } = await save();
    assert.deepEqual(found, { kind: 'adapter', files: ['adapter_config.json', 'adapter_model.safetensors'] });
  }
});

test('an archive that is not ready', async (t) => {
  const { double, save, trainer, clock } = await open(t);
  serve(double, await pack(ADAPTER));
  const wait = (status: number) => ({ status, json: { detail: 'Checkpoint is still being created' } });
  double.fault(ARCHIVE, wait(503), wait(425));
  await save();
  assert.deepEqual(clock.pauses, [1000, 1000]);
  double.fault(ARCHIVE.replace('v1', 'v2'), { status: 405, json: { detail: 'no\nsuch thing' } });
  await assert.rejects(trainer.saveForSampler('v2'), /downloading the archive of v2: 405 no such thing/);
});

test('where archives may come from', async (t) => {
  const other = await startFaultServer(t);
  for (const location of [`${other.url}/download`, 'file:///etc/passwd', 'ftp://host/x', 'http://[', '']) {
    const { double, save } = await open(t);
    double.route(ARCHIVE, (_request, response) => response.writeHead(302, { location }).end());
    await assert.rejects(save(), (error) => {
      assert.ok(error instanceof TrainerError);
      return /neither the trainer nor an https address/.test(error.message) || location === '';
    });
  }
  assert.equal(other.seen.length, 0);
  const { double, save } = await open(t);
  double.route(ARCHIVE, (_request, response) =>
    response.writeHead(302, { location: double.to(ARCHIVE).length % 2 ? '?a' : '?b' }).end(),
  );
  await assert.rejects(save(), /more than 6 redirects/);
});

test('hostile archives', async (t) => {
  const file = { name: 'weights.bin', content: 'x' };
  const cases: [Entry[], RegExp][] = [
    [[file, { name: '../evil', content: 'x' }], /entry "\.\.\/evil", which leads out/],
    [[{ name: 'a/../../evil', content: 'x' }], /leads out/],
    [[{ name: '/evil', content: 'x' }], /leads out/],
    [[{ name: '/', content: 'x' }], /leads out/],
    [[{ name: '/evil/', type: 'directory' }], /leads out/],
    [[file, { name: 'config.json', content: '{}' }], /neither an adapter nor a model: config\.json, weights\.bin/],
    [[{ name: 'a\\..\\evil', content: 'x' }], /leads out/],
    [[{ name: 'evil', type: 'symlink', linkname: '/etc/passwd' }], /of type symlink; only regular files/],
    [[file, { name: 'evil', type: 'link', linkname: 'weights.bin' }], /of type link/],
    [[{ name: 'evil', type: 'fifo' }], /of type fifo/],
    [[file, file], /cannot be unpacked/],
    [[{ name: 'MARKER', content: '' }], /holds no weights/],
    [[], /holds no weights/],
    [[{ name: 'adapter_config.json', content: '{"target_modules": null}' }], /no adapter_model\.safetensors/],
    [[ADAPTER[0]!, { name: 'adapter_model.safetensors', content: tensors('lm_head.weight') }], /names no LoRA tensor/],
    [[ADAPTER[0]!, { name: 'adapter_model.safetensors', content: 'short' }], /not readable|header of/],
    [[{ name: 'adapter_config.json', content: '[]' }], /adapter_config\.json .* not readable: it is no object/],
  ];
  for (const [entries, message] of cases) {
    const { double, save, directory } = await open(t);
    serve(double, gzipSync(await pack(entries)));
    await assert.rejects(save(), (error) => {
      assert.ok(error instanceof TrainerError, String(error));
      assert.match(error.message, message);
      return true;
    });
    assert.deepEqual(
      readdirSync(path.dirname(directory)).filter((name) => name !== 'weights'),
      [],
    );
    assert.equal(
      readdirSync(directory).some((name) => name.endsWith('.part')),
      false,
    );
  }
});

test('bounds and broken streams', async (t) => {
  const folder = await makeFolder(t);
  const archive = await pack([
    { name: 'a', content: Buffer.alloc(100_000) },
    { name: 'b', content: 'b' },
  ]);
  const limits = { maxBytes: 50_000, maxFiles: 10 };
  const target = path.join(folder, 'w');
  const unpack = (bytes: Buffer, more = {}) =>
    unpackArchive(Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]), target, {
      limits: { ...limits, maxBytes: 1e6, ...more },
      prepare: async () => null,
    });
  await assert.rejects(unpack(gzipSync(archive), { maxBytes: 50_000 }), /unpacks to more than 50000 bytes/);
  await assert.rejects(unpack(archive, { maxFiles: 1 }), /more than 1 files/);
  await assert.rejects(unpack(archive.subarray(0, 60_000)), TrainerError);
  await assert.rejects(unpack(gzipSync(archive).subarray(0, 100)), TrainerError);
  await assert.rejects(unpack(Buffer.alloc(2048, 'x')), TrainerError);
  assert.deepEqual(readdirSync(folder), []);
  // What a small download may grow to, and how many files are written before too many are noticed.
  const bomb = gzipSync(await pack([{ name: 'zeros', content: Buffer.alloc(80 * 1024 ** 2) }]));
  await assert.rejects(unpack(bomb, { maxBytes: 1e9 }), /unpacks to 20 times its size/);
  const crowd = await pack(Array.from({ length: 70 }, (_, i) => ({ name: `part-${i}`, content: 'x' })));
  await assert.rejects(unpack(crowd, UNPACK_LIMITS.adapter), /more than 64 files/);
  assert.deepEqual(readdirSync(folder), []);
  await unpack(crowd, UNPACK_LIMITS.model);
  await unpack(gzipSync(archive));
  await unpack(archive);
  assert.deepEqual(readdirSync(target), ['a', 'b']);
});
