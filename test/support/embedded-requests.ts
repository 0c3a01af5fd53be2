/** Plain requests to the embedded server, written from the protocol description and sharing no code with an adapter. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { type ServeOptions, serveEmbeddedLm } from '../../adapters/embedded-lm/server/serve-embedded-lm.ts';
import { openUnigramLm, type UnigramLm } from './unigram-lm.ts';

// biome-ignore lint/suspicious/noExplicitAny: wire bodies are read as the protocol describes them
export type Wire = any;

export interface Answer {
  readonly status: number;
  readonly body: Wire;
  readonly text: string;
}

/** A folder that is gone after the test. */
export async function makeFolder(t: TestContext): Promise<string> {
  const folder = await createFolder();
  t.after(() => removeFolder(folder));
  return folder;
}

function createFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'embedded-server-'));
}

/** A server may still be writing what nobody waited for: then the folder is not empty yet, and it is tried again. */
function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}

/** The server on the stand-in model; closed after the test. */
export async function startOnUnigram(
  t: TestContext,
  options: Partial<ServeOptions> = {},
): Promise<{ url: string; lm: UnigramLm; stateDir: string }> {
  const lm = openUnigramLm();
  const ownFolder = options.stateDir === undefined ? await createFolder() : null;
  const stateDir = options.stateDir ?? ownFolder!;
  const server = await serveEmbeddedLm(lm, { seed: 1, pollLimitMs: 5000, ...options, stateDir });
  // In this order: a folder that cannot be removed must not leave the port open, and the process alive.
  t.after(async () => {
    await server.close();
    if (ownFolder !== null) await removeFolder(ownFolder);
  });
  return { url: server.url, lm, stateDir };
}

export async function send(url: string, body?: unknown, init: RequestInit = {}): Promise<Answer> {
  const payload = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(url, { ...payload, headers: { 'content-type': 'application/json' }, ...init });
  const text = await response.text();
  return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) : null };
}

/** A client of one model on the trainer face. */
export interface TrainerClient {
  readonly modelId: string;
  post(operation: string, body: Wire): Promise<Answer>;
  /** Submits and waits; asserts success. */
  run(operation: string, body: Wire): Promise<Wire>;
  retrieve(requestId: string): Promise<Answer>;
}

export async function retrieve(url: string, requestId: string): Promise<Answer> {
  for (;;) {
    const answer = await send(`${url}/api/v1/retrieve_future`, { request_id: requestId });
    if (answer.body?.type !== 'try_again') return answer;
  }
}

export async function openModel(url: string, seed: number): Promise<TrainerClient> {
  const post = (operation: string, body: Wire) => send(`${url}/api/v1/${operation}`, body);
  const session = await post('create_session', { tags: [], user_metadata: null, sdk_version: '0.25.0' });
  assert.equal(session.status, 200);
  const lora = { rank: 8, seed, train_unembed: true, train_mlp: true, train_attn: true };
  const body = { session_id: session.body.session_id, model_seq_id: 1, base_model: 'embedded-base', lora_config: lora };
  const created = await post('create_model', body);
  const model = await retrieve(url, created.body.request_id);
  assert.equal(model.status, 200, model.text);
  const modelId: string = model.body.model_id;
  return {
    modelId,
    post: (operation, rest) => post(operation, { model_id: modelId, ...rest }),
    retrieve: (requestId) => retrieve(url, requestId),
    run: async (operation, rest) => {
      const submitted = await post(operation, { model_id: modelId, ...rest });
      assert.equal(submitted.status, 200, submitted.text);
      const done = await retrieve(url, submitted.body.request_id);
      assert.equal(done.status, 200, done.text);
      return done.body;
    },
  };
}

/** A cross-entropy datum over a whole sequence, every target counted. */
export function makeDatum(full: readonly number[], extra: Wire = {}): Wire {
  const length = full.length - 1;
  return {
    model_input: { chunks: [{ type: 'encoded_text', tokens: full.slice(0, -1) }] },
    loss_fn_inputs: {
      target_tokens: { data: full.slice(1), dtype: 'int64', shape: [length] },
      weights: floats(Array.from({ length }, () => 1)),
      ...extra,
    },
  };
}

export function floats(data: readonly number[]): Wire {
  return { data, dtype: 'float32', shape: [data.length] };
}
