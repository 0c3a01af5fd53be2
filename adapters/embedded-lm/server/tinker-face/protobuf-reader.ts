import { HttpFailure } from '../http/route.ts';

/** One field of a message as it stands on the wire: a number for varint and fixed types, bytes for the rest. */
export interface ProtobufField {
  readonly number: number;
  readonly value: number | Uint8Array;
}

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

/**
 * The fields of one message in order. 64-bit varints above 2^53 lose precision, which no field of this
 * protocol reaches. Throws 422 for bytes that are no message.
 */
export function* readFields(bytes: Uint8Array): Generator<ProtobufField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at];
      if (byte === undefined) break;
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed('a number is cut off');
  };
  const skip = (length: number): number => {
    if (length > bytes.byteLength - at) throw malformed('a field is longer than its message');
    at += length;
    return at - length;
  };
  while (at < bytes.byteLength) {
    const tag = readVarint();
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === WIRE_VARINT) yield { number, value: readVarint() };
    else if (wire === WIRE_FIXED64) yield { number, value: view.getFloat64(skip(8), true) };
    else if (wire === WIRE_FIXED32) yield { number, value: view.getFloat32(skip(4), true) };
    else if (wire === WIRE_BYTES) {
      const length = readVarint();
      const from = skip(length);
      yield { number, value: bytes.subarray(from, from + length) };
    } else throw malformed(`wire type ${wire} is unknown`);
  }
}

/** The bytes of a field. Throws 422 when it is a number. */
export function asBytes({ number, value }: ProtobufField): Uint8Array {
  if (typeof value === 'number') throw malformed(`field ${number} must be length-delimited`);
  return value;
}

/** The number of a field. Throws 422 when it holds bytes. */
export function asNumber({ number, value }: ProtobufField): number {
  if (typeof value !== 'number') throw malformed(`field ${number} must be a number`);
  return value;
}

/** The string of a field. */
export function asText(field: ProtobufField): string {
  return Buffer.from(asBytes(field)).toString('utf8');
}

/** The varints of a packed repeated field. */
export function unpackVarints(field: ProtobufField): number[] {
  if (typeof field.value === 'number') return [field.value];
  const values: number[] = [];
  let value = 0;
  let shift = 0;
  for (const byte of field.value) {
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte >= 0x80) continue;
    values.push(value);
    value = 0;
    shift = 0;
  }
  return values;
}

export function malformed(detail: string): HttpFailure {
  return new HttpFailure(422, `Invalid protobuf request: ${detail}`);
}
