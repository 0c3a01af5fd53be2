/** Servers for doctor to look at: a healthy vLLM 0.32 by its wire, with faults put in front of single routes. */
import type { TestContext } from 'node:test';
import { TAGS } from '../../src/core/grammar.ts';
import type { Wire } from './embedded-requests.ts';
import { type Answer, type FaultServer, json, routes, startFaultServer, text } from './fault-server.ts';

export const SERVED = './my-model';

/** Ids 1 to 6 are the tags, 7 ends a sequence; every other character is one id. */
const SPECIALS = [...TAGS, '<|im_end|>'];
const FIRST_LETTER = 10;

export interface VllmOptions {
  readonly context?: number;
  /** Tokens of a block of the prefix cache; null: it is off; undefined: the server tells nothing of it. */
  readonly block?: number | null;
  /** The key it wants. */
  readonly key?: string;
  /** Tags are ordinary text of its tokenizer. */
  readonly splitsTags?: boolean;
  /** Answers put in front of single routes. */
  readonly faults?: Readonly<Record<string, Answer>>;
  /** What it writes when it is asked in chat; default: it repeats the last line. */
  readonly says?: string;
}

/** The error object of vLLM. */
export const refuse = (status: number, message: string, type = 'BadRequestError'): Answer =>
  json({ error: { message, type, param: null, code: status } }, status);

export function startVllm(t: TestContext, options: VllmOptions = {}): Promise<FaultServer> {
  const { context = 8192, key, faults = {} } = options;
  const model = { id: SERVED, object: 'model', root: SERVED, parent: null, max_model_len: context };
  const guarded = (answer: (body: Wire) => Answer): Answer => {
    return (response, request) => {
      const { body, headers } = request;
      if (key !== undefined && headers.authorization !== `Bearer ${key}`)
        return json({ error: 'Unauthorized' }, 401)(response, request);
      if (body !== null && body.model !== SERVED) {
        return refuse(404, `The model \`${body.model}\` does not exist.`, 'NotFoundError')(response, request);
      }
      return answer(body)(response, request);
    };
  };
  return startFaultServer(
    t,
    routes({
      '/health': text(''),
      '/version': json({ version: '0.32.0' }),
      '/v1/models': guarded(() => json({ object: 'list', data: [model] })),
      '/tokenize': guarded((body) => json({ tokens: encode(body, options) })),
      '/detokenize': guarded((body) => json({ prompt: body.tokens.map(toText).join('') })),
      '/v1/completions': guarded((body) => complete(body, options)),
      '/v1/chat/completions': guarded((body) => chat(body, options)),
      ...faults,
    }),
  );
}

function encode({ prompt, messages }: Wire, { splitsTags }: VllmOptions): number[] {
  const content: string = prompt ?? messages[0].content;
  const special = splitsTags ? -1 : SPECIALS.indexOf(content);
  return special >= 0 ? [special + 1] : [...content].map((letter) => FIRST_LETTER + letter.codePointAt(0)!);
}

function toText(id: number): string {
  return SPECIALS[id - 1] ?? String.fromCodePoint(Math.max(0, id - FIRST_LETTER));
}

/** What follows depends on the last token of the prompt and the place, and on nothing else. */
function complete(body: Wire, { context = 8192, block }: VllmOptions): Answer {
  const tooMuch = findExcess(body.max_tokens, context);
  if (tooMuch !== null) return tooMuch;
  const ids: number[] = [];
  for (let i = 0; i < body.max_tokens; i += 1) {
    ids.push(100 + 10 * body.prompt.at(-1) + i);
    if (body.stop_token_ids.includes(ids.at(-1))) break;
  }
  const isStopped = body.stop_token_ids.includes(ids.at(-1));
  const choices = Array.from({ length: body.n }, (_, index) => ({
    index,
    text: ids.map(toText).join(''),
    finish_reason: isStopped ? 'stop' : 'length',
    stop_reason: isStopped ? ids.at(-1) : null,
    token_ids: ids,
    logprobs: { token_logprobs: ids.map((id) => -1 / id) },
  }));
  const held = block == null ? 0 : Math.floor((body.prompt.length - 1) / block) * block;
  const details = block === undefined ? null : { cached_tokens: held };
  return json({ choices, usage: { prompt_tokens: body.prompt.length, prompt_tokens_details: details } });
}

function chat(body: Wire, { context = 8192, says }: VllmOptions): Answer {
  const tooMuch = findExcess(body.max_tokens, context);
  if (tooMuch !== null) return tooMuch;
  const asked: string = body.messages[0].content;
  const content = says ?? asked.slice(asked.lastIndexOf('\n') + 1);
  const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' };
  return json({ choices: [choice], usage: { prompt_tokens: 9, completion_tokens: 9 } });
}

/** As 0.32 says it. */
function findExcess(asked: number, context: number): Answer | null {
  if (asked <= context) return null;
  return refuse(
    400,
    `max_tokens=${asked} cannot be greater than max_model_len=${context}. Please request fewer output tokens.`,
  );
}
