import { TrainerError } from '../../../src/errors.ts';

/** One field of a message as it stands on the wire: a number for varint and fixed types, bytes for the rest. */
export interface ProtobufField {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/**
 * The fields of one message in order. Varints above 2^53 lose precision, which no field of this protocol
 * reaches. Throws `TrainerError` for bytes that are no message.
 */
export function* readFields(bytes: Uint8Array): Generator<ProtobufField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const next = (length: number): number => {
    if (length > bytes.byteLength - at) throw malformed('a field is longer than its message');
    at += length;
    return at - length;
  };
  const varint = (): number => {
    const { value, end } = readVarint(bytes, at);
    at = end;
    return value;
  };
  while (at < bytes.byteLength) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: view.getFloat64(next(8), true) };
        break;
      case 2: {
        const length = varint();
        const from = next(length);
        yield { number, value: bytes.subarray(from, from + length) };
        break;
      }
      case 5:
        yield { number, value: view.getFloat32(next(4), true) };
        break;
      default:
        throw malformed(`wire type ${tag % 8} is unknown`);
    }
  }
}

function readVarint(bytes: Uint8Array, from: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < 10; i += 1) {
    const byte = bytes[from + i];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: from + i + 1 };
  }
  throw malformed('a number is cut off');
}

/** The bytes of a field. */
export function asBytes({ number, value }: ProtobufField): Uint8Array {
  if (typeof value === 'number') throw malformed(`field ${number} should be length-delimited`);
  return value;
}

/** The number of a field. */
export function asNumber({ number, value }: ProtobufField): number {
  if (typeof value !== 'number') throw malformed(`field ${number} should be a number`);
  return value;
}

/** A map entry {1 key, 2 value}; an absent half is its default. */
export function readEntry<T>(field: ProtobufField, read: (value: ProtobufField) => T, absent: T): [string, T] {
  let key = '';
  let value = absent;
  for (const part of readFields(asBytes(field))) {
    if (part.number === 1) key = Buffer.from(asBytes(part)).toString('utf8');
    else if (part.number === 2) value = read(part);
  }
  return [key, value];
}

/** A reply that is not what the protocol describes. */
export function malformed(detail: string): TrainerError {
  return new TrainerError(`the trainer's protobuf answer is malformed: ${detail}`);
}
