/**
 * What a server tells of its load by GET /metrics.
 *
 * 1. vLLM: queue and preemptions of all engines together, of the KV caches the fullest; older names too.
 * 2. SGLang's names; no preemptions are told.
 * 3. No such endpoint, another server's text, nonsense: null. A server that fails is an error.
 * 4. Kinds that tell no load offer no such call.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import type { OpenAiKind } from '../../adapters/engine-openai/openai-wire.ts';
import { type Answer, json, startFaultServer, text } from '../support/fault-server.ts';

const VLLM = `# HELP vllm:num_requests_waiting Number of requests waiting to be processed.
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_running{engine="0",model_name="m {odd} name"} 12.0
vllm:num_requests_running{engine="1",model_name="m"} 3.0
vllm:num_requests_waiting{engine="0",model_name="m {odd} name"} 4.0
vllm:num_requests_waiting{engine="1",model_name="m"} 0.0
vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 99.0
vllm:kv_cache_usage_perc{engine="0"} 0.25
vllm:kv_cache_usage_perc{engine="1"} 0.75 1395066363000
vllm:num_preemptions_total{engine="0"} 2.0
vllm:num_preemptions_created{engine="0"} 1.7e9
`;

async function readFrom(t: Parameters<typeof startFaultServer>[0], kind: OpenAiKind, answer: Answer) {
  const server = await startFaultServer(t, answer);
  const engine = createOpenAiEngine({ kind, url: `${server.url}/v1`, timeoutMs: 20_000 });
  t.after(() => engine[Symbol.asyncDispose]());
  const load = await engine.readLoad?.();
  assert.deepEqual(
    server.seen.map(({ method, path }) => [method, path]),
    [['GET', '/metrics']],
  );
  return load;
}

test('1. vllm', async (t) => {
  const load = await readFrom(t, 'vllm', text(VLLM));
  assert.deepEqual(load, { running: 15, waiting: 4, kvCacheUsed: 0.75, preemptions: 2 });
  const old = 'vllm:num_requests_waiting 1\nvllm:gpu_cache_usage_perc 0.5\n';
  assert.deepEqual(await readFrom(t, 'vllm', text(old)), {
    running: null,
    waiting: 1,
    kvCacheUsed: 0.5,
    preemptions: null,
  });
});

test('2. sglang', async (t) => {
  const told = 'sglang:num_running_reqs{a="b"} 5\nsglang:num_queue_reqs{a="b"} 6\nsglang:token_usage{a="b"} 0.5\n';
  const load = await readFrom(t, 'sglang', text(told));
  assert.deepEqual(load, { running: 5, waiting: 6, kvCacheUsed: 0.5, preemptions: null });
});

test('3. nothing told', async (t) => {
  const nothing = [
    json({ detail: 'Not Found' }, 404),
    text('no', 403),
    text(''),
    text('<html>'),
    text('python_gc 1\n'),
    text('vllm:num_requests_waiting{model_name="m"} NaN\nvllm:num_requests_waiting\n'),
  ];
  for (const answer of nothing) assert.equal(await readFrom(t, 'vllm', answer), null);
  await assert.rejects(readFrom(t, 'vllm', text('broken', 500)), { retryable: true, status: 500 });
});

test('4. not offered', () => {
  for (const kind of ['tgi', 'openai', 'embedded'] as const) {
    assert.equal(createOpenAiEngine({ kind, url: 'http://127.0.0.1:1', timeoutMs: 1 }).readLoad, undefined);
  }
});
