import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hashSeed } from '../../src/core/rng.ts';
import { GOOD_KIND, TEACHER_KINDS, type TeacherKind, type TeacherReply } from './teacher-kinds.ts';
import { RECORDED_FAULTS, type RecordedOutput, type SharedProblem } from './teacher-rows.ts';

/** A teacher of the OpenAI kind on 127.0.0.1 that answers each problem always alike, and keeps the truth of it. */

export const TEACHER_MODEL = 'recorded-teacher';

export interface TeacherServerOptions {
  readonly problems: readonly SharedProblem[];
  readonly recorded: readonly RecordedOutput[];
  /** Longest wait before an answer, drawn per problem; 0 answers at once. */
  readonly maxDelayMs?: number;
}

export interface TeacherServer {
  /** Base URL, `/v1` included. */
  readonly url: string;
  /** Completions written whole per problem id and seed. */
  readonly finished: ReadonlyMap<string, number>;
  /**
   * Completions that were asked for again though they had been written whole: how long before the kill, in milliseconds.
   * They were on the way to a client that did not live to read them.
   */
  readonly lostOnTheWayMs: readonly number[];
  /** Problem ids that were asked about after `settle` had been told that they are stored. */
  readonly askedAgain: readonly string[];
  /** Chat requests received. */
  readonly asked: number;
  /** Expected codes of all problems with their counts; `accepted` among them. */
  countTruth(): Record<string, number>;
  /** Names of the kinds that were served, with their counts. */
  countKinds(): Record<string, number>;
  /** From now on these must not be asked about. */
  settle(problemIds: Iterable<string>): void;
  /** Calls `act`, which kills the client, when that many more chat requests have arrived. What is open then is not answered. */
  killAfterRequests(count: number, act: () => void): void;
  close(): Promise<void>;
}

interface Planned {
  readonly problem: SharedProblem;
  readonly name: string;
  readonly expected: string;
  readonly reply: TeacherReply;
}

