import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { HubFile } from './list-files.ts';

/** SHA-256 of a file, hex, and whether its content is what the hub's listing promises. Reads it once. */
export async function checkContent(file: string, { bytes, checksum }: HubFile) {
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
