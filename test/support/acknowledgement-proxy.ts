import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Rng } from '../../src/core/rng.ts';

/** What becomes of a request: it may be lost, sent twice, or answered late; its answer may be lost. */
const FATES = ['lose-request', 'lose-reply', 'double', 'late'] as const;
type Fate = (typeof FATES)[number];

/** One request of so many meets a fate of its own. */
const ONE_OF = 10;
const LATEST_MS = 120;

/** Requests that a client makes before it can repeat anything, and signs of life. */
const CALM = /\/(?:healthz|get_server_capabilities|client\/config|create_session|session_heartbeat)$/;

export interface AcknowledgementProxy extends AsyncDisposable {
  readonly url: string;
  /** How often each fate was met. */
  readonly met: ReadonlyMap<Fate, number>;
}

/** Stands between a controller and its trainer, and loses, doubles and delays what goes to and fro. */
export async function startAcknowledgementProxy(target: string, rng: Rng): Promise<AcknowledgementProxy> {
  const met = new Map<Fate, number>();
  const drawFate = (path: string): Fate | null => {
    if (CALM.test(path) || rng.nextInt(ONE_OF) > 0) return null;
    const fate = FATES[rng.nextInt(FATES.length)]!;
    met.set(fate, (met.get(fate) ?? 0) + 1);
    return fate;
  };
  const server = createServer((asked, answer) => {
    void relay(new URL(asked.url ?? '/', target), asked, answer, drawFate, rng).catch(() => answer.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    met,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function relay(
  url: URL,
  asked: IncomingMessage,
  answer: ServerResponse,
  drawFate: (path: string) => Fate | null,
  rng: Rng,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of asked) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const fate = drawFate(url.pathname);
  if (fate === 'lose-request') return void answer.destroy();
  const first = await forward(url, asked, body);
  const reply = fate === 'double' ? await forward(url, asked, body) : first;
  if (fate === 'lose-reply') return void answer.destroy();
  if (fate === 'late') await new Promise((resolve) => setTimeout(resolve, 1 + rng.nextInt(LATEST_MS)));
  // Either answer of a doubled request may be the one that arrives.
  const { status, headers, bytes } = fate === 'double' && rng.nextInt(2) === 0 ? first : reply;
  answer.writeHead(status, headers).end(bytes);
}

interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly bytes: Buffer;
}

/** Rejects when the server is not there. */
function forward(url: URL, { method, headers }: IncomingMessage, body: Buffer): Promise<Reply> {
  const { connection: _, 'transfer-encoding': __, ...kept } = headers;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: { ...kept, 'content-length': body.length }, agent: false });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('aborted', () => reject(new Error('cut off')));
      response.once('end', () => {
        const { 'content-type': type, location } = response.headers;
        const told = { ...(type && { 'content-type': type }), ...(location && { location }) };
        resolve({ status: response.statusCode ?? 502, headers: told, bytes: Buffer.concat(chunks) });
      });
    });
    outgoing.end(body);
  });
}
