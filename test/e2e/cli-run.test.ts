/**
 * Runs on the embedded default through the command line, small:
 *  1. `run --json`: stdout is one JSON document with boundaries, stages, curves and yields; stderr is empty
 *  2. `runs`, `show` and `export` read what it left; exported rows pass `check`, manifest and card stand beside
 *  3. `generate` makes rows alone, and `sft --from` and `sft --data` train on them
 *  4. `rl --from` and `eval --from` begin with the weights of another run; the figures of eval name every k
 *  5. the report of `run` says what was learned, where the data are, and what to type next
 *  6. NO_COLOR, and a stderr that is no terminal, mean no escape sequences
 *  7. one command that the report names, typed as it stands, shows a wrong trajectory
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { runCli } from '../support/cli-process.ts';
import { smallRunArgs } from '../support/small-run.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('run');
const db = join(folder, 'runs.db');
const SMALL = smallRunArgs(db);

const whole = runCli(['run', '--json', ...SMALL]);

async function wholeRunId(): Promise<string> {
  return JSON.parse((await whole).stdout).run.id;
}

/** Runs a command that ends well and returns its JSON. */
async function runJson(args: readonly string[]) {
  const { code, stdout, stderr } = await runCli([...args, '--json']);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

test('1: run as JSON', async () => {
  const { code, stdout, stderr } = await whole;
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  const report = JSON.parse(stdout);
  assert.equal(report.run.status, 'done');
  assert.deepEqual(
    report.stages.map(({ id, status }: { id: string; status: string }) => [id, status]),
    ['cold-start', 'sft', 'rl-easy', 'rl-hard'].map((id) => [id, 'done']),
  );
  assert.deepEqual(report.boundaries.labels, ['after sft', 'after rl-easy', 'after rl-hard']);
  assert.ok(report.stages[0].yield.accepted > 0);
  assert.equal(report.stages[1].curves['train/loss'].length, 8);
});

test('2: looking at it', async () => {
  const id = await wholeRunId();
  const runs = await runJson(['runs', '--db', db]);
  assert.ok(runs.some((run: { id: string }) => run.id === id));
  const shown = await runJson(['show', id, '--db', db]);
  assert.equal(shown.run.id, id);
  const out = join(folder, 'rows.jsonl');
  const exported = await runJson(['export', id, '--format', 'text', '--out', out, '--db', db]);
  assert.equal(exported.manifest.rows, shown.stages[0].yield.accepted);
  assert.ok(existsSync(exported.manifestFile) && existsSync(exported.cardFile));
  const rows = readFileSync(out, 'utf8').trimEnd().split('\n');
  assert.equal(rows.length, exported.manifest.rows);
  assert.equal((await runCli(['check', out])).code, 0);
});

test('3: generate and sft', async () => {
  await whole;
  const generated = await runJson(['generate', ...SMALL, '--set', 'run.name=rows']);
  assert.deepEqual(
    generated.stages.map(({ kind }: { kind: string }) => kind),
    ['cold-start'],
  );
  const fromRun = await runJson(['sft', '--from', 'rows', ...SMALL, '--set', 'stages.sft.maxSteps=2']);
  assert.equal(fromRun.stages[0].state.steps, 2);
  // By its id: another run may be given the name.
  using store = openRunStore(db, { readonly: true });
  assert.match(store.getRun(fromRun.run.id)!.configJson, new RegExp(`"data":"run:${generated.run.id}"`));
  const out = join(folder, 'sft.jsonl');
  await runJson(['export', generated.run.id, '--format', 'text', '--out', out, '--db', db]);
  const fromFile = await runJson(['sft', '--data', out, ...SMALL, '--set', 'stages.sft.maxSteps=2']);
  assert.equal(fromFile.stages[0].state.rows, fromRun.stages[0].state.rows);
  assert.deepEqual(fromFile.stages[0].curves['train/loss'], fromRun.stages[0].curves['train/loss']);
});

test('4: rl and eval from the weights of a run', async () => {
  const id = await wholeRunId();
  const trained = await runJson([
    'rl',
    '--from',
    id,
    '--stage',
    'rl-hard',
    ...SMALL,
    '--set',
    'stages.rl-hard.steps=1',
  ]);
  assert.deepEqual(
    trained.stages.map(({ id: stage }: { id: string }) => stage),
    ['rl-hard'],
  );
  const sets =
    'eval.sets=[{name: hard, problems: [{kind: word-sums, level: hard, split: heldout, count: 6, seed: 16}], samples: 2}]';
  const plain = ['--set', sets, '--set', 'embedded.threads=1', '--db', db];
  const { evaluations } = await runJson(['eval', '--from', id, ...plain]);
  assert.equal(evaluations[0].problems, 6);
  assert.deepEqual(
    evaluations[0].atK.map(({ k }: { k: number }) => k),
    [1, 2],
  );
  const base = await runJson(['eval', ...plain]);
  assert.notEqual(base.evaluations[0].meanTokens, evaluations[0].meanTokens);
});

test('5: the report', async () => {
  const { code, stdout } = await runCli(['show', await wholeRunId(), '--db', db]);
  assert.equal(code, 0);
  assert.match(stdout, /What was learned/);
  assert.match(stdout, /hard +right answer +\d+ %/);
  assert.match(stdout, /valid block +\d+ %/);
  assert.match(stdout, /of 80 accepted/);
  assert.ok(stdout.includes(db));
  assert.match(stdout, /parallel-r1 export \S+ --format messages/);
  assert.match(stdout, /parallel-r1 run --preset parallel --engine http:\/\/127\.0\.0\.1:8000\/v1 \\\n +--trainer/);
});

test('6: no escape sequences', async () => {
  const { stderr } = await runCli(['run', ...smallRunArgs(join(folder, 'plain.db'))], { env: { NO_COLOR: '1' } });
  assert.match(stderr, /stage 1 of 4/);
  assert.equal(stderr.includes('\u001B'), false);
});

test('7: the first wrong trajectory', async () => {
  const { stdout } = await runCli(['show', await wholeRunId(), '--db', db]);
  const [, typed] = /one of them, explained\s+parallel-r1 (why [^\\\n]+(?:\\\n[^\\\n]+)*)/.exec(stdout) ?? [];
  assert.ok(typed !== undefined, stdout);
  const { code, stdout: shown } = await runCli(typed.replaceAll(/\\\n/g, ' ').trim().split(/\s+/));
  assert.equal(code, 0);
  assert.match(shown, /answer.*, reference .*: (incorrect|unparsable)/);
  assert.match(shown, /^main · \d+ tokens?\*/m);
});
