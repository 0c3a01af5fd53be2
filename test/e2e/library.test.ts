/**
 * The package as a library, each time in a process of its own:
 *  1. `parallel-r1/verify` loads the verifier and the pool, `parallel-r1/format` the checker, `parallel-r1/statistics` the
 *     formulas: nothing else of ours, no package; `parallel-r1/run` loads nothing of the command line
 *  2. every example of docs/library.md runs and prints what stands under it
 *  3. package.json names the entries that the examples import, and every file it names is built from one of ours
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { makeTempFolder } from '../support/temp-folder.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const folder = makeTempFolder('library');

interface Entry {
  readonly types: string;
  readonly default: string;
}

const EXPORTS = (
  JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, Entry | string>>;
  }
).exports;

/** The source that a published file is built from. */
function sourceOf(file: string): string {
  return join(ROOT, file.replace('./dist/', '').replace(/(\.d\.ts|\.js)$/, '.ts'));
}

/** What a program imports as `parallel-r1/verify`. */
function entryOf(specifier: string): string {
  const entry = EXPORTS[specifier.replace('parallel-r1', '.')];
  assert.ok(typeof entry === 'object', `package.json exports no ${specifier}`);
  return sourceOf(entry.default);
}

const COUNT = `
import { registerHooks } from 'node:module';
const urls = [];
registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
await import(process.argv[2]);
console.log(JSON.stringify(urls));
`;

/** Files that importing an entry loads, below the root; packages as \`node_modules/NAME/...\`. */
async function listLoaded(specifier: string): Promise<string[]> {
  const script = join(folder, 'count.mjs');
  writeFileSync(script, COUNT);
  const { stdout } = await run(process.execPath, [script, pathToFileURL(entryOf(specifier)).href]);
  const root = pathToFileURL(ROOT).href;
  return (JSON.parse(stdout) as string[])
    .filter((url) => url.startsWith(root))
    .map((url) => url.slice(root.length + 1));
}

test('1: what is loaded', async () => {
  const [verify, format, whole, statistics] = await Promise.all(
    ['parallel-r1/verify', 'parallel-r1/format', 'parallel-r1/run', 'parallel-r1/statistics'].map(listLoaded),
  );
  const OF_VERIFIER =
    /^(src\/(core\/|edge\/waiting|errors|library\/verify|pipeline\/verify-stream)|adapters\/verify-pool\/)/;
  assert.deepEqual(
    verify!.filter((file) => !OF_VERIFIER.test(file)),
    [],
  );
  assert.ok(verify!.length > 20 && verify!.length < 90, `${verify!.length} files`);
  assert.deepEqual(
    format!.filter((file) => !/^src\/(core\/|library\/(checked-)?format)/.test(file)),
    [],
  );
  assert.ok(format!.length < 30, `${format!.length} files`);
  assert.deepEqual(
    statistics!.filter((file) => !/^src\/(core\/|library\/(checked-)?statistics)/.test(file)),
    [],
  );
  assert.ok(statistics!.length < 25, `${statistics!.length} files`);
  assert.ok(whole!.length > 200);
  assert.deepEqual(
    whole!.filter((file) => file.startsWith('src/cli/')),
    [],
  );
});

interface Example {
  readonly line: number;
  readonly code: string;
  readonly prints: string;
}

/** Every `js` block of a page with the `text` block that follows it. */
function listExamples(page: string): Example[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```js\n(.*?)^```\n\n```text\n(.*?)^```$/gms)].map(({ 1: code, 2: prints, index }) => ({
    line: text.slice(0, index).split('\n').length,
    code: code!,
    prints: prints!,
  }));
}

const EXAMPLES = listExamples('docs/library.md');

test('2: every example is run', () => {
  const blocks = readFileSync(join(ROOT, 'docs', 'library.md'), 'utf8').match(/^```js$/gm);
  assert.equal(EXAMPLES.length, blocks?.length, 'an example without what it prints');
  assert.ok(EXAMPLES.length >= 7);
});

for (const { line, code, prints } of EXAMPLES) {
  test(`2: docs/library.md:${line}`, async () => {
    const home = join(folder, `line-${line}`);
    mkdirSync(home);
    const linked = code.replaceAll(/from '(parallel-r1[^']*)'/g, (_, name: string) => {
      return `from ${JSON.stringify(pathToFileURL(entryOf(name)).href)}`;
    });
    writeFileSync(join(home, 'example.mjs'), linked);
    const { stdout } = await run(process.execPath, ['example.mjs'], { cwd: home });
    assert.equal(stdout, prints);
  });
}

test('3: entries', () => {
  const entries = Object.entries(EXPORTS).filter(([name]) => name !== './package.json');
  assert.deepEqual(entries.map(([name]) => name).sort(), ['.', './format', './run', './statistics', './verify']);
  for (const [name, entry] of entries) {
    assert.ok(typeof entry === 'object');
    assert.ok(existsSync(sourceOf(entry.default)), name);
    assert.equal(sourceOf(entry.types), sourceOf(entry.default));
  }
});
