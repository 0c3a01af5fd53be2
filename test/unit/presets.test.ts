/**
 * Presets.
 *
 *  1. every preset resolves to itself, without and through JSON: nothing in it hangs on a default
 *  2. golden numbers of the paper: SFT steps x batch, RL steps, prompts x attempts, rewards, clipping, layout
 *  3. what all presets of the paper share: optimisers, limits, advantage, minibatches of 128 prompts
 *  4. the learning rate of 58 and of 230 SFT steps is the reference's
 *  5. S2 and the first scaffold stage pay for blocks in steps 9 and 10 of every ten
 *  6. the baseline forks nothing, has no cold start and asks the sequential prompt
 *  7. evaluation: 16 samples on AIME25, AIME24 and AMC23, one on MATH-500
 *  8. the embedded preset fits the model's 160 positions, with room for the longest solution
 *  9. the embedded recipe: mix of operands, optimisers, gates; held-out sets share no seed
 * 10. no preset of the paper names an address; checkRunnable asks for engine, trainer and teacher, and for nothing once they are given
 * 11. the embedded preset runs as it is; an embedded half of a remote pair is refused
 * 12. the settings of the small test run load on top of the embedded preset
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeText } from '../../adapters/embedded-lm/tokenizer.ts';
import { checkRunnable, describeConfigFault } from '../../src/config/check-runnable.ts';
import { loadRunConfig } from '../../src/config/load.ts';
import { PRESET_NAMES, PRESETS, type PresetName } from '../../src/config/presets.ts';
import { type RunConfig, runConfigSchema } from '../../src/config/schema.ts';
import { learningRateAt } from '../../src/core/curriculum.ts';
import { rewardModeAt } from '../../src/core/reward.ts';
import { generateWordSums, type WordSumLevel } from '../../src/core/word-sums/generate.ts';
import { writeDirectSolution, writeParallelSolution } from '../../src/core/word-sums/solutions.ts';
import { parseWordSum } from '../../src/core/word-sums/wording.ts';
import { computePathCap } from '../../src/pipeline/rollout/roll-out-group.ts';
import { SMALL_RUN_SETTINGS } from '../support/small-run.ts';

type Stage = RunConfig['stages'][number];

const PAPER: readonly PresetName[] = ['seen', 'unseen-s1', 'unseen-s2', 'scaffold', 'sequential'];

function listStages<K extends Stage['kind']>(config: RunConfig, kind: K): Extract<Stage, { kind: K }>[] {
  return config.stages.filter((stage): stage is Extract<Stage, { kind: K }> => stage.kind === kind);
}

/** `steps x prompts x attempts reward low/high`, one per RL stage. */
function describeRl(config: RunConfig): string[] {
  return listStages(config, 'rl').map(({ steps, batchSize, groupSize, reward, loss }) => {
    const clip = loss.kind === 'ppo' ? `${loss.clipLow}/${loss.clipHigh}` : loss.kind;
    return `${steps} x ${batchSize} x ${groupSize} ${reward.kind} ${clip}`;
  });
}

/** `steps x batch, epochs, minBlocks of the data`. */
function describeSft(config: RunConfig): string[] {
  const blocks = listStages(config, 'cold-start').map(({ minBlocks }) => minBlocks);
  return listStages(config, 'sft').map(
    ({ maxSteps, batchSize, epochs }) => `${maxSteps} x ${batchSize}, ${epochs}, ${blocks}`,
  );
}

test('1. every preset resolves to itself', () => {
  assert.deepEqual(PRESET_NAMES, ['embedded', 'seen', 'unseen-s1', 'unseen-s2', 'scaffold', 'sequential']);
  for (const name of PRESET_NAMES) {
    const { config, preset } = loadRunConfig({ preset: name });
    assert.equal(preset, name);
    assert.equal(config.run.name, name);
    assert.deepEqual(config, PRESETS[name]);
    assert.deepEqual(runConfigSchema.parse(JSON.parse(JSON.stringify(config))), config);
  }
  assert.equal(loadRunConfig().preset, 'embedded');
});

