/**
 * Rows of the output matrix, read out of the files of a model:
 *  1. float32, float16 and bfloat16 come back as the numbers they are, in the order asked for, from one file or several
 *  2. the head where it is one of its own, the embedding where the two are tied or no head is written
 *  3. null, and no error: a row too many, no model there, one that is cut short, quantised, without its tensors, or
 *    whose file is a link that leads nowhere
 */
import assert from 'node:assert/strict';
import { rmSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { readOutputRows } from '../../adapters/engine-openai/output-rows.ts';
import { type Tensors, TINY_CONFIG, writeModelFolder } from '../support/model-folders.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const root = makeTempFolder('output-rows');
let count = 0;
const nextFolder = () => {
  count += 1;
  return join(root, String(count));
};

const UNTIED = { ...TINY_CONFIG, tie_word_embeddings: false };

/** Two rows of three float32 numbers each, `from` on. */
function matrix(from: number): Tensors[string] {
  return { shape: [2, 3], fill: new Uint8Array(Float32Array.from([0, 1, 2, 3, 4, 5], (i) => from + i).buffer) };
}

const toLists = (rows: readonly Float32Array[] | null) => rows?.map((row) => [...row]) ?? null;

test('1: types', async () => {
  const bits = {
    // 1, -2, 1/3 as each type has it, 65504 or 2^127, a number below the normal ones, 0.
    F16: [0x3c00, 0xc000, 0x3555, 0x7bff, 0x0001, 0x0000],
    BF16: [0x3f80, 0xc000, 0x3eab, 0x7f00, 0x0001, 0x0000],
  };
  const wanted = {
    F16: [1, -2, 0.333251953125, 65504, 2 ** -24, 0],
    BF16: [1, -2, 0.333984375, 2 ** 127, 2 ** -133, 0],
  };
  for (const dtype of ['F16', 'BF16'] as const) {
    const head = { shape: [2, 3], fill: new Uint8Array(Uint16Array.from(bits[dtype]).buffer) };
    const folder = writeModelFolder(nextFolder(), { 'lm_head.weight': head }, { config: UNTIED, dtype });
    const [first, second] = [wanted[dtype].slice(0, 3), wanted[dtype].slice(3)];
    assert.deepEqual(toLists(await readOutputRows(folder, [1, 0, 1])), [second, first, second], dtype);
  }
  const shards = { 'model.norm.weight': 'a.safetensors', 'lm_head.weight': 'b.safetensors' };
  const tensors = { 'model.norm.weight': { shape: [3], fill: 1 }, 'lm_head.weight': matrix(10) };
  for (const options of [{ config: UNTIED }, { config: UNTIED, shards }]) {
    assert.deepEqual(toLists(await readOutputRows(writeModelFolder(nextFolder(), tensors, options), [1])), [
      [13, 14, 15],
    ]);
  }
});

test('2: which matrix', async () => {
  const both = { 'model.embed_tokens.weight': matrix(0), 'lm_head.weight': matrix(10) };
  const read = async (tensors: Tensors, config: object) =>
    toLists(await readOutputRows(writeModelFolder(nextFolder(), tensors, { config }), [0]));
  assert.deepEqual(await read(both, UNTIED), [[10, 11, 12]]);
  assert.deepEqual(await read(both, TINY_CONFIG), [[0, 1, 2]]);
  assert.deepEqual(await read({ 'language_model.model.embed_tokens.weight': matrix(0) }, UNTIED), [[0, 1, 2]]);
});

test('3: nothing to be read', async () => {
  const head = { 'lm_head.weight': matrix(0) };
  const good = writeModelFolder(nextFolder(), head, { config: UNTIED });
  assert.notEqual(await readOutputRows(good, [1]), null);
  assert.equal(await readOutputRows(good, [2]), null);
  truncateSync(join(good, 'model.safetensors'), 100);
  const linked = writeModelFolder(nextFolder(), head, { config: UNTIED });
  rmSync(join(linked, 'model.safetensors'));
  symlinkSync(join(root, 'gone'), join(linked, 'model.safetensors'));
  const quantised = { ...UNTIED, quantization_config: {} };
  for (const folder of [
    good,
    linked,
    root,
    'HuggingFaceTB/SmolLM2-135M',
    writeModelFolder(nextFolder(), head, { config: quantised }),
    writeModelFolder(nextFolder(), { 'model.norm.weight': { shape: [2, 3], fill: 1 } }),
  ]) {
    assert.equal(await readOutputRows(folder, [1]), null, folder);
  }
});
