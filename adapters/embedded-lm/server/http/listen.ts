import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { parseJsonBody, readBody } from './body.ts';
import { BodyBudget } from './body-budget.ts';
import { buildRouter, type Face, HttpFailure, type Reply } from './route.ts';

/** A server that listens. */
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
  const budget = new BodyBudget();
  const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, response) => {
    const admit = (incoming: IncomingMessage) => {
      checkHost(incoming);
      checkOrigin(incoming);
      options.checkKey(incoming);
    };
    void serve(request, response, { router, budget, admit });
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

/** What every request of one server shares. */
interface Entrance {
  readonly router: ReturnType<typeof buildRouter>;
  readonly budget: BodyBudget;
  /** Throws `HttpFailure` for a request that may not come in. */
  readonly admit: (request: IncomingMessage) => void;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { router, budget, admit }: Entrance,
): Promise<void> {
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const abort = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) abort.abort(new HttpFailure(499, 'client closed the connection'));
  });
  using share = budget.open();
  try {
    const { route, params } = router.findRoute(request.method ?? 'GET', path);
    if (route.isOpen !== true) admit(request);
    const rawBody = request.method === 'POST' ? await readBody(request, share) : Buffer.alloc(0);
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

/**
 * A check of the `Host` header for a server on a loopback address: a web page whose name was rebound to
 * 127.0.0.1 counts as this origin for the browser, but its requests carry the page's name.
 */
function createHostCheck(boundTo: string): (request: IncomingMessage) => void {
  if (!isLoopback(boundTo)) return () => {};
  return (request) => {
    const name = readName(request.headers.host ?? '');
    if (!isLoopback(name)) throw new HttpFailure(403, `Forbidden: host ${name.slice(0, 60)} is not this machine`);
  };
}

/**
 * A web page of another site can make a browser send a POST without a body, which needs no preflight. Browsers name the
 * page's origin; nobody else does, so that one which is not this server's own is refused.
 */
function checkOrigin({ headers }: IncomingMessage): void {
  const { origin, host } = headers;
  const isOwn = origin === undefined || (URL.parse(origin)?.host ?? '') === (host ?? '').toLowerCase();
  if (isOwn && headers['sec-fetch-site'] !== 'cross-site') return;
  throw new HttpFailure(403, 'Forbidden: requests of web pages of other origins are not answered');
}

/** The host without its port and brackets. */
function readName(host: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(host)?.[1] ?? host.replace(/:\d+$/, '');
}

function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** A check of `X-API-Key` or `Authorization: Bearer`; without a configured key everything passes. */
export function createKeyCheck(apiKey: string | null): (request: IncomingMessage) => void {
  if (apiKey === null) return () => {};
  const expected = digest(apiKey);
  return (request) => {
    const given = findKey(request);
    if (given === null)
      throw new HttpFailure(401, 'Unauthorized: send the key as X-API-Key or as Authorization: Bearer');
    if (!timingSafeEqual(digest(given), expected)) throw new HttpFailure(403, 'Forbidden: wrong API key');
  };
}

function findKey(request: IncomingMessage): string | null {
  const header = request.headers['x-api-key'];
  if (typeof header === 'string') return header;
  const match = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '');
  return match?.[1] ?? null;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
