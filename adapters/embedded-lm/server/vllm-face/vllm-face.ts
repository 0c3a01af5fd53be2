import { type Call, type Face, type Reply, type Route, replyJson } from '../http/route.ts';
import { BASE_MODEL } from '../snapshots.ts';
import { chat } from './chat.ts';
import { complete } from './completions.ts';
import { type EngineContext, toEngineError } from './engine-context.ts';
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

const LABEL = `model_name="${BASE_MODEL}"`;

/** GET `/metrics`: Prometheus text with vLLM's names. */
function getMetrics({ lm, counts }: EngineContext): Reply {
  const stats = lm.stats();
  const lines = [
    ...writeMetric('num_requests_running', 'gauge', 'Sequences being decoded.', stats.running),
    ...writeMetric('num_requests_waiting', 'gauge', 'Sequences waiting for a slot.', stats.waiting),
    ...writeMetric('kv_cache_usage_perc', 'gauge', 'Share of the key-value cache in use, 0 to 1.', stats.kvUsage),
    ...writeMetric('prompt_tokens_total', 'counter', 'Prompt tokens taken in.', stats.promptTokens),
    ...writeMetric('generation_tokens_total', 'counter', 'Tokens generated.', stats.generatedTokens),
    ...writeMetric('prefix_cache_queries_total', 'counter', 'Prompt tokens looked up.', stats.promptTokens),
    ...writeMetric('prefix_cache_hits_total', 'counter', 'Prompt tokens reused.', stats.cachedTokens),
    ...writeFinished(counts.finished),
    ...writeLatency(counts.latency()),
  ];
  return { status: 200, text: `${lines.join('\n')}\n`, headers: { 'content-type': 'text/plain; version=0.0.4' } };
}

function writeHead(name: string, type: string, help: string): string[] {
  return [`# HELP vllm:${name} ${help}`, `# TYPE vllm:${name} ${type}`];
}

function writeMetric(name: string, type: 'gauge' | 'counter', help: string, value: number): string[] {
  return [...writeHead(name, type, help), `vllm:${name}{${LABEL}} ${value}`];
}

function writeFinished(finished: Readonly<Record<string, number>>): string[] {
  const samples = Object.entries(finished).map(
    ([reason, count]) => `vllm:request_success_total{${LABEL},finished_reason="${reason}"} ${count}`,
  );
  return [...writeHead('request_success_total', 'counter', 'Choices that ended, by reason.'), ...samples];
}

function writeLatency(latency: ReturnType<EngineContext['counts']['latency']>): string[] {
  const name = 'e2e_request_latency_seconds';
  return [
    ...writeHead(name, 'histogram', 'Time from request to answer.'),
    ...latency.buckets.map(([bound, count]) => `vllm:${name}_bucket{${LABEL},le="${bound}"} ${count}`),
    `vllm:${name}_sum{${LABEL}} ${latency.sumS}`,
    `vllm:${name}_count{${LABEL}} ${latency.count}`,
  ];
}
