/**
 * Compiles the AssemblyScript kernels of the embedded transformer to adapters/embedded-lm/kernels.wasm,
 * which is committed: users need no compiler. `compileKernels()` returns the bytes without writing.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The memory is imported; its real size is planned by the loader, between these bounds (64 KiB pages). */
const OPTIONS = [
  'adapters/embedded-lm/kernels/index.ts',
  '-O3',
  '--noAssert',
  ...['--runtime', 'stub'],
  ...['--enable', 'simd'],
  ...['--enable', 'threads'],
  '--importMemory',
  '--sharedMemory',
  ...['--initialMemory', '1'],
  ...['--maximumMemory', '32768'],
  ...['--outFile', 'kernels.wasm'],
];

/** @returns {Promise<Uint8Array>} */
export async function compileKernels() {
  /** @type {Uint8Array | null} */
  let bytes = null;
  const { error, stderr } = await asc.main([...OPTIONS, '--baseDir', ROOT], {
    writeFile: (name, contents) => {
      if (name.endsWith('.wasm')) bytes = /** @type {Uint8Array} */ (contents);
    },
  });
  if (error !== null || bytes === null) throw new Error(`the kernels do not compile: ${error?.message}\n${stderr}`);
  return bytes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(new URL('../adapters/embedded-lm/kernels.wasm', import.meta.url), await compileKernels());
}
