import type { Completion, CompletionRequest } from '../../src/ports/engine.ts';
import { failAt, type Site, wrongShape } from './failures.ts';
import type { HttpWire, OpenAnswer } from './http-wire.ts';
import { readEvents } from './read-events.ts';
import { readObject } from './read-object.ts';
import { askSingly } from './single-choices.ts';
import type { TextPieces } from './text-pieces.ts';
import { findStop, readTextEnd, type TextEnd, type TextWish, toTextCompletion, toTextWish } from './text-stops.ts';

const PATH = '/v1/completions';

/**
 * POST `/v1/completions` of any OpenAI-compatible server: text in, text out. The stops are not sent. A server
 * that is sent them cuts what it found and rarely says which it was, which decides whether a thought forks or
 * ends; so the text is streamed, and the request is ended here at the first stop.
 */
export function completeByStream(
  wire: HttpWire,
  pieces: TextPieces,
  request: CompletionRequest,
  signal: AbortSignal | undefined,
): Promise<Completion[]> {
  const site = wire.siteOf('POST', PATH);
  const wish = toTextWish(site, pieces, request);
  return askSingly(request, signal, async (part, linked) => {
    const read = (answer: OpenAnswer) => readAnswer(site, answer, wish);
    const { text, end } = await wire.open('POST', PATH, toWireRequest(part, wish), linked, read);
    return toTextCompletion(pieces, wish, text, end);
  });
}

/** Standard fields only: strict servers refuse others. */
function toWireRequest({ model, maxTokens, temperature, topP, seed }: CompletionRequest, { prompt }: TextWish) {
  return { model, prompt, max_tokens: maxTokens, temperature, top_p: topP, seed, stream: true };
}

interface Ended {
  readonly text: string;
  readonly end: TextEnd;
}

/** A server that does not stream answers with one JSON document. */
async function readAnswer(site: Site, { contentType, chunks }: OpenAnswer, { stops }: TextWish): Promise<Ended> {
  if (contentType.startsWith('text/event-stream')) return readStream(site, chunks, stops);
  const { text, finish } = readChoice(site, parseJson(site, await chunks.text()));
  return { text, end: readTextEnd(site, 'choices[0]', finish) };
}

async function readStream(site: Site, chunks: AsyncIterable<Uint8Array>, stops: readonly string[]): Promise<Ended> {
  const longest = Math.max(0, ...stops.map(({ length }) => length));
  let text = '';
  for await (const data of readEvents(site, chunks)) {
    if (data === '[DONE]') break;
    const event = readObject(parseJson(site, data));
    // The last event of some servers holds usage and no choice.
    if (Array.isArray(event?.choices) && event.choices.length === 0) continue;
    const from = Math.max(0, text.length - longest);
    const { text: more, finish } = readChoice(site, event);
    text += more;
    // The end of the loop closes the request; what else the server had in mind is not wanted.
    if (findStop(text, stops, from) !== null) return { text, end: 'stop' };
    if (finish != null) return { text, end: readTextEnd(site, 'choices[0]', finish) };
  }
  throw failAt(site, 'the answer ended before it was complete', { retryable: true });
}

function readChoice(site: Site, answer: unknown): { text: string; finish: unknown } {
  const body = readObject(answer);
  if (!Array.isArray(body?.choices)) throw wrongShape(site, 'an object with choices', answer);
  if (body.choices.length !== 1) throw failAt(site, `expected 1 choices, got ${body.choices.length}`);
  const choice = readObject(body.choices[0]);
  if (typeof choice?.text !== 'string') throw wrongShape(site, 'a string at choices[0].text', choice?.text);
  return { text: choice.text, finish: choice.finish_reason };
}

function parseJson(site: Site, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrongShape(site, 'JSON', text);
  }
}
