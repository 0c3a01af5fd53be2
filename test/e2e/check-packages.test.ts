/**
 * scripts/check-packages.js, with a stand-in for npm:
 *  1. the lock file of this repository passes
 *  2. a package with another licence, or none, is named; a choice of licences needs one that is allowed, a sum all of them;
 *     what is permissive but not on the list is for tools alone
 *  3. a fault of severity high that the audit knows is named, a lower one is not
 *  4. an audit that no registry answers is left out, with a line that says so
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeTempFolder } from '../support/temp-folder.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/check-packages.js', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const folder = makeTempFolder('packages');
const npm = join(folder, 'npm.cjs');
writeFileSync(npm, 'process.stdout.write(process.env.AUDIT_SAYS);');

function check(audit: string, root: string) {
  return spawnSync(process.execPath, [SCRIPT, root], {
    encoding: 'utf8',
    env: { ...process.env, npm_execpath: npm, AUDIT_SAYS: audit },
  });
}

function lock(packages: Record<string, { license?: string; dev?: boolean }>): string {
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages } }));
  return folder;
}

const CLEAN = JSON.stringify({ vulnerabilities: {} });

test('1: this repository', () => {
  const { status, stderr } = check(CLEAN, REPOSITORY);
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
});

test('2: licences', () => {
  const { status, stderr } = check(
    CLEAN,
    lock({
      good: { license: 'MIT' },
      choice: { license: '(GPL-3.0 OR MIT)' },
      both: { license: '(Apache-2.0 AND BSD-3-Clause)' },
      tool: { license: 'BlueOak-1.0.0', dev: true },
      shipped: { license: 'BlueOak-1.0.0' },
      copyleft: { license: 'GPL-3.0' },
      sum: { license: 'MIT AND GPL-3.0' },
      silent: {},
    }),
  );
  assert.equal(status, 1);
  const named = stderr
    .trimEnd()
    .split('\n')
    .map((line) => line.split(':')[0]);
  assert.deepEqual(named, ['shipped', 'copyleft', 'sum', 'silent']);
});

test('3: the audit', () => {
  const vulnerabilities = {
    a: { name: 'a', severity: 'high', range: '<2' },
    b: { name: 'b', severity: 'moderate', range: '<3' },
  };
  const { status, stderr } = check(JSON.stringify({ vulnerabilities }), lock({}));
  assert.equal(status, 1);
  assert.equal(stderr, 'a <2: a fault of severity high; see npm audit\n');
});

test('4: no registry', () => {
  for (const answer of ['', '{"message": "405 Method Not Allowed"}']) {
    const { status, stderr } = check(answer, lock({}));
    assert.equal(status, 0);
    assert.equal(stderr, 'npm audit: no registry answered; left out\n');
  }
});
