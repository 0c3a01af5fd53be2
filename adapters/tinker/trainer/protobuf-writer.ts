const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;

/**
 * Writes one protobuf message. Nested messages are kept as they are and joined once at the end, so no
 * tensor is copied more than once. Fields at their proto3 default must not be written.
 */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** A non-negative safe integer; booleans as 0 and 1. */
  varint(field: number, value: number): void {
    this.#push(Uint8Array.from([...toVarint(field * 8 + WIRE_VARINT), ...toVarint(value)]));
  }

  double(field: number, value: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.#push(Uint8Array.from(toVarint(field * 8 + WIRE_FIXED64)));
    this.#push(bytes);
  }

  bytes(field: number, value: Uint8Array): void {
    this.#push(Uint8Array.from([...toVarint(field * 8 + WIRE_BYTES), ...toVarint(value.length)]));
    this.#push(value);
  }

  text(field: number, value: string): void {
    this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, message: ProtobufWriter): void {
    this.#push(Uint8Array.from([...toVarint(field * 8 + WIRE_BYTES), ...toVarint(message.#length)]));
    for (const part of message.#parts) this.#push(part);
  }

  /** A packed repeated field of non-negative integers. */
  packed(field: number, values: readonly number[]): void {
    this.bytes(field, Uint8Array.from(values.flatMap(toVarint)));
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#length += part.length;
  }
}

function toVarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

/** int32 little endian, as `EncodedTextChunk.tokens`. */
export function toInt32Bytes(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (let i = 0; i < values.length; i += 1) view.setInt32(i * 4, values[i]!, true);
  return new Uint8Array(view.buffer);
}

/** int64 little endian of non-negative safe integers. */
export function toInt64Bytes(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    view.setUint32(i * 8, value % 2 ** 32, true);
    view.setUint32(i * 8 + 4, Math.floor(value / 2 ** 32), true);
  }
  return new Uint8Array(view.buffer);
}

/** float32 little endian. */
export function toFloat32Bytes(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (let i = 0; i < values.length; i += 1) view.setFloat32(i * 4, values[i]!, true);
  return new Uint8Array(view.buffer);
}
