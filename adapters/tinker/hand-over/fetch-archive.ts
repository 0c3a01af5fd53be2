import type { Readable } from 'node:stream';
import { request } from 'undici';
import { TrainerError } from '../../../src/errors.ts';
import type { Profile } from '../trainer/profile.ts';
import { type CheckpointRef, toCheckpointsRoute } from '../wire/checkpoint-path.ts';
import type { Deadline } from '../wire/deadline.ts';
import { ConnectionLost, readJson } from '../wire/http-wire.ts';
import { parseReply } from '../wire/parse-reply.ts';
import { growingPauseMs, type TrainerIo, toLostError, toReplyError } from '../wire/send-patiently.ts';
import { cleanServerText } from '../wire/server-text.ts';
import { archiveUrlSchema } from '../wire/wire-schemas.ts';

const MAX_REDIRECTS = 4;
const MAX_LINK_BYTES = 65_536;

/** A server packs the archive on first request: 503 until it is there, 425 while the save is pending. */
const NOT_READY = new Set([425, 429, 503]);

/** No byte for this long means the download is lost. */
const STALL_MS = 60_000;

export interface ArchiveCall {
  readonly deadline: Deadline;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the download of a checkpoint's archive, following redirects by hand: to the trainer itself, or
 * to any https address (a signed one of an object store), which is not sent the key. Throws `TrainerError`.
 */
export async function fetchArchive(
  io: TrainerIo,
  profile: Profile,
  ref: CheckpointRef,
  call: ArchiveCall,
): Promise<Readable> {
  const id = profile.archiveId === 'bare' ? ref.name : `${ref.kind}/${ref.name}`;
  const start = new URL(io.http.locate(`${toCheckpointsRoute(ref.runId)}/${id}/archive`).url);
  const what = `downloading the archive of ${ref.name}`;
  for (let attempt = 0; ; attempt += 1) {
    const found = await followLinks(io, start, what, call.signal);
    if (!('retry' in found)) return found.body;
    if (call.deadline.isOver) throw found.retry;
    await io.clock.sleep(growingPauseMs(attempt), call.signal);
  }
}

type Followed = { readonly body: Readable } | { readonly retry: TrainerError };

async function followLinks(io: TrainerIo, start: URL, what: string, signal?: AbortSignal): Promise<Followed> {
  let url = start;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const { statusCode: status, headers, body } = await open(io, url, start, what, signal);
    if (status >= 300 && status < 400) {
      body.on('error', () => {}).destroy();
      url = readLink(String(headers.location ?? ''), url, start, what);
      continue;
    }
    const contentType = String(headers['content-type'] ?? '');
    if (status === 200 && !contentType.startsWith('application/json')) return { body };
    const reply = { status, contentType, bytes: await readStart(body) };
    if (NOT_READY.has(status)) return { retry: toReplyError(io, what, reply) };
    if (status !== 200) throw toReplyError(io, what, reply);
    url = readLink(parseReply(archiveUrlSchema, readJson(reply, what), what).url, url, start, what);
  }
  throw new TrainerError(`trainer ${io.http.url}: ${what} was redirected more than ${MAX_REDIRECTS} times`);
}

async function open(io: TrainerIo, url: URL, start: URL, what: string, signal?: AbortSignal) {
  const headers = url.origin === start.origin ? io.http.locate('').headers : {};
  const options = {
    dispatcher: io.http.agent,
    headers,
    bodyTimeout: STALL_MS,
    ...(signal === undefined ? {} : { signal }),
  };
  try {
    return await request(url, options);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw toLostError(io, what, new ConnectionLost(error));
  }
}

function readLink(location: string, from: URL, start: URL, what: string): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from.href) : null;
  if (url !== null && (url.origin === start.origin || url.protocol === 'https:')) return url;
  const shown = cleanServerText(location);
  throw new TrainerError(
    `${what} was sent to ${JSON.stringify(shown)}, which is neither the trainer nor an https address; if engine and trainer share a disk use trainer.handover: path`,
  );
}

async function readStart(body: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_LINK_BYTES) break;
  }
  return Buffer.concat(chunks);
}
