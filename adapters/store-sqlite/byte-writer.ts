/** A safe integer has 53 bits, a varint byte carries 7. */
const MAX_VARINT_BYTES = 8;

/** A growing byte buffer with the few encodings the piece codec needs. Little endian. */
export class ByteWriter {
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

  /** What was written so far; valid until the next write. */
  peek(): Buffer {
    return this.bytes.subarray(0, this.end);
  }

  /** A copy of what was written so far. */
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
