/**
 * Shape of the source files:
 *  1. no file is longer than 400 lines, unless it is listed with a reason; the list holds no file that is short again
 *  2. only the entries of the library re-export
 *  3. the core reads no clock, no environment and no unseeded randomness
 *  4. file names are kebab-case and none is a drawer for anything (`utils`, `helpers`, `common`, `manager`, `service`)
 *  5. every test file opens with the numbered list of what it locks
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import test from 'node:test';
import { ROOT } from './repository-files.ts';

const MAX_LINES = 400;

/** Files that may be longer, and why. */
const LONG_FILES: Readonly<Record<string, string>> = {};

function listFiles(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => `${folder}/${path.split(sep).join('/')}`)
      .filter((path) => /[.]tsx?$/.test(path)),
  );
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const SOURCES = listFiles(['src', 'adapters']);
const TESTS = listFiles(['test']);

test('1: length', () => {
  assert.ok(SOURCES.length > 150, `${SOURCES.length} sources`);
  const countLines = (path: string) => read(path).split('\n').length - 1;
  const long = [...SOURCES, ...TESTS].filter((path) => countLines(path) > MAX_LINES);
  assert.deepEqual(long.toSorted(), Object.keys(LONG_FILES).toSorted());
});

/** AssemblyScript has one entry file per module, and that file must re-export. */
const ENTRY_OF_KERNELS = 'adapters/embedded-lm/kernels/index.ts';

test('2: re-exports', () => {
  const entries = ['verify', 'format', 'run', 'statistics'].map((entry) => `src/library/${entry}.ts`);
  const allowed = ['src/index.ts', ...entries, ENTRY_OF_KERNELS];
  const found = SOURCES.filter((path) => /^export (type )?(\{[^}]*\}|\*( as \w+)?) from /m.test(read(path)));
  assert.deepEqual(
    found.filter((path) => !allowed.includes(path)),
    [],
  );
});

test('3: the core is pure', () => {
  const banned = /\bMath\.random\b|\bDate\b|\bprocess\.|\bperformance\.|\bfetch\(|\bset(Timeout|Interval|Immediate)\b/;
  const core = SOURCES.filter((path) => path.startsWith('src/core/'));
  assert.ok(core.length > 40);
  const code = (path: string) => read(path).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  assert.deepEqual(
    core.filter((path) => banned.test(code(path))),
    [],
  );
});

test('4: names', () => {
  const drawers = /(^|-)(utils?|helpers?|common|manager|service|misc)(\.|$)/;
  const parts = [...SOURCES, ...TESTS].flatMap((path) => path.split('/'));
  assert.deepEqual(
    [...new Set(parts)].filter((part) => drawers.test(part)),
    [],
  );
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.tsx?$/;
  assert.deepEqual(
    [...SOURCES, ...TESTS].filter((path) => !kebab.test(basename(path))),
    [],
  );
});

test('5: tests say what they lock', () => {
  const silent = TESTS.filter((path) => path.endsWith('.test.ts')).filter((path) => {
    const text = read(path);
    return !(text.startsWith('/**') && /^ \*\s+1[.:+]? /m.test(text.slice(0, text.indexOf('*/'))));
  });
  assert.deepEqual(silent, []);
});
