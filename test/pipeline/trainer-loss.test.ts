/**
 * The trainer dies while a run goes on, in the same process:
 *  1. at any operation of any stage, before or after it took effect: a model is opened from the last saved state, the
 *     stored steps since are repeated, and the run ends exactly as without the death
 *  2. the repeated steps ask the engine for nothing
 *  3. a trainer that is down for a while is waited for, which is told; one that stays down ends the run after the stated time
 *  4. without patience the first death ends the run
 *  5. a trainer that dies again and again without a new step ends the run; deaths with steps between do not
 *  6. what the trainer refuses is refused: the run ends at once
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { CurriculumPlan } from '../../src/core/curriculum.ts';
import { TrainerError } from '../../src/errors.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import type { Trainer } from '../../src/ports/trainer.ts';
import { digestRun } from '../support/pipeline-record.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { RL, SFT, TOY_REF, TOY_RUN, TOY_STAGES, toyPlan } from '../support/pipeline-toy-run.ts';

const patient = (plan: CurriculumPlan, patienceMs = 1_000): CurriculumPlan => ({
  ...plan,
  trainer: { ...plan.trainer, patienceMs },
});
const HELD = { problems: [{ ...TOY_REF, limit: 1 }], samples: 1 };
const PLAN = patient(
  toyPlan({
    stages: [
      TOY_STAGES[0]!,
      { ...SFT, maxSteps: 5, until: null },
      { ...RL, steps: 5, batchSize: 2, groupSize: 2, evalEvery: 0, gate: { ...HELD, minAccuracy: 0, onFail: 'stop' } },
      TOY_STAGES[3]!,
    ],
    eval: { sets: [{ name: 'held', ...HELD }], temperature: 1, topP: 1 },
  }),
);

const OPERATIONS = ['openModel', 'forwardBackward', 'optimStep', 'saveState', 'saveForSampler'] as const;
type Operation = (typeof OPERATIONS)[number];

/** The moment a trainer dies: at its so-manieth call of an operation, before it is done or after. */
interface Death {
  readonly operation: Operation;
  readonly call: number;
  readonly moment: 'before' | 'after';
}

interface Mortal {
  readonly trainer: Trainer;
  readonly deaths: () => number;
  readonly calls: ReadonlyMap<Operation, number>;
}

/** A trainer whose open model is gone after a death, and which answers again when a model is opened `downFor` tries later. */
function mortal(inner: Trainer, isDeath: (at: Death) => boolean, downFor = 0): Mortal {
  const calls = new Map<Operation, number>();
  let deaths = 0;
  let isModelGone = false;
  let down = 0;
  const gone = () => new TrainerError('Model m1 not found', { status: 404 });
  const wrap = (operation: Operation) => {
    const call = (calls.get(operation) ?? 0) + 1;
    calls.set(operation, call);
    return (moment: Death['moment']) => {
      if (!isDeath({ operation, call, moment })) return;
      deaths += 1;
      isModelGone = true;
      down = downFor;
      throw new TrainerError('the trainer gave no answer', { retryable: true });
    };
  };
  const through = async <T>(operation: Operation, work: () => Promise<T>): Promise<T> => {
    if (operation === 'openModel' && down > 0) {
      down -= 1;
      throw new TrainerError('connect ECONNREFUSED', { retryable: true, unsent: true });
    }
    if (operation !== 'openModel' && isModelGone) throw gone();
    const dieWhenDue = wrap(operation);
    if (operation === 'openModel') isModelGone = false;
    dieWhenDue('before');
    const result = await work();
    dieWhenDue('after');
    return result;
  };
  const trainer: Trainer = {
    ...inner,
    openModel: (spec, from, signal) => through('openModel', () => inner.openModel(spec, from, signal)),
    forwardBackward: (data, loss, signal) =>
      through('forwardBackward', () => inner.forwardBackward(data, loss, signal)),
    optimStep: (adam, signal) => through('optimStep', () => inner.optimStep(adam, signal)),
    saveState: (name, signal) => through('saveState', () => inner.saveState(name, signal)),
    saveForSampler: (name, signal) => through('saveForSampler', () => inner.saveForSampler(name, signal)),
  };
  return { trainer, deaths: () => deaths, calls };
}