test('2. golden numbers of the paper', () => {
  const facts = (name: PresetName) => {
    const config = PRESETS[name];
    return { layout: config.training.layout, sft: describeSft(config), rl: describeRl(config) };
  };
  assert.deepEqual(facts('seen'), {
    layout: 'causal',
    sft: ['58 x 128, 1, 0'],
    rl: ['35 x 1024 x 5 product 0.8/1.2', '300 x 512 x 8 accuracy 0.8/1.2'],
  });
  assert.deepEqual(facts('unseen-s1'), {
    layout: 'multiverse',
    sft: ['230 x 128, 5, 1'],
    rl: ['300 x 512 x 8 accuracy 0.8/1.2'],
  });
  assert.deepEqual(facts('unseen-s2'), {
    layout: 'multiverse',
    sft: ['230 x 128, 5, 1'],
    rl: ['300 x 512 x 8 alternating 0.8/1.28'],
  });
  assert.deepEqual(facts('scaffold'), {
    layout: 'multiverse',
    sft: ['230 x 128, 5, 1'],
    rl: ['200 x 512 x 8 alternating 0.8/1.28', '350 x 512 x 8 accuracy 0.8/1.2'],
  });
});

test('3. what the presets of the paper share', () => {
  for (const name of PAPER) {
    const config = PRESETS[name];
    assert.equal(config.engine.model, 'Qwen/Qwen3-4B-Base');
    const { paths, maxBlocks, maxPromptTokens, maxResponseTokens, temperature, topP } = config.rollout;
    assert.deepEqual(
      [paths, maxBlocks, maxPromptTokens, maxResponseTokens, temperature, topP],
      [2, 4, 2000, 3000, 1, 1],
    );
    for (const stage of listStages(config, 'rl')) {
      assert.equal(stage.batchSize / stage.minibatches, 128, name);
      assert.deepEqual(stage.adam, {
        learningRate: 1e-6,
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
        weightDecay: 0.01,
        clipNorm: 1,
      });
      assert.deepEqual(stage.schedule, { kind: 'constant', warmupSteps: 0 });
      assert.deepEqual(stage.advantage, { std: 'sample', epsilon: 1e-6, split: false });
      assert.equal(stage.keepOptimizer, false);
    }
    for (const stage of listStages(config, 'sft')) {
      assert.deepEqual(stage.adam, {
        learningRate: 1e-5,
        beta1: 0.9,
        beta2: 0.95,
        eps: 1e-8,
        weightDecay: 0.01,
        clipNorm: 1,
      });
    }
  }
});

test('4. SFT learning rates are the reference’s', () => {
  const rateAt = (name: PresetName, step: number) => {
    const { adam, schedule, maxSteps } = listStages(PRESETS[name], 'sft')[0]!;
    return adam.learningRate * learningRateAt(schedule, step, maxSteps);
  };
  const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < expected * 1e-2, `${value}`);
  near(rateAt('seen', 1), 2e-6);
  near(rateAt('seen', 5), 1e-5);
  near(rateAt('seen', 29), 5.7382e-6);
  near(rateAt('seen', 57), 8.8e-9);
  near(rateAt('unseen-s1', 115), 5.8682e-6);
});

test('5. alternating rewards', () => {
  for (const name of ['unseen-s2', 'scaffold'] as const) {
    const { reward } = listStages(PRESETS[name], 'rl')[0]!;
    assert.ok(reward.kind === 'alternating');
    assert.deepEqual([reward.window, reward.tieredSteps, reward.bonus, reward.malformedCorrect], [10, 2, 1.2, -1]);
    const tiered = Array.from({ length: 21 }, (_, i) => i + 1).filter(
      (step) => rewardModeAt(reward, step) === 'tiered',
    );
    assert.deepEqual(tiered, [9, 10, 19, 20]);
  }
});

