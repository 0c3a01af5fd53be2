import { open } from 'node:fs/promises';
import path from 'node:path';
import { EngineError } from '../../src/errors.ts';
import { isModelFolder, type ModelFolder, readModelFolder, type TensorPlace } from './model-folder.ts';

/** Bytes of an element, and how it is read; the types that heads come in. */
const READERS: Readonly<Record<string, { readonly bytes: number; read(view: DataView, at: number): number }>> = {
  F32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  F16: { bytes: 2, read: (view, at) => readHalf(view.getUint16(at, true)) },
  BF16: { bytes: 2, read: (view, at) => readBrain(view.getUint16(at, true)) },
};

/**
 * Rows of the output matrix of a whole model for these tokens, in their order; null where the folder holds no such model
 * that this process can read, or fewer rows.
 */
export async function readOutputRows(folder: string, ids: readonly number[]): Promise<Float32Array[] | null> {
  if (!(await isModelFolder(folder))) return null;
  try {
    const model = await readModelFolder(folder);
    const matrix = findOutputMatrix(model);
    return matrix === null ? null : await readRows(folder, matrix, ids);
  } catch (error) {
    // What an engine could not load while it runs may well be what it was started with.
    if (error instanceof EngineError || isSystemError(error)) return null;
    throw error;
  }
}

/** A file that is gone, or that this process may not open. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** The head; the embedding where the two are tied, which a folder without a head says as well. */
function findOutputMatrix({ config, tensors }: ModelFolder): TensorPlace | null {
  const pick = (ending: string) => [...tensors].find(([name]) => name.endsWith(ending))?.[1] ?? null;
  const head = config.tie_word_embeddings === true ? null : pick('lm_head.weight');
  return head ?? pick('embed_tokens.weight');
}

async function readRows(folder: string, matrix: TensorPlace, ids: readonly number[]): Promise<Float32Array[] | null> {
  const [rows = 0, width = 0] = matrix.shape;
  const reader = READERS[matrix.dtype];
  if (reader === undefined || matrix.shape.length !== 2 || ids.some((id) => id >= rows)) return null;
  await using handle = await open(path.join(folder, matrix.file));
  const bytes = Buffer.alloc(width * reader.bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read: Float32Array[] = [];
  for (const id of ids) {
    await handle.read(bytes, 0, bytes.length, matrix.offset + id * bytes.length);
    read.push(Float32Array.from({ length: width }, (_, i) => reader.read(view, i * reader.bytes)));
  }
  return read;
}

const scratch = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function readBrain(bits: number): number {
  scratch.setUint16(0, bits);
  scratch.setUint16(2, 0);
  return scratch.getFloat32(0);
}

/** IEEE 754 binary16. */
function readHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
