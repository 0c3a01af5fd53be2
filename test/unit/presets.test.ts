/**
 * Presets.
 *
 *  1. every preset resolves to itself, without and through JSON: nothing in it hangs on a default
 *  2. `--dry-run` says of each preset what the paper did: stages in order, steps, problems and rollouts a step
 *  3. what an answer earns in each stage and step is the paper's: for being right, for a block, for a broken one
 *  4. SFT takes as many steps, at the learning rates, as the reference did on the rows the paper had
 *  5. every update sees 128 problems; only S2 and the first scaffold stage let a ratio rise beyond 1.2
 *  6. the baseline forks nothing, has no cold start and asks the sequential prompt
 *  7. what is evaluated is trained on nowhere; every set a preset names can be pulled by that name and is found then,
 *     and every prompt it names is there
 *  8. the embedded preset fits the model's 160 positions, with room for the longest solution
 *  9. the embedded recipe: mix of operands, optimizers, gates; held-out sets share no seed
 * 10. no preset of the paper names an address; checkRunnable asks for engine, trainer and teacher, and for nothing once they are given
 * 11. the embedded preset runs as it is; an embedded half of a remote pair is refused
 * 13. the mixed preset: every solution its teacher may give, on each level, fits the model and the budgets; levels, labels and
 *     family belong together; held-out sets share no seed
 * 12. the settings of the small test run load on top of the embedded preset
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { encodeText } from '../../adapters/embedded-lm/tokenizer.ts';
import { planPull } from '../../adapters/source-huggingface/plan-pull.ts';
import { describeRecipe } from '../../src/app/describe-recipe.ts';
import { readPromptTemplate } from '../../src/app/prompt-files.ts';
import { checkRunnable } from '../../src/config/check-runnable.ts';
import { describeConfigFault } from '../../src/config/explain-issues.ts';
import { loadRunConfig } from '../../src/config/load.ts';
import { PRESET_NAMES, PRESETS, type PresetName } from '../../src/config/presets.ts';
import { type RunConfig, runConfigSchema } from '../../src/config/schema.ts';
import { learningRateAt, type ProblemsRef } from '../../src/core/curriculum.ts';
import { computeReward } from '../../src/core/reward.ts';
import { generateWordSums, WORD_SUM_LEVELS, type WordSumLevel } from '../../src/core/word-sums/generate.ts';
import {
  renderDirectSolution,
  renderInTurnSolution,
  renderParallelSolution,
  writeDirectSolution,
  writeParallelSolution,
} from '../../src/core/word-sums/solutions.ts';
import {
  parseWordProblem,
  solveWordProblem,
  WORD_FAMILIES,
  type WordFamilyName,
} from '../../src/core/word-sums/word-problem.ts';
import { parseWordSum } from '../../src/core/word-sums/wording.ts';
import { findPackageRoot } from '../../src/edge/package-root.ts';
import { computePathCap } from '../../src/pipeline/rollout/roll-out-group.ts';
import { findSetFile } from '../../src/problem-sets/set-folders.ts';
import { SMALL_RUN_SETTINGS } from '../support/small-run.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

type Stage = RunConfig['stages'][number];

const PAPER: readonly PresetName[] = ['seen', 'unseen-s1', 'unseen-s2', 'scaffold', 'sequential'];

function listStages<K extends Stage['kind']>(config: RunConfig, kind: K): Extract<Stage, { kind: K }>[] {
  return config.stages.filter((stage): stage is Extract<Stage, { kind: K }> => stage.kind === kind);
}

test('1. every preset resolves to itself', () => {
  assert.deepEqual(PRESET_NAMES, [
    'embedded',
    'embedded-mixed',
    'parallel',
    'seen',
    'unseen-s1',
    'unseen-s2',
    'scaffold',
    'sequential',
  ]);
  for (const name of PRESET_NAMES) {
    const { config, preset } = loadRunConfig({ preset: name });
    assert.equal(preset, name);
    assert.equal(config.run.name, name);
    assert.deepEqual(config, PRESETS[name]);
    assert.deepEqual(runConfigSchema.parse(JSON.parse(JSON.stringify(config))), config);
  }
  assert.equal(loadRunConfig().preset, 'embedded');
});

test('2. the plan', () => {
  const planOf = (name: PresetName) => describeRecipe(PRESETS[name], name).slice(1);
  const coldStart =
    '  1. cold-start: ask teacher DeepSeek-R1-0528-Qwen3-8B for 1 answer per problem (gsm8k/train), keep what is well-formed and right';
  const dapo = (place: string, steps: number, reward: string) =>
    `  ${place}: ${steps} GRPO steps of 512 problems x 8 rollouts on dapo-math-17k, reward ${reward}`;
  const fiveEpochs = '  2. sft: supervised training on the rows of cold-start, 5 epochs of 128 rows';
  assert.deepEqual(planOf('seen'), [
    coldStart,
    '  2. sft: supervised training on the rows of cold-start, 1 epoch of 128 rows',
    '  3. rl-gsm8k: 35 GRPO steps of 1024 problems x 5 rollouts on gsm8k/train, reward product',
    dapo('4. rl-dapo', 300, 'accuracy'),
  ]);
  assert.deepEqual(planOf('unseen-s1'), [coldStart, fiveEpochs, dapo('3. rl-dapo', 300, 'accuracy')]);
  assert.deepEqual(planOf('unseen-s2'), [coldStart, fiveEpochs, dapo('3. rl-dapo', 300, 'alternating')]);
  assert.deepEqual(planOf('scaffold'), [
    ...[coldStart, fiveEpochs, dapo('3. rl-explore', 200, 'alternating')],
    dapo('4. rl-exploit', 350, 'accuracy'),
  ]);
  assert.deepEqual(planOf('sequential'), [dapo('1. rl-dapo', 300, 'accuracy')]);
});

/** `hollow`: a valid block in which no path did work. */
type Answer = 'wrong' | 'plain' | 'block' | 'broken' | 'hollow';

