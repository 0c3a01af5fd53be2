import { readFile } from 'node:fs/promises';

/** Float32 values as bytes, little-endian on every platform this runs on (wasm memory is little-endian too). */
export function toBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Reads `count` float32 values. Throws when the file has another size: a checkpoint of another model. */
export async function readFloats(file: string, count: number): Promise<Float32Array> {
  const bytes = await readFile(file);
  if (bytes.byteLength !== count * 4) {
    throw new Error(`${file} holds ${bytes.byteLength} bytes, this model has ${count * 4}`);
  }
  const values = new Float32Array(count);
  new Uint8Array(values.buffer).set(bytes);
  return values;
}
