import { ENGINE_KINDS } from '../../src/core/engine-kinds.ts';
import type { Engine } from '../../src/ports/engine.ts';
import type { OpenAiKind } from './capabilities.ts';
import { chat } from './chat.ts';
import { checkHealth } from './check-health.ts';
import { createDialect } from './dialect.ts';
import { HttpWire } from './http-wire.ts';
import { readModels } from './models.ts';
import { createOpenAiClient } from './openai-client.ts';
import { findLoadReader } from './read-load.ts';

export interface OpenAiEngineOptions {
  readonly kind: OpenAiKind;
  /** The server, with or without `/v1` at the end. */
  readonly url: string;
  /** Longest silence of the server, before the first header and within a body. */
  readonly timeoutMs: number;
  /** Sent as `Authorization: Bearer`; never part of a message. */
  readonly apiKey?: string;
  /** Texts that end a sequence. Kinds without token ids make one id of each; the others ask the server's tokenizer. */
  readonly eosTexts?: readonly string[];
  /** Larger answers are refused; default 256 MiB. */
  readonly maxResponseBytes?: number;
}

/**
 * An inference server that speaks the OpenAI protocol. Nothing is connected yet and nothing is ever retried here.
 * Throws `UsageError` for a URL it cannot use.
 */
export function createOpenAiEngine(options: OpenAiEngineOptions): Engine {
  const { kind } = options;
  const wire = new HttpWire({ ...options, apiKey: options.apiKey || null });
  const client = createOpenAiClient(wire);
  const listModels = async (signal: AbortSignal | undefined) => {
    const site = wire.siteOf('GET', '/v1/models');
    const answer = await client.run(site, signal, (sdk, linked) => sdk.get('/models', { signal: linked }));
    return readModels(wire, answer);
  };
  const readLoad = findLoadReader(kind, wire);
  return {
    kind,
    url: wire.root,
    capabilities: ENGINE_KINDS[kind],
    ...createDialect({ kind, wire, eosTexts: options.eosTexts ?? [], listModels }),
    chat: (request, signal) => chat(kind, wire, client, request, signal),
    listModels: async (signal) =>
      (await listModels(signal)).map(({ id, maxLength, parent }) => ({ id, maxLength, parent })),
    checkHealth: (signal) => checkHealth(wire, signal),
    ...(readLoad === null ? {} : { readLoad }),
    [Symbol.asyncDispose]: () => wire.close(),
  };
}
