import { EngineError } from '../../src/errors.ts';
import type { EngineLoad } from '../../src/ports/engine.ts';
import type { OpenAiKind, OpenAiWire } from './openai-wire.ts';

/** Names of a server's Prometheus metrics; the first one present counts. */
interface MetricNames {
  readonly running: readonly string[];
  readonly waiting: readonly string[];
  readonly kvCacheUsed: readonly string[];
  readonly preemptions: readonly string[];
}

const METRICS: Readonly<Partial<Record<OpenAiKind, MetricNames>>> = {
  vllm: {
    running: ['vllm:num_requests_running'],
    waiting: ['vllm:num_requests_waiting'],
    // The second name is that of releases before 0.9.
    kvCacheUsed: ['vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc'],
    preemptions: ['vllm:num_preemptions_total', 'vllm:num_preemptions'],
  },
  sglang: {
    running: ['sglang:num_running_reqs'],
    waiting: ['sglang:num_queue_reqs'],
    kvCacheUsed: ['sglang:token_usage'],
    preemptions: [],
  },
};

/** Reads the load of a kind of server that reports it; null for the others. */
export function findLoadReader(
  kind: OpenAiKind,
  wire: OpenAiWire,
): ((signal?: AbortSignal) => Promise<EngineLoad | null>) | null {
  const names = METRICS[kind];
  return names === undefined ? null : (signal) => readLoad(wire, names, signal);
}

/** GET `/metrics`, Prometheus text. Null when there is no such endpoint or it does not know the queue. */
async function readLoad(
  wire: OpenAiWire,
  names: MetricNames,
  signal: AbortSignal | undefined,
): Promise<EngineLoad | null> {
  try {
    return parseLoad(await wire.send('GET', '/metrics', undefined, signal), names);
  } catch (error) {
    // SGLang without --enable-metrics, or a proxy that lets only /v1 through.
    if (error instanceof EngineError && !error.retryable && error.status !== null) return null;
    throw error;
  }
}

/** There is one value per engine and model: requests and preemptions are summed; of the caches the fullest counts. */
function parseLoad(text: string, names: MetricNames): EngineLoad | null {
  const samples = readSamples(text, new Set(Object.values(names).flat()));
  const join = (wanted: readonly string[], two: (a: number, b: number) => number) =>
    wanted.flatMap((name) => samples.get(name)?.reduce(two) ?? [])[0] ?? null;
  const add = (a: number, b: number) => a + b;
  const waiting = join(names.waiting, add);
  if (waiting === null) return null;
  return {
    running: join(names.running, add),
    waiting,
    kvCacheUsed: join(names.kvCacheUsed, (a, b) => Math.max(a, b)),
    preemptions: join(names.preemptions, add),
  };
}

/** Values by metric name, labels left out; what is not a finite number is skipped. */
function readSamples(text: string, wanted: ReadonlySet<string>): Map<string, number[]> {
  const samples = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    const name = /^[^\s{#]+/.exec(line)?.[0];
    if (name === undefined || !wanted.has(name)) continue;
    const afterLabels = line.slice(line.startsWith('{', name.length) ? line.lastIndexOf('}') + 1 : name.length);
    const value = Number(afterLabels.trim().split(/\s+/)[0] || Number.NaN);
    if (Number.isFinite(value)) samples.set(name, [...(samples.get(name) ?? []), value]);
  }
  return samples;
}
