/**
 * An experiment over arms and seeds:
 *  1. arms that prepare the same share the run that prepares; two arms that come to the same recipe are one run; a second
 *     call runs nothing
 *  2. an experiment that was stopped goes on with the run it was stopped in, under the addresses of today, and ends as one that was not
 *  3. every arm is a recipe that the schema takes, for the presets it is made for; each changes something
 *  4. a store that another process writes ends the experiment with its one line, not with one for every arm
 *  5. results by hand: the mean over seeds, the difference paired by seed, and a conclusion only where the interval leaves out 0;
 *     in short it says whether the paper's finding holds here
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { createSilentReporter } from '../../adapters/reporter-terminal/create-line-reporter.ts';
import { acquireRunLock } from '../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore, openThrowawayStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { listFinishedArms } from '../../src/app/experiment-runs.ts';
import { runExperiment } from '../../src/app/run-experiment.ts';
import { renderFindings, writeExperimentMarkdown } from '../../src/cli/render/render-experiment.ts';
import { changeRunConfig } from '../../src/config/load.ts';
import { PRESETS } from '../../src/config/presets.ts';
import { runConfigSchema } from '../../src/config/schema.ts';
import { InterruptedError, StoreError } from '../../src/errors.ts';
import { ARMS, type ArmId, prepareArm, trainArm } from '../../src/experiments/arms.ts';
import { EXPERIMENTS } from '../../src/experiments/catalogue.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import { collectExperiment } from '../../src/report/experiment-results.ts';
import * as sample from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { toyConfig, toyParts } from '../support/toy-parts.ts';

const ARM_IDS = Object.keys(ARMS) as ArmId[];

const folder = makeTempFolder('experiment');

function plan(name: string, arms: readonly ArmId[], seeds: readonly number[]) {
  return {
    db: join(folder, `${name}.db`),
    base: toyConfig(folder, { 'stages.kind=rl.reward': { kind: 'accuracy' } }),
    preset: null,
    arms,
    seeds,
    reporter: createSilentReporter(),
    signal: new AbortController().signal,
    parts: toyParts(),
  };
}

/** Names and last accuracies of all runs, in the order they began. */
function listResults(db: string): (readonly [name: string, accuracy: number | undefined])[] {
  using store = openRunStore(db, { readonly: true });
  return store
    .listRuns()
    .toReversed()
    .map(({ id, name }) => [name.split('.after-')[0]!, store.listMetrics(id, 'eval/held/mean_accuracy').at(-1)?.value]);
}

test('1: arms share what they prepare', async () => {
  const options = plan('shared', ['reward-accuracy', 'reward-product', 'recipe'], [1]);
  assert.deepEqual(await runExperiment(options), []);
  const made = listResults(options.db);
  // The recipe pays for right answers as it is, so that `recipe` is `reward-accuracy`.
  assert.deepEqual(
    made.map(([name]) => name),
    ['preparation', 'reward-accuracy', 'reward-product'],
  );
  using store = openRunStore(options.db, { readonly: true });
  const { finished, missing } = listFinishedArms(store, options);
  const [accuracy, product, recipe] = finished;
  assert.equal(missing, 0);
  assert.equal(recipe!.run.id, accuracy!.run.id);
  assert.notEqual(product!.run.id, accuracy!.run.id);
  // The same recipe at another server, and another recipe.
  const { base } = options;
  const moved = {
    ...base,
    engine: { ...base.engine, timeoutSeconds: 77 },
    trackers: { tensorboard: { directory: 'x' }, mlflow: null },
  };
  assert.deepEqual(listFinishedArms(store, { ...options, base: moved }).finished, finished);
  const longer = { ...base, rollout: { ...base.rollout, maxPathTokens: 99 } };
  assert.equal(listFinishedArms(store, { ...options, base: longer }).missing, 3);
  await runExperiment(options);
  assert.deepEqual(listResults(options.db), made);
});

test('2: stopped and gone on with', async () => {
  const whole = plan('whole', ['recipe', 'join-first'], [1]);
  await runExperiment(whole);
  const stopped = plan('stopped', ['recipe', 'join-first'], [1]);
  for (const stage of ['sft', 'rl']) {
    const stop = new AbortController();
    const reporter = {
      ...createSilentReporter(),
      info: (line: string) => {
        if (line.startsWith('stage') && line.includes(`(${stage})`)) stop.abort(new InterruptedError('stopped'));
      },
    };
    await assert.rejects(runExperiment({ ...stopped, reporter, signal: stop.signal }), InterruptedError);
  }
  const { base } = stopped;
  await runExperiment({ ...stopped, base: { ...base, engine: { ...base.engine, timeoutSeconds: 77 } } });
  assert.deepEqual(listResults(stopped.db), listResults(whole.db));
});

