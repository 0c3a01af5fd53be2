import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Origin, Piece } from '../../src/core/trajectory.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

/**
 * The pieces of one segment, and bare token ids, as bytes. Exact: ids, text (lone surrogates
 * included) and log-probs (NaN, infinities and -0 included) come back as they went in.
 *
 * Version 1: `1, coding, varint headLength, [varint packedLength,] head, logprobs`. The head (counts,
 * ids as varints, text) is deflated when that makes it smaller (coding 1). Log-probs follow as
 * float32 where all of a piece are exactly that, else float64; their bits look random, so
 * deflating them costs time and gains nothing.
 */
const VERSION = 1;
const ORIGINS: readonly Origin[] = ['policy', 'injected', 'prompt', 'teacher'];
const HAS_LOGPROBS = 4;
const IS_DOUBLE = 8;
const IS_UTF16 = 16;

/** Heads below this length hardly shrink and cost more to deflate than to write. */
const MIN_DEFLATE_BYTES = 512;

/** Small window: heads are a few kilobytes, and zlib's set-up time grows with it. */
const DEFLATE = { level: 1, windowBits: 13, memLevel: 6 };

const head = new ByteWriter();
const blob = new ByteWriter();

/** Packs pieces. Throws `RangeError` for a token id that is no non-negative safe integer. */
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

/** Packs token ids: `1`, count, varints. Throws `RangeError` for an id that is no non-negative safe integer. */
export function encodeIds(ids: readonly number[]): Buffer {
  blob.clear();
  blob.byte(VERSION);
  blob.varint(ids.length);
  for (const id of ids) blob.varint(id);
  return blob.copy();
}

/** Unpacks what `encodeIds` made. Throws `RangeError` for damaged bytes or an unknown version. */
export function decodeIds(bytes: Uint8Array): number[] {
  const reader = new ByteReader(bytes);
  requireVersion(reader);
  const ids = reader.varints(reader.count(1));
  if (reader.remaining > 0) throw new RangeError('bytes left over');
  return ids;
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

function writeHead(bytes: Buffer): void {
  const packed = bytes.length < MIN_DEFLATE_BYTES ? bytes : deflateRawSync(bytes, DEFLATE);
  const smaller = packed.length < bytes.length;
  blob.byte(smaller ? 1 : 0);
  blob.varint(bytes.length);
  if (smaller) blob.varint(packed.length);
  blob.raw(smaller ? packed : bytes);
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

function needsDouble(values: readonly number[]): boolean {
  for (const value of values) if (Math.fround(value) !== value && !Number.isNaN(value)) return true;
  return false;
}
