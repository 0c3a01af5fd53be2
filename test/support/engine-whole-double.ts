import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng, hashSeed } from '../../src/core/rng.ts';
import { wireChoice } from './engine-vllm-double.ts';
import { type Answer, cut, json } from './fault-server.ts';

/**
 * A stand-in for vLLM and SGLang that take whole weights, as far as was seen at vLLM 0.32: what is sampled follows from the
 * tensors in the folder it loaded; a prefix that was cached under other weights and the same salt spoils the answer; a
 * folder it cannot load ends its engine, while it still says that it is well. SGLang's part was written from its
 * documentation and never compared with a server.
 */
export interface WholeDouble {
  readonly answer: Answer;
  /** Folders that it was told to load. */
  readonly loaded: readonly string[];
  readonly isPaused: () => boolean;
}

export const WHOLE_BASE = 'whole-base';

function listTensorFiles(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
  return names.sort().map((name) => join(folder, name));
}

/** `isRefusing` is asked when weights are to be loaded: while true the engine dies of them. */
export function createWholeDouble(start: string, isRefusing: () => boolean = () => false, isDev = true): WholeDouble {
  let folder = start;
  let label = 'default';
  let isPaused = false;
  let isDead = false;
  const loaded: string[] = [];
  const cached = new Map<string, string>();
  const load = (next: string) => {
    loaded.push(next);
    isDead ||= isRefusing() || listTensorFiles(next).length === 0;
    if (!isDead) folder = next;
    return !isDead;
  };
  const sample = (body: { prompt?: number[]; input_ids?: number[][]; cache_salt?: string; seed?: number }) => {
    const key = `${body.cache_salt} ${(body.prompt ?? body.input_ids![0]!).join(' ')}`;
    const before = cached.get(key) ?? folder;
    cached.set(key, folder);
    const weights = [before, folder].map((from) => readFileSync(listTensorFiles(from)[0]!).at(-1));
    return 10 + createRng(hashSeed(...weights.map(Number), body.seed ?? 0)).nextInt(20);
  };
  const answer: Answer = (response, request) => {
    const { path, body } = request;
    const [route] = path.split('?');
    const reply = (value: unknown, status = 200) => json(value, status)(response, request);
    const isDevRoute = /^\/(?:pause|resume|update_weight_version|collective_rpc|reset_prefix_cache|weight_info)$/.test(
      route!,
    );
    if (isDevRoute && !isDev) return reply({ detail: 'Not Found' }, 404);
    if (isDead && route !== '/health' && route !== '/v1/models') return reply({ message: 'EngineDeadError' }, 500);
    switch (route) {
      case '/health':
        return reply({});
      case '/version':
        return reply({ version: '0' });
      case '/v1/models':
        return reply({ data: [{ id: WHOLE_BASE, root: start, parent: null, max_model_len: 100 }] });
      case '/weight_info':
      case '/get_model_info':
        return reply({ weight_version: label });
      case '/pause':
      case '/resume':
        isPaused = route === '/pause';
        return reply({});
      case '/update_weight_version':
        label = body.new_version;
        return reply({ success: true });
      case '/collective_rpc':
        return load(body.kwargs.weights_path) ? reply({ results: [null] }) : reply({ message: 'failed' }, 500);
      case '/reset_prefix_cache':
        cached.clear();
        return reply({});
      case '/update_weights_from_disk': {
        if (!load(body.model_path)) return reply({ success: false, message: 'cannot load' }, 400);
        label = body.weight_version;
        if (body.flush_cache) cached.clear();
        return reply({ success: true, message: 'ok' });
      }
      case '/v1/completions':
        if (body.model !== WHOLE_BASE) return reply({ message: `The model ${body.model} does not exist` }, 404);
        return reply({ choices: [wireChoice(0, [sample(body)])] });
      case '/generate': {
        const id = sample(body);
        const meta = { output_token_logprobs: [[-1, id, null]], finish_reason: { type: 'length' }, cached_tokens: 0 };
        return reply([{ text: 'x', meta_info: meta }]);
      }
      case '/v1/unload_lora_adapter':
        return reply({ message: 'cannot be found' }, 404);
      default:
        return cut(response, request);
    }
  };
  return { answer, loaded, isPaused: () => isPaused };
}
