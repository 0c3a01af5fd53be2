/**
 * Finding one's way in the configuration:
 *  1. `init` writes, for each kind of run, a file that names the schema the package ships and that a dry run takes; what is
 *     missing is asked for, and without a terminal told in one line; nothing is overwritten
 *  2. the schema that is shipped is that of the code, and `config schema` prints it
 *  3. `config explain` tells what a key means, takes, defaults to and is in each preset; a near miss gets the right name
 *  4. `config show` and `--dry-run` mark every value that differs from the preset, and no other
 *  5. pointing another preset at the built-in model is told, with the preset that fits
 *  6. `completion` prints a script, and commands and options are completed
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import test from 'node:test';
import { parse } from 'yaml';
import { toConfigJsonSchema } from '../../src/config/json-schema.ts';
import { runCli } from '../support/cli-process.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('cli-config');
const SERVERS = ['--engine', 'http://127.0.0.1:1/v1', '--model', 'student', '--trainer', 'http://127.0.0.1:2'];
const TEACHER = ['--teacher', 'http://127.0.0.1:3/v1', '--teacher-model', 'a: teacher'];

test('1: init', async () => {
  const kinds: readonly (readonly [string, string, readonly string[]])[] = [
    ['embedded', 'run', []],
    ['cold-start', 'generate', [...TEACHER, '--problems', 'my.jsonl']],
    ['servers', 'run', [...SERVERS, ...TEACHER]],
  ];
  mkdirSync(join(folder, 'deep'));
  for (const [kind, command, flags] of kinds) {
    const file = join(folder, 'deep', `${kind}.yaml`);
    const made = await runCli(['init', '--kind', kind, '--file', file, ...flags]);
    assert.equal(made.code, 0, made.stderr);
    const text = readFileSync(file, 'utf8');
    const schema = /^# yaml-language-server: \$schema=(.+)$/m.exec(text)![1]!;
    assert.ok(existsSync(resolve(dirname(file), schema)), schema);
    assert.ok(text.includes('#'));
    const dry = await runCli([command, '--config', file, '--dry-run', '--json', '--db', join(folder, 'none.db')]);
    assert.equal(dry.code, 0, dry.stderr);
    const { config } = JSON.parse(dry.stdout);
    if (kind !== 'embedded') assert.equal(config.stages[0].teacher.model, 'a: teacher');
    if (kind === 'servers') assert.deepEqual([config.engine.urls, config.trainer.url], [[SERVERS[1]], SERVERS[5]]);
    if (kind === 'cold-start') assert.match(JSON.stringify(config.stages[0].problems), /my\.jsonl/);
    const again = await runCli(['init', '--kind', kind, '--file', file, ...flags]);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /is there already/);
    assert.equal(readFileSync(file, 'utf8'), text);
  }
  const missing = join(folder, 'missing.yaml');
  const asked = await runCli(['init', '--kind', 'cold-start', '--file', missing, ...TEACHER]);
  assert.equal(asked.code, 2);
  assert.match(asked.stderr, /^parallel-r1: --problems is missing.*\n$/);
  assert.equal(existsSync(missing), false);
});

test('2: schema', async () => {
  const shipped = JSON.parse(readFileSync(new URL('../../schema/run-config.schema.json', import.meta.url), 'utf8'));
  const own = JSON.parse(JSON.stringify(toConfigJsonSchema()));
  assert.deepEqual(
    shipped,
    own,
    'write it anew: node bin/parallel-r1.js config schema > schema/run-config.schema.json',
  );
  assert.deepEqual(JSON.parse((await runCli(['config', 'schema'])).stdout), own);
});

test('3: explain', async () => {
  const explain = async (key: string) => JSON.parse((await runCli(['config', 'explain', key, '--json'])).stdout);
  const groupSize = await explain('stages.rl.groupSize');
  assert.match(groupSize.description, /Rollouts per problem/);
  assert.match(groupSize.takes, /a whole number from 2/);
  assert.equal(groupSize.default, 8);
  assert.equal((await explain('stages.rl-easy.groupSize')).presets.embedded, 8);
  assert.ok((await explain('rollout')).keys.includes('topP'));
  assert.match((await runCli(['config', 'explain', 'run.seed'])).stdout, /embedded +sets 7/);
  const near = await runCli(['config', 'explain', 'rollout.topp']);
  assert.equal(near.code, 2);
  assert.match(near.stderr, /^parallel-r1: there is no key rollout\.topp; did you mean rollout\.topP\?\n$/);
});

test('4: what differs', async () => {
  const sets = ['--set', 'stages.rl-easy.steps=3', '--set', 'run.seed=11'];
  for (const args of [
    ['config', 'show', ...sets],
    ['run', '--dry-run', ...sets, '--db', join(folder, 'dry.db')],
  ]) {
    const { code, stdout, stderr } = await runCli(args);
    assert.equal(code, 0, stderr);
    const marked = stdout.split('\n').filter((line) => line.includes('# preset'));
    assert.deepEqual(
      marked.map((line) => line.trim()),
      ['seed: 11 # preset embedded: 7', 'steps: 3 # preset embedded: 40'],
    );
    assert.equal(parse(stdout).run.seed, 11);
  }
  assert.doesNotMatch((await runCli(['config', 'show'])).stdout, /# preset/);
  const file = join(folder, 'mine.yaml');
  writeFileSync(file, 'preset: seen\nrun: {name: mine}\n');
  assert.match((await runCli(['config', 'show', '--config', file])).stdout, /name: mine # preset seen: /);
});

test('5: the preset that fits', async () => {
  const args = [
    'generate',
    '--dry-run',
    '--engine',
    'http://127.0.0.1:1/v1',
    '--model',
    'embedded-base',
    '--problems',
    'x.jsonl',
    '--db',
    join(folder, 'none.db'),
  ];
  assert.match((await runCli(args)).stderr, /answers the questions of --preset embedded only/);
  assert.doesNotMatch((await runCli([...args, '--preset', 'embedded'])).stderr, /--preset embedded only/);
});

test('6: completion', async () => {
  assert.match((await runCli(['completion'])).stdout, /complete .*parallel-r1/);
  const offer = async (...words: string[]) =>
    (await runCli(['--get-yargs-completions', 'parallel-r1', ...words], { env: { SHELL: '/bin/bash' } })).stdout.split(
      '\n',
    );
  assert.ok((await offer('ru')).includes('run'));
  assert.ok((await offer('run', '--dry')).includes('--dry-run'));
});
