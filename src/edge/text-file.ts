import { readFileSync } from 'node:fs';
import { SourceError } from '../errors.ts';

/** Text from files that people hand in: UTF-8 with or without byte order mark; everything else is refused by its name. */

const BYTE_ORDER_MARK = '\uFEFF';

const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A whole file. Throws `SourceError`. */
export function readTextFile(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new SourceError(describeReadError(file, error as NodeJS.ErrnoException), { cause: error });
  }
  return decodeText(bytes, file);
}

/** The text of bytes from the beginning of a file; `name` is how messages call it. Throws `SourceError`. */
export function decodeText(bytes: Buffer, name: string): string {
  const encoding = findOtherEncoding(bytes);
  if (encoding !== null) throw new SourceError(`${name}: the file is ${encoding}: save it as UTF-8`);
  const text = decodeBytes(bytes, name);
  if (text.startsWith(LFS_POINTER))
    throw new SourceError(`${name}: this is a Git LFS pointer and not the data: fetch them with git lfs pull`);
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** The text of any bytes of UTF-8; `place` is a file, or a file and a line. Throws `SourceError`. */
export function decodeBytes(bytes: Buffer, place: string): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new SourceError(`${place}: not UTF-8, but Latin-1, Windows-1252 or damaged: save it as UTF-8`, {
      cause: error,
    });
  }
}

/** Bytes looked at for what they are not. */
const HEAD_BYTES = 1_024;

/** What the beginning of a file says it is, if not UTF-8. No text of a problem or a response holds a NUL. */
function findOtherEncoding(bytes: Buffer): string | null {
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe) return third === 0 && fourth === 0 ? 'UTF-32' : 'UTF-16 (little-endian)';
  if (first === 0xfe && second === 0xff) return 'UTF-16 (big-endian)';
  if (first === 0x1f && second === 0x8b) return 'compressed (gzip)';
  if (bytes.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet';
  const head = bytes.subarray(0, HEAD_BYTES);
  const at = head.indexOf(0);
  if (at < 0) return null;
  const isWide = head.length >= 4 && head.filter((byte) => byte === 0).length >= head.length / 4;
  return isWide ? `UTF-16 without a byte order mark` : 'no text: it holds NUL bytes';
}

/** What is wrong with a file that cannot be read, in a few words. */
export function describeReadError(file: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return `${file}: there is no such file`;
  if (error.code === 'EISDIR') return `${file}: this is a folder, a file is expected`;
  if (error.code === 'EACCES' || error.code === 'EPERM') return `${file}: the file may not be read (permissions)`;
  return `${file}: the file cannot be read (${error.code ?? error.message})`;
}
