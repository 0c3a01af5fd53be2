/**
 * A trainer that diverges:
 *  1. log-probs that are no numbers, or a loss that is none, in SFT and in RL: the run stops and names stage and step; the step is not committed,
 *     nothing of it is saved or served
 *  2. a gradient norm that is no number, and weights that are whole afterwards: stored as NaN, warned of, the run goes on
 *  3. a gradient norm that is no number, or none at all, and weights that are broken: the run stops before they are saved
 *  4. positions that are not trained may hold anything
 *  5. a gradient norm that is a number costs no further request
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { SftStage } from '../../src/core/curriculum.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import { DivergedError } from '../../src/pipeline/weights/divergence.ts';
import type { ForwardResult, Trainer } from '../../src/ports/trainer.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { RL, SFT, TOY_RUN, TOY_STAGES, toyPlan } from '../support/pipeline-toy-run.ts';

const SHORT_SFT: SftStage = { ...SFT, maxSteps: 6, saveEvery: 1, until: null };
const PLAN = toyPlan({
  stages: [TOY_STAGES[0]!, SHORT_SFT, { ...RL, steps: 3, saveEvery: 1, minibatches: 1 }],
  eval: { sets: [], temperature: 1, topP: 1 },
});

const spoil = ({ logprobs, metrics }: ForwardResult): ForwardResult => ({
  metrics,
  logprobs: logprobs.map((row) => row?.map(() => Number.NaN) ?? null),
});

interface Spoiled {
  readonly trainer: Trainer;
  readonly forwards: () => number;
}

/** What becomes of the trainer's answers from its `from`-th update on. */
function spoiling(
  run: TempRun,
  from: number,
  over: { norm?: number | null; pass?: boolean; look?: boolean; loss?: number },
): Spoiled {
  let updates = 0;
  let forwards = 0;
  const { norm, pass = false, look = false, loss: told } = over;
  const trainer: Trainer = {
    ...run.trainer,
    forward: async (data, signal) => {
      forwards += 1;
      const result = await run.trainer.forward(data, signal);
      return look && updates >= from ? spoil(result) : result;
    },
    forwardBackward: async (data, loss, signal) => {
      const number = updates + 1;
      const result = await run.trainer.forwardBackward(data, loss, signal);
      if (told !== undefined && number >= from) return { ...result, metrics: { 'loss:sum': told } };
      return pass && number >= from ? spoil(result) : result;
    },
    optimStep: async (adam, signal) => {
      updates += 1;
      const metrics = await run.trainer.optimStep(adam, signal);
      if (updates < from || norm === undefined) return metrics;
      return norm === null ? {} : { 'grad_norm:max': norm };
    },
  };
  return { trainer, forwards: () => forwards };
}

async function assertStops(run: TempRun, { trainer }: Spoiled, where: string, stageIndex: number, step: number) {
  await assert.rejects(runCurriculum({ ...run.ctx, trainer }), (error) => {
    assert.ok(error instanceof DivergedError);
    assert.ok(error.message.startsWith(`${where}: the trainer diverged`), error.message);
    return true;
  });
  assert.equal(run.store.lastStep(TOY_RUN, stageIndex), step - 1);
  const saved = run.store.listCheckpoints(TOY_RUN).filter((one) => one.stageIndex === stageIndex && one.step >= step);
  assert.deepEqual(saved, []);
}

test('1: log-probs', async (t) => {
  const sft = openTempRun(t, { plan: PLAN });
  await assertStops(sft, spoiling(sft, 3, { pass: true }), 'stage sft step 3', 1, 3);
  const rl = openTempRun(t, { plan: PLAN });
  await assertStops(rl, spoiling(rl, 8, { pass: true }), 'stage rl step 2', 2, 2);
  for (const loss of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const told = openTempRun(t, { plan: PLAN });
    await assertStops(told, spoiling(told, 3, { loss }), 'stage sft step 3', 1, 3);
  }
});

test('2: only the norm', async (t) => {
  const run = openTempRun(t, { plan: PLAN });
  await runCurriculum({ ...run.ctx, trainer: spoiling(run, 6, { norm: Number.NaN }).trainer });
  const norms = run.store.listMetrics(TOY_RUN, 'train/grad_norm').map(({ stageIndex, value }) => [stageIndex, value]);
  assert.deepEqual(norms.slice(5, 9), [
    [1, Number.NaN],
    [2, Number.NaN],
    [2, Number.NaN],
    [2, Number.NaN],
  ]);
  assert.ok(run.reporter.lines.some((line) => /^warn stage sft step 6: .* gradient norm of NaN/.test(line)));
});

test('3: the norm and the weights', async (t) => {
  for (const norm of [Number.NaN, Number.POSITIVE_INFINITY, null]) {
    const run = openTempRun(t, { plan: PLAN });
    await assertStops(run, spoiling(run, 4, { norm, look: true }), 'stage sft step 4', 1, 4);
  }
});

test('4: what is not trained', async (t) => {
  const run = openTempRun(t, { plan: PLAN });
  const trainer: Trainer = {
    ...run.trainer,
    forwardBackward: async (data, loss, signal) => {
      const { logprobs, metrics } = await run.trainer.forwardBackward(data, loss, signal);
      const isMasked = (datum: number, i: number) => (data[datum]!.weights ?? data[datum]!.advantages)![i] === 0;
      return {
        metrics,
        logprobs: logprobs.map((row, d) => row?.map((p, i) => (isMasked(d, i) ? Number.NaN : p)) ?? null),
      };
    },
  };
  await runCurriculum({ ...run.ctx, trainer });
  assert.equal(run.store.lastStep(TOY_RUN, 2), 3);
});

test('5: no further request', async (t) => {
  const run = openTempRun(t, { plan: PLAN });
  const { trainer, forwards } = spoiling(run, 1, {});
  await runCurriculum({ ...run.ctx, trainer });
  assert.equal(forwards(), 0);
});
