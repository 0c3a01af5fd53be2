/**
 * What the trainer saves for a run:
 *  1. killed at any call that saves, before or after it took effect, and resumed: at the end there is nothing at the
 *     trainer that the store does not list, and nothing on the engine
 *  2. of each stage's states, and of the weights for sampling, `keep` newest ones stay
 *  3. deletions and unloadings that fail do not end the run: each is warned of once, and tried again until it succeeds
 *  4. what never succeeds is listed at the end
 *  5. a run that is stopped while it tidies up ends with the reason of the stop
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { EngineError, TrainerError } from '../../src/errors.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import type { Trainer } from '../../src/ports/trainer.ts';
import { createKillSwitch, type KillPoint, SimulatedKill } from '../support/pipeline-faults.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { openToyRun, RL, SFT, TOY_RUN, TOY_STAGES, toyPlan } from '../support/pipeline-toy-run.ts';

const STAGES = [
  TOY_STAGES[0]!,
  { ...SFT, maxSteps: 6, saveEvery: 1, until: null },
  { ...RL, steps: 3, saveEvery: 1, evalEvery: 0, batchSize: 2, groupSize: 2 },
];
const PLAN = toyPlan({ stages: STAGES, eval: { sets: [], temperature: 1, topP: 1 } });
const keeping = (keep: number) => ({ ...PLAN, trainer: { ...PLAN.trainer, keep } });

const listPaths = ({ store }: TempRun) => store.listCheckpoints(TOY_RUN).map(({ path }) => path);
const listSaved = ({ world }: TempRun) => [...world.states.keys(), ...world.samplers.keys()];

test('1: killed while saving', async (t) => {
  const saves = ['saveState', 'saveForSampler', 'intendCheckpoint', 'saveCheckpoint'];
  for (const method of saves) {
    for (const moment of ['before', 'after'] as const) {
      let seen = 0;
      const third = (call: Parameters<KillPoint['isHere']>[0]) => call.method === method && ++seen === 3;
      const killed = openTempRun(t, { plan: PLAN, wrap: createKillSwitch({ moment, isHere: third }).wrap });
      await assert.rejects(runCurriculum(killed.ctx), SimulatedKill);
      using resumed = openToyRun({ file: killed.file, world: killed.world, plan: PLAN });
      await runCurriculum(resumed.ctx);
      assert.deepEqual(listSaved(killed).sort(), listPaths(killed).sort(), `${moment} ${method}`);
      assert.deepEqual(killed.store.listIntendedCheckpoints(TOY_RUN), []);
      assert.deepEqual([...killed.world.loaded.keys()], []);
    }
  }
});

test('2: keep', async (t) => {
  const run = openTempRun(t, { plan: keeping(2) });
  await runCurriculum(run.ctx);
  const steps = (kind: 'state' | 'sampler') =>
    run.store.listCheckpoints(TOY_RUN, kind).map(({ stageIndex, step }) => `${stageIndex}/${step}`);
  assert.deepEqual(steps('state'), ['1/5', '1/6', '2/2', '2/3']);
  assert.deepEqual(steps('sampler'), ['2/1', '2/2']);
  assert.deepEqual(listSaved(run).sort(), listPaths(run).sort());
});

/** A trainer that does not delete before its `good`-th try. */
function reluctant(trainer: Trainer, good: number): Trainer & { readonly tried: string[] } {
  const tried: string[] = [];
  return {
    ...trainer,
    tried,
    deleteSaved: async (path, signal) => {
      tried.push(path);
      if (tried.length < good) throw new TrainerError('DELETE: HTTP 500: disk', { status: 500, retryable: true });
      await trainer.deleteSaved(path, signal);
    },
  };
}

test('3: what fails is done later', async (t) => {
  const run = openTempRun(t, { plan: PLAN });
  const trainer = reluctant(run.trainer, 4);
  let refused = 0;
  const engine = {
    ...run.ctx.engine,
    unloadWeights: async (version: string) => {
      refused += 1;
      if (refused === 1) throw new EngineError('unload: HTTP 400: busy', { status: 400 });
      await run.ctx.engine.unloadWeights(version);
    },
  };
  await runCurriculum({ ...run.ctx, trainer, engine });
  assert.deepEqual(listSaved(run).sort(), listPaths(run).sort());
  assert.deepEqual([...run.world.loaded.keys()], []);
  const warnings = run.reporter.lines.filter((line) => line.includes('is tried again later'));
  assert.ok(warnings.some((line) => line.includes('deleting')) && warnings.some((line) => line.includes('unloading')));
  assert.equal(new Set(warnings).size, warnings.length, 'each is told once');
  assert.ok(!run.reporter.lines.some((line) => line.includes('of no consequence')));
});

test('4: what is left', async (t) => {
  const run = openTempRun(t, { plan: PLAN });
  const trainer = reluctant(run.trainer, Number.POSITIVE_INFINITY);
  await runCurriculum({ ...run.ctx, trainer });
  const last = run.reporter.lines.at(-1)!;
  assert.match(last, /^warn not done, and of no consequence for the run: deleting toy:.*HTTP 500: disk/);
  for (const path of listSaved(run)) assert.ok(listPaths(run).includes(path), 'not marked as deleted');
  // Those of 5 states of SFT, 2 of RL and 2 of 3 weights that are not kept.
  assert.equal(new Set(trainer.tried).size, 9);
});

test('5: stopped', async (t) => {
  const stop = new AbortController();
  const run = openTempRun(t, { plan: PLAN, signal: stop.signal });
  const trainer: Trainer = {
    ...run.trainer,
    deleteSaved: async () => {
      stop.abort(new Error('Ctrl-C'));
      throw new TrainerError('aborted');
    },
  };
  await assert.rejects(runCurriculum({ ...run.ctx, trainer }), /Ctrl-C/);
});
