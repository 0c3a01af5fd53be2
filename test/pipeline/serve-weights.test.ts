/**
 * Handing weights from the trainer to the engine:
 *  1. a version is saved, recorded, loaded and looked up before its name is returned; asked again it costs nothing
 *  2. an engine that accepts weights and does not list them: RunError, nothing is sampled
 *  3. a name left over with other weights is replaced
 *  4. the version before is unloaded and deleted once the new one answers, not earlier
 *  5. everything of the run is taken off the engine, also what no list has; nothing of another run
 *  6. no two versions of a run share a name, not even those of the same step in two processes; what they have in common
 *     is told by stage and step
 *  7. an engine that lists trained weights and samples from the base model all the same is warned of once; one that
 *     samples from them, or whose weights are untrained, is not
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { EngineError, RunError } from '../../src/errors.ts';
import type { RunContext } from '../../src/pipeline/context.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import { CheckpointKeeper } from '../../src/pipeline/weights/checkpoint-keeper.ts';
import { WeightsServer } from '../../src/pipeline/weights/weights-server.ts';
import type { Engine } from '../../src/ports/engine.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { TOY_MODEL } from '../support/pipeline-toy-engine.ts';
import { TOY_RUN } from '../support/pipeline-toy-run.ts';

const startServer = (ctx: RunContext) => new WeightsServer(ctx, new CheckpointKeeper(ctx));

async function openModel(run: TempRun): Promise<TempRun> {
  await run.trainer.openModel({ baseModel: 'toy-base', rank: 8, seed: 1 }, null);
  return run;
}

test('1: serve', async (t) => {
  const { ctx, store, world } = await openModel(openTempRun(t));
  const server = startServer(ctx);
  const version = await server.serve(1, 4);
  assert.equal(version, `${TOY_RUN}-s1-4-1`);
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
    assert.match(error.message, /accepted weights toy-run-s1-4-1 but does not list them; nothing was sampled/);
    return true;
  });
  const asked = run.engine.requests.filter(({ model, n }) => model !== TOY_MODEL || n > 1);
  assert.deepEqual(asked, []);
});

test('3: a name that holds other weights', async (t) => {
  const { ctx, world } = await openModel(openTempRun(t));
  world.loaded.set(`${TOY_RUN}-s1-4-1`, { location: 'elsewhere', weights: new Map() });
  const version = await startServer(ctx).serve(1, 4);
  assert.notEqual(world.loaded.get(version)?.location, 'elsewhere');
  const refusing: Engine = {
    ...ctx.engine,
    loadWeights: () => Promise.reject(new EngineError('out of memory', { status: 500 })),
  };
  await assert.rejects(startServer({ ...ctx, engine: refusing }).serve(1, 5), /out of memory/);
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
  const server = startServer({ ...ctx, engine: watching });
  await server.serve(2, 0);
  await server.serve(2, 1);
  assert.deepEqual(seen, [[`${TOY_RUN}-s2-0-1`], [`${TOY_RUN}-s2-0-1`, `${TOY_RUN}-s2-1-2`]]);
  assert.deepEqual([...world.loaded.keys()], [`${TOY_RUN}-s2-1-2`]);
  assert.equal(world.samplers.size, 1);
});

test('5: leftovers', async (t) => {
  const { ctx, world, store } = await openModel(openTempRun(t));
  await startServer(ctx).serve(2, 0);
  const nobodys = { location: 'elsewhere', weights: new Map() };
  world.loaded.set(`${TOY_RUN}-s1-9-7`, nobodys).set('other-run-s1-9-7', nobodys);
  const fresh = startServer(ctx);
  await fresh.takeAllOff();
  assert.deepEqual([...world.loaded.keys()], ['other-run-s1-9-7']);
  assert.equal(store.listCheckpoints(TOY_RUN, 'sampler').length, 1, 'what is saved is kept to its number elsewhere');
  await fresh.takeAllOff();
});

test('6: names', async (t) => {
  const { ctx } = await openModel(openTempRun(t));
  const server = startServer(ctx);
  const names = [await server.serve(1, 12), await server.serve(11, 2)];
  // In another process, where the version before is deleted already.
  names.push(await startServer(ctx).serve(1, 12), await startServer(ctx).serve(1, 12));
  assert.equal(new Set(names).size, names.length);
  assert.equal(server.lineageOf(1, 12), `${TOY_RUN}-s1-12`);
  assert.notEqual(server.lineageOf(1, 12), server.lineageOf(11, 2));
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
  const server = startServer({ ...ignoring.ctx, engine: deaf });
  await server.serve(1, 0);
  assert.deepEqual(warnings(ignoring), [], 'untrained weights are those of the base model');
  ignoring.store.commitStep(TOY_RUN, 1, 1, {});
  await server.serve(1, 1);
  await server.serve(1, 2);
  assert.equal(warnings(ignoring).length, 1);

  // Whole weights: once they are loaded the engine answers under no other name.
  const replaced = openTempRun(t);
  const original = replaced.engine;
  const whole: Engine = {
    ...original,
    complete: (request, signal) => {
      if (replaced.world.loaded.size > 0 && request.model === TOY_MODEL) {
        return Promise.reject(new EngineError('replaced', { status: 404 }));
      }
      return original.complete({ ...request, model: TOY_MODEL }, signal);
    },
  };
  await openModel(replaced);
  replaced.store.commitStep(TOY_RUN, 1, 1, {});
  await startServer({ ...replaced.ctx, engine: whole }).serve(1, 1);
  assert.equal(warnings(replaced).length, 1);

  const heeding = openTempRun(t);
  await runCurriculum(heeding.ctx);
  assert.deepEqual(warnings(heeding), []);
});
