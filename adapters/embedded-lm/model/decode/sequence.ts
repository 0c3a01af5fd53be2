import { createRng, hashSeed, type Rng } from '../../../../src/core/rng.ts';
import type { SampleChoice } from '../contract.ts';
import type { DecodeRequest } from '../thread-messages.ts';
import type { Slot } from './kv-slots.ts';

/** One choice of one request while it is being sampled. */
export interface Sequence {
  readonly id: number;
  readonly index: number;
  readonly request: DecodeRequest;
  readonly slot: Slot;
  readonly rng: Rng;
  readonly cachedTokens: number;
  /** Position of the first sampled token. */
  readonly nextPosition: number;
  readonly ids: number[];
  readonly logprobs: number[];
}

/** A choice draws from a stream of its own, derived from the request's seed and its index. */
export function openSequence(id: number, index: number, request: DecodeRequest, slot: Slot): Sequence {
  const { positionIds, prompt, seed } = request;
  return {
    id,
    index,
    request,
    slot,
    rng: createRng(hashSeed(seed, index)),
    cachedTokens: slot.stored,
    nextPosition: positionIds === undefined ? prompt.length : largest(positionIds) + 1,
    ids: [],
    logprobs: [],
  };
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -1);
}

/** Position of token i of the sequence, prompt included. */
export function positionOf({ request, nextPosition }: Sequence, i: number): number {
  const { positionIds, prompt } = request;
  if (i < prompt.length) return positionIds?.[i] ?? i;
  return nextPosition + i - prompt.length;
}

/** Appends a sampled token; true when it ended the sequence. */
export function appendToken({ slot, ids, logprobs, request }: Sequence, id: number, logprob: number): boolean {
  ids.push(id);
  logprobs.push(logprob);
  if (request.stopTokenIds.includes(id) || ids.length === request.maxTokens) return true;
  slot.tokens[slot.known] = id;
  slot.known += 1;
  return false;
}

/** The completion of a finished sequence. */
export function toChoice({ ids, logprobs, request, cachedTokens }: Sequence): SampleChoice {
  const finish = request.stopTokenIds.includes(ids.at(-1)!) ? 'stop' : 'length';
  return { ids, logprobs, finish, cachedTokens };
}