/** What an answer earns in a step of an RL stage. */
function earn(name: PresetName, stage: number, step: number, answer: Answer): number {
  const { reward } = listStages(PRESETS[name], 'rl')[stage]!;
  assert.ok(reward.kind !== 'own');
  const blocks = ['block', 'broken', 'hollow'].includes(answer) ? 1 : 0;
  const parts = {
    blocksInText: blocks,
    blocksExecuted: blocks,
    blocksEffective: answer === 'block' ? 1 : 0,
    formatValid: answer !== 'broken',
  };
  return computeReward(reward, step, { ...parts, correct: answer !== 'wrong' }).value;
}

test('3. what an answer earns', () => {
  const ANSWERS = ['wrong', 'plain', 'block', 'broken'] as const;
  const all = (name: PresetName, stage: number, step: number) => ANSWERS.map((one) => earn(name, stage, step, one));
  const accuracy = [-1, 1, 1, 1];
  assert.deepEqual(all('seen', 0, 1), [-1, -1, 1, -1]);
  for (const [name, stage] of [
    ['seen', 1],
    ['unseen-s1', 0],
    ['sequential', 0],
    ['scaffold', 1],
  ] as const)
    for (const step of [1, 9, 10]) assert.deepEqual(all(name, stage, step), accuracy, name);
  for (const name of ['unseen-s2', 'scaffold'] as const)
    for (let step = 1; step <= 21; step += 1)
      assert.deepEqual(all(name, 0, step), (step - 1) % 10 < 8 ? accuracy : [-1, 1, 1.2, -1], `${name} ${step}`);
  // The paper pays for a block in which nothing was done, the preset for models of one's own does not.
  assert.deepEqual([earn('seen', 0, 1, 'hollow'), earn('unseen-s2', 0, 9, 'hollow')], [1, 1.2]);
  assert.deepEqual([earn('parallel', 0, 1, 'hollow'), earn('parallel', 1, 9, 'hollow')], [-1, 1]);
  assert.deepEqual([earn('parallel', 0, 1, 'block'), earn('parallel', 1, 9, 'block')], [1, 1.2]);
});

