/** Stand-ins for servers of text: fixed rules instead of a model, written from the protocol descriptions. */
import type { ServerResponse } from 'node:http';
import type { Wire } from './embedded-requests.ts';
import { type Answer, json, routes, text } from './fault-server.ts';

export const TEXT_MODEL = 'text-base';

/** The model's own end of sequence. */
const EOS_TEXT = '</s>';

/** What a double writes to a prompt: pieces of text, one per token. Ends by itself when it has no more. */
export type WriteText = (prompt: string, seed: number) => readonly string[];

export interface TextDoubleOptions {
  readonly write: WriteText;
  /** Asked per completion: while true it never answers. */
  isHeld?(): boolean;
}

const chat: (body: Wire) => Answer = (body) =>
  json({
    choices: Array.from({ length: body.n ?? 1 }, (_, index) => ({
      index,
      message: { role: 'assistant', content: `answer ${body.seed + index}` },
      finish_reason: 'stop',
    })),
    usage: { prompt_tokens: 3, completion_tokens: 2 },
  });

const models = json({ object: 'list', data: [{ id: TEXT_MODEL, object: 'model', created: 0, owned_by: 'double' }] });

/** One event of a stream of completions. */
export function sendEvent(response: ServerResponse, data: unknown): void {
  response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
}

/**
 * A server with `/v1/completions` and nothing of vLLM's: `n`, token ids and unknown fields are refused, and a
 * stream goes on until its reader hangs up, for which it is watched.
 */
export function createOpenAiDouble({ write, isHeld = () => false }: TextDoubleOptions): Answer {
  const known = new Set(['model', 'prompt', 'max_tokens', 'temperature', 'top_p', 'seed', 'stop', 'stream']);
  return routes({
    '/v1/completions': (response, request) => {
      const { body } = request;
      const foreign = Object.keys(body).find((key) => !known.has(key));
      if (foreign !== undefined) return refuse(400, `Unrecognized request argument: ${foreign}`)(response, request);
      if (typeof body.prompt !== 'string') return refuse(400, 'prompt must be a string')(response, request);
      if (body.model !== TEXT_MODEL) return refuse(404, `The model ${body.model} does not exist`)(response, request);
      if (isHeld()) return;
      const all = write(body.prompt, body.seed);
      const pieces = all.slice(0, body.max_tokens);
      const finish = all.length > pieces.length ? 'length' : 'stop';
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      for (const piece of pieces) sendEvent(response, { choices: [{ index: 0, text: piece, finish_reason: null }] });
      sendEvent(response, { choices: [{ index: 0, text: '', finish_reason: finish }] });
      sendEvent(response, { choices: [], usage: { prompt_tokens: 3 } });
      sendEvent(response, '[DONE]');
      response.end();
    },
    '/v1/chat/completions': (response, request) => chat(request.body)(response, request),
    '/v1/models': models,
  });
}

/** TGI 3.3: text in, text out, one choice per request; a stop is part of what is generated. */
export function createTgiDouble({ write, isHeld = () => false }: TextDoubleOptions): Answer {
  return routes({
    '/generate': (response, request) => {
      const { inputs, parameters } = request.body;
      const fault = findTgiFault(parameters);
      if (fault !== null) return refuseTgi(422, fault, 'validation')(response, request);
      if (isHeld()) return;
      json(generate(write(inputs, parameters.seed), parameters))(response, request);
    },
    '/chat_tokenize': (response, request) => {
      const { content } = request.body.messages[0];
      json({ tokenize_response: [], templated_text: `<user>${content}<assistant>` })(response, request);
    },
    '/v1/chat/completions': (response, request) => {
      const { n, ...body } = request.body;
      chat({ ...body, n: 1 })(response, request);
    },
    '/v1/models': models,
    '/health': text(''),
  });
}

function findTgiFault({ stop, temperature, top_p: topP }: Wire): string | null {
  if (stop.length > 4) return '`stop` supports up to 4 stop sequences';
  if (temperature !== undefined && temperature <= 0) return '`temperature` must be strictly positive';
  return topP !== undefined && (topP <= 0 || topP >= 1) ? '`top_p` must be > 0.0 and < 1.0' : null;
}

/** Length is looked at first, then the end of sequence, then stops at the end of the text. */
function generate(all: readonly string[], { stop, max_new_tokens: most }: Wire): Wire {
  const tokens: Wire[] = [];
  let written = '';
  let reason: string | null = null;
  while (reason === null) {
    const special = tokens.length >= all.length;
    const piece = special ? EOS_TEXT : all[tokens.length]!;
    tokens.push({ id: tokens.length, text: piece, logprob: -0.5, special });
    written += piece;
    if (tokens.length >= most) reason = 'length';
    else if (special) reason = 'eos_token';
    else if (stop.some((one: string) => written.endsWith(one))) reason = 'stop_sequence';
  }
  // Special tokens are missing here, tags among them where a model has them.
  const shown = tokens.filter(({ special }) => !special).map(({ text: piece }) => piece);
  return {
    generated_text: shown.join('').replaceAll(/<[^>]*>/g, ''),
    details: { finish_reason: reason, generated_tokens: tokens.length, seed: 1, prefill: [], tokens },
  };
}

function refuse(status: number, message: string): Answer {
  return json({ error: { message, type: 'invalid_request_error', param: null, code: null } }, status);
}

function refuseTgi(status: number, error: string, type: string): Answer {
  return json({ error, error_type: type }, status);
}
