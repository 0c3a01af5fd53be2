/**
 * Who imports whom:
 *  1. the cruiser sees every module that is on disk, and its imports (a cruiser without a TypeScript parser sees none
 *     and is content: typescript 7 has no classic API)
 *  2. no import breaks a rule
 *  3. every file of the core has exactly one station, whether or not it imports anything
 *  4. every rule can fail: a small tree with one bad import per rule is told for exactly that
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import test, { before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ARCHITECTURE_RULES, findStations } from './architecture-rules.ts';
import { type Cruise, cruiseFolder, NOT_TYPESCRIPT } from './cruise-folder.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const FOLDERS = ['src', 'adapters'];

function listSources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.split(sep).join('/')}`)
    .filter((path) => /[.](tsx?|js)$/.test(path) && !new RegExp(NOT_TYPESCRIPT).test(path));
}

let ours: Cruise;

before(async () => {
  ours = await cruiseFolder(ROOT, FOLDERS);
});

test('1: every module is seen', () => {
  const onDisk = FOLDERS.flatMap(listSources).sort();
  assert.ok(onDisk.length > 150, `${onDisk.length} files`);
  assert.deepEqual(ours.modules, onDisk);
  assert.ok(ours.imports > 2 * onDisk.length, `${ours.imports} imports in ${onDisk.length} files`);
});

test('2: no rule is broken', () => {
  assert.deepEqual(ours.violations, []);
});

test('3: stations', () => {
  const core = listSources('src/core');
  assert.ok(core.length > 40);
  const lost = core.filter((file) => findStations(file).length !== 1);
  assert.deepEqual(lost, []);
  assert.deepEqual(findStations('src/core/nowhere.ts'), []);
});

/** Files of the bad tree: path and text. Each breaks the rule it is named after. */
const BAD_IMPORTS: readonly (readonly [rule: string, from: string, to: string])[] = [
  ['core: rooms', 'src/core/reward.ts', 'src/ports/engine.ts'],
  ['core: builtins', 'src/core/reward.ts', 'node:fs'],
  ['ports: rooms', 'src/ports/trainer.ts', 'src/pipeline/step.ts'],
  ['ports: builtins', 'src/ports/trainer.ts', 'node:fs'],
  ['errors: rooms', 'src/errors.ts', 'src/core/rng.ts'],
  ['errors: builtins', 'src/errors.ts', 'node:fs'],
  ['pipeline: rooms', 'src/pipeline/loop.ts', 'adapters/store-sqlite/store.ts'],
  ['pipeline: builtins', 'src/pipeline/loop.ts', 'node:fs'],
  ['config: rooms', 'src/config/load.ts', 'src/pipeline/step.ts'],
  ['edge: rooms', 'src/edge/jsonl.ts', 'src/core/problem.ts'],
  ['adapters: rooms', 'adapters/store-sqlite/store.ts', 'src/config/schema.ts'],
  ['experiments: rooms', 'src/experiments/arms.ts', 'src/app/open-run.ts'],
  ['experiments: builtins', 'src/experiments/arms.ts', 'node:fs'],
  ['problem-sets: rooms', 'src/problem-sets/check-set.ts', 'src/app/open-run.ts'],
  ['report: rooms', 'src/report/collect.ts', 'adapters/store-sqlite/store.ts'],
  ['report: builtins', 'src/report/collect.ts', 'node:fs'],
  ['page: rooms', 'src/page/main.ts', 'src/app/open-run.ts'],
  ['page: builtins', 'src/page/main.ts', 'node:fs'],
  ['app: rooms', 'src/app/open-run.ts', 'src/cli/main.ts'],
  ['core station options', 'src/core/options.ts', 'src/core/rng.ts'],
  ['core station engine-kinds', 'src/core/engine-kinds.ts', 'src/core/problem.ts'],
  ['core station rng', 'src/core/rng.ts', 'src/core/problem.ts'],
  ['core station retry', 'src/core/retry.ts', 'src/core/problem.ts'],
  ['core station json', 'src/core/json-object.ts', 'src/core/problem.ts'],
  ['core station tokens', 'src/core/token-bound.ts', 'src/core/problem.ts'],
  ['core station problem', 'src/core/problem.ts', 'src/core/grammar.ts'],
  ['core station prompt', 'src/core/prompt.ts', 'src/core/trajectory.ts'],
  ['core station grammar', 'src/core/grammar.ts', 'src/core/trajectory.ts'],
  ['core station trajectory', 'src/core/trajectory.ts', 'src/core/format/lints.ts'],
  ['core station format', 'src/core/format/format-checker.ts', 'src/core/verify/rational.ts'],
  ['core station annotation', 'src/core/annotation/list-terms.ts', 'src/core/verify/rational.ts'],
  ['core station effective', 'src/core/effective/true-steps.ts', 'src/core/verify/rational.ts'],
  ['core station verify', 'src/core/verify/rational.ts', 'src/core/reward.ts'],
  ['core station reward', 'src/core/reward.ts', 'src/core/datum.ts'],
  ['core station datum', 'src/core/datum.ts', 'src/core/curriculum.ts'],
  ['core station curriculum', 'src/core/curriculum.ts', 'src/core/layout/build-datums.ts'],
  ['core station lengths', 'src/core/fit-lengths.ts', 'src/core/layout/build-datums.ts'],
  ['core station layout', 'src/core/layout/build.ts', 'src/core/metrics.ts'],
  ['core station diversity', 'src/core/diversity.ts', 'src/core/metrics.ts'],
  ['core station metrics', 'src/core/metrics.ts', 'src/core/statistics/power.ts'],
  ['core station statistics', 'src/core/statistics/power.ts', 'src/core/replay/replay-tally.ts'],
  ['core station replay', 'src/core/replay/replay-tally.ts', 'src/core/problem-set/check.ts'],
  ['core station word-sums', 'src/core/word-sums/generate.ts', 'src/core/problem-set/check.ts'],
  ['core station unnamed', 'src/core/utils.ts', 'src/core/rng.ts'],
  ['vendor better-sqlite3', 'adapters/source-jsonl/rows.ts', 'better-sqlite3'],
  ['vendor @bufbuild/protobuf', 'adapters/tinker/wire.ts', '@bufbuild/protobuf'],
  ['vendor openai', 'adapters/tinker/wire.ts', 'openai'],
  ['vendor undici', 'adapters/store-sqlite/store.ts', 'undici'],
  ['vendor hyparquet', 'adapters/source-jsonl/rows.ts', 'hyparquet'],
  ['vendor hyparquet-writer', 'adapters/source-jsonl/rows.ts', 'hyparquet-writer'],
  ['vendor preact', 'src/report/collect.ts', 'preact'],
  ['vendor esbuild', 'src/cli/main.ts', 'esbuild'],
  ['vendor tar-stream', 'src/cli/main.ts', 'tar-stream'],
  ['vendor cli-progress', 'src/cli/main.ts', 'cli-progress'],
  ['vendor mathjs', 'src/pipeline/loop.ts', 'mathjs'],
  ['vendor p-limit', 'adapters/source-jsonl/rows.ts', 'p-limit'],
  ['vendor yaml', 'src/cli/main.ts', 'yaml'],
  ['vendor yargs', 'src/config/load.ts', 'yargs'],
  ['vendor zod', 'src/pipeline/loop.ts', 'zod'],
  ['package without a home', 'adapters/embedded-lm/runtime.ts', 'assemblyscript'],
  ['adapter imports adapter', 'adapters/source-jsonl/rows.ts', 'adapters/store-sqlite/store.ts'],
  ['ports hold types only', 'src/ports/clock.ts', 'src/core/rng.ts'],
  ['mathjs is loaded lazily', 'src/core/verify/units.ts', 'mathjs'],
  ['the command line is not imported', 'src/pipeline/loop.ts', 'src/cli/main.ts'],
  ['nothing imports tests or benches', 'src/cli/main.ts', 'test/support/toy.ts'],
  ['only outsiders import the index', 'src/cli/main.ts', 'src/index.ts'],
  ['no cycles', 'src/pipeline/loop.ts', 'src/pipeline/step.ts'],
  ['everything resolves', 'src/cli/main.ts', 'src/cli/missing.ts'],
];

