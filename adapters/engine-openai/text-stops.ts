import { TAGS } from '../../src/core/grammar.ts';
import { failAt, type Site } from '../../src/edge/http-failure.ts';
import type { Completion, CompletionRequest } from '../../src/ports/engine.ts';
import { readFinish } from './finish.ts';
import type { TextPieces } from './text-pieces.ts';

/** How a server said that a text ended: by a stop or an end of sequence, by the cap, or because it gave up. */
export type TextEnd = Completion['finish'];

/** A request in the form that a text-only server needs. */
export interface TextWish {
  readonly prompt: string;
  /** Texts of the stop ids, tags first. */
  readonly stops: readonly string[];
}

const isTag = (text: string) => (TAGS as readonly string[]).includes(text);

/** Joins the pieces of prompt and stops. Throws a final `EngineError` for ids that stand for no text. */
export function toTextWish(site: Site, pieces: TextPieces, { prompt, stopTokenIds }: CompletionRequest): TextWish {
  const stops = stopTokenIds.map((id) => toText(site, pieces, [id]));
  return { prompt: toText(site, pieces, prompt), stops: stops.sort((a, b) => Number(isTag(b)) - Number(isTag(a))) };
}

/** Text of ids. Throws a final `EngineError` when one stands for no text. */
export function toText(site: Site, pieces: TextPieces, ids: readonly number[]): string {
  const text = pieces.decode(ids);
  if (text === null) throw failAt(site, 'these token ids are not from this engine: they stand for no text');
  return text;
}

/** Where the first stop begins in `text`, and which; null while there is none. Looks at places from `from` on. */
export function findStop(text: string, stops: readonly string[], from = 0): { at: number; stop: string } | null {
  let found: { at: number; stop: string } | null = null;
  for (const stop of stops) {
    const at = text.indexOf(stop, from);
    if (at >= 0 && (found === null || at < found.at)) found = { at, stop };
  }
  return found;
}

/**
 * A completion made from text: cut after the first stop it holds. A server that ended at an end of sequence leaves that
 * out of the text, so it is put back, as the first one asked for. Log-probs belong to the server's tokens and fit no
 * piece: NaN.
 */
export function toTextCompletion(pieces: TextPieces, { stops }: TextWish, text: string, end: TextEnd): Completion {
  const found = findStop(text, stops);
  const eos = end === 'stop' ? stops.find((stop) => !isTag(stop)) : undefined;
  const body = found === null ? text : text.slice(0, found.at);
  const stop = found?.stop ?? eos ?? '';
  // Encoded separately, so that the stop stays one id whatever precedes it.
  const ids = [...pieces.encode(body), ...pieces.encode(stop)];
  return {
    ids,
    text: body + stop,
    logprobs: ids.map(() => Number.NaN),
    finish: found === null ? end : 'stop',
    cachedTokens: null,
    retokenised: true,
  };
}

/** Reads a finish reason; a text that is not said to be complete or cut at the limit is one that the server gave up. */
export function readTextEnd(reason: unknown): TextEnd {
  return readFinish(reason) ?? 'abort';
}
