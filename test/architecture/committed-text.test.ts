/**
 * What no committed file may hold:
 *  1. an absolute path of somebody's machine
 *  2. the address a package was downloaded from: the lock file works with any registry
 *  3. the patterns do find what they look for
 */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'node:test';
import { listRepositoryFiles, ROOT } from './repository-files.ts';

const LOCAL_PATH = /(?<![\w.~/-])\/(home|Users|root|work|workspace|mnt|media)\/[\w.-]+|\b[A-Z]:\\Users\\/;
const REGISTRY =
  /"resolved":|\b(registry|npm|mirror|nexus|artifactory)\.[\w-]+(\.[\w-]+)*\.[a-z]{2,}\b|\/repository\/npm/;

/** Larger files are data or binaries. */
const MAX_BYTES = 2 ** 20;

const files = listRepositoryFiles();
const skip = files === null ? 'not a git work tree' : false;

/** Path and line of every match in the text files; this file, which holds the patterns, is left out. */
function findLines(pattern: RegExp): string[] {
  return files!.flatMap((path) => {
    const file = join(ROOT, path);
    if (basename(path) === basename(import.meta.filename) || statSync(file).size > MAX_BYTES) return [];
    const text = readFileSync(file, 'utf8');
    if (text.includes('\0')) return [];
    return text.split('\n').flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : []));
  });
}

test('1: no local path', { skip }, () => {
  assert.ok(files!.length > 200, `${files!.length} files`);
  assert.deepEqual(findLines(LOCAL_PATH), []);
});

test('2: no registry', { skip }, () => {
  assert.deepEqual(findLines(REGISTRY), []);
});

test('3: the patterns work', () => {
  // Put together here: written out they would be found in this very file.
  const rooted = (folder: string) => `/${folder}/ann`;
  const [home, users, work, root] = ['home', 'Users', 'work', 'root'].map(rooted) as [string, string, string, string];
  for (const text of [`see ${home}/x`, `"${users}"`, `cd ${work}`, `C:${users.replaceAll('/', '\\')}`, `(${root})`]) {
    assert.match(text, LOCAL_PATH, text);
  }
  for (const text of [`https://x.org${home}`, `.${work}`, `..${root}`, '/homework/x', `~${work}`]) {
    assert.doesNotMatch(text, LOCAL_PATH, text);
  }
  for (const text of [
    '"resolved": "x"',
    'https://registry.example.org/a',
    'npm.example.com',
    'x/repository/npm-all/',
  ]) {
    assert.match(text, REGISTRY, text);
  }
  assert.doesNotMatch('z.globalRegistry.get(schema)?.description', REGISTRY);
});
