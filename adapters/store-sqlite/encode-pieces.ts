import { deflateRawSync } from 'node:zlib';
import type { Origin, Piece } from '../../src/core/trajectory.ts';

/**
 * The pieces of one segment, and bare token ids, as bytes. Exact: ids, text (lone surrogates
 * included) and log-probs (NaN, infinities and -0 included) come back as they went in
 * (decode-pieces.ts).
 *
 * Version 1: `1, coding, varint headLength, [varint packedLength,] head, logprobs`. The head (counts,
 * ids as varints, text) is deflated when that makes it smaller (coding 1). Log-probs follow as
 * float32 where all of a piece are exactly that, else float64; their bits look random, so
 * deflating them costs time and gains nothing.
 */
export const VERSION = 1;

/** Origins by their number in the flags of a piece; the other flags are bits above them. */
export const ORIGINS: readonly Origin[] = ['policy', 'injected', 'prompt', 'teacher'];
/** Flag: the piece has log-probs. */
export const HAS_LOGPROBS = 4;
/** Flag: they are float64. */
export const IS_DOUBLE = 8;
/** Flag: the text is UTF-16LE, because it has lone surrogates. */
export const IS_UTF16 = 16;

/** Heads below this length hardly shrink and cost more to deflate than to write. */
const MIN_DEFLATE_BYTES = 512;

/** Small window: heads are a few kilobytes, and zlib's set-up time grows with it. */
const DEFLATE = { level: 1, windowBits: 13, memLevel: 6 };

/** A safe integer has 53 bits, a varint byte carries 7. */
const MAX_VARINT_BYTES = 8;

/** A growing byte buffer with the few encodings the piece codec needs. Little endian. */
class ByteWriter {
  private bytes = Buffer.allocUnsafe(4096);
  private view = toView(this.bytes);
  private end = 0;

  get length(): number {
    return this.end;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.end++] = value;
  }

  /** Non-negative safe integer in groups of 7 bits, low group first. Throws `RangeError` for anything else. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not a non-negative integer`);
    this.reserve(MAX_VARINT_BYTES);
    let rest = value;
    // Bit operations are faster and hold for 31 bits: every real token id.
    while (rest > 0x7f && rest < 0x80000000) {
      this.bytes[this.end++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    while (rest > 0x7f) {
      this.bytes[this.end++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.end++] = rest;
  }

  text(value: string, encoding: 'utf8' | 'utf16le', byteLength: number): void {
    this.reserve(byteLength);
    this.end += this.bytes.write(value, this.end, byteLength, encoding);
  }

  floats(values: readonly number[], double: boolean): void {
    const width = double ? 8 : 4;
    this.reserve(values.length * width);
    for (const value of values) {
      if (double) this.view.setFloat64(this.end, value, true);
      else this.view.setFloat32(this.end, value, true);
      this.end += width;
    }
  }

  raw(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.end);
    this.end += source.length;
  }

  /** What has been written so far; valid until the next write. */
  peek(): Buffer {
    return this.bytes.subarray(0, this.end);
  }

  /** A copy of what has been written so far. */
  copy(): Buffer {
    return Buffer.from(this.peek());
  }

  clear(): void {
    this.end = 0;
  }

  private reserve(count: number): void {
    const needed = this.end + count;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
    this.view = toView(larger);
  }
}

function toView(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const head = new ByteWriter();
const blob = new ByteWriter();

/** Packs pieces. Throws `RangeError` for a token id that is not a non-negative safe integer. */
export function encodePieces(pieces: readonly Piece[]): Buffer {
  head.clear();
  head.varint(pieces.length);
  for (const piece of pieces) writePieceHead(piece);
  blob.clear();
  blob.byte(VERSION);
  writeHead(head.peek());
  for (const { logprobs } of pieces) if (logprobs !== null) blob.floats(logprobs, needsDouble(logprobs));
  return blob.copy();
}

/** Packs token ids: `1`, count, varints. Throws `RangeError` for an id that is not a non-negative safe integer. */
export function encodeIds(ids: readonly number[]): Buffer {
  blob.clear();
  blob.byte(VERSION);
  blob.varint(ids.length);
  for (const id of ids) blob.varint(id);
  return blob.copy();
}

function writePieceHead({ ids, text, logprobs, origin }: Piece): void {
  const encoding = text.isWellFormed() ? 'utf8' : 'utf16le';
  const textBytes = Buffer.byteLength(text, encoding);
  let flags = ORIGINS.indexOf(origin);
  if (logprobs !== null) flags |= HAS_LOGPROBS | (needsDouble(logprobs) ? IS_DOUBLE : 0);
  if (encoding === 'utf16le') flags |= IS_UTF16;
  head.byte(flags);
  head.varint(ids.length);
  if (logprobs !== null) head.varint(logprobs.length);
  head.varint(textBytes);
  for (const id of ids) head.varint(id);
  head.text(text, encoding, textBytes);
}

function writeHead(bytes: Buffer): void {
  const packed = bytes.length < MIN_DEFLATE_BYTES ? bytes : deflateRawSync(bytes, DEFLATE);
  const smaller = packed.length < bytes.length;
  blob.byte(smaller ? 1 : 0);
  blob.varint(bytes.length);
  if (smaller) blob.varint(packed.length);
  blob.raw(smaller ? packed : bytes);
}

function needsDouble(values: readonly number[]): boolean {
  for (const value of values) if (Math.fround(value) !== value && !Number.isNaN(value)) return true;
  return false;
}
