import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type JsonObject, toObject } from '../../../src/core/json-object.ts';
import { cleanServerText } from '../../../src/edge/server-text.ts';
import { TrainerError } from '../../../src/errors.ts';
import type { FoundWeights } from '../../../src/ports/trainer.ts';

/** What a trainer wrote into a folder of weights: told by its files, and made loadable. */

export const ADAPTER_CONFIG = 'adapter_config.json';
const ADAPTER_WEIGHTS = 'adapter_model.safetensors';
const MODEL_CONFIG = 'config.json';

/** Bounds of what is read into memory from a folder of weights. */
const MAX_HEADER_BYTES = 64 * 1024 * 1024;
const MAX_CONFIG_BYTES = 1024 * 1024;

/** Names shown of a folder that holds nothing known. */
const SHOWN_NAMES = 5;

/** What was found, and in which folder below the one that was looked into: an empty string for that one itself. */
export interface PreparedWeights {
  readonly below: string;
  readonly found: FoundWeights;
}

/** Finds what unpacked weights are, and makes an adapter loadable by rewriting its configuration. Throws `TrainerError`. */
export async function prepareWeights(folder: string): Promise<PreparedWeights> {
  const prepared = await findWeights(folder);
  if (prepared.found.kind === 'adapter') {
    const home = path.join(folder, prepared.below);
    const { config, normal } = await readAdapterConfig(home);
    if (!isDeepStrictEqual(config, normal)) await writeConfig(home, normal);
  }
  return prepared;
}

/**
 * What lies in a folder, or in the only one below it that holds weights: a PEFT adapter by its configuration, or a whole
 * model by its own and its tensors. Throws `TrainerError` where it is neither.
 */
export async function findWeights(folder: string): Promise<PreparedWeights> {
  const entries = await readdir(folder, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const found: PreparedWeights[] = [];
  for (const place of ['', ...below]) {
    const files = (await readdir(path.join(folder, place), { withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();
    if (files.includes(ADAPTER_CONFIG)) found.push({ below: place, found: { kind: 'adapter', files } });
    else if (files.includes(MODEL_CONFIG) && files.some((name) => name.endsWith('.safetensors')))
      found.push({ below: place, found: { kind: 'model', files } });
  }
  if (found.length === 1 || found[0]?.below === '') return found[0]!;
  const names = entries.map(({ name }) => name).sort();
  const shown = names.slice(0, SHOWN_NAMES).map((name) => cleanServerText(name, [], 60));
  const what = found.length === 0 ? 'neither an adapter nor a model' : 'weights in several folders';
  throw new TrainerError(
    `the trainer saved ${what}: ${shown.join(', ') || 'no file'}${names.length > SHOWN_NAMES ? `, ${names.length - SHOWN_NAMES} more` : ''}`,
  );
}

/**
 * The configuration of an adapter as it is, and as vLLM needs it: `target_modules` as a list or a pattern, an integer
 * `lora_alpha` and a `task_type`; some trainers leave them null or fractional.
 */
export async function readAdapterConfig(
  folder: string,
): Promise<{ readonly config: JsonObject; readonly normal: JsonObject }> {
  const config = await readConfig(path.join(folder, ADAPTER_CONFIG));
  const { target_modules: given, lora_alpha: alpha, task_type: task } = config;
  const isGiven = Array.isArray(given) || (typeof given === 'string' && given !== '');
  const normal = {
    ...config,
    target_modules: isGiven ? given : await listModules(folder),
    lora_alpha: typeof alpha === 'number' ? Math.round(alpha) : alpha,
    task_type: task ?? 'CAUSAL_LM',
  };
  return { config, normal };
}

/** Writes the configuration of an adapter. */
export async function writeConfig(folder: string, config: JsonObject): Promise<void> {
  await writeFile(path.join(folder, ADAPTER_CONFIG), `${JSON.stringify(config, null, 2)}\n`);
}

async function readConfig(file: string): Promise<JsonObject> {
  const text = await readFile(file);
  if (text.length > MAX_CONFIG_BYTES)
    throw new TrainerError(`${ADAPTER_CONFIG} of the saved weights is larger than a megabyte`);
  return parsePart(text, ADAPTER_CONFIG);
}

/** The modules an adapter changes: the name before `.lora_A` of every tensor, distinct, in order. */
async function listModules(folder: string): Promise<string[]> {
  const names = Object.keys(await readTensorHeader(path.join(folder, ADAPTER_WEIGHTS)));
  const modules = names.flatMap((name) => {
    const parts = name.split('.');
    const at = parts.findIndex((part) => part === 'lora_A' || part === 'lora_embedding_A');
    return at > 0 && parts[at - 1] !== '' ? parts[at - 1]! : [];
  });
  if (modules.length > 0) return [...new Set(modules)];
  throw new TrainerError(
    `${ADAPTER_WEIGHTS} of the saved weights names no LoRA tensor; an engine would serve the base model`,
  );
}

/** The header of a safetensors file: its length as 8 bytes little endian, then JSON by tensor name. */
async function readTensorHeader(file: string): Promise<JsonObject> {
  await using handle = await open(file).catch((cause: unknown) => {
    throw new TrainerError(
      `the saved weights have ${ADAPTER_CONFIG} without target_modules and no ${ADAPTER_WEIGHTS}`,
      {
        cause,
      },
    );
  });
  const size = Buffer.alloc(8);
  await handle.read(size, 0, 8, 0);
  const length = Number(size.readBigUInt64LE());
  if (length > MAX_HEADER_BYTES)
    throw new TrainerError(`${ADAPTER_WEIGHTS} of the saved weights has a header of ${length} bytes`);
  const header = Buffer.alloc(length);
  await handle.read(header, 0, length, 8);
  return parsePart(header, ADAPTER_WEIGHTS);
}

function parsePart(text: Buffer, name: string): JsonObject {
  try {
    const object = toObject(JSON.parse(text.toString('utf8')));
    if (object !== null) return object;
    throw new Error('it is no object');
  } catch (cause) {
    const reason = cleanServerText((cause as Error).message);
    throw new TrainerError(`${name} of the saved weights is not readable: ${reason}`, { cause });
  }
}
