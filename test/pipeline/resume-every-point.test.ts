/**
 * Resuming a killed run (the store is the only memory of the controller):
 *  1. killed at any call of an RL stage that changes something outside (store, trainer, engine), after it took effect
 *     and before the controller knows, and at every 9th other call, and run again: the same rollouts, metrics, stage
 *     states and trained weights as the uninterrupted run
 *  2. the same for points all over the curriculum: cold start, SFT with its stop criterion, gate, RL, evaluation
 *  3. killed again and again, at each time a little later, the run still comes to the same end
 *  4. no finished rollout is asked for again: a resume samples only groups that were not stored
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { RlStage } from '../../src/core/curriculum.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import { createKillSwitch, type KillPoint, type OutsideCall, SimulatedKill } from '../support/pipeline-faults.ts';
import { digestRun, type RunDigest } from '../support/pipeline-record.ts';
import { openToyRun, RL, TOY_REF, TOY_RUN, TOY_STAGES, teachSums, toyPlan } from '../support/pipeline-toy-run.ts';
import { copyToyWorld, createToyWorld, type ToyWorld } from '../support/pipeline-toy-world.ts';

const ONE = { ...TOY_REF, limit: 1 };
const TWO = { ...TOY_REF, limit: 2 };

const SMALL_RL: RlStage = {
  ...RL,
  problems: [TWO],
  steps: 3,
  batchSize: 2,
  groupSize: 2,
  saveEvery: 2,
  evalEvery: 0,
  gate: { problems: [ONE], samples: 1, minAccuracy: 0, onFail: 'stop' },
};

const RL_INDEX = 2;
const PLAN = toyPlan({
  stages: TOY_STAGES.map((stage) => (stage.kind === 'rl' ? SMALL_RL : stage)),
  eval: { sets: [{ name: 'held', problems: [ONE], samples: 1 }], temperature: 1, topP: 1 },
});

/** A store file and the world beside it, left by a process. */
interface Leftover {
  readonly file: string;
  readonly world: ToyWorld;
}

let folder: string;
let copies = 0;

function copy({ file, world }: Leftover): Leftover {
  copies += 1;
  const target = join(folder, `${copies}.db`);
  copyFileSync(file, target);
  return { file: target, world: copyToyWorld(world) };
}

/** Runs until the end or the kill point; returns how many outside calls were made and whether it died. */
async function runProcess(
  { file, world }: Leftover,
  point: KillPoint | null,
): Promise<{ calls: number; died: boolean }> {
  const killSwitch = createKillSwitch(point);
  using run = openToyRun({ file, world, plan: PLAN, wrap: killSwitch.wrap });
  try {
    await runCurriculum(run.ctx);
    return { calls: killSwitch.calls, died: false };
  } catch (error) {
    if (!(error instanceof SimulatedKill)) throw error;
    // Work that was in flight at the kill must be over before the file is opened again.
    await new Promise((resolve) => setImmediate(resolve));
    return { calls: killSwitch.calls, died: true };
  }
}

function digest({ file, world }: Leftover): RunDigest {
  using run = openToyRun({ file, world, plan: PLAN });
  return digestRun(run.store, world);
}

/** Equal part by part, so that a difference names what differs. */
function assertSameEnd(actual: RunDigest, wanted: RunDigest, where: string): void {
  for (const part of ['stages', 'attempts', 'rollouts', 'metrics', 'finalState'] as const) {
    assert.deepEqual(actual[part], wanted[part], `${part} after a kill ${where}`);
  }
}

const atCall = (index: number, moment: KillPoint['moment']): KillPoint => ({
  moment,
  isHere: (call) => call.index === index,
});

