import { createHash } from 'node:crypto';
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { SourceError } from '../../src/errors.ts';
import { checkContent } from './check-content.ts';
import { describeLoss, discard, type Hub, type HubReply } from './hub.ts';
import { HubFailure } from './hub-failure.ts';
import type { HubFile } from './list-files.ts';
import { tryAgain } from './try-again.ts';

/** A file of a set on this machine, its content checked. */
export interface LocalFile {
  readonly path: string;
  readonly file: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** False when the hub promised nothing but the size. */
  readonly checked: boolean;
}

/** Where a file comes from. */
export interface FileOrigin {
  readonly id: string;
  readonly commit: string;
}

/**
 * Fetches a file into `folder`. What an earlier call left is continued, whole files are not fetched
 * again, and a name without `.part` is given only to a file whose size and checksum are those of the
 * listing. Rejects with `HubFailure` and `SourceError`.
 */
export async function downloadFile(hub: Hub, remote: HubFile, origin: FileOrigin, folder: string): Promise<LocalFile> {
  const file = join(folder, nameLocally(remote, origin));
  const part = `${file}.part`;
  if (existsSync(file)) {
    const { sha256, intact } = await checkContent(file, remote);
    if (intact) return describeFile(remote, file, sha256);
    rmSync(file);
  }
  const continued = sizeOf(part) > 0;
  let content = await fetchAndCheck(hub, remote, origin, part);
  // The old part may be what was wrong: once more from the start.
  if (!content.intact && continued) content = await fetchAndCheck(hub, remote, origin, part);
  if (!content.intact)
    throw new SourceError(
      `${remote.path}: what was downloaded is not what the hub's checksum says; it was removed: try again, or another mirror`,
    );
  renameSync(part, file);
  return describeFile(remote, file, content.sha256);
}

/** The hub's names never become names here: only a hash and the ending do. */
function nameLocally({ path }: HubFile, { id, commit }: FileOrigin): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([id, commit, path]))
    .digest('hex');
  return `${hash.slice(0, 24)}${/\.parquet$/i.test(path) ? '.parquet' : '.jsonl'}`;
}

function describeFile({ path, bytes, checksum }: HubFile, file: string, sha256: string): LocalFile {
  return { path, file, bytes, sha256, checked: checksum !== null };
}

async function fetchAndCheck(hub: Hub, remote: HubFile, origin: FileOrigin, part: string) {
  const address = remote.path.split('/').map(encodeURIComponent).join('/');
  const url = new URL(`datasets/${origin.id}/resolve/${origin.commit}/${address}`, hub.address);
  const fetched = { reached: 0, whole: false };
  await tryAgain(
    async () => {
      if (sizeOf(part) > remote.bytes) rmSync(part);
      if (existsSync(part) && sizeOf(part) === remote.bytes) return;
      await fetchRest(hub, url, remote, part, fetched);
    },
    hub.patience,
    () => fetched.reached,
  );
  const content = await checkContent(part, remote);
  if (!content.intact) rmSync(part);
  return content;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** `reached`: the furthest byte so far, over all calls; `whole`: the server cannot continue, it is asked for everything. */
interface Fetched {
  reached: number;
  whole: boolean;
}

async function fetchRest(hub: Hub, url: URL, remote: HubFile, part: string, fetched: Fetched): Promise<void> {
  const from = fetched.whole ? 0 : sizeOf(part);
  const reply = await hub.openFile(url, from, remote.path);
  const at = findStart(reply, from, remote);
  if (at === null) {
    await discard(reply);
    fetched.whole = true;
    throw new HubFailure(`${remote.path}: the hub does not continue a download`, { retryable: true, retryAfterMs: 0 });
  }
  await using handle = await open(part, at === 0 ? 'w' : 'a');
  await copyBody(reply, handle, at, remote, fetched);
  if ((await handle.stat()).size < remote.bytes)
    throw new HubFailure(`${remote.path}: the download broke off`, { retryable: true });
  await handle.sync();
}

/** The byte a reply begins at; null when it is none that can be used. */
function findStart({ status, headers }: HubReply, from: number, { bytes }: HubFile): number | null {
  if (status === 200) return 0;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
  const fits =
    status === 206 && range !== null && Number(range[1]) === from && [String(bytes), '*'].includes(range[2]!);
  return fits && isPlain(headers) ? from : null;
}

function isPlain(headers: HubReply['headers']): boolean {
  return ['', 'identity'].includes(headers['content-encoding'] ?? '');
}

async function copyBody(reply: HubReply, handle: FileHandle, start: number, remote: HubFile, fetched: Fetched) {
  let at = start;
  try {
    for await (const chunk of decompress(reply)) {
      if (at + chunk.length > remote.bytes) throw tooLong(remote);
      await handle.appendFile(chunk);
      at += chunk.length;
      fetched.reached = Math.max(fetched.reached, at);
    }
  } catch (error) {
    reply.body.destroy();
    if (error instanceof SourceError) throw error;
    throw explainCopy(error, remote);
  }
}

function tooLong({ path, bytes }: HubFile): SourceError {
  return new SourceError(`${path}: the hub sends more than the ${bytes} bytes it lists: try again, or another mirror`);
}

function explainCopy(error: unknown, { path }: HubFile): SourceError {
  const code = (error as NodeJS.ErrnoException)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SourceError(`${path}: the disk is full: free space and pull again, it goes on where it stopped`, {
      cause: error,
    });
  return describeLoss(error, path);
}

/** Some servers compress though they were asked not to. */
function decompress({ body, headers }: HubReply): Readable & AsyncIterable<Buffer> {
  const encoding = headers['content-encoding'] ?? '';
  const stage =
    encoding === 'gzip'
      ? createGunzip()
      : encoding === 'br'
        ? createBrotliDecompress()
        : encoding === 'deflate'
          ? createInflate()
          : null;
  if (stage === null) return body;
  body.on('error', (error) => stage.destroy(error));
  return body.pipe(stage);
}
