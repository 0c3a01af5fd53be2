import { createHash } from 'node:crypto';
import { createReadStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { WireAnswer } from '../../src/edge/http-wire.ts';
import { explainWriteFailure } from '../../src/edge/whole-file.ts';
import { SourceError } from '../../src/errors.ts';
import type { Hub } from './hub.ts';
import type { HubFile } from './hub-listing.ts';

/** A file of a set on this machine, its content checked. */
export interface LocalFile {
  readonly path: string;
  readonly file: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** False when the hub stated nothing but the size. */
  readonly checked: boolean;
}

/** Where a file comes from. */
export interface FileOrigin {
  readonly id: string;
  readonly commit: string;
}

/**
 * Fetches a file into `folder`. It continues what an earlier call left and does not fetch whole files
 * again; a name without `.part` is given only to a file whose size and checksum are those of the
 * listing. Rejects with `SourceError`.
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
  // The old part may be what was wrong: try once more from the start.
  if (!content.intact && continued) content = await fetchAndCheck(hub, remote, origin, part);
  if (!content.intact)
    throw new SourceError(
      `${remote.path}: the download does not match the hub's checksum and was removed: try again, or another mirror`,
    );
  renameSync(part, file);
  return describeFile(remote, file, content.sha256);
}

/** Local names are never taken from the hub: only a hash and the ending are used. */
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
  const fetchOnce = async () => {
    if (sizeOf(part) > remote.bytes) rmSync(part);
    if (existsSync(part) && sizeOf(part) === remote.bytes) return;
    await fetchRest(hub, url, remote, part, fetched);
  };
  await hub.repeat(fetchOnce, () => fetched.reached);
  const content = await checkContent(part, remote);
  if (!content.intact) rmSync(part);
  return content;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** `reached`: the furthest byte so far, over all calls; `whole`: the server cannot continue a download and is asked for everything. */
interface Fetched {
  reached: number;
  whole: boolean;
}

async function fetchRest(hub: Hub, url: URL, remote: HubFile, part: string, fetched: Fetched): Promise<void> {
  const from = fetched.whole ? 0 : sizeOf(part);
  const answer = await hub.openFile(url, from, remote.path);
  const at = findStart(answer, from, remote);
  if (at === null) {
    answer.letGo();
    if (fetched.whole)
      throw new SourceError(`${remote.path}: the hub sends no usable answer for this file`, { retryable: true });
    fetched.whole = true;
    return fetchRest(hub, url, remote, part, fetched);
  }
  await using handle = await open(part, at === 0 ? 'w' : 'a');
  await copyBody(answer, handle, part, at, remote, fetched);
  if ((await handle.stat()).size < remote.bytes)
    throw new SourceError(`${remote.path}: the download broke off`, { retryable: true });
  await handle.sync();
}

/** The byte at which an answer begins; null when the answer cannot be used. */
function findStart(answer: WireAnswer, from: number, { bytes }: HubFile): number | null {
  if (answer.status === 200) return 0;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.header('content-range') ?? '');
  const fits =
    answer.status === 206 && range !== null && Number(range[1]) === from && [String(bytes), '*'].includes(range[2]!);
  // Byte positions count in the file itself, not in a compressed form of it.
  return fits && ['', 'identity'].includes(answer.header('content-encoding') ?? '') ? from : null;
}

async function copyBody(
  answer: WireAnswer,
  handle: FileHandle,
  part: string,
  start: number,
  remote: HubFile,
  fetched: Fetched,
): Promise<void> {
  let at = start;
  for await (const chunk of answer.chunks()) {
    if (at + chunk.length > remote.bytes) throw tooLong(remote);
    await handle.appendFile(chunk).catch((error: unknown) => {
      throw explainWriteFailure(part, error);
    });
    at += chunk.length;
    fetched.reached = Math.max(fetched.reached, at);
  }
}

function tooLong({ path, bytes }: HubFile): SourceError {
  return new SourceError(`${path}: the hub sends more than the ${bytes} bytes it lists: try again, or another mirror`);
}

/** SHA-256 of a file, hex, and whether its content is what the hub's listing promises. Reads it once. */
async function checkContent(file: string, { bytes, checksum }: HubFile) {
  const sha256 = createHash('sha256');
  const blob = createHash('sha1').update(`blob ${bytes}\0`);
  let seen = 0;
  for await (const chunk of createReadStream(file)) {
    sha256.update(chunk);
    if (checksum?.kind === 'git-blob') blob.update(chunk);
    seen += chunk.length;
  }
  const hex = sha256.digest('hex');
  const expected = checksum === null ? null : checksum.kind === 'sha256' ? hex : blob.digest('hex');
  return { sha256: hex, intact: seen === bytes && (checksum === null || checksum.hex === expected) };
}
