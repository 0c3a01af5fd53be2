/**
 * The watchdog over rewards that are earned without work:
 *  1. steady and healthy histories, short ones and ones without blocks raise nothing
 *  2. hollow blocks, duplicate, agreement and length collapse: the figure falls while the bonus grows
 *  3. a fall without a growing bonus is none of these; blocks that vanish are told by themselves
 *  4. a slow decline over many windows is seen
 *  5. bounds move what is seen
 *  6. in a run: each sign warns once, with stage and step; `stop` ends the run after the step; `off` says nothing
 *  7. a resumed stage knows the steps before
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { DEFAULT_WATCHDOG } from '../../src/core/curriculum.ts';
import { CollapseError, findCollapses, Watchdog } from '../../src/pipeline/rl/watchdog.ts';
import type { SamplingRun } from '../../src/pipeline/stage-run.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';
import { RL, TOY_RUN, toyPlan } from '../support/pipeline-toy-run.ts';

const STEPS = 40;

/** Figures by key, each as a function of the step. */
type Curves = Readonly<Record<string, (step: number) => number>>;

const HEALTHY: Curves = {
  'reward/bonus_fraction': (step) => 0.3 + 0.01 * step,
  'rollout/parallel_fraction': (step) => 0.5 + 0.01 * step,
  'parallel/effective_fraction': (step) => 0.4 + 0.01 * step,
  'parallel/path_distance': () => 0.8,
  'parallel/disagreement_fraction': () => 0.3,
  'parallel/path_words': (step) => 30 + (step % 7),
};

function historyOf(curves: Curves, steps = STEPS) {
  return new Map(
    Object.entries(curves).map(([key, curve]) => {
      const values: number[] = [];
      for (let step = 1; step <= steps; step += 1) values[step] = curve(step);
      return [key, values];
    }),
  );
}

const namesOf = (curves: Curves, steps?: number, settings = DEFAULT_WATCHDOG) =>
  findCollapses(historyOf(curves, steps), settings).map(({ name }) => name);

test('1: nothing', () => {
  assert.deepEqual(namesOf(HEALTHY), []);
  assert.deepEqual(namesOf({}), []);
  assert.deepEqual(namesOf({ ...HEALTHY, 'parallel/path_distance': () => 0 }), []);
  const falling = { ...HEALTHY, 'parallel/path_distance': (step: number) => 1 / step };
  assert.deepEqual(namesOf(falling, 15), [], 'fewer than two windows');
});

test('2: figures that fall while the bonus grows', () => {
  const kinds = {
    'hollow blocks': 'parallel/effective_fraction',
    'duplicate collapse': 'parallel/path_distance',
    'agreement collapse': 'parallel/disagreement_fraction',
    'shrinking paths': 'parallel/path_words',
  };
  for (const [name, key] of Object.entries(kinds)) {
    const curves = { ...HEALTHY, [key]: (step: number) => (step > 25 ? 0.1 : 0.9) };
    assert.deepEqual(namesOf(curves), [name]);
    const [collapse] = findCollapses(historyOf(curves), DEFAULT_WATCHDOG);
    assert.match(
      collapse!.message,
      new RegExp(`^${name}: ${key} fell from 0\\.90 \\(steps \\d+ to \\d+\\) to 0\\.10 while`),
    );
    assert.match(collapse!.message, /bonus_fraction grew from 0\.\d+ to 0\.\d+: /);
  }
});

test('3: without a growing bonus', () => {
  const flat = { ...HEALTHY, 'reward/bonus_fraction': () => 0.5 };
  assert.deepEqual(namesOf({ ...flat, 'parallel/path_distance': (step) => (step > 25 ? 0.1 : 0.9) }), []);
  const { 'reward/bonus_fraction': _, ...unpaid } = HEALTHY;
  assert.deepEqual(namesOf({ ...unpaid, 'rollout/parallel_fraction': (step) => (step > 20 ? 0.05 : 0.7) }), [
    'serial collapse',
  ]);
});

test('4: slowly', () => {
  const curves = { ...HEALTHY, 'parallel/path_distance': (step: number) => 0.9 - 0.004 * step };
  assert.deepEqual(namesOf(curves, 40), []);
  assert.deepEqual(namesOf(curves, 100), ['duplicate collapse']);
});

test('5: bounds', () => {
  const curves = { ...HEALTHY, 'parallel/path_distance': (step: number) => (step > 30 ? 0.6 : 0.8) };
  assert.deepEqual(namesOf(curves), []);
  assert.deepEqual(namesOf(curves, STEPS, { ...DEFAULT_WATCHDOG, minFall: 0.2 }), ['duplicate collapse']);
  assert.deepEqual(namesOf(curves, STEPS, { ...DEFAULT_WATCHDOG, minFall: 0.2, minGrowth: 0.9 }), []);
  assert.deepEqual(namesOf(curves, STEPS, { ...DEFAULT_WATCHDOG, minFall: 0.2, window: 21 }), []);
});

const COLLAPSING: Curves = { ...HEALTHY, 'parallel/path_distance': (step) => (step > 25 ? 0.1 : 0.9) };
const figuresAt = (curves: Curves, step: number) =>
  Object.fromEntries(Object.entries(curves).map(([key, curve]) => [key, curve(step)]));

function watch(t: Parameters<typeof openTempRun>[0], action: 'off' | 'warn' | 'stop') {
  const plan = toyPlan({ stages: [RL], watchdog: { ...DEFAULT_WATCHDOG, action } });
  const { ctx, reporter, store } = openTempRun(t, { plan });
  const run = { ctx, stage: RL, index: 0 } as unknown as SamplingRun<typeof RL>;
  return { run, store, warnings: () => reporter.lines.filter((line) => line.startsWith('warn')) };
}

function watchSteps(watchdog: Watchdog, from: number): void {
  for (let step = from; step <= STEPS; step += 1) watchdog.look(step, figuresAt(COLLAPSING, step));
}

test('6: in a run', (t) => {
  const warned = watch(t, 'warn');
  watchSteps(new Watchdog(warned.run), 1);
  assert.equal(warned.warnings().length, 1);
  assert.match(warned.warnings()[0]!, /^warn rl step 29: duplicate collapse: /);
  const quiet = watch(t, 'off');
  watchSteps(new Watchdog(quiet.run), 1);
  assert.deepEqual(quiet.warnings(), []);
  const stopped = watch(t, 'stop');
  assert.throws(
    () => watchSteps(new Watchdog(stopped.run), 1),
    (error: Error) => error instanceof CollapseError && error.message.endsWith('resume --watchdog warn'),
  );
});

test('7: resumed', (t) => {
  const { run, store, warnings } = watch(t, 'warn');
  for (let step = 1; step <= 28; step += 1) store.commitStep(TOY_RUN, 0, step, figuresAt(COLLAPSING, step));
  watchSteps(new Watchdog(run), 29);
  assert.match(warnings()[0]!, /^warn rl step 29: duplicate collapse: /);
});
