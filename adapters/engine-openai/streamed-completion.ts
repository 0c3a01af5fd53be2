import { toObject } from '../../src/core/json-object.ts';
import { failAt, type Site, wrongShape } from '../../src/edge/http-failure.ts';
import { parseAnswer, type WireAnswer } from '../../src/edge/http-wire.ts';
import type { Completion, CompletionRequest } from '../../src/ports/engine.ts';
import type { OpenAiWire } from './openai-wire.ts';
import { askSingly, countFault } from './single-choices.ts';
import type { TextPieces } from './text-pieces.ts';
import { findStop, readTextEnd, type TextEnd, type TextWish, toTextCompletion, toTextWish } from './text-stops.ts';

const PATH = '/v1/completions';

/**
 * POST `/v1/completions` of any OpenAI-compatible server: text in, text out. The stops are not sent. A server
 * that gets them removes the one it found and rarely says which it was, although that decides whether a rollout
 * forks or ends; so the text is streamed, and the request is ended here at the first stop.
 */
export function completeByStream(
  wire: OpenAiWire,
  pieces: TextPieces,
  request: CompletionRequest,
  signal: AbortSignal | undefined,
): Promise<Completion[]> {
  const site = wire.siteOf('POST', PATH);
  const wish = toTextWish(site, pieces, request);
  return askSingly(request, signal, async (part, linked) => {
    const answer = await wire.open('POST', PATH, toWireRequest(part, wish), linked);
    const { text, end } = await readAnswer(site, answer, wish);
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

/** Reads either form of answer: a server that does not stream sends one JSON document. */
async function readAnswer(site: Site, answer: WireAnswer, { stops }: TextWish): Promise<Ended> {
  if (answer.contentType === 'text/event-stream') return readStream(site, answer.chunks(), stops);
  const { text, finish } = readChoice(site, await answer.json());
  return { text, end: readTextEnd(finish) };
}

async function readStream(site: Site, chunks: AsyncIterable<Uint8Array>, stops: readonly string[]): Promise<Ended> {
  const longest = Math.max(0, ...stops.map(({ length }) => length));
  let text = '';
  for await (const data of readEvents(site, chunks)) {
    if (data === '[DONE]') break;
    const event = toObject(parseAnswer(site, data));
    // The last event of some servers holds usage and no choice.
    if (Array.isArray(event?.choices) && event.choices.length === 0) continue;
    const from = Math.max(0, text.length - longest);
    const { text: more, finish } = readChoice(site, event);
    text += more;
    // Leaving the loop ends the request; the rest is not needed.
    if (findStop(text, stops, from) !== null) return { text, end: 'stop' };
    // An empty one is how some servers say that there is none yet.
    if (finish != null && finish !== '') return { text, end: readTextEnd(finish) };
  }
  throw failAt(site, 'the answer ended before it was complete', { retryable: true });
}

function readChoice(site: Site, answer: unknown): { text: string; finish: unknown } {
  const body = toObject(answer);
  if (!Array.isArray(body?.choices)) throw wrongShape(site, 'an object with choices', answer);
  if (body.choices.length !== 1) throw countFault(site, 1, body.choices.length);
  const choice = toObject(body.choices[0]);
  const text = choice?.text ?? '';
  if (choice === null || typeof text !== 'string') throw wrongShape(site, 'a string at choices[0].text', choice?.text);
  return { text, finish: choice.finish_reason };
}

/** Longest line in characters: an event holds a few tokens, and a server that never ends a line must not fill the memory. */
const MAX_LINE_CHARS = 1024 * 1024;

/**
 * The `data` of server-sent events, in order; the mark `[DONE]` is one of them.
 * Events of several data lines are joined by a newline; events without data, other fields and comments are skipped.
 * Source: HTML standard, section "Server-sent events". Throws a final `EngineError` for a line beyond bounds.
 */
async function* readEvents(site: Site, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let data: string[] = [];
  for await (const line of readLines(site, chunks)) {
    if (line === '') {
      const whole = data.join('\n');
      if (whole !== '') yield whole;
      data = [];
    } else if (/^data(:|$)/.test(line)) data.push(line.slice(5).replace(/^ /, ''));
  }
  const last = data.join('\n');
  if (last !== '') yield last;
}

/** Lines ended by CR, LF or both. */
async function* readLines(site: Site, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length > MAX_LINE_CHARS) throw failAt(site, 'the answer is one line without an end');
    // A CR at the end of a chunk may be half of a line end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest.replace(/\r$/, '');
}
