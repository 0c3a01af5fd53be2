import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../../src/errors.ts';
import { openEventStream } from './event-stream.ts';

/**
 * A page for one person on this machine. It listens on 127.0.0.1 alone and answers nobody who lacks the token, which
 * stands in the address or in an `Authorization: Bearer` header; a foreign name in `Host` (a page elsewhere that had its name point here) is refused, and so is everything but
 * reading. What it serves may load nothing from anywhere else.
 */
export interface PageServer extends AsyncDisposable {
  /** Where the page is, token included. */
  readonly url: string;
}

/** What is served. */
export interface PageServerOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly token: string;
  readonly title: string;
  readonly script: string;
  readonly style: string;
  /** The data under `/api/<name>`; undefined where there is no such thing. What it throws is told as one line. */
  readonly answer: (name: string, query: URLSearchParams) => Promise<unknown>;
  /** What `/metrics` gives to a program that watches many; asked each time. */
  readonly metrics: { readonly type: string; readonly read: () => string };
  /** A number that changes when the data did; asked while somebody watches. */
  readonly version: () => number;
}

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Opens the server. Throws `UsageError` where the port is taken. */
export async function openPageServer(options: PageServerOptions): Promise<PageServer> {
  const events = openEventStream(options.version);
  const server = createServer((request, response) => {
    serve(server, options, request, response, events.join).catch((error: unknown) => {
      sendText(response, 500, error instanceof Error ? error.message : String(error));
    });
  });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/?token=${options.token}`,
    [Symbol.asyncDispose]: async () => {
      events[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      reject(
        taken ? new UsageError(`--port ${port} cannot be used (${error.code}): give another one, or none`) : error,
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

async function serve(
  server: Server,
  options: PageServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  watch: (response: ServerResponse) => void,
): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const { host, origin } = request.headers;
  const names = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (host === undefined || !names.includes(host)) return sendText(response, 403, 'this page has another address');
  if (origin !== undefined && !names.includes(origin.replace(/^http:\/\//, ''))) {
    return sendText(response, 403, 'this page answers no other page');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return sendText(response, 405, 'this page only shows');
  const url = URL.parse(request.url ?? '/', `http://${host}`);
  if (url === null) return sendText(response, 400, 'this is no address');
  const given = url.searchParams.get('token') ?? request.headers.authorization?.replace(/^Bearer /, '') ?? '';
  if (!isEqual(given, options.token)) {
    return sendText(response, 403, 'the token is missing or wrong: open the address that `parallel-r1 view` printed');
  }
  await route(options, url, response, watch);
}

async function route(
  options: PageServerOptions,
  { pathname, searchParams }: URL,
  response: ServerResponse,
  watch: (response: ServerResponse) => void,
): Promise<void> {
  const { token, title, script, style, metrics } = options;
  if (pathname === '/') return send(response, 200, 'text/html; charset=utf-8', writePage(title, token));
  if (pathname === '/page.js') return send(response, 200, 'text/javascript; charset=utf-8', script);
  if (pathname === '/page.css') return send(response, 200, 'text/css; charset=utf-8', style);
  if (pathname === '/metrics') return send(response, 200, metrics.type, metrics.read());
  if (pathname === '/events') return watch(response);
  if (!pathname.startsWith('/api/')) return sendText(response, 404, 'there is nothing here');
  const data = await options.answer(pathname.slice('/api/'.length), searchParams);
  if (data === undefined) return sendText(response, 404, 'there is nothing of that name');
  send(response, 200, 'application/json; charset=utf-8', JSON.stringify(data));
}

function writePage(title: string, token: string): string {
  const name = title.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${name}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css?token=${token}"></head>
<body><div id="page"></div><script src="/page.js?token=${token}"></script></body></html>
`;
}

function sendText(response: ServerResponse, status: number, line: string): void {
  if (response.headersSent) response.destroy();
  else send(response, status, 'text/plain; charset=utf-8', `${line}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': type });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function isEqual(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
