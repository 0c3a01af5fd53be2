/** A real HTTP server on 127.0.0.1 whose answers, good or broken, are written by the test; the doubles of servers stand on it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Wire } from './embedded-requests.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly raw: Buffer;
  /** Parsed JSON; null for any other body. */
  readonly body: Wire;
  /** Resolves when the connection of the request, or its answer, is over; true when the client went away first. */
  readonly hungUp: Promise<boolean>;
}

/** Writes the answer of one request. */
export type Answer = (response: ServerResponse, request: SeenRequest) => void;

export interface FaultServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** Resolves with the next request that arrives. */
  next(): Promise<SeenRequest>;
}

/** Serves until the test is over. */
export async function startFaultServer(t: TestContext, answer: Answer): Promise<FaultServer> {
  const seen: SeenRequest[] = [];
  const waiters: ((request: SeenRequest) => void)[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const isJson = raw.length > 0 && /json/.test(incoming.headers['content-type'] ?? '');
    const request: SeenRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      raw,
      body: isJson ? JSON.parse(raw.toString()) : null,
      hungUp: new Promise((resolve) => response.on('close', () => resolve(!response.writableFinished))),
    };
    seen.push(request);
    for (const resolve of waiters.splice(0)) resolve(request);
    answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, seen, next: () => new Promise((resolve) => waiters.push(resolve)) };
}

/** JSON, as it should be. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return text(JSON.stringify(body), status, { 'content-type': 'application/json', ...headers });
}

/** Any body under any status. */
export function text(body: string, status = 200, headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(status, headers).end(body);
}

/** No header, ever. */
export const silence: Answer = () => {};

/** The header and the first bytes of a body that never goes on. */
export const stall: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"choices":');
};

/** The connection is closed before a header. */
export const cut: Answer = (response) => void response.destroy();

/** The connection is closed in the middle of the body. */
export const cutInBody: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
  response.write('{"choices":', () => response.destroy());
};

/** Different answers per path; 404 elsewhere. */
export function routes(table: Readonly<Record<string, Answer>>): Answer {
  return (response, request) => (table[request.path] ?? json({ detail: 'Not Found' }, 404))(response, request);
}
