import { createRng, hashSeed } from '../../src/core/rng.ts';
import { EngineError } from '../../src/errors.ts';
import type { Completion, CompletionRequest, Engine } from '../../src/ports/engine.ts';
import { drawToken, type ToyWeights } from './pipeline-toy-policy.ts';
import { decodeToy, EOS_ID, encodeToy, encodeToyChat } from './pipeline-toy-tokens.ts';
import type { ToyWorld } from './pipeline-toy-world.ts';

export const TOY_MODEL = 'toy-base';
export const TOY_TEACHER = 'toy-teacher';

/** Calls an engine got, for tests that look at them. */
export interface ToyEngine extends Engine {
  readonly requests: CompletionRequest[];
}

/** An engine over the world's weights with the manners of a stock server: unknown models are 404, a loaded name is not replaced. */
export function createToyEngine(world: ToyWorld): ToyEngine {
  const requests: CompletionRequest[] = [];
  const findWeights = (model: string): ToyWeights => {
    if (model === TOY_MODEL) return new Map();
    const served = world.loaded.get(model);
    if (served === undefined) throw new EngineError(`model ${model} does not exist`, { status: 404 });
    return served.weights;
  };
  return {
    kind: 'toy',
    url: 'toy:engine',
    capabilities: { tokenIds: true, loadWeights: true, tokenize: true, anyText: false },
    requests,
    complete: async (request) => {
      requests.push(request);
      await Promise.resolve();
      const weights = findWeights(request.model);
      return Array.from({ length: request.n }, (_, choice) => sample(weights, request, choice));
    },
    chat: async ({ prompt, n }) =>
      Array.from({ length: n }, (_, choice) => {
        const { content, finish = 'stop' } = world.teach(prompt, choice);
        return { content, reasoning: null, finish, promptTokens: prompt.length, completionTokens: content.length };
      }),
    tokenize: async ({ input }) => ('text' in input ? encodeToy(input.text) : encodeToyChat(input.userMessage)),
    detokenize: async (_model, ids) => decodeToy(ids),
    listModels: async () => [
      { id: TOY_MODEL, maxLength: 1000, parent: null },
      ...[...world.loaded.keys()].map((id) => ({ id, maxLength: 1000, parent: TOY_MODEL })),
    ],
    loadWeights: async (version, location) => {
      const held = world.loaded.get(version);
      if (held?.location === location) return;
      if (held !== undefined) throw new EngineError(`${version} is already loaded`, { status: 400 });
      const weights = world.samplers.get(location);
      if (weights === undefined) throw new EngineError(`no weights at ${location}`, { status: 404 });
      world.loaded.set(version, { location, weights });
    },
    unloadWeights: async (version) => {
      world.loaded.delete(version);
    },
    checkHealth: async () => ({ version: 'toy' }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function sample(weights: ToyWeights, request: CompletionRequest, choice: number): Completion {
  const rng = createRng(hashSeed(request.seed, choice));
  const ids: number[] = [];
  const logprobs: number[] = [];
  const context = [...request.prompt];
  let finish: Completion['finish'] = 'length';
  while (ids.length < request.maxTokens) {
    const { id, logprob } = drawToken(weights, context, request.temperature, rng);
    ids.push(id);
    logprobs.push(logprob);
    context.push(id);
    if (id !== EOS_ID && !request.stopTokenIds.includes(id)) continue;
    finish = 'stop';
    break;
  }
  return { ids, text: decodeToy(ids), logprobs, finish, cachedTokens: null };
}
