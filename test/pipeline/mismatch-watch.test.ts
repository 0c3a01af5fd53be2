/**
 * The token with the largest mismatch of an RL step, in runs whose trainer scores one token another way:
 *  1. a token far beyond the steps before is named by rollout, segment, place, id and text, with both log-probs: the
 *     place is that token in the store
 *  2. steps that agree as the ones before are passed over, and so is what lies within rounding
 *  3. with an average out of bounds the token is named from the first step on
 *  4. a resume knows the steps before it
 *  5. an engine that cannot tell the text of a token does not end the run
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Datum } from '../../src/core/datum.ts';
import { EngineError } from '../../src/errors.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import type { Trainer } from '../../src/ports/trainer.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { openToyRun, RL, TOY_RUN, TOY_STAGES, toyPlan } from '../support/pipeline-toy-run.ts';

const PLAN = toyPlan({
  layout: 'exact',
  stages: [...TOY_STAGES.slice(0, 2), { ...RL, steps: 8, minibatches: 1, evalEvery: 0, saveEvery: 1 }],
  eval: { sets: [], temperature: 1, topP: 1 },
});

/** A target of an update by datum and position. */
interface Spot {
  readonly datum: Datum;
  readonly position: number;
}

/** The last trained target of the last datum: with paths, of a later path. */
function chooseSpot(data: readonly Datum[]): Spot {
  const datum = data.at(-1)!;
  return { datum, position: datum.advantages!.findLastIndex((advantage) => advantage !== 0) };
}

/** The trainer, with `shift` of the n-th RL update (from 1) added to what it says of one target, or of all with `everywhere`. */
function shiftOne(trainer: Trainer, shift: (update: number) => number, everywhere = false) {
  const spots: Spot[] = [];
  const shifted: Trainer = {
    ...trainer,
    forwardBackward: async (data, loss, signal) => {
      const result = await trainer.forwardBackward(data, loss, signal);
      if (loss.kind === 'cross_entropy') return result;
      const spot = chooseSpot(data);
      spots.push(spot);
      const by = shift(spots.length);
      const logprobs = result.logprobs.map((row, index) =>
        row!.map((value, k) =>
          everywhere || (data[index] === spot.datum && k === spot.position) ? value + by : value,
        ),
      );
      return { ...result, logprobs };
    },
  };
  return { trainer: shifted, spots };
}

const PLACE =
  /^warn rl step (\d+): sampler and trainer differ most, by (\S+), in the rollout of group (\d+), sample (\d+): segment (\d+) \((?:main|path \d of block \d|summary of block \d)\), token (\d+), id (\d+)(?: (".*"))?: log-prob (\S+) sampled, (\S+) trained(?:; at most (\S+) in (\d+) steps before)?$/;

/** The steps that made an update, with its largest mismatch. */
const listUpdates = ({ store }: Pick<TempRun, 'store'>) => store.listMetrics(TOY_RUN, 'mismatch/max');

const listPlaces = ({ lines }: TempRun['reporter']) =>
  lines.flatMap((line) => {
    const match = PLACE.exec(line);
    return match === null ? [] : [match.slice(1)];
  });

test('1: a token that stands out', async (t) => {
  const run = openTempRun(t, { plan: PLAN });
  const { trainer, spots } = shiftOne(run.trainer, (update) => (update === 5 ? -0.5 : 0));
  await runCurriculum({ ...run.ctx, trainer });
  const [place, ...more] = listPlaces(run.reporter);
  assert.deepEqual(more, [], `${run.reporter.lines}`);
  const [step, by, group, sample, ordinal, token, id, text, sampled, trained, before, steps] = place!;
  assert.deepEqual([Number(step), Number(by), steps], [listUpdates(run)[4]!.step, 0.5, '4']);
  assert.ok(Number(before) < 1e-6, 'the toy trainer agrees but for rounding');
  const { datum, position } = spots[4]!;
  assert.equal(Number(id), datum.targets[position]);
  assert.equal(Number(sampled), datum.logprobs![position]);
  assert.ok(Math.abs(Number(trained) - Number(sampled) + 0.5) < 1e-9);
  const rollout = run.store
    .loadRollouts(TOY_RUN, 2, 'train', Number(step))
    .find((one) => one.group === Number(group) && one.sample === Number(sample));
  const { pieces } = rollout!.trajectory!.segments[Number(ordinal)]!;
  assert.equal(pieces.flatMap(({ ids }) => ids)[Number(token)], Number(id));
  const logprobs = pieces.flatMap(({ ids, logprobs }) => ids.map((_, at) => logprobs?.[at] ?? null));
  assert.equal(Math.fround(logprobs[Number(token)]!), Math.fround(Number(sampled)));
  assert.ok(pieces.some((piece) => piece.text.includes(JSON.parse(text!))));
});

test('2: nothing stands out', async (t) => {
  for (const shift of [() => 0.01, (update: number) => (update === 5 ? 9e-5 : 0), (update: number) => 0.01 * update]) {
    const run = openTempRun(t, { plan: PLAN });
    await runCurriculum({ ...run.ctx, trainer: shiftOne(run.trainer, shift).trainer });
    assert.deepEqual(listPlaces(run.reporter), []);
    assert.ok(listUpdates(run).some(({ value }) => value! > 5e-5));
  }
});

test('3: all are off', async (t) => {
  const run = openTempRun(t, { plan: PLAN });
  await runCurriculum({ ...run.ctx, trainer: shiftOne(run.trainer, () => 0.2, true).trainer });
  const updates = listUpdates(run);
  assert.ok(updates.length > 3);
  assert.deepEqual(
    listPlaces(run.reporter).map(([step, by]) => `${step} by ${by}`),
    updates.map(({ step }) => `${step} by 0.20`),
  );
});

test('4: after a resume', async (t) => {
  const run = openTempRun(t, { plan: PLAN });
  const stop = new Error('as if killed');
  const dying = shiftOne(run.trainer, (update) => {
    if (update === 5) throw stop;
    return 0;
  });
  await assert.rejects(runCurriculum({ ...run.ctx, trainer: dying.trainer }), stop);
  using again = openToyRun({ file: run.file, world: run.world, plan: PLAN });
  const { trainer } = shiftOne(again.trainer, (update) => (update === 1 ? 0.5 : 0));
  await runCurriculum({ ...again.ctx, trainer });
  assert.deepEqual(
    listPlaces(again.reporter).map((place) => [place[0], place[11]]),
    [[String(listUpdates(again)[4]!.step), '4']],
  );
});

test('5: no text', async (t) => {
  const run = openTempRun(t, { plan: PLAN });
  const engine = {
    ...run.ctx.engine,
    detokenize: async () => {
      throw new EngineError('no route');
    },
  };
  const { trainer } = shiftOne(run.trainer, (update) => (update === 4 ? 0.5 : 0));
  await runCurriculum({ ...run.ctx, engine, trainer });
  assert.deepEqual(
    listPlaces(run.reporter).map(([step, , , , , , , text]) => [step, text]),
    [[String(listUpdates(run)[3]!.step), undefined]],
  );
});
