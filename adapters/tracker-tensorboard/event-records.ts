import { BinaryWriter, FLOAT32_MAX, WireType } from '@bufbuild/protobuf/wire';
import type { SeriesPoint } from '../../src/ports/tracker.ts';

/**
 * Records of a TensorBoard event file. A record is an `Event` message (tensorboard/compat/proto/event.proto) in the frame of
 * a TFRecord: length as 64 bits, its checksum, the message, its checksum; all little-endian.
 */

/** What TensorBoard expects of a file whose starts are marked by session logs. */
const FILE_VERSION = 'brain.Event:2';

/** SessionLog.SessionStatus.START. */
const SESSION_START = 1;

/** Opens a file. */
export function writeVersionRecord(wallTimeMs: number): Uint8Array {
  return frameRecord(startEvent(wallTimeMs, 0).tag(3, WireType.LengthDelimited).string(FILE_VERSION).finish());
}

/** Says that the run begins or goes on at `step`: TensorBoard drops what earlier files have from there on. */
export function writeStartRecord(wallTimeMs: number, step: number): Uint8Array {
  const event = startEvent(wallTimeMs, step).tag(7, WireType.LengthDelimited).fork();
  return frameRecord(event.tag(1, WireType.Varint).int32(SESSION_START).join().finish());
}

/** One event with all points of a moment. `points` is not empty and shares one global step and time. */
export function writePointsRecord(points: readonly SeriesPoint[]): Uint8Array {
  const event = startEvent(points[0]!.wallTimeMs, points[0]!.globalStep);
  event.tag(5, WireType.LengthDelimited).fork();
  for (const { key, value } of points) {
    event.tag(1, WireType.LengthDelimited).fork();
    event.tag(1, WireType.LengthDelimited).string(key).tag(2, WireType.Bit32).float(toFloat32(value)).join();
  }
  return frameRecord(event.join().finish());
}

/** `wall_time` in seconds, and `step` where it is not the default. */
function startEvent(wallTimeMs: number, step: number): BinaryWriter {
  const event = new BinaryWriter().tag(1, WireType.Bit64).double(wallTimeMs / 1000);
  return step === 0 ? event : event.tag(2, WireType.Varint).int64(step);
}

/** TensorBoard keeps 32 bits: a larger value becomes the largest. Infinities and NaN stay. */
function toFloat32(value: number): number {
  return Number.isFinite(value) ? Math.min(FLOAT32_MAX, Math.max(-FLOAT32_MAX, value)) : value;
}

const HEAD_BYTES = 12;
const TAIL_BYTES = 4;

function frameRecord(message: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEAD_BYTES + message.length + TAIL_BYTES);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(message.length), true);
  view.setUint32(8, computeMaskedCrc(record.subarray(0, 8)), true);
  record.set(message, HEAD_BYTES);
  view.setUint32(HEAD_BYTES + message.length, computeMaskedCrc(message), true);
  return record;
}

/** CRC-32C, bit by bit for each byte value (Castagnoli's polynomial, reflected). */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C, rotated by 15 bits and moved on by a constant, so that checksums of data that hold checksums stay apart (TFRecord). */
export function computeMaskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]!;
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
