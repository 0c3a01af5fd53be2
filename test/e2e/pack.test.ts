/**
 * The published package, packed, installed into an empty folder and used there (skipped where the
 * package registry cannot be reached):
 *  1. the tarball holds bin, dist, prompts and nothing of sources, tests or run stores
 *  2. `--help`, `check` and `verify` work from the installed command
 *  3. a short run on the embedded default ends well: workers, kernels and templates are found
 *  4. the public interface can be imported and does its work, by each of its entries
 *  5. every type that a public signature names is exported by the entry that has the signature
 *  6. a program that uses the types compiles with a plain ES2022 library, checked to the bottom, and without Node's types
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { LAUNCHER } from '../support/cli-process.ts';
import { listUnexported, openDeclarations } from '../support/public-types.ts';
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

const ENTRIES = ['index', 'library/verify', 'library/format', 'library/run', 'library/statistics'];

/** Names what a program with types of its own would: engines, trainers, observers, stores, verdicts. */
const CONSUMER = `
import { computePassAt } from 'parallel-r1';
import { checkFormat, type FormatReport } from 'parallel-r1/format';
import * as run from 'parallel-r1/run';
import { openVerifyPool, type Verdict, verify } from 'parallel-r1/verify';

const verdict: Verdict = verify('4', '4', { mode: 'math', structured: false });
const report: FormatReport = checkFormat('', 'strict');
const config: run.RunConfig = run.loadRunConfig({ preset: 'seen' }).config;
export async function use(engine: run.Engine, trainer: run.Trainer, observer: run.RunObserver): Promise<string> {
  const pool = openVerifyPool();
  await pool[Symbol.asyncDispose]();
  const store: run.RunStore = run.openRunStore('runs.db');
  const figures: run.ReportData = await run.collectReportData(store, store.listRuns()[0]!);
  store[Symbol.dispose]();
  const parts: run.RunParts = { engine, trainer, observers: [observer] };
  const { runId } = await run.startRun({ config, db: 'runs.db', parts });
  return [runId, verdict.verdict, report.valid, figures.run.id, computePassAt(4, 2, 1)].join(' ');
}
`;

/** Compiles the consumer; what the compiler says, nothing when it is content. */
async function compileConsumer(): Promise<string> {
  const home = join(folder, 'consumer');
  mkdirSync(join(home, 'node_modules'), { recursive: true });
  symlinkSync(ROOT, join(home, 'node_modules', 'parallel-r1'), 'dir');
  writeFileSync(join(home, 'package.json'), '{"name": "consumer", "private": true, "type": "module"}');
  writeFileSync(join(home, 'use.ts'), CONSUMER);
  const compilerOptions = {
    ...{ target: 'ES2022', lib: ['ES2022', 'DOM'], types: [], strict: true, exactOptionalPropertyTypes: true },
    ...{ module: 'nodenext', noEmit: true, skipLibCheck: false },
  };
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  return await run(process.execPath, [compiler, '-p', home]).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  );
}

test('the published package', async (t) => {
  const { file, paths } = await pack();

  await t.test('1: contents', () => {
    for (const path of [
      'bin/parallel-r1.js',
      'dist/src/index.js',
      'dist/src/index.d.ts',
      'dist/adapters/embedded-lm/kernels.wasm',
      'dist/adapters/embedded-lm/trained/weights.bin',
    ]) {
      assert.ok(paths.includes(path), path);
    }
    assert.ok(paths.some((path) => path.startsWith('prompts/')));
    assert.deepEqual(
      paths.filter((path) => /^(src|adapters|test|bench|scripts)\/|\.db$|(?<!\.d)\.ts$/.test(path)),
      [],
    );
  });

  await t.test('5: types', () => {
    const entries = ENTRIES.map((entry) => join(ROOT, 'dist', 'src', `${entry}.d.ts`));
    const program = openDeclarations(entries);
    for (const entry of entries) assert.deepEqual(listUnexported(program, entry), [], entry);
  });

  await t.test('6: a program that uses the types', async () => {
    assert.equal(await compileConsumer(), '');
  });

  const skipped = await install(file);
  if (skipped !== null) return t.skip(skipped);

  await t.test('2: commands', () => {
    assert.match(runInstalled(['--help']), /^ {2}run /m);
    assert.match(runInstalled(['verify', '--gold', '1/2', '--answer', '0.5']), /^correct/);
    writeFileSync(
      join(project, 'good.txt'),
      '<Parallel><Path>a</Path><Path>b</Path></Parallel>\n<Summary>s</Summary>\nFinal Answer: 4',
    );
    assert.equal(JSON.parse(runInstalled(['check', 'good.txt', '--json'])).valid, true);
  });

  await t.test('2: an answer in forked paths, before any run', () => {
    const { solutions } = JSON.parse(
      runInstalled(['solve', 'Dan has 18 keys, then makes 31. How many in all?', '--json']),
    );
    assert.ok(solutions[0].segments.some(({ role }: { role: string }) => role === 'path'));
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
    writeFileSync(
      join(project, 'entries.js'),
      "import { verify } from 'parallel-r1/verify';\nimport { checkFormat } from 'parallel-r1/format';\nimport { startRun } from 'parallel-r1/run';\nimport { measureSamples } from 'parallel-r1/statistics';\nconsole.log(typeof verify, typeof checkFormat, typeof startRun, typeof measureSamples);",
    );
    const said = execFileSync(process.execPath, ['entries.js'], { cwd: project, encoding: 'utf8' });
    assert.equal(said, 'function function function function\n');
  });
});