test('6. the baseline', () => {
  const { rollout, prompt, stages } = PRESETS.sequential;
  assert.equal(rollout.mode, 'sequential');
  assert.match(prompt, /^sequential\b/);
  assert.deepEqual(
    stages.map(({ kind }) => kind),
    ['rl'],
  );
  assert.deepEqual(describeRl(PRESETS.sequential), ['300 x 512 x 8 accuracy 0.8/1.2']);
});

test('7. evaluation sets', () => {
  for (const name of PAPER) {
    const sets = PRESETS[name].eval.sets.map(({ name: set, samples }) => `${set} ${samples}`);
    assert.deepEqual(sets, ['aime25 16', 'aime24 16', 'amc23 16', 'math-500 1'], name);
  }
});

test('8. the embedded preset fits the model', () => {
  const { rollout, stages, engine } = PRESETS.embedded;
  assert.ok(rollout.maxPromptTokens + rollout.maxResponseTokens <= 160);
  const coldStart = stages[0]!;
  assert.ok(coldStart.kind === 'cold-start' && coldStart.maxTargetTokens <= 160);
  // Used before the fork: `split<Parallel>`. Inserted: two paths' tags and labels, three more tags, the gap.
  const pathCap = computePathCap({ ...rollout, paths: 2 }, 2, 10) ?? 0;
  for (const { text } of generateWordSums({ seed: 5, level: 'hard', split: 'train', count: 1000 })) {
    const { operands } = parseWordSum(text)!;
    const solution = writeParallelSolution(operands);
    assert.ok(countTokens(text) + 1 <= rollout.maxPromptTokens, text);
    assert.ok(
      Math.max(countTokens(solution), countTokens(writeDirectSolution(operands))) + 1 <= rollout.maxResponseTokens,
    );
    for (const [, path] of solution.matchAll(/<Path>(.*?)<\/Path>/g))
      assert.ok(countTokens(path!) + 1 <= pathCap, path);
    const summary = /<Summary>(.*)<\/Summary>\n?(.*)/s.exec(solution)!;
    assert.ok(countTokens(summary[1]!) + 1 <= rollout.reserveSummaryTokens);
    assert.ok(countTokens(`\n${summary[2]}`) + 1 <= rollout.reserveAnswerTokens);
  }
  assert.deepEqual(engine.eosTokens, ['<eos>']);
});

function countTokens(text: string): number {
  const encoded = encodeText(text);
  assert.ok('ids' in encoded, text);
  return encoded.ids.length;
}