const never = () => false;
const at =
  (operation: Operation, call: number, moment: Death['moment'] = 'after') =>
  (death: Death) =>
    death.operation === operation && death.call === call && death.moment === moment;

async function runWith(run: TempRun, { trainer }: Mortal): Promise<void> {
  await runCurriculum({ ...run.ctx, trainer });
}

test('1: any operation', async (t) => {
  const whole = openTempRun(t, { plan: PLAN });
  const counted = mortal(whole.trainer, never);
  await runWith(whole, counted);
  const wanted = digestRun(whole.store, whole.world);
  for (const operation of OPERATIONS) {
    const count = counted.calls.get(operation)!;
    for (let call = 1; call <= count; call += operation.startsWith('save') ? 1 : 2) {
      for (const moment of ['before', 'after'] as const) {
        const run = openTempRun(t, { plan: PLAN });
        const dying = mortal(run.trainer, at(operation, call, moment), 2);
        await runWith(run, dying);
        assert.equal(dying.deaths(), 1);
        assert.deepEqual(digestRun(run.store, run.world), wanted, `${moment} ${operation} ${call}`);
        const saved = run.store.listCheckpoints(TOY_RUN).map(({ path }) => path);
        assert.deepEqual([...run.world.states.keys(), ...run.world.samplers.keys()].sort(), saved.sort());
      }
    }
  }
});

test('2: nothing is generated again', async (t) => {
  const whole = openTempRun(t, { plan: PLAN });
  await runWith(whole, mortal(whole.trainer, never));
  const run = openTempRun(t, { plan: PLAN });
  // The fifth step of RL, two after the last saved state.
  const updates = 5 + 2 * 4 + 1;
  await runWith(run, mortal(run.trainer, at('optimStep', updates)));
  const ask = ({ engine }: TempRun) => engine.requests.filter(({ n }) => n > 1).length;
  assert.equal(ask(run), ask(whole));
});

test('3: waiting', async (t) => {
  const run = openTempRun(t, { plan: PLAN });
  await runWith(run, mortal(run.trainer, at('optimStep', 3), 5));
  const told = run.reporter.lines.filter((line) => line.includes('waiting up to 1 s for trainer toy:trainer'));
  assert.equal(told.length, 1);
  assert.ok(run.reporter.lines.some((line) => /^warn sft: .*the stored steps since are repeated$/.test(line)));

  const lost = openTempRun(t, { plan: PLAN });
  await assert.rejects(runWith(lost, mortal(lost.trainer, at('optimStep', 3), 1e6)), /ECONNREFUSED/);
});

test('4: without patience', async (t) => {
  const run = openTempRun(t, { plan: patient(PLAN, 0) });
  const dying = mortal(run.trainer, at('optimStep', 3));
  await assert.rejects(runWith(run, dying), /gave no answer/);
  // Once to see that it can be opened, and once to train it.
  assert.equal(dying.calls.get('openModel'), 2);
});

test('5: again and again', async (t) => {
  const run = openTempRun(t, { plan: PLAN });
  const dying = mortal(run.trainer, ({ operation, moment }) => operation === 'saveState' && moment === 'before');
  await assert.rejects(runWith(run, dying), /gave no answer/);
  assert.equal(dying.deaths(), 6);

  const stages = PLAN.stages.map((stage) => ('saveEvery' in stage ? { ...stage, saveEvery: 1 } : stage));
  const moving = openTempRun(t, { plan: { ...PLAN, stages } });
  const often = mortal(moving.trainer, ({ operation, call, moment }) => {
    return operation === 'optimStep' && call % 3 === 0 && moment === 'after';
  });
  await runWith(moving, often);
  assert.ok(often.deaths() > 5, `${often.deaths()} deaths`);
});

test('6: a refusal', async (t) => {
  const run = openTempRun(t, { plan: PLAN });
  let asked = 0;
  const trainer: Trainer = {
    ...run.trainer,
    optimStep: () => {
      asked += 1;
      return Promise.reject(new TrainerError('HTTP 422: learning_rate', { status: 422 }));
    },
  };
  await assert.rejects(runCurriculum({ ...run.ctx, trainer }), /422/);
  assert.equal(asked, 1);
});
