/** A hub on 127.0.0.1: the few routes `datasets pull` asks for, with a menu of faults. */
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type SeenRequest, startFaultServer } from './fault-server.ts';

/** What a set holds: its files by path. `lfs`: stored apart, reached by a redirect, known by SHA-256. */
export interface HubSet {
  readonly id: string;
  readonly files: Readonly<Record<string, { readonly bytes: Buffer; readonly lfs?: boolean }>>;
  readonly license?: string | readonly string[];
}

/** Answers a request in the hub's place; false lets the hub answer. */
export type HubFault = (request: HubRequest, response: ServerResponse) => boolean;

export type HubRequest = Pick<SeenRequest, 'path' | 'headers'>;

export interface HubServer {
  readonly url: string;
  readonly seen: readonly HubRequest[];
  /** Faults are asked in order, before the hub answers. */
  readonly faults: HubFault[];
}

export const COMMIT = 'c0ffee0123456789c0ffee0123456789c0ffee01';

/** Serves until the test is over. Listings have two entries a page. */
export async function startHub(t: TestContext, sets: readonly HubSet[]): Promise<HubServer> {
  const faults: HubFault[] = [];
  const { url, seen } = await startFaultServer(t, (response, request) => {
    if (!faults.some((fault) => fault(request, response))) answer(sets, request, response);
  });
  return { url, seen, faults };
}

function answer(sets: readonly HubSet[], { path, headers }: HubRequest, response: ServerResponse): void {
  const url = new URL(path, 'http://hub');
  const blob = /^\/storage\/(.+)$/.exec(url.pathname)?.[1];
  const set = sets.find(({ id }) => /^\/(api\/)?datasets\//.test(url.pathname) && url.pathname.includes(`/${id}/`));
  const rest = set === undefined ? '' : url.pathname.slice(url.pathname.indexOf(set.id) + set.id.length);
  if (blob !== undefined) sendFile(findBlob(sets, blob), headers.range, response);
  else if (set === undefined) sendJson(response, { error: 'Repository not found' }, 404);
  else if (rest.startsWith('/revision/')) sendRevision(set, rest.slice(10), response);
  else if (rest.startsWith('/tree/')) sendTree(set, url, response);
  else sendContent(set, decodeURIComponent(rest.replace(`/resolve/${COMMIT}/`, '')), headers.range, response);
}

function sendContent({ files }: HubSet, name: string, range: string | undefined, response: ServerResponse): void {
  const file = files[name];
  if (file === undefined) sendJson(response, { error: 'Entry not found' }, 404);
  else if (!file.lfs) sendFile(file.bytes, range, response);
  else {
    const location = `/storage/${sha256(file.bytes)}?signature=secret`;
    const linked = { 'x-linked-size': file.bytes.length, 'x-linked-etag': `"${sha256(file.bytes)}"` };
    response.writeHead(302, { location, 'x-repo-commit': COMMIT, ...linked }).end();
  }
}

function findBlob(sets: readonly HubSet[], hex: string): Buffer {
  return sets.flatMap(({ files }) => Object.values(files)).find(({ bytes }) => sha256(bytes) === hex)!.bytes;
}

function sendRevision({ license }: HubSet, revision: string, response: ServerResponse): void {
  if (!['main', 'refs%2Fconvert%2Fparquet', COMMIT].includes(revision))
    sendJson(response, { error: 'Invalid rev id' }, 404);
  else sendJson(response, { sha: COMMIT, cardData: license === undefined ? null : { license }, gated: false });
}

function sendTree({ files }: HubSet, url: URL, response: ServerResponse): void {
  const all = Object.entries(files).map(([path, { bytes, lfs }]) => ({
    ...{ type: 'file', path, oid: gitBlob(bytes), size: bytes.length },
    ...(lfs ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 131 } } : {}),
  }));
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const next = new URL(url);
  next.searchParams.set('cursor', String(from + 2));
  const more = from + 2 < all.length ? { link: `<${next.pathname}${next.search}>; rel="next"` } : {};
  sendJson(response, [{ type: 'directory', path: 'data', oid: 'x', size: 0 }, ...all.slice(from, from + 2)], 200, more);
}

/** Answers JSON. */
export function sendJson(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Answers a file, or the rest of it. */
export function sendFile(bytes: Buffer, range: string | undefined, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const headers = { etag: `"${sha256(bytes)}"`, 'accept-ranges': 'bytes', 'content-length': bytes.length - from };
  const contentRange = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
  if (from === 0) response.writeHead(200, headers).end(bytes);
  else if (from >= bytes.length) response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
  else response.writeHead(206, { ...headers, 'content-range': contentRange }).end(bytes.subarray(from));
}

/** `bytes` bytes of the body from `from` on, and an end that looks regular: what some proxies make of a lost connection. */
export function endAfter(body: Buffer, bytes: number, response: ServerResponse, from = 0): void {
  const range = from === 0 ? {} : { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` };
  response.writeHead(from === 0 ? 200 : 206, range).end(body.subarray(from, from + bytes));
}

/** The connection breaks in the body; how much of it arrives is not said. */
export function cutInside(body: Buffer, response: ServerResponse, from = 0): void {
  const range = from === 0 ? {} : { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` };
  response.writeHead(from === 0 ? 200 : 206, { 'content-length': body.length - from, ...range });
  response.write(body.subarray(from, from + 1_000), () => response.destroy());
}

/** Answers compressed, though nobody asked for it. */
export function sendGzip(bytes: Buffer, response: ServerResponse): void {
  response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(bytes));
}

/** The paths that were asked for and hold `part`. */
export function listRequests(hub: HubServer, part: string): HubRequest[] {
  return hub.seen.filter(({ path }) => path.includes(part));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function gitBlob(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
