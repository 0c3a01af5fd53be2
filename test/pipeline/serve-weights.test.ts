/**
 * Handing weights from the trainer to the engine:
 *  1. a version is saved, recorded, loaded and looked up before its name is returned; asked again it costs nothing
 *  2. an engine that accepts weights and does not list them: RunError, nothing is sampled
 *  3. a name left over with other weights is replaced
 *  4. the version before is unloaded and deleted once the new one answers, not earlier
 *  5. leftovers of an earlier process are removed
 *  6. two runs and two stages never share a version name
 *  7. an engine that lists trained weights and samples from the base model all the same is warned of once; one that
 *     samples from them, or whose weights are untrained, is not
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { EngineError, RunError } from '../../src/errors.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import { WeightsServer } from '../../src/pipeline/weights/weights-server.ts';
import type { Engine } from '../../src/ports/engine.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { TOY_MODEL } from '../support/pipeline-toy-engine.ts';
import { TOY_RUN } from '../support/pipeline-toy-run.ts';

async function openModel(run: TempRun): Promise<TempRun> {
  await run.trainer.openModel({ baseModel: 'toy-base', rank: 8, seed: 1 }, null);
  return run;
}

test('1: serve', async (t) => {
  const { ctx, store, world } = await openModel(openTempRun(t));
  const server = new WeightsServer(ctx);
  const version = await server.serve(1, 4);
  assert.equal(version, `${TOY_RUN}-s1-4`);
  assert.equal(world.loaded.get(version)?.location, store.listCheckpoints(TOY_RUN, 'sampler')[0]?.path);
  const before = world.samplers.get([...world.samplers.keys()][0]!);
  assert.equal(await server.serve(1, 4), version);
  assert.equal(world.samplers.size, 1);
  assert.equal(world.samplers.get([...world.samplers.keys()][0]!), before, 'not saved again');
});

test('2: accepted and not listed', async (t) => {
  const run = openTempRun(t);
  const deaf: Engine = { ...run.engine, loadWeights: async () => undefined };
  await assert.rejects(runCurriculum({ ...run.ctx, engine: deaf }), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /accepted weights toy-run-s1-4 but does not list them; nothing was sampled/);
    return true;
  });
  assert.equal(run.engine.requests.length, 0);
});

test('3: a name that holds other weights', async (t) => {
  const { ctx, world } = await openModel(openTempRun(t));
  world.loaded.set(`${TOY_RUN}-s1-4`, { location: 'elsewhere', weights: new Map() });
  const version = await new WeightsServer(ctx).serve(1, 4);
  assert.notEqual(world.loaded.get(version)?.location, 'elsewhere');
  const refusing: Engine = {
    ...ctx.engine,
    loadWeights: () => Promise.reject(new EngineError('out of memory', { status: 500 })),
  };
  await assert.rejects(new WeightsServer({ ...ctx, engine: refusing }).serve(1, 5), /out of memory/);
});

test('4: the version before goes last', async (t) => {
  const { ctx, world, engine } = await openModel(openTempRun(t));
  const seen: string[][] = [];
  const watching: Engine = {
    ...engine,
    listModels: async () => {
      const models = await engine.listModels();
      seen.push(models.map(({ id }) => id).filter((id) => id.startsWith(TOY_RUN)));
      return models;
    },
  };
  const server = new WeightsServer({ ...ctx, engine: watching });
  await server.serve(2, 0);
  await server.serve(2, 1);
  assert.deepEqual(seen, [[`${TOY_RUN}-s2-0`], [`${TOY_RUN}-s2-0`, `${TOY_RUN}-s2-1`]]);
  assert.deepEqual([...world.loaded.keys()], [`${TOY_RUN}-s2-1`]);
  assert.equal(world.samplers.size, 1);
});

test('5: leftovers', async (t) => {
  const { ctx, world, store } = await openModel(openTempRun(t));
  await new WeightsServer(ctx).serve(2, 0);
  const fresh = new WeightsServer(ctx);
  await fresh.retireLeftovers();
  assert.equal(world.loaded.size, 0);
  assert.equal(world.samplers.size, 0);
  assert.deepEqual(store.listCheckpoints(TOY_RUN, 'sampler'), []);
  await fresh.retireLeftovers();
});

test('6: names', (t) => {
  const { ctx } = openTempRun(t);
  const names = [
    new WeightsServer(ctx).versionOf(1, 12),
    new WeightsServer(ctx).versionOf(11, 2),
    new WeightsServer({ ...ctx, runId: 'other' }).versionOf(1, 12),
  ];
  assert.equal(new Set(names).size, names.length);
});

test('7: an engine that ignores weights', async (t) => {
  const ignoring = openTempRun(t);
  const { complete } = ignoring.engine;
  const deaf: Engine = {
    ...ignoring.engine,
    complete: (request, signal) => complete({ ...request, model: TOY_MODEL }, signal),
  };
  const warnings = (run: TempRun) => run.reporter.lines.filter((line) => line.includes('seems to ignore them'));
  await openModel(ignoring);
  const server = new WeightsServer({ ...ignoring.ctx, engine: deaf });
  await server.serve(1, 0);
  assert.deepEqual(warnings(ignoring), [], 'untrained weights are those of the base model');
  ignoring.store.commitStep(TOY_RUN, 1, 1, {});
  await server.serve(1, 1);
  await server.serve(1, 2);
  assert.equal(warnings(ignoring).length, 1);

  const heeding = openTempRun(t);
  await runCurriculum(heeding.ctx);
  assert.deepEqual(warnings(heeding), []);
});
