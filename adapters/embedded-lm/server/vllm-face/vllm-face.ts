import type { Call, Face, Reply, Route } from '../http/route.ts';
import { replyJson } from '../http/route.ts';
import { chat } from './chat.ts';
import { complete } from './completions.ts';
import type { EngineContext } from './engine-context.ts';
import { toEngineError } from './error-reply.ts';
import { getMetrics } from './metrics.ts';
import { listModels, loadAdapter, unloadAdapter } from './models.ts';
import { detokenize, tokenize } from './tokenize.ts';

/** What `/version` says: the interface is vLLM's, the engine is not. */
const VERSION = 'parallel-r1-embedded';

/** The inference face: vLLM's OpenAI server as far as this project uses it. */
export function createVllmFace(ctx: EngineContext): Face {
  const post = (path: string, handle: (call: Call, ctx: EngineContext) => Reply | Promise<Reply>): Route => ({
    method: 'POST',
    path,
    handle: (call) => handle(call, ctx),
  });
  return {
    prefix: '/',
    toErrorReply: toEngineError,
    routes: [
      post('/v1/completions', complete),
      post('/v1/chat/completions', chat),
      post('/tokenize', tokenize),
      post('/detokenize', detokenize),
      post('/v1/load_lora_adapter', loadAdapter),
      post('/v1/unload_lora_adapter', unloadAdapter),
      { method: 'GET', path: '/v1/models', handle: () => listModels(ctx) },
      { method: 'GET', path: '/health', isOpen: true, handle: () => ({ status: 200 }) },
      { method: 'GET', path: '/ping', isOpen: true, handle: () => ({ status: 200 }) },
      { method: 'GET', path: '/version', handle: () => replyJson({ version: VERSION }) },
      { method: 'GET', path: '/metrics', handle: () => getMetrics(ctx) },
    ],
  };
}
