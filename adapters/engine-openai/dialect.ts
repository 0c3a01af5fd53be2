import type { Engine } from '../../src/ports/engine.ts';
import type { OpenAiKind } from './capabilities.ts';
import type { HttpWire } from './http-wire.ts';
import type { ListedModel } from './models.ts';
import { SglangAdapters } from './sglang-adapters.ts';
import { completeBySglang } from './sglang-generate.ts';
import { createTextDialect } from './text-dialect.ts';
import { detokenize, tokenize } from './tokenize.ts';
import { completeByVllm } from './vllm-completions.ts';
import { loadAdapter, SGLANG_WEIGHTS, unloadAdapter, VLLM_WEIGHTS } from './weights.ts';

/** The calls in which the kinds of server differ. */
export type Dialect = Pick<Engine, 'complete' | 'tokenize' | 'detokenize' | 'loadWeights' | 'unloadWeights'>;

/** What a dialect builds on. */
export interface DialectContext {
  readonly kind: OpenAiKind;
  readonly wire: HttpWire;
  /** Texts that end a sequence; servers of text alone need to be told. */
  readonly eosTexts: readonly string[];
  listModels(signal: AbortSignal | undefined): Promise<ListedModel[]>;
}

/** The dialect of a kind of server. */
export function createDialect(ctx: DialectContext): Dialect {
  if (ctx.kind === 'sglang') return createSglangDialect(ctx);
  if (ctx.kind === 'vllm' || ctx.kind === 'embedded') return createVllmDialect(ctx);
  return createTextDialect(ctx.kind, ctx.wire, ctx.eosTexts);
}

function createVllmDialect({ wire, listModels }: DialectContext): Dialect {
  return {
    complete: (request, signal) => completeByVllm(wire, request, signal),
    tokenize: (request, signal) => tokenize(wire, request, signal),
    detokenize: (model, ids, signal) => detokenize(wire, model, ids, {}, signal),
    loadWeights: (version, location, signal) => loadAdapter(wire, VLLM_WEIGHTS, version, location, listModels, signal),
    unloadWeights: (version, signal) => unloadAdapter(wire, VLLM_WEIGHTS, version, signal),
  };
}

function createSglangDialect({ wire, listModels }: DialectContext): Dialect {
  const adapters = new SglangAdapters(wire, listModels);
  return {
    complete: async (request, signal) =>
      completeBySglang(wire, request, await adapters.findName(request.model, signal), signal),
    tokenize: (request, signal) => tokenize(wire, request, signal),
    detokenize: (model, ids, signal) => detokenize(wire, model, ids, { skip_special_tokens: false }, signal),
    loadWeights: async (version, location, signal) => {
      await loadAdapter(wire, SGLANG_WEIGHTS, version, location, listModels, signal);
      adapters.add(version);
    },
    unloadWeights: async (version, signal) => {
      adapters.forget(version);
      await unloadAdapter(wire, SGLANG_WEIGHTS, version, signal);
    },
  };
}
