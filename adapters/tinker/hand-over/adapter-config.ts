import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type JsonObject, toObject } from '../../../src/core/json-object.ts';
import { cleanServerText } from '../../../src/edge/server-text.ts';
import { TrainerError } from '../../../src/errors.ts';

const CONFIG_FILE = 'adapter_config.json';
const WEIGHTS_FILE = 'adapter_model.safetensors';

/** Bounds of what is read into memory from an unpacked archive. */
const MAX_HEADER_BYTES = 64 * 1024 * 1024;
const MAX_CONFIG_BYTES = 1024 * 1024;

/**
 * Makes an unpacked PEFT adapter loadable by vLLM, which needs `target_modules` as a list, an integer
 * `lora_alpha` and a `task_type`; some trainers leave them null or fractional. Returns the adapter's place relative to
 * `folder`: an empty string, or `adapter`. A full model has no such file and is left alone.
 */
export async function normaliseAdapterConfig(folder: string): Promise<string> {
  const below = (await readdir(folder)).includes('adapter') ? 'adapter' : '';
  const home = path.join(folder, below);
  if (!(await readdir(home)).includes(CONFIG_FILE)) return below;
  const file = path.join(home, CONFIG_FILE);
  const config = await readConfig(file);
  const targets = Array.isArray(config.target_modules) ? config.target_modules : await listModules(home);
  const alpha = typeof config.lora_alpha === 'number' ? Math.round(config.lora_alpha) : config.lora_alpha;
  const normal = { ...config, target_modules: targets, lora_alpha: alpha, task_type: config.task_type ?? 'CAUSAL_LM' };
  await writeFile(file, `${JSON.stringify(normal, null, 2)}\n`);
  return below;
}

async function readConfig(file: string): Promise<JsonObject> {
  const text = await readFile(file);
  if (text.length > MAX_CONFIG_BYTES)
    throw new TrainerError(`${CONFIG_FILE} in the weights archive is larger than a megabyte`);
  return parsePart(text, CONFIG_FILE);
}

/** The modules an adapter changes: the name before `.lora_A` of every tensor, distinct, in order. */
async function listModules(folder: string): Promise<string[]> {
  const names = Object.keys(await readTensorHeader(path.join(folder, WEIGHTS_FILE)));
  const modules = names.flatMap((name) => /([^.]+)\.lora_(?:A|embedding_A)(?:\.|$)/.exec(name)?.[1] ?? []);
  if (modules.length > 0) return [...new Set(modules)];
  throw new TrainerError(
    `${WEIGHTS_FILE} in the weights archive names no LoRA tensor; an engine would serve the base model`,
  );
}

/** The header of a safetensors file: its length as 8 bytes little endian, then JSON by tensor name. */
async function readTensorHeader(file: string): Promise<JsonObject> {
  await using handle = await open(file).catch((cause: unknown) => {
    throw new TrainerError(`the weights archive has ${CONFIG_FILE} without target_modules and no ${WEIGHTS_FILE}`, {
      cause,
    });
  });
  const size = Buffer.alloc(8);
  await handle.read(size, 0, 8, 0);
  const length = Number(size.readBigUInt64LE());
  if (length > MAX_HEADER_BYTES)
    throw new TrainerError(`${WEIGHTS_FILE} in the weights archive has a header of ${length} bytes`);
  const header = Buffer.alloc(length);
  await handle.read(header, 0, length, 8);
  return parsePart(header, WEIGHTS_FILE);
}

function parsePart(text: Buffer, name: string): JsonObject {
  try {
    const object = toObject(JSON.parse(text.toString('utf8')));
    if (object !== null) return object;
    throw new Error('it is no object');
  } catch (cause) {
    throw new TrainerError(
      `${name} in the weights archive is not readable: ${cleanServerText((cause as Error).message)}`,
      { cause },
    );
  }
}
