import { EngineError } from '../../../errors.ts';
import type { Engine } from '../../../ports/engine.ts';
import { combineCapabilities, intersectModels } from './combine-answers.ts';
import { EndpointWeights } from './endpoint-weights.ts';

export interface RoutedEngineOptions {
  /** What answers: a router in front of the replicas. */
  readonly router: Engine;
  /** Every server behind it, at least one, at its own address: where weights are loaded. */
  readonly replicas: readonly Engine[];
  /** Replicas had lost weights, and have them again. */
  onRestored(version: string): void;
}

/**
 * Several servers behind a router as one engine. Calls go to the router, which sends each where it likes; a version
 * therefore counts as served when every replica has it, and a replica that does not answer is not done without. When the
 * router answers that it does not know a version, a replica was restarted: all are brought up to date, and the call may
 * be repeated.
 */
export function createRoutedEngine({ router, replicas, onRestored }: RoutedEngineOptions): Engine {
  const wanted = new Map<string, string>();
  const weights = replicas.map((replica) => new EndpointWeights(replica, wanted));
  const signals = new AbortController();
  let restoring: Promise<void> | null = null;
  const restore = (version: string) => {
    restoring ??= Promise.all(weights.map((one) => one.restore(signals.signal)))
      .then(() => onRestored(version))
      .finally(() => {
        restoring = null;
      });
    return restoring;
  };
  const call = async <T>(model: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof EngineError) || error.status !== 404 || !wanted.has(model)) throw error;
      await restore(model);
      throw new EngineError(`weights ${model} were lost behind ${router.url}: ${error.message}`, {
        cause: error,
        retryable: true,
        status: 404,
      });
    }
  };
  const [first] = replicas;
  return {
    kind: router.kind,
    url: router.url,
    capabilities: combineCapabilities([router, ...replicas].map(({ capabilities }) => capabilities)),
    complete: (request, signal) => call(request.model, () => router.complete(request, signal)),
    chat: (request, signal) => call(request.model, () => router.chat(request, signal)),
    tokenize: (request, signal) => call(request.model, () => router.tokenize(request, signal)),
    detokenize: (model, ids, signal) => call(model, () => router.detokenize(model, ids, signal)),
    listModels: async (signal) => intersectModels(await Promise.all(replicas.map((one) => one.listModels(signal)))),
    loadWeights: async (version, location, signal) => {
      wanted.set(version, location);
      try {
        await settleAll(weights.map((one) => one.load(version, location, signal)));
      } catch (error) {
        wanted.delete(version);
        throw error;
      }
    },
    unloadWeights: async (version, signal) => {
      wanted.delete(version);
      await settleAll(weights.map((one) => one.unload(version, signal)));
    },
    checkHealth: async (signal) => {
      const [health] = await settleAll([router, ...replicas].map((one) => one.checkHealth(signal)));
      return health!;
    },
    ...(router.readLoad === undefined ? {} : { readLoad: (signal?: AbortSignal) => router.readLoad!(signal) }),
    ...(first?.readOutputRows === undefined ? {} : { readOutputRows: first.readOutputRows }),
    [Symbol.asyncDispose]: async () => {
      signals.abort(new EngineError('the engine connection was closed'));
      await Promise.all([router, ...replicas].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

/** Waits for all, so that nothing goes on behind a failure; rejects with the first one. */
async function settleAll<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
