import { open, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type JsonObject, toObject } from '../../src/core/json-object.ts';
import { cleanServerText } from '../../src/edge/server-text.ts';
import { EngineError } from '../../src/errors.ts';

/**
 * A folder with a whole model, checked before an engine hears of it: vLLM's dies of a folder that it cannot load, and
 * answers its health check all the same.
 */

const CONFIG = 'config.json';
const ADAPTER_CONFIG = 'adapter_config.json';
const INDEX = 'model.safetensors.index.json';
const SINGLE = 'model.safetensors';

/** Bounds of what is read into memory. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;
const MAX_HEADER_BYTES = 100 * 1024 * 1024;

/** Bytes of an element, of the types that unquantised models come in. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  U8: 1,
  BOOL: 1,
};

/** Settings that the shapes of the tensors do not tell, and that an engine reads once, when it starts. */
const SETTINGS = [
  'model_type',
  'vocab_size',
  'num_attention_heads',
  'num_key_value_heads',
  'head_dim',
  'hidden_act',
  'tie_word_embeddings',
] as const;

/** Where a tensor lies, and in what form. */
export interface TensorPlace {
  readonly file: string;
  /** Of its first byte. */
  readonly offset: number;
  /** As safetensors names it: `BF16`. */
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** What an engine depends on. */
export interface ModelFolder {
  readonly folder: string;
  readonly config: JsonObject;
  /** By name. */
  readonly tensors: ReadonlyMap<string, TensorPlace>;
}

/** Whether a whole model lies there rather than an adapter; false for what is no folder that this process sees. */
export async function isModelFolder(location: string): Promise<boolean> {
  if (!path.isAbsolute(location)) return false;
  const names = await readdir(location).catch(() => [] as string[]);
  return names.includes(CONFIG) && !names.includes(ADAPTER_CONFIG);
}

/**
 * Reads a model and checks that it is complete: its configuration, every tensor file of the index, every tensor of it,
 * and the size of every file. Throws `EngineError` with one line for the first thing that is wrong.
 */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const config = await readJson(folder, CONFIG);
  refuseUnsupported(folder, config);
  const tensors = new Map<string, TensorPlace>();
  const { files, owners } = await listTensorFiles(folder);
  for (const file of files) {
    for (const [name, place] of await readTensors(folder, file)) {
      if (tensors.has(name)) throw fault(folder, `tensor ${shorten(name)} is in two files`);
      if (owners !== null && owners.get(name) !== file)
        throw fault(folder, `${INDEX} has tensor ${shorten(name)} elsewhere than in ${file}`);
      tensors.set(name, place);
    }
  }
  const lost = [...(owners?.keys() ?? [])].find((name) => !tensors.has(name));
  if (lost !== undefined) throw fault(folder, `tensor ${shorten(lost)} of ${INDEX} is in no file`);
  if (tensors.size === 0) throw fault(folder, 'it holds no tensor');
  return { folder, config, tensors };
}

/** Throws `EngineError` where an engine that was started with `base` cannot take the weights of `model`. */
export function requireSameShape(model: ModelFolder, base: ModelFolder): void {
  const differing = SETTINGS.find(
    (key) => key in model.config && key in base.config && model.config[key] !== base.config[key],
  );
  if (differing !== undefined) {
    const [own, served] = [model.config[differing], base.config[differing]].map((value) => JSON.stringify(value));
    throw fault(model.folder, `${differing} is ${own}, and the served model in ${base.folder} has ${served}`);
  }
  const isTied = base.config.tie_word_embeddings === true;
  const names = new Set([...model.tensors.keys(), ...base.tensors.keys()]);
  for (const name of names) {
    // A head that is the embedding may be written out or left out.
    if (isTied && name === 'lm_head.weight') continue;
    const [own, served] = [model, base].map(({ tensors }) => tensors.get(name)?.shape.join(' x '));
    if (own === served) continue;
    throw fault(
      model.folder,
      `tensor ${shorten(name)} is ${own ?? 'missing'}, and ${served ?? 'unknown'} in the served model in ${base.folder}`,
    );
  }
}

function refuseUnsupported(folder: string, config: JsonObject): void {
  if (config.quantization_config != null)
    throw fault(folder, 'it is quantised, and engines do not take such weights while they run');
  const experts = ['num_experts', 'num_local_experts', 'n_routed_experts'].find((key) => Number(config[key]) > 1);
  if (experts !== undefined)
    throw fault(folder, `it is a mixture of experts (${experts}), which engines load wrongly while they run`);
}

