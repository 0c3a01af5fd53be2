import type { OpenAI } from 'openai';
import { type RequestInit, Response, fetch as undiciFetch } from 'undici';
import { toObject } from '../../src/core/json-object.ts';
import { type Site, toStatusFailure, toTransportFailure, wrongShape } from '../../src/edge/http-failure.ts';
import { parseAnswer } from '../../src/edge/http-wire.ts';
import { withLinkedAbort } from '../../src/edge/waiting.ts';
import { EngineError, type OutsideError } from '../../src/errors.ts';
import type { EngineModel } from '../../src/ports/engine.ts';
import { type OpenAiWire, readCount } from './openai-wire.ts';

/** A listed model with the path its weights came from. */
export interface ListedModel extends EngineModel {
  readonly root: string | null;
}

export type ListModels = (signal: AbortSignal | undefined) => Promise<ListedModel[]>;

/** The wire's timeouts apply; the longest delay that a timer takes switches off the package's own. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Lists models by the `openai` package, on the wire's own connections. The package is imported at the first call: it
 * costs more than the rest of the command line.
 */
export function createModelLister(wire: OpenAiWire): ListModels {
  let client: Promise<OpenAI> | null = null;
  const site = wire.siteOf('GET', '/v1/models');
  return async (signal) => {
    client ??= openClient(wire);
    const opened = await client;
    try {
      const answer = await withLinkedAbort(signal, (linked) => opened.get('/models', { signal: linked }));
      return readModels(site, answer);
    } catch (error) {
      signal?.throwIfAborted();
      throw toClientFailure(site, error);
    }
  };
}

async function openClient(wire: OpenAiWire): Promise<OpenAI> {
  const { OpenAI: Client } = await import('openai');
  return new Client({
    baseURL: `${wire.root}/v1`,
    // The wire's headers carry the key, if any; naming each of these keeps OPENAI_* variables out.
    apiKey: 'unused',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    fetch: createFetch(wire) as unknown as typeof globalThis.fetch,
  });
}

/** undici's fetch on the wire's own connections and headers. It rejects as the wire does for an answer that cannot be used. */
function createFetch(wire: OpenAiWire) {
  return async (url: string | URL, init: RequestInit) => {
    const response = await undiciFetch(url, {
      method: init.method ?? 'GET',
      body: init.body ?? null,
      signal: init.signal ?? null,
      headers: wire.headers,
      redirect: 'manual',
      dispatcher: wire.dispatcher,
    });
    const { status } = response;
    const site = wire.siteOf(init.method ?? 'GET', new URL(url).pathname);
    const text = await response.text();
    if (!response.ok) throw toStatusFailure(site, status, Object.fromEntries(response.headers), text);
    parseAnswer(site, text);
    return new Response(text, { status, headers: { 'content-type': 'application/json' } });
  };
}

/** The package wraps what its fetch throws, once or twice. */
function toClientFailure(site: Site, error: unknown): OutsideError {
  let current = error;
  for (let depth = 0; depth < 6 && current instanceof Error; depth += 1) {
    if (current instanceof EngineError) return current;
    current = current.cause;
  }
  return toTransportFailure(site, error);
}

function readModels(site: Site, answer: unknown): ListedModel[] {
  const data = toObject(answer)?.data;
  if (!Array.isArray(data)) throw wrongShape(site, 'an object with data', answer);
  return data.map((value) => {
    const entry = toObject(value);
    if (typeof entry?.id !== 'string') throw wrongShape(site, 'models with an id', value);
    return {
      id: entry.id,
      maxLength: readCount(entry.max_model_len),
      parent: readText(entry.parent),
      root: readText(entry.root),
    };
  });
}

function readText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
