/**
 * 1. Rebuilding the kernels gives the committed bytes.
 * 2. Nothing under src or adapters imports the compiler; only the build script does.
 * 3. Instantiating the kernels once more in the middle of a run changes nothing above the first 64 KiB: what the
 *    compiler may place and rewrite there lies below every buffer.
 * 4. The module refuses a memory above its maximum, and imports nothing but the memory.
 */
import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { bindKernels, loadKernelModule, MAX_PAGES } from '../../adapters/embedded-lm/model/kernels.ts';
import { createRng } from '../../src/core/rng.ts';
import { addWeights, drawSequence, SMALL_SHAPE } from '../support/embedded-sequences.ts';
import { hashBits } from '../support/embedded-training.ts';
import { openLearnerProbe } from '../support/learner-probe.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('the committed module is what the sources compile to', async () => {
  const committed = await readFile(new URL('../../adapters/embedded-lm/kernels.wasm', import.meta.url));
  const script = new URL('../../scripts/build-wasm.js', import.meta.url).href;
  const { compileKernels } = (await import(script)) as { compileKernels(): Promise<Uint8Array> };
  const built = Buffer.from(await compileKernels());
  assert.equal(built.length, committed.length, 'bytes');
  assert.ok(built.equals(committed), 'run: npm run build:wasm');
});

test('only the build script imports the compiler', async () => {
  const compiler = /from\s+'(assemblyscript|binaryen)|import\(\s*'(assemblyscript|binaryen)/;
  const importers: string[] = [];
  let seen = 0;
  for await (const path of glob('{src,adapters,bin,scripts}/**/*.{ts,js}', { cwd: ROOT })) {
    seen += 1;
    if (compiler.test(await readFile(`${ROOT}/${path}`, 'utf8'))) importers.push(path.replaceAll('\\', '/'));
  }
  assert.ok(seen > 100, `${seen} files`);
  assert.deepEqual(importers, ['scripts/build-wasm.js']);
});

test('a further instance in mid-run changes nothing', () => {
  const probe = openLearnerProbe(SMALL_SHAPE, 131);
  const rng = createRng(132);
  const batch = [30, 49].map((length) => addWeights(rng, drawSequence(rng, SMALL_SHAPE, length)));
  const before = probe.differentiate(batch, { kind: 'cross_entropy' });
  const floats = probe.runtime.floats.subarray(65_536 / 4);
  const hash = hashBits(floats);
  bindKernels(probe.module, probe.memory);
  assert.equal(hashBits(floats), hash);
  const after = probe.differentiate(batch, { kind: 'cross_entropy' });
  assert.equal(hashBits(after.gradient), hashBits(before.gradient));
});

test('the module takes a shared memory up to its maximum and nothing else', () => {
  const module = loadKernelModule();
  const { imports } = WebAssembly.Module as unknown as {
    imports(of: WebAssembly.Module): { readonly module: string; readonly name: string; readonly kind: string }[];
  };
  assert.deepEqual(imports(module), [{ module: 'env', name: 'memory', kind: 'memory' }]);
  const larger = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES + 1, shared: true });
  assert.throws(() => bindKernels(module, larger), { name: 'LinkError' });
  const largest = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES, shared: true });
  assert.equal(typeof bindKernels(module, largest).gemm, 'function');
});
