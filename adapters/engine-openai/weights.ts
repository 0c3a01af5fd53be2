import { failAt } from '../../src/edge/http-failure.ts';
import { EngineError } from '../../src/errors.ts';
import type { ListModels } from './openai-client.ts';
import type { OpenAiWire } from './openai-wire.ts';

/** Paths of one server's adapter endpoints; both take the fields of vLLM. */
export interface WeightRoutes {
  readonly load: string;
  readonly unload: string;
}

export const VLLM_WEIGHTS: WeightRoutes = { load: '/v1/load_lora_adapter', unload: '/v1/unload_lora_adapter' };
export const SGLANG_WEIGHTS: WeightRoutes = { load: '/load_lora_adapter', unload: '/unload_lora_adapter' };

/**
 * Loads an adapter directory under a name. A name that is taken is fine when it holds the same directory: the
 * reply to an earlier request was lost. Otherwise the error says "already".
 */
export async function loadAdapter(
  wire: OpenAiWire,
  { load }: WeightRoutes,
  version: string,
  location: string,
  listModels: ListModels,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await wire.send('POST', load, { lora_name: version, lora_path: location }, signal);
  } catch (error) {
    if (!isRefusal(error, /already/i)) throw error;
    const listed = (await listModels(signal)).find(({ id }) => id === version);
    if (listed?.root === location) return;
    const other =
      listed === undefined ? 'weights it does not list' : `weights from ${listed.root ?? 'an unknown place'}`;
    throw failAt(wire.siteOf('POST', load), `${version} already names ${other}: unload it first`, {
      cause: error,
      status: 400,
    });
  }
}

/** Unloads an adapter; one that is not there counts as unloaded. */
export async function unloadAdapter(
  wire: OpenAiWire,
  { unload }: WeightRoutes,
  version: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await wire.send('POST', unload, { lora_name: version }, signal);
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return;
    // SGLang answers 400 for this.
    if (!isRefusal(error, /cannot be found|does not exist|not loaded/i)) throw error;
  }
}

function isRefusal(error: unknown, words: RegExp): error is EngineError {
  return error instanceof EngineError && error.status !== null && error.status < 500 && words.test(error.message);
}
