import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Tiny folders of whole models, in the form that trainers write and engines load. */

/** Tensors by name: shape, and what every byte of it holds, or all its bytes. */
export type Tensors = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly fill: number | Uint8Array }>
>;

export const TINY_CONFIG = {
  architectures: ['TinyForCausalLM'],
  model_type: 'tiny',
  vocab_size: 8,
  hidden_size: 4,
  num_attention_heads: 2,
  tie_word_embeddings: true,
};

/** The tensors of the tiny model, all bytes alike. */
export function tinyTensors(fill: number): Tensors {
  return {
    'model.embed_tokens.weight': { shape: [8, 4], fill },
    'model.layers.0.mlp.down_proj.weight': { shape: [4, 6], fill },
    'model.norm.weight': { shape: [4], fill },
  };
}

/** A safetensors file: a length, a header as JSON, then the tensors. */
export function encodeTensors(tensors: Tensors, dtype = 'F32', bytesEach = 4): Buffer {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const parts: Buffer[] = [];
  let at = 0;
  for (const [name, { shape, fill }] of Object.entries(tensors)) {
    const bytes = shape.reduce((product, length) => product * length, bytesEach);
    header[name] = { dtype, shape, data_offsets: [at, at + bytes] };
    parts.push(Buffer.alloc(bytes, fill));
    at += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...parts]);
}

/** Writes a model into a new folder and answers the folder. `shards` tells which file a tensor goes to; absent: one file. */
export function writeModelFolder(
  folder: string,
  tensors: Tensors,
  {
    config = TINY_CONFIG,
    shards,
    dtype = 'F32',
  }: { config?: object; shards?: Readonly<Record<string, string>>; dtype?: 'F32' | 'F16' | 'BF16' } = {},
): string {
  const encode = (some: Tensors) => encodeTensors(some, dtype, dtype === 'F32' ? 4 : 2);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  if (shards === undefined) {
    writeFileSync(join(folder, 'model.safetensors'), encode(tensors));
    return folder;
  }
  for (const file of new Set(Object.values(shards))) {
    const own = Object.entries(tensors).filter(([name]) => shards[name] === file);
    writeFileSync(join(folder, file), encode(Object.fromEntries(own)));
  }
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: shards }));
  return folder;
}
