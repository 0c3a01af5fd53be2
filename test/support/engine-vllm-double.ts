/** A stand-in for vLLM's server: fixed rules instead of a model, written from the protocol description. */
import { createRng, hashSeed } from '../../src/core/rng.ts';
import type { Wire } from './embedded-requests.ts';
import { type Answer, json, routes, text } from './fault-server.ts';

export const DOUBLE_BASE = 'double-base';
const FIRST_ID = 10;
const IDS = 20;

/** Text of an id of the double, one character. */
const letterOf = (id: number) => String.fromCharCode(97 + id - FIRST_ID);

/** One choice of `/v1/completions`, as the double and the fault tests send it. */
export function wireChoice(index: number, ids: readonly number[], patch: Wire = {}): Wire {
  return {
    index,
    text: ids.map(letterOf).join(''),
    finish_reason: 'length',
    stop_reason: null,
    token_ids: ids,
    logprobs: {
      tokens: ids.map(letterOf),
      token_logprobs: ids.map((id) => -id / 10),
      top_logprobs: [],
      text_offset: [],
    },
    ...patch,
  };
}

/** `isHeld` is asked per completion: while true it never answers. */
export function createVllmDouble(isHeld: () => boolean = () => false): Answer {
  const adapters = new Map<string, string>();
  const isKnown = (model: string) => model === DOUBLE_BASE || adapters.has(model);
  const guarded =
    (answer: (body: Wire) => Answer): Answer =>
    (response, request) => {
      const { body } = request;
      if (!isKnown(body.model)) return fail(404, `The model \`${body.model}\` does not exist.`)(response, request);
      if (!isHeld()) answer(body)(response, request);
    };
  return routes({
    '/v1/completions': guarded((body) =>
      json({ choices: complete(body), usage: { prompt_tokens: body.prompt.length } }),
    ),
    '/v1/chat/completions': guarded((body) =>
      json({ choices: chat(body), usage: { prompt_tokens: 3, completion_tokens: 2 } }),
    ),
    '/tokenize': guarded((body) => {
      const content: string = body.prompt ?? `q${body.messages[0].content}`;
      return json({ tokens: [...content].map((letter) => letter.charCodeAt(0) - 97 + FIRST_ID) });
    }),
    '/detokenize': guarded((body) => json({ prompt: body.tokens.map(letterOf).join('') })),
    '/v1/models': (response, request) => {
      const loaded = [...adapters].map(([id, root]) => ({ id, root, parent: DOUBLE_BASE, max_model_len: null }));
      const base = { id: DOUBLE_BASE, root: DOUBLE_BASE, parent: null, max_model_len: 100 };
      json({ object: 'list', data: [base, ...loaded] })(response, request);
    },
    '/v1/load_lora_adapter': (response, request) => {
      const { lora_name: name, lora_path: path } = request.body;
      if (adapters.has(name))
        return fail(400, `The lora adapter '${name}' has already been loaded.`)(response, request);
      adapters.set(name, path);
      text(`Success: LoRA adapter '${name}' added successfully.`)(response, request);
    },
    '/v1/unload_lora_adapter': (response, request) => {
      const { lora_name: name } = request.body;
      const known = adapters.delete(name);
      const answer = known ? text('Success') : fail(404, `The lora adapter '${name}' cannot be found.`);
      answer(response, request);
    },
    '/health': text(''),
    '/version': json({ version: '0.0-double' }),
  });
}

function fail(status: number, message: string): Answer {
  return json({ error: { message, type: 'Error', param: null, code: status } }, status);
}

/** Choice i follows seed + i, so it does not depend on n. */
function complete(body: Wire): Wire[] {
  return Array.from({ length: body.n }, (_, index) => {
    const rng = createRng(hashSeed(body.model, body.seed + index));
    const ids: number[] = [];
    while (ids.length < body.max_tokens && !body.stop_token_ids.includes(ids.at(-1))) {
      ids.push(FIRST_ID + Math.floor(rng.next() * IDS));
    }
    const last = ids.at(-1);
    const stopped = body.stop_token_ids.includes(last);
    return wireChoice(index, ids, stopped ? { finish_reason: 'stop', stop_reason: last } : {});
  });
}

function chat(body: Wire): Wire[] {
  return Array.from({ length: body.n }, (_, index) => ({
    index,
    message: { role: 'assistant', content: `answer ${body.seed + index}` },
    finish_reason: 'stop',
  }));
}