let begun: Leftover;
let beforeRl: Leftover;
let wanted: RunDigest;
let callsFromBegin: number;
/** Calls of the RL stage at which the process is killed. */
let fatalCalls: readonly number[];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resume-points-'));
  begun = { file: join(folder, 'begun.db'), world: createToyWorld(teachSums) };
  openToyRun({ ...begun, plan: PLAN })[Symbol.dispose]();
  const whole = copy(begun);
  callsFromBegin = (await runProcess(whole, null)).calls;
  wanted = digest(whole);
  beforeRl = copy(begun);
  await runProcess(beforeRl, {
    moment: 'before',
    isHere: ({ method, args }) => method === 'saveStage' && (args[1] as { index: number }).index === RL_INDEX,
  });
  const rest = copy(beforeRl);
  fatalCalls = listFatalCalls(await recordCalls(rest));
  assertSameEnd(digest(rest), wanted, 'between two stages');
});

async function recordCalls(left: Leftover): Promise<OutsideCall[]> {
  const calls: OutsideCall[] = [];
  await runProcess(left, { moment: 'after', isHere: (call) => calls.push(call) === 0 });
  return calls;
}

/** Calls that leave nothing behind; a kill after one finds what a kill before it finds. */
const READS = /^(loadRollouts|loadAnswers|list|last|complete$|tokenize$|forward)/;

function listFatalCalls(calls: readonly OutsideCall[]): number[] {
  const reads = calls.filter(({ method }) => READS.test(method));
  const chosen = new Set([...calls.filter((call) => !reads.includes(call)), ...reads.filter((_, i) => i % 9 === 0)]);
  return [...chosen].map(({ index }) => index);
}

after(() => rmSync(folder, { recursive: true, force: true }));

async function killOnceAndResume(from: Leftover, index: number, moment: KillPoint['moment']): Promise<void> {
  const left = copy(from);
  const { died } = await runProcess(left, atCall(index, moment));
  assert.ok(died, `call ${index} is reached`);
  await runProcess(left, null);
  assertSameEnd(digest(left), wanted, `${moment} call ${index}`);
}

test('1: any call of the RL stage', async () => {
  assert.ok(wanted.rollouts.length > 20 && wanted.finalState.length > 1000);
  assert.ok(fatalCalls.length > 40, `${fatalCalls.length} points`);
  for (const index of fatalCalls) await killOnceAndResume(beforeRl, index, 'after');
});

test('2: points of the whole curriculum', async () => {
  for (let index = 1; index <= callsFromBegin; index += 37) {
    await killOnceAndResume(begun, index, index % 2 === 0 ? 'before' : 'after');
  }
});

test('3: killed again and again', async () => {
  const left = copy(begun);
  let deaths = 0;
  while ((await runProcess(left, atCall(25 + 10 * deaths, 'after'))).died) deaths += 1;
  assert.ok(deaths >= 3, `${deaths} deaths`);
  assertSameEnd(digest(left), wanted, `${deaths} times`);
});

test('4: stored groups are not sampled again', async () => {
  const left = copy(beforeRl);
  let saves = 0;
  const killAtSecondGroup: KillPoint = {
    moment: 'after',
    isHere: ({ method, args }) => {
      const [rollout] = method === 'saveRollouts' ? (args[1] as { purpose: string; step: number }[]) : [];
      if (rollout?.purpose === 'train' && rollout.step === 2) saves += 1;
      return saves === 1;
    },
  };
  await runProcess(left, killAtSecondGroup);
  const lineages = new Map<string, number>();
  using run = openToyRun({ ...left, plan: PLAN });
  await runCurriculum(run.ctx);
  for (const { model, n } of run.engine.requests) {
    const lineage = model.replace(/-\d+$/, '');
    if (n > 1) lineages.set(lineage, (lineages.get(lineage) ?? 0) + 1);
  }
  assert.equal(lineages.get(`${TOY_RUN}-s${RL_INDEX}-0`), undefined, 'step 1 was stored');
  assert.ok((lineages.get(`${TOY_RUN}-s${RL_INDEX}-1`) ?? 0) <= 1, 'at most one group of step 2 was missing');
  assert.equal(lineages.get(`${TOY_RUN}-s${RL_INDEX}-2`), 2);
});
