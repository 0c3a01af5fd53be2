import { describeLack, ENGINE_KINDS } from '../../src/core/engine-kinds.ts';
import { parseObject } from '../../src/core/json-object.ts';
import { EngineError } from '../../src/errors.ts';
import type { Engine, EngineModel, TokenizeRequest } from '../../src/ports/engine.ts';
import { chat } from './chat.ts';
import { createModelLister, type ListedModel, type ListModels } from './openai-client.ts';
import { type OpenAiKind, OpenAiWire, type OpenAiWireOptions } from './openai-wire.ts';
import { readOutputRows } from './output-rows.ts';
import { findLoadReader } from './read-load.ts';
import { completeBySglang, SglangAdapters } from './sglang.ts';
import { completeByStream } from './streamed-completion.ts';
import { TextPieces } from './text-pieces.ts';
import { toText } from './text-stops.ts';
import { completeByTgi, renderByTgi } from './tgi-generate.ts';
import { completeByVllm, detokenize, tokenize } from './vllm.ts';
import { loadAdapter, SGLANG_WEIGHTS, unloadAdapter, VLLM_WEIGHTS } from './weights.ts';
import { SGLANG_WHOLE, VLLM_WHOLE, WholeWeights } from './whole-weights.ts';

export interface OpenAiEngineOptions extends Omit<OpenAiWireOptions, 'apiKey'> {
  readonly kind: OpenAiKind;
  /** Sent as `Authorization: Bearer`; never part of a message. */
  readonly apiKey?: string;
  /** Texts that end a sequence. Kinds without token ids give each an id; the others ask the server's tokenizer. */
  readonly eosTexts?: readonly string[];
}

/**
 * An inference server that speaks the OpenAI protocol. Nothing is connected yet and nothing is ever retried here.
 * Throws `UsageError` for a URL it cannot use.
 */
export function createOpenAiEngine(options: OpenAiEngineOptions): Engine {
  const { kind, apiKey, eosTexts = [] } = options;
  const wire = new OpenAiWire({ ...options, apiKey: apiKey || null });
  const listModels = createModelLister(wire);
  const readLoad = findLoadReader(kind, wire);
  return {
    kind,
    url: wire.root,
    capabilities: ENGINE_KINDS[kind],
    listModels: async (signal) => (await listModels(signal)).map(toEngineModel),
    ...createDialect(kind, wire, eosTexts, listModels),
    chat: (request, signal) => chat(kind, wire, request, signal),
    checkHealth: (signal) => checkHealth(wire, signal),
    ...(readLoad === null ? {} : { readLoad }),
    [Symbol.asyncDispose]: () => wire.close(),
  };
}

/** The calls in which kinds of server differ. */
type Dialect = Pick<Engine, 'complete' | 'tokenize' | 'detokenize' | 'loadWeights' | 'unloadWeights'> &
  Partial<Pick<Engine, 'listModels' | 'readOutputRows'>>;

function toEngineModel({ id, maxLength, parent }: ListedModel): EngineModel {
  return { id, maxLength, parent };
}

function createDialect(
  kind: OpenAiKind,
  wire: OpenAiWire,
  eosTexts: readonly string[],
  listModels: ListModels,
): Dialect {
  if (kind === 'sglang') return createSglangDialect(wire, listModels);
  if (kind === 'vllm' || kind === 'embedded') return createVllmDialect(wire, listModels);
  return createTextDialect(kind, wire, eosTexts);
}

function createVllmDialect(wire: OpenAiWire, listModels: ListModels): Dialect {
  const whole = new WholeWeights(wire, VLLM_WHOLE, listModels);
  return {
    complete: async (request, signal) =>
      completeByVllm(wire, request, await whole.findName(request.model, signal), signal),
    listModels: async (signal) => (await whole.list(signal)).map(toEngineModel),
    readOutputRows: async (model, ids, signal) => readRowsOf(await listModels(signal), model, ids),
    tokenize: (request, signal) => tokenize(wire, request, signal),
    detokenize: (model, ids, signal) => detokenize(wire, model, ids, {}, signal),
    loadWeights: async (version, location, signal) => {
      if (await whole.load(version, location, signal)) return;
      await loadAdapter(wire, VLLM_WEIGHTS, version, location, listModels, signal);
    },
    unloadWeights: async (version, signal) => {
      if (!whole.unload(version)) await unloadAdapter(wire, VLLM_WEIGHTS, version, signal);
    },
  };
}

