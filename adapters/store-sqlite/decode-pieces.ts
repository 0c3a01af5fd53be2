import { inflateRawSync } from 'node:zlib';
import type { Piece } from '../../src/core/trajectory.ts';
import { HAS_LOGPROBS, IS_DOUBLE, IS_UTF16, ORIGINS, VERSION } from './encode-pieces.ts';

/** Unpacks what `encodePieces` made. Throws `RangeError` for damaged bytes or an unknown version. */
export function decodePieces(bytes: Uint8Array): Piece[] {
  const reader = new ByteReader(bytes);
  requireVersion(reader);
  const headReader = new ByteReader(readHead(reader));
  const count = headReader.count(1);
  const pieces: Piece[] = [];
  for (let i = 0; i < count; i += 1) pieces.push(readPiece(headReader, reader));
  if (headReader.remaining + reader.remaining > 0) throw new RangeError('bytes left over');
  return pieces;
}

/** Bytes of log-probs in what `encodePieces` made, without unpacking it; 0 for damaged bytes or an unknown version. */
export function countLogprobBytes(bytes: Uint8Array): number {
  try {
    const reader = new ByteReader(bytes);
    requireVersion(reader);
    const coding = reader.byte();
    const length = reader.varint();
    reader.raw(coding === 0 ? length : reader.varint());
    return reader.remaining;
  } catch (error) {
    if (error instanceof RangeError) return 0;
    throw error;
  }
}

/** Unpacks what `encodeIds` made. Throws `RangeError` for damaged bytes or an unknown version. */
export function decodeIds(bytes: Uint8Array): number[] {
  const reader = new ByteReader(bytes);
  requireVersion(reader);
  const ids = reader.varints(reader.count(1));
  if (reader.remaining > 0) throw new RangeError('bytes left over');
  return ids;
}

function readPiece(headReader: ByteReader, tail: ByteReader): Piece {
  const flags = headReader.byte();
  const origin = ORIGINS[flags & 3]!;
  const double = (flags & IS_DOUBLE) !== 0;
  const idCount = headReader.count(1);
  const logprobCount = (flags & HAS_LOGPROBS) === 0 ? null : headReader.varint();
  const textBytes = headReader.varint();
  const ids = headReader.varints(idCount);
  const text = headReader.text(textBytes, (flags & IS_UTF16) === 0 ? 'utf8' : 'utf16le');
  const logprobs = logprobCount === null ? null : tail.floats(logprobCount, double);
  return { ids, text, logprobs, origin };
}

function readHead(reader: ByteReader): Buffer {
  const coding = reader.byte();
  const length = reader.varint();
  if (coding === 0) return reader.raw(length);
  const packed = reader.raw(reader.varint());
  // Deflate cannot shrink more than about 1032 times; a larger claim is damage and must not be allocated.
  if (coding !== 1 || length > packed.length * 1100) throw new RangeError('damaged head');
  const bytes = inflate(packed, length);
  if (bytes.length !== length) throw new RangeError('damaged head');
  return bytes;
}

function inflate(packed: Buffer, length: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, length) });
  } catch (error) {
    throw new RangeError('damaged head', { cause: error });
  }
}

function requireVersion(reader: ByteReader): void {
  const version = reader.byte();
  if (version !== VERSION) throw new RangeError(`unknown version ${version}`);
}

/** Reads bytes in order. Every method throws `RangeError` where the bytes end too early or are invalid. */
class ByteReader {
  private readonly bytes: Buffer;
  private readonly view: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    this.require(1);
    return this.bytes[this.at++]!;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw new RangeError('varint too long');
  }

  /** A count of things that take at least `width` bytes each in what follows. */
  count(width: number): number {
    const count = this.varint();
    if (count * width > this.remaining) throw new RangeError(`count ${count} exceeds what is left`);
    return count;
  }

  varints(count: number): number[] {
    const values: number[] = [];
    for (let i = 0; i < count; i += 1) values.push(this.varint());
    return values;
  }

  text(byteLength: number, encoding: 'utf8' | 'utf16le'): string {
    return this.raw(byteLength).toString(encoding);
  }

  floats(count: number, double: boolean): number[] {
    const width = double ? 8 : 4;
    this.require(count * width);
    const values: number[] = [];
    for (let i = 0; i < count; i += 1) {
      values.push(double ? this.view.getFloat64(this.at, true) : this.view.getFloat32(this.at, true));
      this.at += width;
    }
    return values;
  }

  /** A view of the next bytes, not a copy. */
  raw(byteLength: number): Buffer {
    this.require(byteLength);
    this.at += byteLength;
    return this.bytes.subarray(this.at - byteLength, this.at);
  }

  private require(count: number): void {
    if (count > this.remaining) throw new RangeError('bytes end too early');
  }
}
