/**
 * Speed of the embedded transformer against the same model in plain TypeScript, measured in one run:
 * `node bench/embedded-speed.ts`. Ratios travel between machines better than the figures they come from.
 * Both sides must agree on what they compute, or the run fails.
 */
import assert from 'node:assert/strict';
import { availableParallelism, cpus } from 'node:os';
import { DEFAULT_SHAPE, type EmbeddedLm, type LossSequence } from '../adapters/embedded-lm/model/contract.ts';
import { bindKernels, loadKernelModule, MAX_PAGES } from '../adapters/embedded-lm/model/kernels.ts';
import { openEmbeddedLm } from '../adapters/embedded-lm/model/open-embedded-lm.ts';
import { createRng } from '../src/core/rng.ts';
import { addProduct, PlainTransformer } from './embedded-plain.ts';

const rng = createRng(1);
const threads = Math.min(2, availableParallelism());
const ADAM = { learningRate: 1e-3, beta1: 0.9, beta2: 0.98, eps: 1e-8, weightDecay: 0.01, clipNorm: 1 };

/** Milliseconds of the fastest of several calls after a warm-up: other work on the machine only ever adds time. */
async function measure(calls: number, work: () => unknown): Promise<number> {
  await work();
  let fastest = Infinity;
  for (let i = 0; i < calls; i += 1) {
    const start = performance.now();
    await work();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}

function printRow(what: string, engine: string, plain: string, ratio: string): void {
  console.log(`${what.padEnd(38)}${engine.padStart(14)}${plain.padStart(14)}${ratio.padStart(9)}`);
}

function drawTokens(length: number): number[] {
  return Array.from({ length }, () => rng.nextInt(DEFAULT_SHAPE.usedVocab));
}

/** One thread, packing of the right factor included. */
async function compareProducts(): Promise<void> {
  const memory = new WebAssembly.Memory({ initial: 512, maximum: MAX_PAGES, shared: true });
  const kernels = bindKernels(loadKernelModule(), memory);
  const sizes = [
    [64, 64, 192],
    [512, 64, 256],
    [512, 256, 64],
    [4096, 128, 512],
  ] as const;
  for (const [m, k, n] of sizes) {
    let next = 65_536;
    const take = (count: number) => {
      const view = new Float32Array(memory.buffer, next, count);
      next += count * 4;
      return view;
    };
    const [a, b, c, packed] = [take(m * k), take(k * n), take(m * n), take(k * n)];
    for (const factor of [a, b]) factor.set(factor.map(() => rng.next() - 0.5));
    const engine = await measure(15, () => {
      kernels.packPanels(b.byteOffset, k, n, packed.byteOffset);
      kernels.gemm(a.byteOffset, packed.byteOffset, c.byteOffset, m, k, n, 0);
    });
    const [plainA, plainB, plainC] = [a.slice(), b.slice(), new Float32Array(m * n)];
    const plain = await measure(5, () => {
      plainC.fill(0);
      addProduct(plainA, plainB, plainC, m, k, n);
    });
    assert.ok(c.every((v, i) => Math.abs(v - plainC[i]!) < 1e-3));
    const speed = (ms: number) => ((2 * m * k * n) / ms / 1e6).toFixed(1);
    printRow(`product ${m} x ${k} x ${n}, GFLOP/s`, speed(engine), speed(plain), (plain / engine).toFixed(1));
  }
}

/** Forward, backward and, on the engine's side, the optimizer step. */
async function compareTraining(lm: EmbeddedLm, model: string): Promise<void> {
  const [count, length] = [32, 64];
  const batch: LossSequence[] = Array.from({ length: count }, () => {
    const full = drawTokens(length + 1);
    return {
      tokens: full.slice(0, -1),
      targets: full.slice(1),
      weights: full.slice(1).map(() => 1 / (count * length)),
    };
  });
  const transformer = new PlainTransformer(DEFAULT_SHAPE, (await lm.exportState(model)).weights);
  const trainPlain = () => batch.map(({ tokens, targets, weights }) => transformer.train(tokens, targets, weights!));
  const { logprobs } = await lm.forwardBackward(model, batch, { kind: 'cross_entropy' });
  trainPlain().forEach((list, i) => {
    assert.ok(
      list.every((v, t) => Math.abs(v - logprobs[i]![t]!) < 1e-3),
      `log-probs of sequence ${i}`,
    );
  });
  const norm = Math.sqrt(transformer.gradient.reduce((sum, v) => sum + v * v, 0));
  const { gradNorm } = await lm.optimStep(model, { ...ADAM, learningRate: 0 });
  assert.ok(Math.abs(norm / gradNorm - 1) < 1e-3, `gradient norms ${norm}, ${gradNorm}`);
  const engine = await measure(9, async () => {
    await lm.forwardBackward(model, batch, { kind: 'cross_entropy' });
    await lm.optimStep(model, ADAM);
  });
  const plain = await measure(3, trainPlain);
  printRow(
    `training step, ${count} x ${length} tokens, ms`,
    engine.toFixed(1),
    plain.toFixed(0),
    (plain / engine).toFixed(1),
  );
}

/** Greedy decoding, so that both sides must produce the same tokens; distinct prompts, nothing cached. */
async function compareSampling(lm: EmbeddedLm, model: string): Promise<void> {
  const { weights } = await lm.exportState(model);
  const [promptTokens, newTokens] = [16, 96];
  const transformer = new PlainTransformer(DEFAULT_SHAPE, weights);
  const decodePlain = (prompt: readonly number[]): number[] => {
    const caches = transformer.openCaches();
    const ids: number[] = [];
    for (let input = prompt; ids.length < newTokens; input = ids.slice(-1)) {
      const used = transformer.decode(input, caches).subarray(0, DEFAULT_SHAPE.usedVocab);
      ids.push(used.indexOf(used.reduce((most, z) => Math.max(most, z), -Infinity)));
    }
    return ids;
  };
  await lm.publish('bench', weights);
  const settings = {
    snapshot: 'bench',
    n: 1,
    maxTokens: newTokens,
    temperature: 0,
    topP: 1,
    seed: 1,
    stopTokenIds: [],
  };
  const checked = drawTokens(promptTokens);
  const [choice] = await lm.sample({ ...settings, prompt: checked });
  assert.deepEqual(choice!.ids.slice(0, 8), decodePlain(checked).slice(0, 8));
  const count = 8;
  const plain = await measure(3, () => Array.from({ length: count }, () => decodePlain(drawTokens(promptTokens))));
  const perSecond = (sequences: number, ms: number) => (sequences * newTokens * 1000) / ms;
  for (const rows of [8, 64, 256]) {
    const sampleAll = () =>
      Promise.all(Array.from({ length: rows }, () => lm.sample({ ...settings, prompt: drawTokens(promptTokens) })));
    const [fast, slow] = [perSecond(rows, await measure(5, sampleAll)), perSecond(count, plain)];
    printRow(`sampling, ${rows} at once, new tokens/s`, fast.toFixed(0), slow.toFixed(0), (fast / slow).toFixed(1));
  }
}

printRow('', 'kernels', 'plain', 'ratio');
await compareProducts();
const lm = await openEmbeddedLm({ shape: DEFAULT_SHAPE, threads });
try {
  const model = lm.createModel(1);
  await compareTraining(lm, model);
  await compareSampling(lm, model);
} finally {
  await lm.close();
}
console.log(
  `Products on one thread, the rest on ${threads}; plain TypeScript always on one. ` +
    `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, ${process.platform} ${process.arch}, Node ${process.version}.`,
);
