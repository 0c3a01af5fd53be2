import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpFailure } from './failure.ts';
import { createHostCheck } from './host-check.ts';
import { parseJsonBody, readBody } from './read-body.ts';
import type { Face, Reply } from './route.ts';
import { buildRouter } from './router.ts';

export interface Listening {
  readonly url: string;
  /** Stops accepting, cuts what is open, and resolves when the port is free. */
  close(): Promise<void>;
}

/** Serves the faces on one port with keep-alive. Rejects when the port cannot be bound. */
export async function listen(options: {
  readonly host: string;
  readonly port: number;
  readonly faces: readonly Face[];
  readonly checkKey: (request: IncomingMessage) => void;
}): Promise<Listening> {
  const router = buildRouter(options.faces);
  const checkHost = createHostCheck(options.host);
  const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, response) => {
    void serve(request, response, router, (incoming) => {
      checkHost(incoming);
      options.checkKey(incoming);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return { url: `http://${host}:${port}`, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  router: ReturnType<typeof buildRouter>,
  admit: (request: IncomingMessage) => void,
): Promise<void> {
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const abort = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) abort.abort(new HttpFailure(499, 'client closed the connection'));
  });
  try {
    const { route, params } = router.findRoute(request.method ?? 'GET', path);
    if (route.isOpen !== true) admit(request);
    const rawBody = request.method === 'POST' ? await readBody(request) : Buffer.alloc(0);
    const body = route.isRaw === true ? null : parseJsonBody(rawBody, request);
    const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
    send(response, await route.handle({ request, body, rawBody, params, query, signal: abort.signal }));
  } catch (error) {
    if (!response.destroyed) send(response, router.findFace(path).toErrorReply(error), !request.complete);
  }
}

function send(response: ServerResponse, reply: Reply, mustClose = false): void {
  const content = reply.text ?? (reply.json === undefined ? '' : JSON.stringify(reply.json));
  response.writeHead(reply.status, {
    'content-type': reply.json === undefined ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': Buffer.byteLength(content),
    // A refused body is still on its way: the connection cannot be used again.
    ...(mustClose ? { connection: 'close' } : {}),
    ...reply.headers,
  });
  response.end(content);
}
