import { failAt, type Site } from '../../src/edge/http-failure.ts';
import { withLinkedAbort } from '../../src/edge/waiting.ts';
import type { OutsideError } from '../../src/errors.ts';

const SEED_LIMIT = 2 ** 31;

/**
 * One request per choice, each with a seed of its own, for servers that ignore `n`; in choice order. If one
 * fails, the others are aborted.
 */
export function askSingly<R extends { readonly n: number; readonly seed: number }, T>(
  request: R,
  signal: AbortSignal | undefined,
  ask: (part: R, signal: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const parts = Array.from({ length: request.n }, (_, i) => ({
    ...request,
    n: 1,
    seed: (request.seed + i) % SEED_LIMIT,
  }));
  return withLinkedAbort(signal, (linked) => Promise.all(parts.map((part) => ask(part, linked))));
}

/** The error of an answer with another number of choices than was asked for. It fails alone. */
export function countFault(site: Site, asked: number, got: number): OutsideError {
  return failAt(site, `number of choices: asked for ${asked}, got ${got}`, { failsAlone: true });
}
