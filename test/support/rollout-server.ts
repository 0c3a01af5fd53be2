import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TAGS } from '../../src/core/grammar.ts';
import { createRng, hashSeed, type Rng } from '../../src/core/rng.ts';
import type { Wire } from './embedded-requests.ts';

/**
 * A server of vLLM's kind on 127.0.0.1 whose completions follow from prompt and seed alone, after a while that does
 * too. It counts what it is asked, and can have its client killed in the middle.
 */
export interface RolloutServer {
  /** Base URL, `/v1` included. */
  readonly url: string;
  /** Completion requests received. */
  readonly asked: number;
  /** Those that were answered. */
  readonly answered: number;
  /** Most of them open at once. */
  readonly peak: number;
  /** Seeds that were asked for after `settle` had been told that their answers are stored. */
  readonly askedAgain: readonly number[];
  /** From now on these must not be asked for. */
  settle(seeds: Iterable<number>): void;
  /** Calls `act`, which kills the client, when that many more completions were answered. What is open then is not. */
  killAfterAnswers(count: number, act: () => void): void;
  close(): Promise<void>;
}

export const ROLLOUT_MODEL = 'rollout-double';
export const ROLLOUT_EOS = '<|im_end|>';

/** Pieces that are one token; any other character is one as well. */
const PIECES: readonly string[] = [...TAGS, ROLLOUT_EOS, '\n', 'Final Answer: '];
const FIRST_CHARACTER = 100;
const WORDS = [...'abcdefgh'].map((letter) => FIRST_CHARACTER + letter.charCodeAt(0));

/** Writes an answer to the text of a prompt, the end of the sequence not included. */
export type WriteAnswer = (prompt: string, rng: Rng) => string;

export interface RolloutServerOptions {
  /** An answer takes 1 to this many milliseconds. */
  readonly maxDelayMs: number;
  /** Missing: calls fork two times of three, and answers mean nothing. */
  readonly write?: WriteAnswer;
}

