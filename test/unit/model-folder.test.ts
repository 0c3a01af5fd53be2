/**
 * Folders of whole models, before an engine hears of them:
 *  1. a whole model is told from an adapter, from an empty folder, and from a path that only servers can follow
 *  2. one file or several with an index, and every tensor with its shape
 *  3. what is missing, cut short, doubled or not what the index says is named in one line; so are names that lead elsewhere
 *  4. quantised models, mixtures of experts and files that are none are refused
 *  5. a model of another vocabulary, another shape, or with a tensor more or less does not fit the served one; a tied head
 *     may be written out
 */
import assert from 'node:assert/strict';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { isModelFolder, readModelFolder, requireSameShape } from '../../adapters/engine-openai/model-folder.ts';
import { EngineError } from '../../src/errors.ts';
import { encodeTensors, TINY_CONFIG, tinyTensors, writeModelFolder } from '../support/model-folders.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const root = makeTempFolder('model-folder');
let count = 0;
const nextFolder = () => {
  count += 1;
  return join(root, String(count));
};
const TENSORS = tinyTensors(1);
const [EMBED, DOWN, NORM] = Object.keys(TENSORS) as [string, string, string];
const SHARDS = { [EMBED]: 'a.safetensors', [DOWN]: 'b.safetensors', [NORM]: 'b.safetensors' };

async function assertRefused(folder: string, said: RegExp): Promise<void> {
  await assert.rejects(readModelFolder(folder), (error) => {
    assert.ok(error instanceof EngineError);
    assert.match(error.message, said);
    assert.ok(error.message.startsWith(`the model in ${folder} is not given to an engine: `), error.message);
    assert.ok(!error.message.includes('\n') && !error.retryable);
    return true;
  });
}

test('1: what lies there', async () => {
  assert.equal(await isModelFolder(writeModelFolder(nextFolder(), TENSORS)), true);
  const adapter = writeModelFolder(nextFolder(), TENSORS);
  writeFileSync(join(adapter, 'adapter_config.json'), '{}');
  for (const other of [adapter, root, nextFolder(), 'tinker://model/sampler_weights/v1', '.']) {
    assert.equal(await isModelFolder(other), false, other);
  }
});

test('2: complete', async () => {
  const wanted = new Map(Object.entries(TENSORS).map(([name, { shape }]) => [name, shape]));
  for (const options of [{}, { shards: SHARDS }]) {
    const { tensors, config } = await readModelFolder(writeModelFolder(nextFolder(), TENSORS, options));
    const found = [...tensors].map(([name, { shape }]) => [name, shape] as const);
    assert.deepEqual(new Map(found.sort()), new Map([...wanted].sort()));
    assert.deepEqual(config, TINY_CONFIG);
  }
});

test('3: incomplete', async () => {
  const single = (spoil: (folder: string) => void) => {
    const folder = writeModelFolder(nextFolder(), TENSORS);
    spoil(folder);
    return folder;
  };
  const sharded = (spoil: (folder: string) => void, shards: Record<string, string> = SHARDS) => {
    const folder = writeModelFolder(nextFolder(), TENSORS, { shards });
    spoil(folder);
    return folder;
  };
  const index = (folder: string, map: object) =>
    writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  await assertRefused(
    single((folder) => rmSync(join(folder, 'config.json'))),
    /config\.json is missing/,
  );
  await assertRefused(
    single((folder) => writeFileSync(join(folder, 'config.json'), '[1]')),
    /holds no JSON object/,
  );
  await assertRefused(
    single((folder) => rmSync(join(folder, 'model.safetensors'))),
    /has neither model\.safetensors nor/,
  );
  await assertRefused(
    single((folder) => truncateSync(join(folder, 'model.safetensors'), 400)),
    /not written to its end/,
  );
  await assertRefused(
    single((folder) => truncateSync(join(folder, 'model.safetensors'), 5)),
    /is no safetensors file/,
  );
  await assertRefused(
    single((folder) => writeFileSync(join(folder, 'model.safetensors'), Buffer.alloc(64, 255))),
    /is no safetensors file/,
  );
  await assertRefused(
    sharded((folder) => rmSync(join(folder, 'b.safetensors'))),
    /b\.safetensors of .* is missing/,
  );
  await assertRefused(
    sharded((folder) => index(folder, { ...SHARDS, other: 'a.safetensors' })),
    /tensor "other" of .* is in no file/,
  );
  await assertRefused(
    sharded((folder) => index(folder, { ...SHARDS, [NORM]: 'a.safetensors' })),
    /elsewhere than in b\.safetensors/,
  );
  await assertRefused(
    sharded((folder) => index(folder, { ...SHARDS, [NORM]: '../b.safetensors' })),
    /is no file name/,
  );
  await assertRefused(
    sharded((folder) => index(folder, {})),
    /holds no tensor/,
  );
  const twice = sharded((folder) => writeFileSync(join(folder, 'b.safetensors'), encodeTensors(TENSORS)));
  await assertRefused(twice, /is in two files|elsewhere than in/);
});

test('4: not supported', async () => {
  const withConfig = (more: object) => writeModelFolder(nextFolder(), TENSORS, { config: { ...TINY_CONFIG, ...more } });
  await assertRefused(withConfig({ quantization_config: { bits: 4 } }), /it is quantised/);
  await assertRefused(withConfig({ num_experts: 8 }), /mixture of experts \(num_experts\)/);
  const packed = writeModelFolder(nextFolder(), TENSORS);
  writeFileSync(join(packed, 'model.safetensors'), encodeTensors(TENSORS, 'F8_E4M3', 1));
  await assertRefused(packed, /is of type "F8_E4M3"/);
});

test('5: the served model', async () => {
  const base = await readModelFolder(writeModelFolder(nextFolder(), TENSORS));
  const check = async (tensors: typeof TENSORS, config: object = TINY_CONFIG) =>
    requireSameShape(await readModelFolder(writeModelFolder(nextFolder(), tensors, { config })), base);
  await check(tinyTensors(9));
  await check({ ...TENSORS, 'lm_head.weight': { shape: [8, 4], fill: 1 } });
  await assert.rejects(
    check(TENSORS, { ...TINY_CONFIG, vocab_size: 9 }),
    /vocab_size is 9, and the served model in .* has 8/,
  );
  await assert.rejects(
    check({ ...TENSORS, [NORM]: { shape: [5], fill: 1 } }),
    /tensor "model\.norm\.weight" is 5, and 4 in/,
  );
  await assert.rejects(check({ ...TENSORS, more: { shape: [1], fill: 1 } }), /tensor "more" is 1, and unknown in/);
  const { [NORM]: _, ...less } = TENSORS;
  await assert.rejects(check(less), /tensor "model\.norm\.weight" is missing, and 4 in/);
});
