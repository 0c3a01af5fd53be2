import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Prefixes of unfinished and of replaced directories; neither is a possible checkpoint name. */
const UNFINISHED = '.new.';
const REPLACED = '.old.';

/**
 * Makes `parent/name` hold exactly these files, or not exist: written to a temporary name, synced, then
 * renamed. An existing directory is replaced; `recoverDirectory` finishes what a crash interrupted.
 */
export async function writeDirectory(
  parent: string,
  name: string,
  files: ReadonlyMap<string, Uint8Array | string>,
): Promise<void> {
  const temporary = path.join(parent, UNFINISHED + name);
  const final = path.join(parent, name);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  for (const [file, content] of files) await writeSynced(path.join(temporary, file), content);
  await syncDirectory(temporary);
  const replaced = path.join(parent, REPLACED + name);
  const isReplacing = await renameIfPresent(final, replaced);
  await rename(temporary, final);
  await syncDirectory(parent);
  if (isReplacing) await rm(replaced, { recursive: true, force: true });
}

/** After a crash: drops unfinished directories, and puts a replaced one back where its successor never arrived. */
export async function recoverDirectory(parent: string): Promise<void> {
  const entries = await listNames(parent);
  for (const entry of entries) {
    if (entry.startsWith(REPLACED) && !entries.includes(entry.slice(REPLACED.length))) {
      await rename(path.join(parent, entry), path.join(parent, entry.slice(REPLACED.length)));
    } else if (entry.startsWith(UNFINISHED) || entry.startsWith(REPLACED)) {
      await rm(path.join(parent, entry), { recursive: true, force: true });
    }
  }
}

/** Names in a folder, sorted; none when it does not exist. */
export async function listNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Whether an error says that a file or folder is not there. */
export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

async function renameIfPresent(from: string, to: string): Promise<boolean> {
  try {
    await rm(to, { recursive: true, force: true });
    await rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function writeSynced(file: string, content: Uint8Array | string): Promise<void> {
  await using handle = await open(file, 'w');
  await handle.writeFile(content);
  await handle.sync();
}

async function syncDirectory(folder: string): Promise<void> {
  // Windows cannot open a directory; a rename is durable enough there.
  if (process.platform === 'win32') return;
  await using handle = await open(folder, 'r');
  await handle.sync();
}

/** Float32 values as bytes, little-endian on every platform this runs on (wasm memory is little-endian too). */
export function toBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Reads `count` float32 values. Throws when the file has another size: a checkpoint of another model. */
export async function readFloats(file: string, count: number): Promise<Float32Array> {
  const bytes = await readFile(file);
  if (bytes.byteLength !== count * 4) {
    throw new Error(`${file} holds ${bytes.byteLength} bytes, this model has ${count * 4}`);
  }
  const values = new Float32Array(count);
  new Uint8Array(values.buffer).set(bytes);
  return values;
}