test('9. the embedded recipe', () => {
  const config = PRESETS.embedded;
  assert.deepEqual(
    config.stages.map(({ id, kind }) => `${id} ${kind}`),
    ['cold-start cold-start', 'sft sft', 'rl-easy rl', 'rl-hard rl'],
  );
  assert.equal(config.training.layout, 'exact');
  assert.deepEqual(config.rollout.pathLabels, ['tens', 'ones']);
  const [coldStart] = listStages(config, 'cold-start');
  const counts = new Map<number, number>();
  for (const ref of coldStart!.problems) {
    assert.ok(ref.kind === 'word-sums' && ref.split === 'train');
    for (const { text } of generateWordSums(ref)) {
      const { length } = parseWordSum(text)!.operands;
      counts.set(length, (counts.get(length) ?? 0) + 1);
    }
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  assert.deepEqual(
    [2, 3, 4].map((n) => counts.get(n)! / total),
    [0.35, 0.35, 0.3],
  );
  for (const { adam, loss, batchSize, groupSize, scaleByInformative, gate, reward } of listStages(config, 'rl')) {
    assert.deepEqual([adam.learningRate, adam.beta2, adam.eps, adam.weightDecay], [3e-4, 0.98, 1e-8, 0]);
    assert.deepEqual(loss, { kind: 'ppo', clipLow: 0.8, clipHigh: 1.28 });
    assert.deepEqual(
      [batchSize, groupSize, scaleByInformative, gate?.minAccuracy, reward.kind],
      [32, 8, 192, 0.2, 'accuracy'],
    );
  }
  assert.deepEqual(findSharedHeldout(config), []);
});

/** Held-out lists that are used for more than one purpose: what stops a stage must not be what is reported. */
function findSharedHeldout(config: RunConfig): string[] {
  const targets = config.stages.flatMap((stage) => {
    if (stage.kind === 'sft') return stage.until?.targets ?? [];
    return stage.kind === 'rl' && stage.gate !== null ? [stage.gate] : [];
  });
  const keys = [...targets, ...config.eval.sets]
    .flatMap(({ problems }) => problems)
    .map((ref) =>
      ref.kind === 'word-sums' ? `${ref.level satisfies WordSumLevel} ${ref.split} ${ref.seed}` : 'other',
    );
  assert.ok(keys.length >= 6 && keys.every((key) => key.includes('heldout')));
  return keys.filter((key, index) => keys.indexOf(key) !== index);
}

test('10. addresses are asked for', () => {
  for (const name of PAPER) {
    const paths = checkRunnable(PRESETS[name]).map(({ path }) => path.join('.'));
    const teacher = name === 'sequential' ? [] : ['stages.0.teacher.url'];
    assert.deepEqual(paths, ['engine.urls', 'trainer.url', ...teacher], name);
    const sets = ['engine.urls=http://127.0.0.1:8000/v1', 'trainer.url=http://127.0.0.1:8001'];
    if (teacher.length > 0) sets.push('stages.cold-start.teacher.url=http://127.0.0.1:8002/v1');
    assert.deepEqual(checkRunnable(loadRunConfig({ preset: name, sets }).config), [], name);
  }
  const line = checkRunnable(PRESETS.seen).map(describeConfigFault)[2]!;
  assert.match(line, /^stages\.0\.teacher\.url: is missing: give the URL that serves DeepSeek-R1-0528-Qwen3-8B/);
  const ownTeacher = loadRunConfig({ preset: 'seen', sets: ['stages.0.teacher.model=Qwen/Qwen3-4B-Base'] });
  assert.equal(
    checkRunnable(ownTeacher.config).some(({ path }) => path.includes('teacher')),
    false,
  );
});

test('11. the embedded preset runs as it is', () => {
  assert.deepEqual(checkRunnable(PRESETS.embedded), []);
  const half = (set: string) => checkRunnable(loadRunConfig({ sets: [set] }).config).map(({ path }) => path.join('.'));
  assert.deepEqual(half('engine.urls=http://127.0.0.1:8000'), ['trainer.url']);
  assert.deepEqual(half('trainer.url=http://127.0.0.1:8001'), ['trainer.url']);
});

test('12. the small test run loads', () => {
  const { config, preset } = loadRunConfig({ sets: SMALL_RUN_SETTINGS });
  assert.equal(preset, 'embedded');
  assert.equal(config.run.name, 'small');
  const [coldStart, sft, easy, hard] = config.stages;
  assert.ok(coldStart?.kind === 'cold-start' && sft?.kind === 'sft' && easy?.kind === 'rl' && hard?.kind === 'rl');
  assert.deepEqual(
    coldStart.problems.map((ref) => ref.kind === 'word-sums' && ref.count),
    [60, 20],
  );
  assert.deepEqual([sft.maxSteps, sft.until?.everySteps, sft.until?.targets[0]?.minAccuracy], [8, 4, 0.9]);
  assert.deepEqual([easy.steps, easy.gate, hard.steps, hard.groupSize], [3, null, 3, 4]);
  assert.deepEqual([easy.id, hard.id, hard.adam.learningRate], ['rl-easy', 'rl-hard', 3e-4]);
  assert.deepEqual(
    config.eval.sets.map(({ name, samples }) => `${name} ${samples}`),
    ['hard 1'],
  );
});
