/**
 * Builds dist, what the published package runs: Node strips no types below node_modules. JavaScript
 * and declarations of src and adapters in the same tree, the compiled kernels, the trained weights and the bundled page
 * beside them; prompts stay at the root of the package.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const KERNELS = join('adapters', 'embedded-lm', 'kernels.wasm');
const TRAINED = join('adapters', 'embedded-lm', 'trained');

rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
// What it prints goes to stderr: `npm pack --json` owns stdout.
const { status } = spawnSync(process.execPath, [compiler, '-p', join(ROOT, 'scripts', 'tsconfig.build.json')], {
  cwd: ROOT,
  stdio: ['ignore', 2, 2],
});
if (status !== 0) process.exit(status ?? 1);
copyFileSync(join(ROOT, KERNELS), join(ROOT, 'dist', KERNELS));
cpSync(join(ROOT, TRAINED), join(ROOT, 'dist', TRAINED), { recursive: true });

// The page: the package carries it ready, because its bundler is no dependency of a user.
const BUNDLE = join(ROOT, 'dist', 'adapters', 'page-bundle');
const { bundlePage } = await import(pathToFileURL(join(BUNDLE, 'load-page-bundle.js')).href);
const { script, style } = await bundlePage(join(ROOT, 'src', 'page'));
writeFileSync(join(BUNDLE, 'page.js'), script);
writeFileSync(join(BUNDLE, 'page.css'), style);