const isOurs = (target: string) => /^(src|adapters|test)\//.test(target);

function describeImport(from: string, to: string): string {
  if (!isOurs(to)) return `import '${to}';\n`;
  return `import '${'../'.repeat(from.split('/').length - 1)}${to}';\n`;
}

/** Writes the bad tree: every file named, its bad imports, and stand-ins for the packages. */
function writeBadTree(folder: string): void {
  const texts = new Map<string, string>();
  for (const [rule, from, to] of BAD_IMPORTS) {
    texts.set(from, (texts.get(from) ?? '') + describeImport(from, to));
    if (isOurs(to) && rule !== 'everything resolves') texts.set(to, texts.get(to) ?? '');
    if (!isOurs(to) && !to.startsWith('node:')) {
      texts.set(`node_modules/${to}/package.json`, JSON.stringify({ name: to, main: 'index.js' }));
      texts.set(`node_modules/${to}/index.js`, '');
    }
  }
  texts.set('src/pipeline/step.ts', "import '../../src/pipeline/loop.ts';\n");
  for (const [path, text] of texts) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

test('4: every rule can fail', async (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'architecture-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeBadTree(folder);
  const { violations } = await cruiseFolder(folder, FOLDERS);
  for (const [rule, from, to] of BAD_IMPORTS) {
    const target = isOurs(to) ? to : to.startsWith('node:') ? to.slice('node:'.length) : `node_modules/${to}/`;
    const found = violations.filter((one) => one.rule === rule && one.from === from);
    assert.ok(
      found.some((one) => one.to.includes(target) || rule === 'everything resolves'),
      `${rule}: ${from} -> ${to} should be told; seen ${JSON.stringify(found)}`,
    );
  }
  const tried = new Set(BAD_IMPORTS.map(([rule]) => rule));
  assert.deepEqual(
    ARCHITECTURE_RULES.map(({ name }) => name).filter((name) => !tried.has(name!)),
    [],
    'a rule without a bad example',
  );
});
