import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A teacher that answers everything at once with the same good solution of 512 tokens; the answer is 3. */

export const INSTANT_MODEL = 'instant-teacher';

/** The answer to every problem. */
export const INSTANT_GOLD = '3';

const ANSWER_TOKENS = 512;
const PROMPT_TOKENS = 600;

/** Tokens of one answer and its prompt. */
export const INSTANT_TOKENS = ANSWER_TOKENS + PROMPT_TOKENS;

export interface InstantTeacher {
  /** Base URL, `/v1` included. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts it on 127.0.0.1. */
export async function startInstantTeacher(): Promise<InstantTeacher> {
  const message = { role: 'assistant', content: writeAnswer() };
  const usage = { prompt_tokens: PROMPT_TOKENS, completion_tokens: ANSWER_TOKENS };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  const bodies: Record<string, object> = {
    '/v1/chat/completions': { id: 'chatcmpl-1', object: 'chat.completion', choices, usage },
    '/v1/models': { data: [{ id: INSTANT_MODEL, max_model_len: 32_768 }] },
    '/tokenize': { count: ANSWER_TOKENS, tokens: Array.from({ length: ANSWER_TOKENS }, (_, i) => 5000 + 7 * i) },
    '/health': {},
  };
  const texts = new Map(Object.entries(bodies).map(([path, body]) => [path, JSON.stringify(body)]));
  const server = createServer((request, response) => {
    const text = texts.get(request.url ?? '');
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text ?? '{}') };
    request.resume().on('end', () => response.writeHead(text === undefined ? 404 : 200, headers).end(text ?? '{}'));
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}/v1`, close };
}

function writeAnswer(): string {
  const path = (name: string) =>
    `<Path>\n${name}: ${'we add one and two once more and get three. '.repeat(20)}\n</Path>`;
  const block = `<Parallel>\n${path('Counting')}\n${path('Adding')}\n</Parallel>\n<Summary>\nBoth give three.\n</Summary>`;
  return `There are two ways to see this.\n\n${block}\n\nFinal Answer: ${INSTANT_GOLD}`;
}
