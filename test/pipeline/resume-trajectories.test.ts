/**
 * Resuming inside a trajectory (SQLite store, an engine that counts):
 *  1. killed at every call to engine and store in turn, before it and after it took effect, and run again: the rollouts
 *     of the uninterrupted run, bit for bit, and no completion is asked for whose answer was stored
 *  2. the same where paths are joined early: a stored join stands, whichever path would be first in the second process;
 *     paths that were given up come back from the store without pieces
 *  3. killed again and again, each process answered one call more: every call is answered once
 *  4. when the groups are stored no answer is left behind, and none of another weights version is used
 *  5. log-probs that JSON cannot say (-0, NaN) come back as they were
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import type { RolloutSettings } from '../../src/core/curriculum.ts';
import { bindTokenizer } from '../../src/pipeline/engine/tokenizer.ts';
import { AnswerLog } from '../../src/pipeline/rollout/answer-log.ts';
import { rollOutStep } from '../../src/pipeline/rollout/roll-out-step.ts';
import { askEngine } from '../../src/pipeline/rollout/trajectory-calls.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import { createForkingEngine, type ForkingEngine, readToyAnswers } from '../support/forking-engine.ts';
import { createKillSwitch, type KillPoint, SimulatedKill } from '../support/pipeline-faults.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';
import { TOY_MODEL } from '../support/pipeline-toy-engine.ts';
import { openToyRun, RL, TOY_PROBLEMS, TOY_RUN, teachSums, toyPlan } from '../support/pipeline-toy-run.ts';
import { createToyWorld } from '../support/pipeline-toy-world.ts';

const PROBLEMS = TOY_PROBLEMS.slice(0, 2);
const SIZE = 2;

const ROLLOUT: RolloutSettings = {
  ...toyPlan().rollout,
  ...{ paths: 3, maxBlocks: 2, maxResponseTokens: 80, pathLabels: null, duplicatePaths: 'reseed' },
};

const folder = mkdtempSync(join(tmpdir(), 'resume-trajectories-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

interface ProcessOptions {
  readonly file: string;
  readonly rollout: RolloutSettings;
  readonly point?: KillPoint | null;
  readonly version?: string;
}

/** One process that rolls out a step, to its end or its death. */
async function runProcess({ file, rollout, point = null, version = TOY_MODEL }: ProcessOptions) {
  const killSwitch = createKillSwitch(point);
  const engine = createForkingEngine();
  using run = openToyRun({
    file,
    world: createToyWorld(teachSums),
    plan: toyPlan({ rollout, engine: { ...toyPlan().engine, maxInFlight: 64 } }),
    wrap: (target, name) =>
      killSwitch.wrap(name === 'engine' ? { ...target, complete: engine.complete } : target, name),
  });
  let died = false;
  try {
    const weights = { serve: async () => version, lineageOf: () => version };
    const binding = await bindTokenizer(run.ctx);
    await rollOutStep(
      { ctx: run.ctx, stage: RL, index: 2, binding, weights },
      {
        ...{ purpose: 'train', step: 1, weightsStep: 0, reward: { kind: 'accuracy' }, temperature: 1, topP: 1 },
        groups: PROBLEMS.map((problem) => ({ problem, size: SIZE })),
      },
    );
  } catch (error) {
    if (!(error instanceof SimulatedKill)) throw error;
    died = true;
    // What was in flight at the death ends before the file is opened again.
    await engine.rest();
  }
  return { died, calls: killSwitch.calls, engine, stored: readStored(run.store), rollouts: readRollouts(run.store) };
}

function readRollouts(store: RunStore) {
  return store.loadRollouts(TOY_RUN, 2, 'train', 1).map(({ durationMs: _, ...rollout }) => rollout);
}

/** Seeds of the calls whose answers are in the store, and the joins that are. */
function readStored(store: RunStore): { seeds: Set<number>; joins: Map<string, number[]> } {
  const segments = readRollouts(store).flatMap(({ trajectory }) => trajectory?.segments ?? []);
  const seeds = new Set(segments.flatMap(({ stop, seed }) => (stop === 'abort' ? [] : [seed!])));
  const joins = new Map<string, number[]>();
  PROBLEMS.forEach((_, group) => {
    const answers = readToyAnswers(store, ['rollout', 'train', 1, group, TOY_MODEL]);
    for (const seed of answers.seeds) seeds.add(seed);
    for (const [name, joined] of answers.joins) joins.set(`${group} ${name}`, joined);
  });
  return { seeds, joins };
}

const newFile = () => join(folder, `${files++}.db`);

/** Joined paths per group, sample and block, as the stored decisions name them. */
function listJoins(rollouts: ReturnType<typeof readRollouts>): Map<string, number[]> {
  const joins = new Map<string, number[]>();
  for (const { group, sample, trajectory } of rollouts) {
    for (const { role, block, path, stop } of trajectory?.segments ?? []) {
      const name = `${group} ${sample} join ${block}`;
      if (role === 'path' && stop !== 'abort') joins.set(name, [...(joins.get(name) ?? []), path]);
    }
  }
  return new Map([...joins].map(([name, paths]) => [name, paths.toSorted()]));
}

