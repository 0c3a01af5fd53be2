/** Reads what `ByteWriter` wrote. Every method throws `RangeError` where the bytes end too early or make no sense. */
export class ByteReader {
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
