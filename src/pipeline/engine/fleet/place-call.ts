import { hashSeed } from '../../../core/rng.ts';
import type { ChatRequest, CompletionRequest } from '../../../ports/engine.ts';

/** `sticky`: calls that begin alike go to the endpoint that holds their prefix; `spread`: to the one with least in flight. */
export type Placement = 'sticky' | 'spread';

/** What the choice of an endpoint depends on. */
export interface Place {
  /** Number made of the endpoint's address. */
  readonly salt: number;
  readonly inFlight: number;
}

/** Number of leading tokens that identify a prompt whose caller named no prefix. */
const PREFIX_TOKENS = 256;

/** An endpoint keeps its prefixes until it has this many calls in flight ... */
const FREE_CALLS = 32;
/** ... and this many times its share: a slow endpoint must not hold everything that hashes to it. */
const MAX_SHARE = 1.5;

/** What calls that share a prefix have in common. */
export function keyOfCompletion({ prefixKey, prompt }: CompletionRequest): number {
  return hashSeed(...(prefixKey === undefined ? prompt.slice(0, PREFIX_TOKENS) : [prefixKey]));
}

/** Answers to one question share their whole prompt. */
export function keyOfChat({ prompt }: ChatRequest): number {
  return hashSeed(prompt);
}

/**
 * Chooses the place for a call. Places are ranked by a hash of key and address (rendezvous hashing), so
 * that an endpoint that is lost or comes back moves only the keys for which it ranks first.
 */
export function choosePlace<T extends Place>(places: readonly T[], key: number, placement: Placement): T {
  if (places.length === 1) return places[0]!;
  const ranked = places
    .map((place) => ({ place, rank: hashSeed(place.salt, key) }))
    .sort((a, b) => b.rank - a.rank || a.place.salt - b.place.salt)
    .map(({ place }) => place);
  const sticky = placement === 'sticky' ? ranked.find(({ inFlight }) => inFlight < boundOf(places)) : undefined;
  return sticky ?? ranked.reduce((least, place) => (place.inFlight < least.inFlight ? place : least));
}

function boundOf(places: readonly Place[]): number {
  const total = places.reduce((sum, { inFlight }) => sum + inFlight, 1);
  return Math.max(FREE_CALLS, Math.ceil((MAX_SHARE * total) / places.length));
}