interface TensorFiles {
  readonly files: readonly string[];
  /** File of every tensor as the index has it; null without an index. */
  readonly owners: ReadonlyMap<string, string> | null;
}

async function listTensorFiles(folder: string): Promise<TensorFiles> {
  const names = await readdir(folder);
  if (!names.includes(INDEX)) {
    if (names.includes(SINGLE)) return { files: [SINGLE], owners: null };
    throw fault(folder, `it has neither ${SINGLE} nor ${INDEX}`);
  }
  const map = Object.entries(toObject((await readJson(folder, INDEX)).weight_map) ?? {});
  const owners = new Map<string, string>();
  for (const [tensor, file] of map) {
    if (typeof file !== 'string' || path.basename(file) !== file)
      throw fault(folder, `${INDEX} names ${shorten(String(file))}, which is no file name`);
    if (!names.includes(file)) throw fault(folder, `${file} of ${INDEX} is missing`);
    owners.set(tensor, file);
  }
  return { files: [...new Set(owners.values())], owners };
}

/** Every tensor of a safetensors file by name: a length, a header as JSON, then the tensors without a gap. */
async function readTensors(folder: string, file: string): Promise<[string, TensorPlace][]> {
  const whole = path.join(folder, file);
  const { size } = await stat(whole);
  const header = await readHeader(folder, file, size);
  const tensors: [string, TensorPlace][] = [];
  let bytes = 0;
  for (const [name, value] of Object.entries(header.tensors)) {
    if (name === '__metadata__') continue;
    const entry = toObject(value);
    const { shape, dtype } = { shape: entry?.shape, dtype: String(entry?.dtype) };
    const each = ELEMENT_BYTES[dtype];
    if (each === undefined) throw fault(folder, `${file}: tensor ${shorten(name)} is of type ${shorten(dtype)}`);
    if (!Array.isArray(shape) || !shape.every((length) => Number.isSafeInteger(length) && length >= 0))
      throw fault(folder, `${file}: tensor ${shorten(name)} has no shape`);
    const own = shape.reduce((product, length) => product * length, each);
    const [start, end] = Array.isArray(entry?.data_offsets) ? entry.data_offsets : [];
    if (!Number.isSafeInteger(start) || start < 0 || end !== start + own)
      throw fault(folder, `${file}: tensor ${shorten(name)} does not say where its ${own} bytes lie`);
    bytes += own;
    tensors.push([name, { file, offset: header.bytes + start, dtype, shape }]);
  }
  if (header.bytes + bytes === size) return tensors;
  throw fault(
    folder,
    `${file} has ${size} bytes, and its tensors ${header.bytes + bytes}: it was not written to its end`,
  );
}

async function readHeader(folder: string, file: string, size: number): Promise<{ tensors: JsonObject; bytes: number }> {
  await using handle = await open(path.join(folder, file));
  const head = Buffer.alloc(8);
  await handle.read(head, 0, 8, 0);
  const length = size < 8 ? Number.POSITIVE_INFINITY : Number(head.readBigUInt64LE());
  if (length > Math.min(MAX_HEADER_BYTES, size - 8)) throw fault(folder, `${file} is no safetensors file`);
  const text = Buffer.alloc(length);
  await handle.read(text, 0, length, 8);
  return { tensors: parse(folder, file, text), bytes: 8 + length };
}

async function readJson(folder: string, name: string): Promise<JsonObject> {
  const file = path.join(folder, name);
  const { size } = await stat(file).catch(() => {
    throw fault(folder, `${name} is missing`);
  });
  if (size > MAX_JSON_BYTES) throw fault(folder, `${name} is larger than ${MAX_JSON_BYTES / 1024 ** 2} MB`);
  return parse(folder, name, await readFile(file));
}

function parse(folder: string, name: string, text: Buffer): JsonObject {
  try {
    const object = toObject(JSON.parse(text.toString('utf8')));
    if (object !== null) return object;
  } catch {
    // Said below.
  }
  throw fault(folder, `${name} holds no JSON object`);
}

function shorten(text: string): string {
  return JSON.stringify(cleanServerText(text, [], 120));
}

function fault(folder: string, what: string): EngineError {
  return new EngineError(`the model in ${folder} is not given to an engine: ${what}`);
}
