import type { Reply } from '../http/route.ts';
import { BASE_MODEL } from '../snapshots.ts';
import type { EngineContext } from './engine-context.ts';

const LABEL = `model_name="${BASE_MODEL}"`;

/** GET `/metrics`: Prometheus text with vLLM's names. */
export function getMetrics({ lm, counts }: EngineContext): Reply {
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
