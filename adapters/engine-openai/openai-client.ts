import type { OpenAI } from 'openai';
import { type RequestInit, fetch as undiciFetch } from 'undici';
import { EngineError } from '../../src/errors.ts';
import { type Site, toStatusFailure, toTransportFailure, wrongShape } from './failures.ts';
import type { HttpWire } from './http-wire.ts';
import { withLinkedAbort } from './linked-abort.ts';

/** The agent's timeouts count; the largest pause a timer takes switches the package's own off. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/** The `openai` package on one wire. */
export interface OpenAiClient {
  /** Runs a call of the package, which must be given the signal; what it throws becomes an `EngineError` or the signal's reason. */
  run(
    site: Site,
    signal: AbortSignal | undefined,
    call: (client: OpenAI, signal: AbortSignal) => Promise<unknown>,
  ): Promise<unknown>;
}

/** Creates the client. The package is imported at the first call: it costs more than the rest of the command line. */
export function createOpenAiClient(wire: HttpWire): OpenAiClient {
  let client: Promise<OpenAI> | null = null;
  return {
    run: async (site, signal, call) => {
      client ??= openClient(wire);
      const opened = await client;
      try {
        return await withLinkedAbort(signal, (linked) => call(opened, linked));
      } catch (error) {
        signal?.throwIfAborted();
        throw toClientFailure(site, error);
      }
    },
  };
}

async function openClient(wire: HttpWire): Promise<OpenAI> {
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

/** undici's fetch on the wire's own agent and headers; a status outside 200 to 299 rejects, with its body read. */
function createFetch(wire: HttpWire) {
  return async (url: string | URL, init: RequestInit) => {
    const response = await undiciFetch(url, {
      method: init.method ?? 'GET',
      body: init.body ?? null,
      signal: init.signal ?? null,
      headers: wire.headers,
      redirect: 'manual',
      dispatcher: wire.agent,
    });
    if (response.ok) return response;
    const site = wire.siteOf(init.method ?? 'GET', new URL(url).pathname);
    throw toStatusFailure(site, response.status, Object.fromEntries(response.headers), await response.text());
  };
}

/** The package wraps what its fetch throws, once or twice. */
function toClientFailure(site: Site, error: unknown): EngineError {
  let current = error;
  for (let depth = 0; depth < 6 && current instanceof Error; depth += 1) {
    if (current instanceof EngineError) return current;
    if (current instanceof SyntaxError) return wrongShape(site, 'JSON', current.message);
    current = current.cause;
  }
  return toTransportFailure(site, error);
}
