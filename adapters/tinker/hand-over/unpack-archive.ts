import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import tar, { type Extract, type Header } from 'tar-stream';
import { cleanServerText } from '../../../src/edge/server-text.ts';
import { TrainerError } from '../../../src/errors.ts';

export interface UnpackLimits {
  /** Bytes of the unpacked tar, headers included. */
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/**
 * What an archive may hold, by what is expected in it. An adapter is a handful of files: 16 GiB are rank 256 on every
 * layer of a model of 70 billion parameters. A whole model comes in shards, some hundred of them at most.
 */
export const UNPACK_LIMITS = {
  adapter: { maxBytes: 16 * 1024 ** 3, maxFiles: 64 },
  model: { maxBytes: 1024 ** 4, maxFiles: 1_000 },
} as const satisfies Record<string, UnpackLimits>;

/**
 * Weights hardly compress; zeros of a fresh adapter do. An archive that grows beyond so many times what was downloaded,
 * and beyond this many bytes, is no archive of weights.
 */
const MAX_GROWTH = 20;
const FREE_GROWTH_BYTES = 64 * 1024 ** 2;

/** What some servers put into an archive whose weights were never written out. */
const MARKER_FILE = 'MARKER';

export interface UnpackOptions<T> {
  /** One of `UNPACK_LIMITS`. */
  readonly limits: UnpackLimits;
  /** Makes what was unpacked ready for use, before it takes its name. */
  prepare(folder: string): Promise<T>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unpacks a tar, gzipped or not (told by its first bytes), so that `target` holds it wholly and prepared, or does not
 * exist. Regular files below `target` only; anything else is refused. Answers what `prepare` does. Throws `TrainerError`.
 */
export async function unpackArchive<T>(
  source: AsyncIterable<Buffer>,
  target: string,
  { limits, prepare, signal }: UnpackOptions<T>,
): Promise<T> {
  const draft = `${target}.${randomBytes(6).toString('hex')}.part`;
  await mkdir(draft, { recursive: true });
  try {
    await writeEntries(source, draft, limits, signal);
    const prepared = await prepare(draft);
    await rm(target, { recursive: true, force: true });
    await rename(draft, target);
    return prepared;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (signal?.aborted) throw signal.reason;
    if (error instanceof TrainerError) throw error;
    const detail = cleanServerText(error instanceof Error ? error.message : String(error));
    throw new TrainerError(`the weights archive cannot be unpacked into ${path.dirname(target)}: ${detail}`, {
      cause: error,
    });
  }
}

/** Removes what an archive was unpacked to, and what processes left there that died while they unpacked it. */
export async function removeUnpacked(target: string): Promise<void> {
  const folder = path.dirname(target);
  const names = await readdir(folder).catch(() => [] as string[]);
  const drafts = names.filter((name) => name.startsWith(`${path.basename(target)}.`) && name.endsWith('.part'));
  for (const one of [target, ...drafts.map((name) => path.join(folder, name))]) {
    await rm(one, { recursive: true, force: true });
  }
}

async function writeEntries(
  source: AsyncIterable<Buffer>,
  folder: string,
  limits: UnpackLimits,
  signal?: AbortSignal,
): Promise<void> {
  const extract = tar.extract();
  const { head, whole } = await peek(source);
  const unzip = head[0] === 0x1f && head[1] === 0x8b ? createGunzip() : new PassThrough();
  const options = signal === undefined ? {} : { signal };
  // The two ends wait for each other: whichever fails must wake the other, with its own reason.
  let fault: unknown = null;
  const stop = (error: unknown) => {
    fault ??= error;
    extract.destroy(error instanceof Error ? error : new Error(String(error)));
  };
  const downloaded = { bytes: 0 };
  const feeding = pipeline(
    whole,
    countBytes(downloaded),
    unzip,
    limitBytes(limits.maxBytes, downloaded),
    extract,
    options,
  ).catch(stop);
  const writing = writeFiles(extract, folder, limits.maxFiles).catch((error: unknown) => {
    stop(error);
    return [];
  });
  const [, names] = await Promise.all([feeding, writing]);
  if (fault !== null) throw fault;
  if (names.every((name) => name === MARKER_FILE)) {
    throw new TrainerError('the weights archive holds no weights: the trainer keeps them for its own sampler');
  }
}

/** Writes the files of a tar and answers their names without folders. */
async function writeFiles(extract: Extract, folder: string, maxFiles: number): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of extract) {
    const file = toSafePath(entry.header, folder);
    if (file === null) {
      entry.resume();
      continue;
    }
    names.push(path.basename(file));
    if (names.length > maxFiles) throw new TrainerError(`the weights archive holds more than ${maxFiles} files`);
    await mkdir(path.dirname(file), { recursive: true });
    await pipeline(Readable.from(entry), createWriteStream(file, { flags: 'wx' }));
  }
  return names;
}

/** Null for a directory, which is made when a file needs it. Throws for a link, a device, or a way out of the folder. */
function toSafePath({ name, type }: Header, folder: string): string | null {
  const shown = JSON.stringify(cleanServerText(name));
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  // The folder itself, which some archives begin with: "/", "./".
  if (type === 'directory' && parts.length === 0 && !name.includes('\0')) return null;
  const isOutside = name.startsWith('/') || /[\\\0]/.test(name) || /^[A-Za-z]:/.test(name) || parts.includes('..');
  if (isOutside) throw new TrainerError(`the weights archive has the entry ${shown}, which leads out of its folder`);
  if (type === 'directory') return null;
  if (type !== 'file' && type !== 'contiguous-file') {
    throw new TrainerError(`the weights archive has the entry ${shown} of type ${type}; only regular files are taken`);
  }
  if (parts.length === 0) throw new TrainerError('the weights archive has a file without a name');
  return path.join(folder, ...parts);
}

function countBytes(count: { bytes: number }): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      count.bytes += chunk.length;
      done(null, chunk);
    },
  });
}

function limitBytes(maxBytes: number, downloaded: { readonly bytes: number }): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      const grown = FREE_GROWTH_BYTES + MAX_GROWTH * downloaded.bytes;
      if (seen > maxBytes) done(new TrainerError(`the weights archive unpacks to more than ${maxBytes} bytes`));
      else if (seen > grown)
        done(new TrainerError(`the weights archive unpacks to ${MAX_GROWTH} times its size: weights do not`));
      else done(null, chunk);
    },
  });
}

/** The first two bytes or more, and the stream as it was. */
async function peek(source: AsyncIterable<Buffer>): Promise<{ head: Buffer; whole: Readable }> {
  const chunks = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* readWhole(): AsyncGenerator<Buffer> {
    try {
      yield head;
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
    } finally {
      // Whoever stops reading half way ends the download.
      await chunks.return?.();
    }
  }
  return { head, whole: Readable.from(readWhole()) };
}
