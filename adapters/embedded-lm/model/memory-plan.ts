import { EmbeddedLmError, type ModelShape } from './contract.ts';
import { MAX_PAGES } from './kernels.ts';
import type { ParameterLayout } from './parameter-layout.ts';

/** Gradient shards of a batch: sequence i belongs to shard i mod 2, whatever the number of threads. */
export const SHARDS = 2;

/** Rows (tokens) the learner carries through the layers at once; at least one sequence of full length. */
const LEARNER_ROWS = 512;

/** Rows of one decode step: one per running sequence, the rest for prompts. */
const DECODE_ROWS = 384;

/** Below this lies what the compiler may place as static data, rewritten at every instantiation. */
const FIRST_BYTE = 65_536;

const PAGE_BYTES = 65_536;

/** How many of each thing the memory has room for. */
export interface Capacity {
  readonly threads: number;
  readonly maxModels: number;
  readonly maxSnapshots: number;
  /** Sequences whose keys and values are kept, over all threads. */
  readonly kvSlots: number;
}

/** The four vectors of a trainable model, byte addresses. */
export interface ModelRegion {
  readonly weights: number;
  readonly gradient: number;
  readonly moment1: number;
  readonly moment2: number;
}

/** What one layer keeps of a forward pass for its gradient. */
export interface LayerRegion {
  readonly input: number;
  readonly normed1: number;
  readonly inverse1: number;
  readonly qkv: number;
  readonly mixed: number;
  readonly middle: number;
  readonly normed2: number;
  readonly inverse2: number;
  readonly hidden: number;
  readonly squared: number;
  readonly probabilities: number;
}

/** Workspace of one gradient shard. */
export interface ShardRegion {
  readonly rows: number;
  readonly gradient: number;
  readonly packed: number;
  readonly packedTransposed: number;
  readonly tokens: number;
  readonly targets: number;
  readonly positions: number;
  readonly paths: number;
  readonly weights: number;
  readonly logprobs: number;
  readonly stats: number;
  readonly layers: readonly LayerRegion[];
  readonly output: number;
  readonly outputNormed: number;
  readonly outputInverse: number;
  readonly logits: number;
  readonly dx: number;
  readonly dNormed: number;
  readonly dWide: number;
  readonly blocks: number;
  readonly dScores: number;
  readonly transposed: number;
  readonly panels: number;
}

/** Workspace and key-value cache of one thread. */
export interface DecodeRegion {
  readonly rows: number;
  readonly slots: number;
  readonly slotBase: number;
  readonly slotBytes: number;
  readonly layerBytes: number;
  readonly valueOffset: number;
  /** Path ids of each slot's tokens, `maxLength` integers per slot. */
  readonly slotPaths: number;
  readonly tokens: number;
  readonly positions: number;
  readonly indices: number;
  readonly slotAddresses: number;
  readonly pathAddresses: number;
  readonly x: number;
  readonly normed: number;
  readonly inverse: number;
  readonly qkv: number;
  readonly mixed: number;
  readonly hidden: number;
  readonly squared: number;
  readonly scores: number;
  readonly logits: number;
  readonly stats: number;
  readonly sharpened: number;
  /** Eight doubles, written by the thread and read by the main one: see `thread-messages.ts`. */
  readonly board: number;
}

/** Where everything is in the memory, as byte addresses. */
export interface MemoryPlan {
  readonly rope: number;
  readonly models: readonly ModelRegion[];
  /** Packed copies of weights for sampling. */
  readonly snapshots: readonly number[];
  /** Room to unpack one incoming weight vector. */
  readonly staging: number;
  readonly shards: readonly ShardRegion[];
  readonly decoders: readonly DecodeRegion[];
  readonly pages: number;
}

