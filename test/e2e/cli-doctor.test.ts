/**
 * `doctor` on the command line: what it looks at, what it prints, how it ends.
 *  1. one server that is named by a flag is looked at alone; nothing is said of others, of embedded ones, of the store
 *  2. of a configuration file what it names is looked at, and the store and the recipe with it
 *  3. `--json` is one list of findings, each with area, status, detail, fault and fix; the text has the remedy below what was seen
 *  4. exit codes: 0 all is well, 1 something is at fault, 2 nothing to look at or a bad option; the help page says so
 *  5. a variable that holds no key is told, and what needs none is looked at all the same
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Finding } from '../../src/pipeline/doctor/finding.ts';
import { runCli } from '../support/cli-process.ts';
import { SERVED, startVllm } from '../support/doctor-servers.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { startFaultServer as startTrainer } from '../support/trainer-fault-server.ts';

const folder = makeTempFolder('cli-doctor');

/** The findings of a call, and how it ended. */
async function examine(
  args: readonly string[],
): Promise<{ code: number | null; findings: Finding[]; areas: string[] }> {
  const { code, stdout, stderr } = await runCli(['doctor', '--json', ...args], { cwd: folder });
  assert.ok(stdout.startsWith('['), stderr);
  const findings: Finding[] = JSON.parse(stdout);
  return { code, findings, areas: [...new Set(findings.map(({ area }) => area))] };
}

test('1: flags', async (t) => {
  const vllm = await startVllm(t, { block: 16 });
  const engine = await examine(['--engine', `${vllm.url}/v1`]);
  assert.deepEqual([engine.code, engine.areas], [0, ['engine', 'tokenizer', 'sampling']]);
  const teacher = await examine([
    '--teacher',
    `${vllm.url}/v1`,
    '--teacher-model',
    SERVED,
    '--set',
    'stages.0.teacher.maxTokens=4096',
  ]);
  assert.deepEqual([teacher.code, teacher.areas], [0, ['teacher']]);
  const skyrl = await startTrainer(t, { kind: 'tuft', modelName: SERVED });
  const trainer = await examine(['--trainer', skyrl.url, '--set', 'trainer.profile=skyrl-jax']);
  assert.deepEqual(trainer.areas, ['trainer']);
  for (const { findings } of [engine, teacher, trainer])
    assert.doesNotMatch(JSON.stringify(findings), /embedded|missing/);
  const two = await examine(['--engine', vllm.url, '--trainer', vllm.url]);
  assert.deepEqual([two.code, two.areas], [1, ['engine', 'tokenizer', 'sampling', 'trainer']]);
});

test('2: a configuration', async (t) => {
  const vllm = await startVllm(t, { block: 16 });
  const file = join(folder, 'own.yaml');
  const stages = `stages: [{id: cold, kind: cold-start, problems: PROBLEMS, teacher: {url: ${vllm.url}, model: ${SERVED}, maxTokens: 4096}}]`;
  const problems = '[{kind: word-sums, level: easy, split: train, count: 1, seed: 1}]';
  writeFileSync(file, `engine: {urls: [${vllm.url}], model: ${SERVED}}\n${stages.replace('PROBLEMS', problems)}\n`);
  const both = await examine(['--config', file]);
  assert.deepEqual([both.code, both.areas], [0, ['store', 'engine', 'tokenizer', 'sampling', 'teacher']]);
  const recipe = await examine(['--preset', 'seen', '--engine', vllm.url, '--model', SERVED]);
  assert.deepEqual(recipe.areas, ['store', 'recipe', 'engine', 'tokenizer', 'sampling']);
  const layout = recipe.findings.find(({ area }) => area === 'recipe');
  assert.deepEqual([layout?.fault, layout?.fix], ['layout_mismatch', 'set training.layout to exact']);
});

test('3: what is printed', async (t) => {
  const vllm = await startVllm(t, { context: 512 });
  const { code, findings } = await examine(['--engine', vllm.url]);
  assert.equal(code, 1);
  for (const finding of findings) {
    assert.deepEqual(Object.keys(finding), ['area', 'status', 'detail', 'fault', 'fix']);
    assert.equal(finding.fault === null, finding.status === 'ok');
    assert.equal(finding.fix === null, finding.status === 'ok');
  }
  const { stdout } = await runCli(['doctor', '--engine', vllm.url], { cwd: folder });
  assert.match(
    stdout,
    /^fail {2}engine {5}\.\/my-model takes 512 tokens, .* are 5000\n {17}-> lower rollout\.maxPromptTokens/m,
  );
});

test('4: how it ends', async () => {
  const nothing = await runCli(['doctor', '--preset', 'seen'], { cwd: folder });
  assert.equal(nothing.code, 2);
  assert.match(nothing.stderr, /^parallel-r1: no server is named: give --engine URL, --teacher URL or --trainer URL/);
  for (const args of [['--engine', 'ftp://x'], ['--preset', 'none'], ['--dry-run']]) {
    assert.equal((await runCli(['doctor', ...args], { cwd: folder })).code, 2, args.join(' '));
  }
  const { stdout } = await runCli(['doctor', '--help']);
  assert.match(
    stdout.replaceAll(/\s+/g, ' '),
    /Exit codes: 0 all is well \(warnings included\), 1 something is at fault, 2 bad/,
  );
});

test('5: keys', async (t) => {
  const vllm = await startVllm(t, { key: 'any', block: 16 });
  const teacher = await startVllm(t);
  const { code, findings } = await examine([
    ...['--engine', vllm.url, '--set', 'engine.apiKeyEnv=NO_SUCH_KEY', '--teacher', teacher.url],
    ...['--teacher-model', SERVED, '--set', 'stages.0.teacher.maxTokens=4096'],
  ]);
  assert.equal(code, 1);
  const [first, ...rest] = findings;
  assert.deepEqual([first?.area, first?.fault], ['engine', 'key_missing']);
  assert.match(first!.fix!, /^put the key into NO_SUCH_KEY/);
  assert.ok(rest.length >= 3 && rest.every(({ area, status }) => area === 'teacher' && status === 'ok'));
});