/** Kills at every call, before and after it, resumes, and hands what both processes left to `check`. */
async function killEverywhere(
  rollout: RolloutSettings,
  check: (resumed: Awaited<ReturnType<typeof runProcess>>, stored: ReturnType<typeof readStored>, at: string) => void,
): Promise<number> {
  const { calls } = await runProcess({ file: newFile(), rollout });
  for (let index = 1; index <= calls; index += 1) {
    for (const moment of ['before', 'after'] as const) {
      const file = newFile();
      const isHere: KillPoint['isHere'] = (call) => call.index === index;
      const killed = await runProcess({ file, rollout, point: { moment, isHere } });
      // Early joins change how many calls are made after them.
      if (!killed.died && rollout.join?.kind === 'quorum') continue;
      assert.ok(killed.died, `call ${index} is reached`);
      const resumed = await runProcess({ file, rollout });
      assert.deepEqual(askedOf(resumed.engine, killed.stored.seeds), [], `asked again, killed ${moment} call ${index}`);
      assert.deepEqual(resumed.stored.joins.size, 0);
      check(resumed, killed.stored, `killed ${moment} call ${index}`);
      rmSync(file, { force: true });
    }
  }
  return calls;
}

function askedOf(engine: ForkingEngine, seeds: ReadonlySet<number>): number[] {
  return engine.requests.map(({ seed }) => seed).filter((seed) => seeds.has(seed));
}

test('1: every call', async () => {
  const whole = await runProcess({ file: newFile(), rollout: ROLLOUT });
  const segments = whole.rollouts.flatMap(({ trajectory }) => trajectory!.segments);
  assert.ok(segments.filter(({ role }) => role === 'path').length >= 12, 'there are blocks');
  assert.ok(segments.some(({ flags }) => flags.includes('reseeded_path')));
  let saved = 0;
  const calls = await killEverywhere(ROLLOUT, (resumed, stored, at) => {
    assert.deepEqual(resumed.rollouts, whole.rollouts, at);
    saved += stored.seeds.size;
  });
  assert.ok(calls > 60 && saved > 1000, `${calls} calls, ${saved} answers kept`);
});

test('2: early joins', async () => {
  const rollout: RolloutSettings = { ...ROLLOUT, maxBlocks: 1, join: { kind: 'quorum', count: 2 } };
  let decisions = 0;
  await killEverywhere(rollout, (resumed, stored, at) => {
    const joins = listJoins(resumed.rollouts);
    assert.ok([...joins.values()].every((paths) => paths.length === 2));
    const segments = resumed.rollouts.flatMap(({ trajectory }) => trajectory!.segments);
    const givenUp = segments.filter(({ stop }) => stop === 'abort');
    assert.deepEqual([givenUp.length, givenUp.flatMap(({ pieces }) => pieces)], [joins.size, []]);
    for (const [name, joined] of stored.joins) assert.deepEqual(joins.get(name), joined, `${name}, ${at}`);
    decisions += stored.joins.size;
  });
  assert.ok(decisions > 10, `${decisions} decisions kept`);
});

test('3: one more call per process', async () => {
  const file = newFile();
  const answered: number[] = [];
  let deaths = 0;
  for (;;) {
    // Dies as soon as the first new answer of the process is stored.
    const point: KillPoint = { moment: 'after', isHere: ({ method }) => method === 'saveTogether' };
    const { died, engine, stored } = await runProcess({ file, rollout: ROLLOUT, point });
    assert.deepEqual(askedOf(engine, new Set(answered)), []);
    answered.splice(0, answered.length, ...stored.seeds);
    if (!died) break;
    deaths += 1;
  }
  assert.ok(deaths > 8, `${deaths} deaths`);
  const whole = await runProcess({ file: newFile(), rollout: ROLLOUT });
  const { rollouts } = await runProcess({ file, rollout: ROLLOUT });
  assert.deepEqual(rollouts, whole.rollouts);
});

test('4: nothing left behind, and nothing of other weights', async () => {
  const file = newFile();
  const point: KillPoint = { moment: 'before', isHere: ({ method }) => method === 'saveRollouts' };
  const killed = await runProcess({ file, rollout: ROLLOUT, point });
  assert.ok(killed.stored.seeds.size > 10);
  const other = await runProcess({ file, rollout: ROLLOUT, version: 'other' });
  assert.ok(askedOf(other.engine, killed.stored.seeds).length > 10, 'asked again of other weights');

  const same = newFile();
  await runProcess({ file: same, rollout: ROLLOUT, point });
  await runProcess({ file: same, rollout: ROLLOUT });
  using run = openToyRun({ file: same, world: createToyWorld(teachSums) });
  for (const group of PROBLEMS.keys()) {
    const owner = JSON.stringify(['rollout', 'train', 1, group, TOY_MODEL]);
    assert.deepEqual(run.store.loadAnswers(TOY_RUN, 2, owner), []);
  }
});

test('5: numbers that JSON cannot say', async (t) => {
  const run = openTempRun(t);
  const logprobs = [-0, Number.NaN, -1e-17, Number.NEGATIVE_INFINITY];
  const completion = { ids: [1, 2, 3, 4], text: '\uD800', logprobs, finish: 'stop', cachedTokens: null } as const;
  const call = { model: 'm', prompt: [1], n: 1, maxTokens: 9, stopTokenIds: [], seed: 1 };
  const ask = (complete: () => Promise<(typeof completion)[]>) => {
    const answers = new AnswerLog(run.ctx, 0).open('p');
    return askEngine({ answers, complete }, 'main', call, run.ctx.signal);
  };
  assert.deepEqual(await ask(async () => [completion]), [completion]);
  assert.deepEqual(await ask(() => assert.fail('asked again')), [completion]);
});