test('3: arms are recipes', () => {
  for (const preset of ['embedded', 'parallel'] as const) {
    const base = runConfigSchema.parse(PRESETS[preset]);
    for (const id of ARM_IDS) {
      const [preparation, training] = [prepareArm(base, id, 3), trainArm(base, id, 3)];
      assert.deepEqual(changeRunConfig(preparation, []), preparation, `${preset}/${id}`);
      assert.deepEqual(changeRunConfig(training, []), training, `${preset}/${id}`);
      assert.ok(training.stages.length > 0 && training.stages.every(({ kind }) => kind === 'rl'));
      assert.ok(preparation.stages.every(({ kind }) => kind !== 'rl'));
    }
  }
  const embedded = runConfigSchema.parse(PRESETS.embedded);
  const describe = (id: ArmId) =>
    JSON.stringify([prepareArm(embedded, id, 1), { ...trainArm(embedded, id, 1), run: null }]);
  // The embedded recipe pays for right answers and its prompt is the bare problem.
  const same = ARM_IDS.filter((id) => describe(id) === describe('recipe'));
  assert.deepEqual(same, ['recipe', 'uninstructed', 'reward-accuracy']);
  for (const { arms, contrasts } of Object.values(EXPERIMENTS)) {
    const named: readonly ArmId[] = arms;
    for (const { first, second } of contrasts) assert.ok(named.includes(first) && named.includes(second));
  }
});

/** A run whose last evaluation has the first of 8 problems right, and an earlier one that has none. */
function saveRun(store: RunStore, id: string, right: number): void {
  store.createRun(sample.sampleRun({ id }), [sample.sampleStage({ index: 0, id: 'rl', kind: 'rl' })]);
  const { verdict } = sample.sampleRollout();
  store.saveRollouts(
    id,
    [0, 1].flatMap((step) =>
      Array.from({ length: 8 }, (_, group) =>
        sample.sampleRollout({
          stageIndex: 0,
          step,
          group,
          purpose: 'eval',
          set: 'held',
          problem: sample.sampleProblem({ id: `p${group}` }),
          verdict: { ...verdict!, verdict: step === 1 && group < right ? 'correct' : 'incorrect' },
        }),
      ),
    ),
  );
}

test('4: a store in use', async () => {
  const options = plan('in-use', ['recipe', 'join-first'], [1, 2]);
  using _lock = acquireRunLock(options.db);
  await assert.rejects(
    runExperiment(options),
    (error) => error instanceof StoreError && error.message.includes('is in use by process'),
  );
});

test('5: results by hand', (t) => {
  const store = openThrowawayStore();
  t.after(() => store[Symbol.dispose]());
  for (const [id, right] of Object.entries({ a1: 1, a2: 2, a3: 0, b1: 6, b2: 8, b3: 7 })) saveRun(store, id, right);
  const finished = [1, 2, 3].flatMap((seed) => [
    { arm: 'no-easy' as const, seed, run: { id: `a${seed}` } },
    { arm: 'recipe' as const, seed, run: { id: `b${seed}` } },
  ]);
  const { arms, contrasts } = collectExperiment(store, EXPERIMENTS.easy, finished);
  assert.deepEqual(
    arms.map(({ arm, accuracy }) => [arm, accuracy!.mean]),
    [
      ['no-easy', 1 / 8],
      ['recipe', 7 / 8],
    ],
  );
  const [contrast] = contrasts;
  assert.deepEqual(
    contrast!.differences.map(({ difference }) => difference),
    [5 / 8, 6 / 8, 7 / 8],
  );
  // 3/4 ± t(2, .975) · (1/8) / √3: 4.302653 · .0721688 = .310517.
  assert.ok(Math.abs(contrast!.overSeeds!.low - (3 / 4 - 0.310517)) < 1e-5);
  assert.equal(contrast!.pSeeds, 0.25);
  assert.equal(contrast!.conclusion, 'higher');
  // Problem by problem over the seeds: 1/3, 2/3, then 1 four times, 2/3, 1/3.
  assert.ok(Math.abs(contrast!.overProblems!.mean - 3 / 4) < 1e-12);
  const one = collectExperiment(store, EXPERIMENTS.easy, finished.slice(0, 2));
  assert.deepEqual([one.contrasts[0]!.overSeeds, one.contrasts[0]!.conclusion], [null, 'cannot be told']);

  const sayInShort = (result: typeof one) => {
    const reported = [{ name: 'easy' as const, experiment: EXPERIMENTS.easy, result }];
    const [row] = writeExperimentMarkdown(reported, [1]).split('\n').slice(4);
    return [row, renderFindings(reported)[2]!.replace(/\s+/g, ' ').trim()];
  };
  assert.deepEqual(sayInShort({ arms, contrasts }), [
    '| easy | `recipe` against `no-easy` | held | +75.0 | +43.9 to +100.0 | 3 | holds here |',
    'easy recipe held +75.0 +43.9 to +100.0 holds here',
  ]);
  assert.deepEqual(sayInShort(one), [
    '| easy | `recipe` against `no-easy` | held | +62.5 | - | 1 | one seed |',
    'easy recipe held +62.5 - one seed',
  ]);
});