/** Starts the server. */
export async function startTeacherServer(options: TeacherServerOptions): Promise<TeacherServer> {
  const book = new TeacherBook(options);
  const server = createServer((request, response) => void serve(book, options.maxDelayMs ?? 0, request, response));
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    finished: book.finished,
    askedAgain: book.askedAgain,
    lostOnTheWayMs: book.lostOnTheWayMs,
    get asked() {
      return book.asked;
    },
    countTruth: () => countBy(book.served, ({ expected }) => expected),
    countKinds: () => countBy(book.served, ({ name }) => name),
    settle: (ids) => book.settle(ids),
    killAfterRequests: (count, act) => book.killAfterRequests(count, act),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What is answered, and what was asked. */
class TeacherBook {
  readonly finished = new Map<string, number>();
  readonly askedAgain: string[] = [];
  readonly lostOnTheWayMs: number[] = [];
  asked = 0;
  /** Alarms that went off. */
  kills = 0;
  readonly #plans = new Map<string, Planned>();
  readonly #served = new Set<Planned>();
  readonly #settled = new Set<string>();
  /** When completions were written whole, and how many kills there had been when they were asked for. */
  readonly #written = new Map<string, { readonly atMs: number; readonly kills: number }>();
  readonly #killedAtMs: number[] = [];
  #alarm: { readonly at: number; readonly act: () => void } | null = null;

  constructor({ problems, recorded }: TeacherServerOptions) {
    const outputs = new Map(recorded.map((row) => [row.problem, row]));
    for (const problem of problems) this.#plans.set(problem.problem, plan(problem, outputs.get(problem.problem)));
  }

  get served(): Iterable<Planned> {
    return this.#served;
  }

  /** The problem is what follows the last `Problem: ` of the prompt. */
  take(prompt: string): Planned {
    const planned = this.#plans.get(prompt.slice(prompt.lastIndexOf('\nProblem: ') + '\nProblem: '.length));
    if (planned === undefined) throw new Error(`unknown problem: ${prompt.slice(-200)}`);
    if (this.#settled.has(planned.problem.id)) this.askedAgain.push(planned.problem.id);
    this.asked += 1;
    if (this.#alarm !== null && this.asked >= this.#alarm.at) {
      const { act } = this.#alarm;
      this.#alarm = null;
      this.kills += 1;
      this.#killedAtMs.push(performance.now());
      act();
    }
    return planned;
  }

  /** A completion is being asked for; notes it when it had been written whole before. */
  begin(planned: Planned, seed: number): void {
    const written = this.#written.get(`${planned.problem.id} ${seed}`);
    if (written !== undefined) this.lostOnTheWayMs.push(Math.max(0, this.#killedAtMs[written.kills]! - written.atMs));
  }

  finish(planned: Planned, seed: number, kills: number): void {
    const key = `${planned.problem.id} ${seed}`;
    this.#written.set(key, { atMs: performance.now(), kills });
    this.finished.set(key, (this.finished.get(key) ?? 0) + 1);
    this.#served.add(planned);
  }

  settle(ids: Iterable<string>): void {
    for (const id of ids) this.#settled.add(id);
  }

  killAfterRequests(count: number, act: () => void): void {
    this.#alarm = { at: this.asked + count, act };
  }
}

function plan(problem: SharedProblem, recorded: RecordedOutput | undefined): Planned {
  if (recorded !== undefined) {
    const found = recorded.output.includes('<Parallel>') ? 'accepted' : 'no_block';
    const expected = RECORDED_FAULTS[recorded.id] ?? found;
    return { problem, name: 'recorded', expected, reply: { content: recorded.output } };
  }
  const kind = drawKind(problem.id);
  return { problem, name: kind.name, expected: kind.expected, reply: kind.write(problem) };
}

function drawKind(id: string): TeacherKind {
  let left = hashSeed('kind', id) % 1000;
  for (const kind of TEACHER_KINDS) {
    left -= kind.perMille;
    if (left < 0) return kind;
  }
  return GOOD_KIND;
}

function countBy(served: Iterable<Planned>, name: (planned: Planned) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const planned of served) counts[name(planned)] = (counts[name(planned)] ?? 0) + 1;
  return counts;
}

async function serve(
  book: TeacherBook,
  maxDelayMs: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    // The client was killed while it wrote.
    return;
  }
  const text = Buffer.concat(chunks).toString();
  switch (request.url) {
    case '/health':
      return send(response, 200, {});
    case '/v1/models':
      return send(response, 200, { object: 'list', data: [{ id: TEACHER_MODEL, max_model_len: 32_768 }] });
    case '/tokenize':
      return send(response, 200, tokenize(JSON.parse(text)));
    case '/v1/chat/completions':
      return answer(book, maxDelayMs, JSON.parse(text), response);
    default:
      return send(response, 404, { detail: 'Not Found' });
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Four characters are a token. */
function tokenize({ prompt, messages }: { prompt?: string; messages?: { content: string }[] }): object {
  const count = Math.ceil((prompt ?? messages![0]!.content).length / 4);
  return { count, max_model_len: 32_768, tokens: Array.from({ length: count }, (_, i) => i % 100) };
}

interface ChatBody {
  readonly messages: readonly [{ readonly content: string }];
  readonly n?: number;
  readonly seed: number;
}

function answer(book: TeacherBook, maxDelayMs: number, { messages, n = 1, seed }: ChatBody, response: ServerResponse) {
  const { kills } = book;
  const planned = book.take(messages[0].content);
  book.begin(planned, seed);
  const { reply } = planned;
  response.on('finish', () => book.finish(planned, seed, kills));
  const refusal = { error: { message: reply.content, type: 'BadRequestError', code: reply.status } };
  const body = reply.status === undefined ? toCompletion(reply, n) : refusal;
  const write = () => {
    // Whoever was killed meanwhile does not get it, though the system may take a while to close the connection.
    if (book.kills === kills) send(response, reply.status ?? 200, body);
    else response.destroy();
  };
  if (maxDelayMs === 0) write();
  else setTimeout(write, 1 + (hashSeed('delay', planned.problem.id) % maxDelayMs));
}

function toCompletion({ content, reasoning, finish = 'stop' }: TeacherReply, n: number): object {
  const message = {
    role: 'assistant',
    content,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
  };
  const choices = Array.from({ length: n }, (_, index) => ({ index, message, finish_reason: finish }));
  const completionTokens = n * Math.ceil(((content ?? '').length + (reasoning ?? '').length) / 4);
  const usage = { prompt_tokens: 600, completion_tokens: completionTokens, total_tokens: 600 + completionTokens };
  return { id: 'chatcmpl-1', object: 'chat.completion', created: 0, model: TEACHER_MODEL, choices, usage };
}
