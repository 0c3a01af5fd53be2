/**
 * The published package, packed, installed into an empty folder and used there (skipped where the
 * package registry cannot be reached):
 *  1. the tarball holds bin, dist, prompts and nothing of sources, tests or run stores
 *  2. `--help`, `check` and `verify` work from the installed command
 *  3. a short run on the embedded default ends well: workers, kernels and templates are found
 *  4. the public interface can be imported and does its work
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { LAUNCHER } from '../support/cli-process.ts';
import { smallRunArgs } from '../support/small-run.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const run = promisify(execFile);
const ROOT = dirname(dirname(LAUNCHER));
const folder = makeTempFolder('pack');
const project = join(folder, 'project');

/** Packs the working tree and returns the tarball with the paths in it. */
async function pack(): Promise<{ file: string; paths: string[] }> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    maxBuffer: 1 << 26,
  });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as { filename: string; files: { path: string }[] }[];
  return { file: join(folder, packed!.filename), paths: packed!.files.map(({ path }) => path) };
}

async function install(file: string): Promise<string | null> {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"name": "user", "private": true, "type": "module"}');
  try {
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--omit=dev', file], { cwd: project });
    return null;
  } catch (error) {
    const { stderr } = error as { stderr: string };
    if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED/.test(stderr))
      return 'the package registry cannot be reached';
    throw error;
  }
}

function runInstalled(args: readonly string[]): string {
  const launcher = join(project, 'node_modules', 'parallel-r1', 'bin', 'parallel-r1.js');
  return execFileSync(process.execPath, [launcher, ...args], {
    cwd: project,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test('the published package', async (t) => {
  const { file, paths } = await pack();

  await t.test('1: contents', () => {
    for (const path of [
      'bin/parallel-r1.js',
      'dist/src/index.js',
      'dist/src/index.d.ts',
      'dist/adapters/embedded-lm/kernels.wasm',
    ]) {
      assert.ok(paths.includes(path), path);
    }
    assert.ok(paths.some((path) => path.startsWith('prompts/')));
    assert.deepEqual(
      paths.filter((path) => /^(src|adapters|test|bench|scripts)\/|\.db$|(?<!\.d)\.ts$/.test(path)),
      [],
    );
  });

  const skipped = await install(file);
  if (skipped !== null) return t.skip(skipped);

  await t.test('2: commands', () => {
    assert.match(runInstalled(['--help']), /parallel-r1 run/);
    assert.match(runInstalled(['verify', '--gold', '1/2', '--answer', '0.5']), /^correct/);
    writeFileSync(
      join(project, 'good.txt'),
      '<Parallel><Path>a</Path><Path>b</Path></Parallel>\n<Summary>s</Summary>\nFinal Answer: 4',
    );
    assert.equal(JSON.parse(runInstalled(['check', 'good.txt', '--json'])).valid, true);
  });

  await t.test('3: a run', () => {
    const report = JSON.parse(runInstalled(['run', '--json', ...smallRunArgs('runs.db')]));
    assert.equal(report.run.status, 'done');
    assert.equal(report.run.softwareVersion, JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version);
  });

  await t.test('4: import', () => {
    writeFileSync(
      join(project, 'use.js'),
      "import { checkFormat, verify } from 'parallel-r1';\nconsole.log(verify('4', 'Final Answer: 4', { mode: 'math', structured: false }).verdict, checkFormat('', 'strict').valid);",
    );
    assert.equal(execFileSync(process.execPath, ['use.js'], { cwd: project, encoding: 'utf8' }), 'correct true\n');
  });
});
