import { readFileSync } from 'node:fs';

/**
 * The compiled kernels. Every address and offset is in bytes inside the shared memory; `kernels/*.ts`
 * document each function.
 */
export interface Kernels {
  gemm(a: number, b: number, c: number, m: number, k: number, n: number, accumulate: number): void;
  packPanels(w: number, k: number, n: number, out: number): void;
  packPanelsTransposed(w: number, k: number, n: number, out: number): void;
  transpose(a: number, rows: number, columns: number, out: number): void;
  embed(tokens: number, table: number, out: number, rows: number, d: number): void;
  embedBackward(tokens: number, dx: number, dTable: number, rows: number, d: number): void;
  normRows(x: number, gain: number, y: number, inverse: number, rows: number, d: number): void;
  normRowsBackward(
    x: number,
    gain: number,
    inverse: number,
    dy: number,
    dx: number,
    dGain: number,
    rows: number,
    d: number,
  ): void;
  squareRelu(z: number, out: number, n: number): void;
  squareReluBackward(z: number, dOut: number, n: number): void;
  rotate(qkv: number, positions: number, table: number, rows: number, d: number, headWidth: number, sign: number): void;
  blockRows(rows: number, stride: number, count: number, d: number, out: number): void;
  attendSequence(
    qkv: number,
    count: number,
    d: number,
    headWidth: number,
    keys: number,
    probabilities: number,
    out: number,
    paths: number,
  ): void;
  attendSequenceBackward(
    qkv: number,
    count: number,
    d: number,
    headWidth: number,
    blocks: number,
    probabilities: number,
    dScores: number,
    dOut: number,
    dqkv: number,
  ): void;
  storeKeysValues(
    qkv: number,
    rows: number,
    d: number,
    slots: number,
    layerOffset: number,
    valueOffset: number,
    indices: number,
  ): void;
  attendSlots(
    qkv: number,
    rows: number,
    d: number,
    headWidth: number,
    slots: number,
    layerOffset: number,
    valueOffset: number,
    indices: number,
    paths: number,
    scores: number,
    out: number,
  ): void;
  summariseLogits(logits: number, rows: number, vocab: number, used: number, stats: number): void;
  targetLogprobs(logits: number, rows: number, vocab: number, stats: number, targets: number, out: number): void;
  logitGradient(logits: number, rows: number, vocab: number, stats: number, targets: number, weights: number): void;
  sharpenRow(logits: number, vocab: number, peak: number, sharpness: number, out: number): void;
  addTo(to: number, from: number, n: number): void;
  sumSquares(x: number, n: number): number;
  stepAdamW(
    w: number,
    g: number,
    moment1: number,
    moment2: number,
    n: number,
    gradientScale: number,
    learningRate: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    correction1: number,
    correction2: number,
    eps: number,
    keep: number,
  ): void;
}

/** Largest memory the module accepts, in pages of 64 KiB; the same number stands in scripts/build-wasm.js. */
export const MAX_PAGES = 32_768;

/** Compiles the committed module. */
export function loadKernelModule(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('../kernels.wasm', import.meta.url)));
}

/** Links the kernels to a memory; several instances may share one. */
export function bindKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}
