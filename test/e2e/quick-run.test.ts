/**
 * `--quick`:
 *  1. `run --quick` learns: sampled held-out accuracy rises well above what supervised training left, nearly every answer
 *     forks in valid form, nothing is warned of, and the report shows one thought before and after
 *  2. on the embedded model it is the whole way on an easier task: one RL stage, sums of two numbers from training to
 *     evaluation; sizes and settings given by the user stay where they are smaller or of another kind
 *  3. on servers of others every stage stays, with a few problems and steps, and no gate
 *  4. with one stage alone, that stage is the one made smaller
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { keepRl } from '../../src/app/cut-recipe.ts';
import { shrinkRecipe } from '../../src/app/shrink-recipe.ts';
import { loadRunConfig } from '../../src/config/load.ts';
import type { RunConfig } from '../../src/config/schema.ts';
import { runCli } from '../support/cli-process.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('quick');

function load(preset: string, sets: readonly string[] = []): RunConfig {
  return loadRunConfig({ preset, sets: [...sets] }).config;
}

/** The stage of a configuration, as the kind that is expected. */
function pick<K extends RunConfig['stages'][number]['kind']>(config: RunConfig, kind: K) {
  return config.stages.filter((stage) => stage.kind === kind) as Extract<RunConfig['stages'][number], { kind: K }>[];
}

test('1: a quick run learns', async () => {
  const db = join(folder, 'runs.db');
  const { code, stdout, stderr } = await runCli(['run', '--quick', '--db', db]);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /warning/);
  const [, before, after] = /right answer +(\d+) % +(\d+) %/.exec(stdout)!.map(Number) as [number, number, number];
  assert.ok(before >= 30 && after >= 60 && after >= before + 15, stdout);
  const [, , valid] = /valid block +(\d+) % +(\d+) %/.exec(stdout)!.map(Number) as [number, number, number];
  assert.ok(valid >= 85, stdout);
  assert.match(stdout, /One thought/);
  assert.match(stdout, /├─ path 1 "tens"[\s\S]*└─ path 2 "ones"[\s\S]*summary/);
});

test('2: the embedded model', () => {
  const config = shrinkRecipe(load('embedded'));
  assert.deepEqual(
    config.stages.map(({ id }) => id),
    ['cold-start', 'sft', 'rl-easy'],
  );
  const [rl] = pick(config, 'rl');
  const [sft] = pick(config, 'sft');
  const targets = sft!.until!.targets.flatMap(({ problems }) => problems);
  const all = [pick(config, 'cold-start')[0]!.problems, rl!.problems, config.eval.sets[0]!.problems, targets].flat();
  assert.equal(config.eval.sets.length, 1);
  assert.equal(all.length, 4);
  for (const ref of all) assert.equal(ref.kind === 'word-sums' && ref.level, 2);
  const given = [
    'stages.sft.maxSteps=3',
    'stages.sft.until=null',
    'stages.rl-easy.steps=2',
    'stages.rl-easy.reward={kind: accuracy}',
  ];
  const file = 'stages.cold-start.problems=[{kind: file, path: /data/mine.jsonl}]';
  const own = shrinkRecipe(load('embedded', [...given, 'stages.rl-easy.scaleByInformative=null', file]));
  const [ownRl] = pick(own, 'rl');
  assert.deepEqual([pick(own, 'sft')[0]!.maxSteps, pick(own, 'sft')[0]!.until], [3, null]);
  assert.deepEqual([ownRl!.steps, ownRl!.scaleByInformative, ownRl!.reward.kind], [2, null, 'accuracy']);
  const [mine] = pick(own, 'cold-start')[0]!.problems;
  assert.equal(mine?.kind === 'file' && mine.path, '/data/mine.jsonl');
});

test('3: servers of others', () => {
  const whole = load('parallel', ['engine.urls=[http://127.0.0.1:8000/v1]']);
  const config = shrinkRecipe(whole);
  assert.deepEqual(
    config.stages.map(({ id }) => id),
    whole.stages.map(({ id }) => id),
  );
  for (const stage of pick(config, 'rl')) {
    assert.ok(stage.steps <= 4 && stage.batchSize <= 8);
    assert.equal(stage.gate, null);
  }
  for (const stage of pick(config, 'sft')) assert.ok(stage.maxSteps <= 40);
});

test('4: one stage', () => {
  const config = shrinkRecipe(keepRl(load('embedded'), 'rl-hard'));
  assert.deepEqual(
    config.stages.map(({ id }) => id),
    ['rl-hard'],
  );
  assert.ok(pick(config, 'rl')[0]!.steps < pick(load('embedded'), 'rl')[1]!.steps);
});