test('4. SFT', () => {
  // Rows that the paper had after filtering, the last incomplete batch of an epoch dropped.
  for (const [name, rows, steps] of [
    ['seen', 7472, 58],
    ['unseen-s1', 5910, 230],
  ] as const) {
    const { epochs, batchSize, maxSteps } = listStages(PRESETS[name], 'sft')[0]!;
    assert.equal(Math.min(maxSteps, Math.floor(rows / batchSize) * epochs!), steps, name);
  }
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

test('5. updates', () => {
  for (const name of PAPER)
    for (const { id, batchSize, minibatches, loss } of listStages(PRESETS[name], 'rl')) {
      assert.equal(batchSize / minibatches, 128, `${name} ${id}`);
      assert.ok(loss.kind === 'ppo');
      const isWide = name === 'unseen-s2' || id === 'rl-explore';
      assert.deepEqual([loss.clipLow, loss.clipHigh], [0.8, isWide ? 1.28 : 1.2], `${name} ${id}`);
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
});

function namesOf(refs: readonly ProblemsRef[]): string[] {
  return refs.map((ref) => {
    assert.ok(ref.kind === 'set');
    return ref.name;
  });
}

test('7. sets and prompts', () => {
  const folder = makeTempFolder('presets');
  const root = findPackageRoot(import.meta.url);
  for (const name of PAPER) {
    const { stages, eval: held, prompt } = PRESETS[name];
    const trained = stages.flatMap((stage) => ('problems' in stage ? namesOf(stage.problems) : []));
    const evaluated = held.sets.flatMap(({ problems }) => namesOf(problems));
    assert.deepEqual(
      evaluated.filter((set) => trained.includes(set)),
      [],
    );
    for (const set of [...trained, ...evaluated]) {
      const wish = { split: null, subset: null, problemColumn: null, answerColumn: null, answerRule: null };
      writeFileSync(join(folder, `${planPull({ set, ...wish }).name}.jsonl`), '');
      assert.notEqual(findSetFile(set, [folder]), null, set);
    }
    const prompts = stages.flatMap((stage) => (stage.kind === 'cold-start' ? [stage.prompt] : []));
    for (const one of [prompt, ...prompts]) assert.match(readPromptTemplate(root, one).text, /\{Problem\}/);
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

function countTokens(text: string, family: WordFamilyName = 'word-sums'): number {
  const encoded = encodeText(text, family);
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

test('13. the mixed preset', () => {
  const { rollout, stages, embedded, eval: held } = PRESETS['embedded-mixed'];
  assert.ok(rollout.maxPromptTokens + rollout.maxResponseTokens <= 160);
  assert.equal(embedded.family, 'mixed');
  assert.deepEqual(rollout.pathLabels, [...WORD_FAMILIES.mixed.labels]);
  const levels = held.sets.map(({ name }) => name);
  assert.deepEqual(levels, [...WORD_SUM_LEVELS]);
  const [coldStart] = listStages(PRESETS['embedded-mixed'], 'cold-start');
  const count = (text: string) => countTokens(text, 'mixed') + 1;
  const pathCap = computePathCap({ ...rollout, paths: 2 }, 2, 10) ?? 0;
  for (const level of WORD_SUM_LEVELS) {
    for (const { text } of generateWordSums({ seed: 5, level, split: 'train', count: 400 })) {
      const solutions = solveWordProblem(parseWordProblem(text, WORD_FAMILIES.mixed.kinds)!);
      const parallel = renderParallelSolution(solutions, rollout.pathLabels!);
      assert.ok(count(text) <= rollout.maxPromptTokens, text);
      for (const one of [parallel, renderDirectSolution(solutions), renderInTurnSolution(solutions)]) {
        assert.ok(count(one) <= rollout.maxResponseTokens, one);
        assert.ok(count(text) + count(one) <= coldStart!.maxTargetTokens, one);
      }
      for (const [, path] of parallel.matchAll(/<Path>(.*?)<\/Path>/g)) assert.ok(count(path!) <= pathCap, path);
      const [, summary, rest] = /<Summary>(.*)<\/Summary>(.*)/s.exec(parallel)!;
      assert.ok(count(summary!) <= rollout.reserveSummaryTokens && count(rest!) <= rollout.reserveAnswerTokens);
    }
  }
  const trained = stages.flatMap((stage) => ('problems' in stage ? stage.problems : []));
  assert.ok(trained.every((ref) => ref.kind === 'word-sums' && ref.split === 'train'));
  assert.deepEqual(findSharedHeldout(PRESETS['embedded-mixed']), []);
});
