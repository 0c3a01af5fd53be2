import { UsageError } from '../../../errors.ts';
import type { EndpointStatus, Engine } from '../../../ports/engine.ts';
import { combineCapabilities, intersectModels } from './combine-answers.ts';
import { Fleet, type FleetOptions } from './fleet.ts';
import { keyOfChat, keyOfCompletion } from './place-call.ts';

/**
 * Several endpoints as one engine. Nothing is repeated here: a call that fails on one endpoint rejects, and the
 * call policy's next try goes to another. Each answer comes from a single endpoint, so none is lost or doubled.
 */
export function createEngineFleet(options: FleetOptions): Engine {
  const { engines } = options;
  const first = engines[0];
  if (first === undefined) throw new UsageError('a fleet needs at least one engine: name a URL in engine.urls');
  const fleet = new Fleet(options);
  return {
    kind: first.kind,
    url: engines.map(({ url }) => url).join(', '),
    capabilities: combineCapabilities(engines.map(({ capabilities }) => capabilities)),
    complete: (request, signal) => {
      const key = () => keyOfCompletion(request);
      return fleet.callOne(key, request.model, signal, (engine) => engine.complete(request, signal));
    },
    chat: (request, signal) => {
      const key = () => keyOfChat(request);
      return fleet.callOne(key, request.model, signal, (engine) => engine.chat(request, signal));
    },
    tokenize: (request, signal) =>
      fleet.callOne(null, request.model, signal, (engine) => engine.tokenize(request, signal)),
    detokenize: (model, ids, signal) =>
      fleet.callOne(null, model, signal, (engine) => engine.detokenize(model, ids, signal)),
    listModels: async (signal) =>
      intersectModels(await fleet.callAll(signal, ({ engine }) => engine.listModels(signal))),
    loadWeights: (version, location, signal) => fleet.loadWeights(version, location, signal),
    unloadWeights: (version, signal) => fleet.unloadWeights(version, signal),
    checkHealth: (signal) => fleet.checkHealth(signal),
    ...(engines.some(({ readLoad }) => readLoad !== undefined)
      ? { readLoad: (signal?: AbortSignal) => fleet.readLoad(signal) }
      : {}),
    ...(first.readOutputRows === undefined ? {} : { readOutputRows: first.readOutputRows }),
    listEndpoints: () => fleet.list(),
    [Symbol.asyncDispose]: () => fleet.close(),
  };
}

/** `1 of 2 endpoints up`. */
function countEndpoints(endpoints: readonly EndpointStatus[]): string {
  return `${endpoints.filter(({ isUp }) => isUp).length} of ${endpoints.length} endpoints up`;
}

/** What a progress line adds while an endpoint is down: `, 1 of 2 endpoints up`; empty otherwise. */
export function noteOutages(endpoints: readonly EndpointStatus[] | undefined): string {
  return endpoints?.some(({ isUp }) => !isUp) ? `, ${countEndpoints(endpoints)}` : '';
}

/** The line that reports a change: an endpoint went down, or is back. */
export function describeChange({ url, isUp, reason }: EndpointStatus, all: readonly EndpointStatus[]): string {
  const count = all.length === 1 ? '' : `; ${countEndpoints(all)}`;
  return isUp ? `engine ${url} is back${count}` : `engine ${url} is down: ${reason}${count}`;
}