/** Starts the server. */
export async function startRolloutServer(options: RolloutServerOptions): Promise<RolloutServer> {
  const book = new RequestBook();
  const server = createServer((request, response) => void serve(book, options, request, response));
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    get asked() {
      return book.asked;
    },
    get answered() {
      return book.answered;
    },
    get peak() {
      return book.peak;
    },
    askedAgain: book.askedAgain,
    settle: (seeds) => book.settle(seeds),
    killAfterAnswers: (count, act) => book.killAfterAnswers(count, act),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What was asked. */
class RequestBook {
  readonly askedAgain: number[] = [];
  readonly loaded = new Map<string, string>();
  asked = 0;
  answered = 0;
  peak = 0;
  /** Alarms that went off. */
  kills = 0;
  #open = 0;
  readonly #settled = new Set<number>();
  #alarm: { readonly at: number; readonly act: () => void } | null = null;

  begin(seed: number): void {
    this.asked += 1;
    this.#open += 1;
    this.peak = Math.max(this.peak, this.#open);
    if (this.#settled.has(seed)) this.askedAgain.push(seed);
  }

  /** One answer went out. */
  count(): void {
    this.answered += 1;
    if (this.#alarm === null || this.answered < this.#alarm.at) return;
    const { act } = this.#alarm;
    this.#alarm = null;
    this.kills += 1;
    act();
  }

  end(): void {
    this.#open -= 1;
  }

  settle(seeds: Iterable<number>): void {
    for (const seed of seeds) this.#settled.add(seed);
  }

  killAfterAnswers(count: number, act: () => void): void {
    this.#alarm = { at: this.answered + count, act };
  }
}

async function serve(
  book: RequestBook,
  options: RolloutServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    // The client was killed while it wrote.
    return;
  }
  const text = Buffer.concat(chunks).toString();
  const body: Wire = text === '' ? null : JSON.parse(text);
  switch (request.url) {
    case '/health':
      return send(response, {});
    case '/version':
      return send(response, { version: '0.0-rollouts' });
    case '/v1/models':
      return send(response, { object: 'list', data: listModels(book) });
    case '/tokenize':
      return send(response, { tokens: tokenize(body.prompt ?? `<user>${body.messages[0].content}`) });
    case '/v1/load_lora_adapter':
      book.loaded.set(body.lora_name, body.lora_path);
      return send(response, {});
    case '/v1/unload_lora_adapter':
      book.loaded.delete(body.lora_name);
      return send(response, {});
    case '/v1/completions':
      return complete(book, options, body, response);
    default:
      response.writeHead(404).end('{"detail":"Not Found"}');
  }
}

function send(response: ServerResponse, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function listModels({ loaded }: RequestBook): object[] {
  const describe = (id: string, root: string, parent: string | null) => ({ id, root, parent, max_model_len: 16_384 });
  const adapters = [...loaded].map(([id, root]) => describe(id, root, ROLLOUT_MODEL));
  return [describe(ROLLOUT_MODEL, ROLLOUT_MODEL, null), ...adapters];
}

function tokenize(text: string): number[] {
  const ids: number[] = [];
  for (let at = 0; at < text.length; ) {
    const piece = PIECES.findIndex((one) => text.startsWith(one, at));
    ids.push(piece >= 0 ? piece : FIRST_CHARACTER + text.charCodeAt(at));
    at += piece >= 0 ? PIECES[piece]!.length : 1;
  }
  return ids;
}

function complete(
  book: RequestBook,
  { maxDelayMs, write }: RolloutServerOptions,
  body: Wire,
  response: ServerResponse,
): void {
  const { kills } = book;
  book.begin(body.seed);
  response.on('close', () => book.end());
  response.on('finish', () => book.count());
  const key = hashSeed(body.seed, body.prompt.join(' '));
  const choices = Array.from({ length: body.n }, (_, index) => {
    const rng = createRng(hashSeed(key, index));
    const wanted =
      write === undefined
        ? writeForks(body, rng)
        : [...tokenize(write(readText(body.prompt), rng)), PIECES.indexOf(ROLLOUT_EOS)];
    return toChoice(body, index, wanted, rng);
  });
  setTimeout(
    () => {
      // Whoever was killed meanwhile does not get it, though the system may take a while to close the connection.
      if (book.kills === kills) send(response, { choices, usage: { prompt_tokens: body.prompt.length } });
      else response.destroy();
    },
    1 + (key % maxDelayMs),
  );
}

/** Main calls fork two times of three while they may. Paths and summaries run into their cap now and then. */
function writeForks(body: Wire, rng: Rng): number[] {
  const stopsAt = (tag: string) => body.stop_token_ids.includes(PIECES.indexOf(tag));
  const words = (count: number) => Array.from({ length: count }, () => WORDS[rng.nextInt(WORDS.length)]!);
  const closer = stopsAt('</Path>') ? '</Path>' : stopsAt('</Summary>') ? '</Summary>' : '<Parallel>';
  const goesOn = closer !== '<Parallel>' || (stopsAt(closer) && rng.nextInt(3) < 2);
  return goesOn
    ? [...words(1 + rng.nextInt(24)), PIECES.indexOf(closer)]
    : [...tokenize(`\nFinal Answer: ${rng.nextInt(90)}`), PIECES.indexOf(ROLLOUT_EOS)];
}

function readText(ids: readonly number[]): string {
  return ids.map((id) => PIECES[id] ?? String.fromCharCode(id - FIRST_CHARACTER)).join('');
}

function toChoice(body: Wire, index: number, wanted: readonly number[], rng: Rng): object {
  const ids = wanted.slice(0, body.max_tokens);
  const stopped = ids.length === wanted.length;
  return {
    index,
    text: readText(ids),
    finish_reason: stopped ? 'stop' : 'length',
    stop_reason: stopped ? ids.at(-1) : null,
    token_ids: ids,
    // The first one tells which call was answered, see `listStoredSeeds`.
    logprobs: { token_logprobs: ids.map((_, i) => (i === 0 ? -body.seed - 1 : -rng.next())) },
  };
}
