import { toObject } from '../../src/core/json-object.ts';
import { type Site, wrongShape } from '../../src/edge/http-failure.ts';
import { EngineError } from '../../src/errors.ts';
import type { Completion, CompletionRequest } from '../../src/ports/engine.ts';
import type { OpenAiWire } from './openai-wire.ts';
import { askSingly } from './single-choices.ts';
import type { TextPieces } from './text-pieces.ts';
import { readTextEnd, type TextWish, toTextCompletion, toTextWish } from './text-stops.ts';

const PATH = '/generate';

/** Default of the server's `--max-stop-sequences`. */
const MAX_STOPS = 4;

/**
 * POST `/generate` of TGI, not `/v1/completions`: only its details hold the text of
 * special tokens, which tags are, and only there is the stop part of the text.
 */
export function completeByTgi(
  wire: OpenAiWire,
  pieces: TextPieces,
  request: CompletionRequest,
  signal: AbortSignal | undefined,
): Promise<Completion[]> {
  const site = wire.siteOf('POST', PATH);
  const wish = toTextWish(site, pieces, request);
  return askSingly(request, signal, async (part, linked) => {
    const answer = await wire.sendForJson('POST', PATH, toTgiRequest(part, wish), linked);
    return readGenerated(site, pieces, wish, answer);
  });
}

function toTgiRequest(request: CompletionRequest, { prompt, stops }: TextWish) {
  const { maxTokens, temperature, topP, seed } = request;
  return {
    inputs: prompt,
    parameters: {
      max_new_tokens: maxTokens,
      // TGI refuses a temperature of 0 and a top_p of 1.
      ...(temperature > 0 ? { do_sample: true, temperature } : { do_sample: false }),
      ...(topP < 1 ? { top_p: topP } : {}),
      seed,
      // Tags come first. An end of sequence left out here still ends the text, and all are looked for again.
      stop: stops.slice(0, MAX_STOPS),
      details: true,
      return_full_text: false,
    },
  };
}

function readGenerated(site: Site, pieces: TextPieces, wish: TextWish, answer: unknown): Completion {
  const details = toObject(toObject(answer)?.details);
  const tokens = details?.tokens;
  if (!Array.isArray(tokens)) throw wrongShape(site, 'an object with details.tokens', answer);
  const texts = tokens.map((token, index) => {
    const text = toObject(token)?.text;
    if (typeof text !== 'string') throw wrongShape(site, `a string at details.tokens[${index}].text`, token);
    return text;
  });
  const reason = details?.finish_reason;
  const end = readTextEnd(reason);
  // The end of sequence it ended with may be a different one; the one asked for replaces it.
  if (reason === 'eos_token' && toObject(tokens.at(-1))?.special === true) texts.pop();
  return toTextCompletion(pieces, wish, texts.join(''), end);
}

/**
 * POST `/chat_tokenize`: one user message put through the model's chat template up to where the answer begins.
 * Null where the server has no such route (before 2.3) or the model no template.
 */
export async function renderByTgi(
  wire: OpenAiWire,
  model: string,
  userMessage: string,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const path = '/chat_tokenize';
  try {
    const body = { model, messages: [{ role: 'user', content: userMessage }] };
    const answer = await wire.sendForJson('POST', path, body, signal);
    const text = toObject(answer)?.templated_text;
    if (typeof text === 'string') return text;
    throw wrongShape(wire.siteOf('POST', path), 'an object with templated_text', answer);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.status === 404 || (error.status === 422 && /template/i.test(error.message))) return null;
    throw error;
  }
}
