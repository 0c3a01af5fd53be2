import type { WireDatum } from './wire-pass.ts';

/** What one request may hold. */
export interface ChunkLimits {
  readonly maxDatums: number;
  /** Estimated protobuf bytes before compression. */
  readonly maxBytes: number;
}

/** The protocol's limits where the server names none. */
export const DEFAULT_CHUNK_LIMITS: ChunkLimits = { maxDatums: 1024, maxBytes: 5_000_000 };

/** Splits into runs of items that fit one request, in order. A single item above the byte limit stands alone. */
export function chunkData<T>(items: readonly T[], limits: ChunkLimits, sizeOf: (item: T) => number): T[][] {
  const chunks: T[][] = [];
  let chunk: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (chunk.length > 0 && (chunk.length === limits.maxDatums || bytes + size > limits.maxBytes)) {
      chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(item);
    bytes += size;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

/** 4 bytes per token and the dense bytes of every tensor. */
export function estimateBytes({ tokens, tensors }: WireDatum): number {
  return tensors.reduce((sum, { dtype, data }) => sum + data.length * (dtype === 'int64' ? 8 : 4), tokens.length * 4);
}