/** Places every buffer once; the same inputs give the same plan in every thread. Throws `capacity` when it cannot fit. */
export function planMemory(shape: ModelShape, layout: ParameterLayout, capacity: Capacity): MemoryPlan {
  let next = FIRST_BYTE;
  /** Takes room for n numbers of four bytes; starts lie on cache lines so that threads share none. */
  const take = (n: number): number => {
    const start = next;
    next = Math.ceil((next + n * 4) / 64) * 64;
    return start;
  };
  const weights = () => take(layout.count);
  const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  const plan = {
    rope: take(shape.maxLength * (shape.width / shape.heads)),
    models: times(capacity.maxModels, () => ({
      weights: weights(),
      gradient: weights(),
      moment1: weights(),
      moment2: weights(),
    })),
    snapshots: times(capacity.maxSnapshots, weights),
    staging: weights(),
    shards: times(SHARDS, () => planShard(shape, weights, take)),
    decoders: times(capacity.threads, () => planDecoder(shape, Math.ceil(capacity.kvSlots / capacity.threads), take)),
  };
  const pages = Math.ceil(next / PAGE_BYTES);
  if (pages > MAX_PAGES) {
    throw new EmbeddedLmError('capacity', `the model needs ${pages} pages of 64 KiB and ${MAX_PAGES} are the limit`);
  }
  return { ...plan, pages };
}

function planShard(shape: ModelShape, weights: () => number, take: (n: number) => number): ShardRegion {
  const { width: d, heads, hidden, vocab, maxLength } = shape;
  const rows = Math.max(LEARNER_ROWS, maxLength);
  const roundedLength = Math.ceil(maxLength / 4) * 4;
  const widest = Math.max(3 * d, hidden, vocab);
  const planLayer = (): LayerRegion => ({
    input: take(rows * d),
    normed1: take(rows * d),
    inverse1: take(rows),
    qkv: take(rows * 3 * d),
    mixed: take(rows * d),
    middle: take(rows * d),
    normed2: take(rows * d),
    inverse2: take(rows),
    hidden: take(rows * hidden),
    squared: take(rows * hidden),
    probabilities: take(rows * heads * roundedLength),
  });
  return {
    rows,
    gradient: weights(),
    packed: weights(),
    packedTransposed: weights(),
    tokens: take(rows),
    targets: take(rows),
    positions: take(rows),
    paths: take(rows),
    weights: take(rows),
    logprobs: take(rows),
    stats: take(rows * 2),
    layers: Array.from({ length: shape.layers }, planLayer),
    output: take(rows * d),
    outputNormed: take(rows * d),
    outputInverse: take(rows),
    logits: take(rows * vocab),
    dx: take(rows * d),
    dNormed: take(rows * d),
    dWide: take(rows * widest),
    blocks: take(roundedLength * d),
    dScores: take(roundedLength * roundedLength),
    transposed: take(rows * Math.max(d, hidden)),
    panels: take(rows * widest),
  };
}

function planDecoder(shape: ModelShape, slots: number, take: (n: number) => number): DecodeRegion {
  const { width: d, hidden, vocab, layers, maxLength } = shape;
  const roundedLength = Math.ceil(maxLength / 4) * 4;
  const rows = Math.max(DECODE_ROWS, slots + 64);
  const valueFloats = roundedLength * d;
  const layerFloats = valueFloats + maxLength * d;
  return {
    rows,
    slots,
    slotBase: take(slots * layers * layerFloats),
    slotBytes: layers * layerFloats * 4,
    layerBytes: layerFloats * 4,
    valueOffset: valueFloats * 4,
    slotPaths: take(slots * maxLength),
    tokens: take(rows),
    positions: take(rows),
    indices: take(rows),
    slotAddresses: take(rows),
    pathAddresses: take(rows),
    x: take(rows * d),
    normed: take(rows * d),
    inverse: take(rows),
    qkv: take(rows * 3 * d),
    mixed: take(rows * d),
    hidden: take(rows * hidden),
    squared: take(rows * hidden),
    scores: take(roundedLength),
    logits: take(rows * vocab),
    stats: take(rows * 2),
    sharpened: take(vocab),
    board: take(16),
  };
}