function createSglangDialect(wire: OpenAiWire, listModels: ListModels): Dialect {
  const adapters = new SglangAdapters(wire, listModels);
  const whole = new WholeWeights(wire, SGLANG_WHOLE, listModels);
  return {
    complete: async (request, signal) => {
      const model = await whole.findName(request.model, signal);
      return completeBySglang(wire, request, await adapters.findName(model, signal), signal);
    },
    listModels: async (signal) => (await whole.list(signal)).map(toEngineModel),
    readOutputRows: async (model, ids, signal) => readRowsOf(await listModels(signal), model, ids),
    tokenize: (request, signal) => tokenize(wire, request, signal),
    detokenize: (model, ids, signal) => detokenize(wire, model, ids, { skip_special_tokens: false }, signal),
    loadWeights: async (version, location, signal) => {
      if (await whole.load(version, location, signal)) return;
      await loadAdapter(wire, SGLANG_WEIGHTS, version, location, listModels, signal);
      adapters.add(version);
    },
    unloadWeights: async (version, signal) => {
      if (whole.unload(version)) return;
      adapters.forget(version);
      await unloadAdapter(wire, SGLANG_WEIGHTS, version, signal);
    },
  };
}

async function readRowsOf(models: readonly ListedModel[], model: string, ids: readonly number[]) {
  const named = models.find(({ id }) => id === model);
  const base = named?.parent == null ? named : models.find(({ id }) => id === named.parent);
  return base?.root == null ? null : readOutputRows(base.root, ids);
}

/** A server that takes and returns text only: ids stand for pieces of text, and are made and read here. */
function createTextDialect(kind: OpenAiKind, wire: OpenAiWire, eosTexts: readonly string[]): Dialect {
  const pieces = new TextPieces(eosTexts);
  const render = async ({ model, input }: TokenizeRequest, signal: AbortSignal | undefined): Promise<string> => {
    if ('text' in input) return input.text;
    const templated = kind === 'tgi' ? await renderByTgi(wire, model, input.userMessage, signal) : null;
    // Without a template only the line end marks the end of the question.
    return templated ?? `${input.userMessage}\n`;
  };
  const refuse = async () => {
    throw new EngineError(`${wire.root}: engine.kind ${kind} ${describeLack('loadWeights')}`);
  };
  const complete = kind === 'tgi' ? completeByTgi : completeByStream;
  return {
    complete: async (request, signal) => complete(wire, pieces, request, signal),
    tokenize: async (request, signal) => pieces.encode(await render(request, signal)),
    detokenize: async (_model, ids) => toText(wire.siteOf('text of', '/'), pieces, ids),
    loadWeights: refuse,
    unloadWeights: refuse,
  };
}

/**
 * GET `/health`, then `/version`, which not every server has. A server without a health endpoint (hosted ones)
 * is healthy when it lists its models.
 */
async function checkHealth(wire: OpenAiWire, signal: AbortSignal | undefined): ReturnType<Engine['checkHealth']> {
  const found = await sendUnlessMissing(wire, '/health', signal);
  if (found === null) await wire.send('GET', '/v1/models', undefined, signal);
  const text = await sendUnlessMissing(wire, '/version', signal);
  const version = text === null ? null : parseObject(text)?.version;
  return { version: typeof version === 'string' ? version : null };
}

/** Null on 404. */
async function sendUnlessMissing(
  wire: OpenAiWire,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  try {
    return await wire.send('GET', path, undefined, signal);
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return null;
    throw error;
  }
}
