/**
 * Runs the tests on the Node that the lock file pins: `npm test`, `npm test -- cli-check` (files whose
 * path contains the word), `npm test -- --test-name-pattern=...` (options of `node --test`).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Longest time one test file may take before it counts as hanging, in milliseconds. */
const TIMEOUT_MS = 600_000;

function findNode() {
  const local = join(ROOT, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(local)) return local;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath;
  process.stderr.write(
    `the tests need Node 22.19 or newer and this is ${process.version}: the one of this package is missing; fetch it with: npm rebuild node --ignore-scripts=false\n`,
  );
  return process.exit(2);
}

/** Every `*.test.ts` below a folder, sorted. */
function listTests(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return listTests(path);
      return entry.name.endsWith('.test.ts') ? [relative(ROOT, path)] : [];
    })
    .sort();
}

const options = process.argv.slice(2).filter((word) => word.startsWith('-'));
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const files = listTests(join(ROOT, 'test')).filter(
  (file) => words.length === 0 || words.some((word) => file.includes(word)),
);
if (files.length === 0) {
  process.stderr.write(`no test file has ${words.join(' or ')} in its path\n`);
  process.exit(2);
}
const settings = [
  `--test-concurrency=${Math.min(8, availableParallelism())}`,
  `--test-timeout=${TIMEOUT_MS}`,
  '--test-reporter=spec',
];
const { status } = spawnSync(findNode(), ['--test', ...settings, ...options, ...files], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exit(status ?? 1);
