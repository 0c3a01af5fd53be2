import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/**
 * Protobuf messages without generated code: the few that the Tinker API sends are written and read field by field, by the
 * numbers of its description. Bytes that are not a valid message are reported by an error that the caller supplies.
 */

/** Makes the error for bytes that are not a message of the protocol. */
export type Malformed = (detail: string) => Error;

/** The fields of one message in order. Throws what `malformed` makes. */
export function* readFields(bytes: Uint8Array, malformed: Malformed): Generator<ProtobufField> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) yield guard(malformed, () => readField(reader, malformed));
}

function readField(reader: BinaryReader, malformed: Malformed): ProtobufField {
  const [number, type] = reader.tag();
  switch (type) {
    case WireType.Varint:
      return new ProtobufField(number, Number(reader.uint64()), malformed);
    case WireType.Bit64:
      return new ProtobufField(number, reader.double(), malformed);
    case WireType.Bit32:
      return new ProtobufField(number, reader.float(), malformed);
    case WireType.LengthDelimited:
      return new ProtobufField(number, reader.bytes(), malformed);
    default:
      throw new Error(`wire type ${type} is unknown`);
  }
}

function guard<T>(malformed: Malformed, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error));
  }
}

/** One field as it is on the wire. Only the reader knows its type. */
export class ProtobufField {
  readonly number: number;
  readonly #value: number | Uint8Array;
  readonly #malformed: Malformed;

  constructor(number: number, value: number | Uint8Array, malformed: Malformed) {
    this.number = number;
    this.#value = value;
    this.#malformed = malformed;
  }

  /** The value of a varint or fixed field. Varints above 2^53 lose precision, which no field of the protocol reaches. */
  toNumber(): number {
    if (typeof this.#value !== 'number') throw this.#malformed(`field ${this.number} should be a number`);
    return this.#value;
  }

  toBytes(): Uint8Array {
    if (typeof this.#value === 'number') throw this.#malformed(`field ${this.number} should be length-delimited`);
    return this.#value;
  }

  toText(): string {
    return Buffer.from(this.toBytes()).toString('utf8');
  }

  /** The fields of a nested message. */
  fields(): Generator<ProtobufField> {
    return readFields(this.toBytes(), this.#malformed);
  }

  /** A map entry {1 key, 2 value}; an absent half is its default. */
  toEntry<T>(read: (value: ProtobufField) => T, absent: T): [string, T] {
    let key = '';
    let value = absent;
    for (const part of this.fields()) {
      if (part.number === 1) key = part.toText();
      else if (part.number === 2) value = read(part);
    }
    return [key, value];
  }

  /** The numbers of a repeated field of varints, packed or not. */
  toNumbers(): number[] {
    if (typeof this.#value === 'number') return [this.#value];
    const reader = new BinaryReader(this.#value);
    const values: number[] = [];
    while (reader.pos < reader.len) values.push(guard(this.#malformed, () => Number(reader.uint64())));
    return values;
  }
}

/** Little-endian numbers of `size` bytes each, as the protocol packs tensors into fields of bytes. */
export function unpackNumbers(
  bytes: Uint8Array,
  size: number,
  read: (view: DataView, at: number) => number,
  malformed: Malformed,
): number[] {
  if (bytes.byteLength % size !== 0)
    throw malformed(`${bytes.byteLength} bytes are not an array of ${size}-byte values`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / size }, (_, i) => read(view, i * size));
}

/** Writes the fields of one message. A field at its proto3 default must not be written. */
export class ProtobufWriter {
  readonly #writer = new BinaryWriter();

  /** A non-negative safe integer; booleans as 0 and 1. */
  number(field: number, value: number): this {
    this.#writer.tag(field, WireType.Varint).uint64(value);
    return this;
  }

  double(field: number, value: number): this {
    this.#writer.tag(field, WireType.Bit64).double(value);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#writer.tag(field, WireType.LengthDelimited).bytes(value);
    return this;
  }

  text(field: number, value: string): this {
    this.#writer.tag(field, WireType.LengthDelimited).string(value);
    return this;
  }

  /** A nested message that `write` fills. */
  message(field: number, write: (message: ProtobufWriter) => void): this {
    this.#writer.tag(field, WireType.LengthDelimited).fork();
    write(this);
    this.#writer.join();
    return this;
  }

  /** A map entry {1 key, 2 value}; `write` writes field 2, or nothing for the default. */
  entry(field: number, key: string, write: (message: ProtobufWriter) => void): this {
    return this.message(field, () => write(this.text(1, key)));
  }

  /** A packed repeated field of non-negative integers. */
  numbers(field: number, values: readonly number[]): this {
    this.#writer.tag(field, WireType.LengthDelimited).fork();
    for (const value of values) this.#writer.uint64(value);
    this.#writer.join();
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#writer.finish();
  }
}
