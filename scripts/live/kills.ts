import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'yaml';
import { createRng, hashSeed, shuffle } from '../../src/core/rng.ts';
import { type Controller, endController, nextCommand, startController } from './controller.ts';
import { printFigures, type TrainingRun } from './curriculum.ts';
import { holdLock } from './hold-lock.ts';
import { borrowPair, type Pair } from './pair.ts';
import { killFamily } from './process-family.ts';
import { locateRun, prepareRun, type RunFolder } from './recipe.ts';
import { type Rig, RigError } from './rig.ts';
import { countSteps, countUpdates, digestDecisions, findLastState } from './run-figures.ts';
import { readLastLines } from './run-logged.ts';
import { findServer, startServer, waitUntilReady } from './running-servers.ts';
import { tell } from './tell.ts';
import { countStepsBehind } from './trainer-count.ts';

/** `kills`: the curriculum, with kill -9 of controller, vLLM and trainer in turn; what was killed is started again at once. */

export const VICTIMS = ['controller', 'engine', 'trainer'] as const;
type Victim = (typeof VICTIMS)[number];

export interface KillPlan {
  readonly victims: readonly Victim[];
  /** Kills of each victim. */
  readonly each: number;
  readonly seed: number;
}

/** A moment: so many steps are in the store, and its files have changed so often since. */
interface PlannedKill {
  readonly victim: Victim;
  readonly afterSteps: number;
  readonly afterChanges: number;
}

/** A kill that was done, and what was decided by then. */
interface DoneKill extends PlannedKill {
  readonly rollouts: number;
  readonly digest: string;
}

interface KilledRun {
  readonly rig: Rig;
  readonly run: RunFolder;
  readonly pair: Pair;
  readonly signal: AbortSignal;
}

/** A step changes the store's files about so often: a kill may come anywhere in it. */
const MAX_CHANGES = 24;
/** Ends of the controller without a new step in between, after which it is stuck. */
const MAX_IDLE_ENDS = 5;
const LOOK_EVERY_MS = 200;

/** Runs to the end through the kills, then compares trainer and store. Exit code 1 when a step was lost or doubled, or a decision changed. */
export async function runKills(
  { rig, pair: choice, name, isQuick, signal }: TrainingRun,
  plan: KillPlan,
): Promise<number> {
  if (choice.trainer !== 'skyrl')
    throw new RigError('kills counts the optimizer steps in the database of SkyRL: --trainer skyrl', 2);
  const run = locateRun(rig, name);
  using _lock = holdLock(`${run.folder}/lock`, `the run ${name} is under way`);
  const record = `${run.folder}/kills.json`;
  const done: DoneKill[] = existsSync(record) ? (JSON.parse(readFileSync(record, 'utf8')) as DoneKill[]) : [];
  await using pair = await borrowPair(rig, choice, signal);
  prepareRun(rig, run, pair, isQuick);
  const planned = planKills(plan, listPlannedSteps(run));
  for (let idleEnds = 0; ; ) {
    const args = nextCommand(run, pair);
    if (args === null) break;
    const steps = countSteps(run.store);
    const end = await runThroughKills({ rig, run, pair, signal }, args, planned.slice(done.length), (kill) => {
      done.push({ ...kill, ...digestDecisions(run.store, null) });
      writeFileSync(record, JSON.stringify(done));
      tell(`kill ${done.length} of ${planned.length}: ${kill.victim}, ${countSteps(run.store)} steps in the store`);
    });
    signal.throwIfAborted();
    if (end === 'killed' || countSteps(run.store) > steps) idleEnds = 0;
    else idleEnds += 1;
    if (end !== 'killed' && end !== 0) tell(`the controller ended with ${end}: ${readLastLines(run.log, 1)}`);
    if (idleEnds > MAX_IDLE_ENDS) {
      printFigures(run);
      throw new RigError(
        `stuck: ${idleEnds} ends of the controller without a new step; the end of ${run.log}:\n${readLastLines(run.log, 5)}`,
      );
    }
  }
  printFigures(run);
  return compare(rig, run, choice.model, done, planned);
}

/** Kills in the order of their moments: as many in each stage that has steps, spread evenly over it with a seeded shift each. */
function planKills({ victims, each, seed }: KillPlan, stages: readonly number[]): PlannedKill[] {
  const rng = createRng(hashSeed('live-kills', seed));
  const order = shuffle(
    victims.flatMap((victim) => Array.from({ length: each }, () => victim)),
    rng,
  );
  return order.map((victim, index) => {
    const at = ((index + rng.next()) * stages.length) / order.length;
    const stage = Math.floor(at);
    const before = stages.slice(0, stage).reduce((sum, steps) => sum + steps, 0);
    return {
      victim,
      afterSteps: before + Math.floor((at - stage) * stages[stage]!),
      afterChanges: rng.nextInt(MAX_CHANGES),
    };
  });
}

/** Steps of each stage that has some, from the configuration as it lies in the folder of the run. */
function listPlannedSteps({ config }: RunFolder): number[] {
  const { stages } = parse(readFileSync(config, 'utf8')) as { stages: { maxSteps?: number; steps?: number }[] };
  return stages.map(({ maxSteps, steps }) => maxSteps ?? steps ?? 0).filter((steps) => steps > 0);
}

/** One life of the controller, and the kills whose moments come in it. Resolves with how it ended; a server that was killed runs again by then. */
async function runThroughKills(
  { rig, run, pair, signal }: KilledRun,
  args: readonly string[],
  kills: readonly PlannedKill[],
  onKill: (kill: PlannedKill) => void,
): Promise<number | NodeJS.Signals | 'killed'> {
  const controller = startController(args, run);
  const gone = new AbortController();
  const ended = controller.ended.finally(() => gone.abort());
  const stop = () => void endController(controller);
  signal.addEventListener('abort', stop, { once: true });
  try {
    for (const kill of kills) {
      if (!(await waitForMoment(run, kill, gone.signal))) break;
      await strike(rig, pair, controller, kill.victim);
      onKill(kill);
      if (kill.victim === 'controller') return 'killed';
      await restart(rig, pair, kill.victim, signal);
    }
    return await ended;
  } catch (error) {
    await endController(controller);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Resolves with true when the moment has come, with false when the controller was gone before. */
async function waitForMoment(
  run: RunFolder,
  { afterSteps, afterChanges }: PlannedKill,
  gone: AbortSignal,
): Promise<boolean> {
  while (countSteps(run.store) < afterSteps) {
    await pause(LOOK_EVERY_MS);
    if (gone.aborted) return false;
  }
  return waitForChanges(run, afterChanges, gone);
}

/** Counts writes to the store's log. Reads nothing meanwhile: a reader that comes alone writes there itself. */
function waitForChanges({ folder, store }: RunFolder, count: number, gone: AbortSignal): Promise<boolean> {
  const log = `${basename(store)}-wal`;
  return new Promise((resolve) => {
    let changes = 0;
    const watcher = watch(folder, (_event, file) => {
      if (file === log) changes += 1;
      if (changes > count) finish(true);
    });
    const stop = () => finish(false);
    const finish = (isThere: boolean) => {
      watcher.close();
      gone.removeEventListener('abort', stop);
      resolve(isThere);
    };
    gone.addEventListener('abort', stop, { once: true });
    if (gone.aborted) stop();
  });
}

async function strike(rig: Rig, pair: Pair, controller: Controller, victim: Victim): Promise<void> {
  if (victim === 'controller') {
    controller.child.kill('SIGKILL');
    await controller.ended;
    return;
  }
  // Looked up anew: an earlier kill may have made it another process.
  const server = findServer(rig, pair[victim].name);
  if (server !== null) await killFamily(server.process);
}

async function restart(rig: Rig, pair: Pair, victim: 'engine' | 'trainer', signal: AbortSignal): Promise<void> {
  const { name, model, port } = pair[victim];
  await waitUntilReady(await startServer(rig, { name, model, port }), signal);
}

/** The trainer's count against the store's, and decisions of before each kill against those of now. */
function compare(
  rig: Rig,
  run: RunFolder,
  model: string,
  done: readonly DoneKill[],
  planned: readonly PlannedKill[],
): number {
  const lines = VICTIMS.filter((victim) => planned.some((kill) => kill.victim === victim)).map(
    (victim) => `killed ${victim}: ${done.filter((kill) => kill.victim === victim).length} times`,
  );
  const changed = done.filter(({ rollouts, digest }) => digestDecisions(run.store, rollouts).digest !== digest).length;
  lines.push(`decisions that a kill changed: ${changed === 0 ? 'none' : `behind ${changed} of ${done.length} kills`}`);
  const state = findLastState(run.store);
  if (state === null) throw new RigError('the run has ended without a saved state; there is nothing to count');
  const store = countUpdates(run.store, state);
  const trainer = countStepsBehind(rig.at('state', `skyrl-${model}`, 'skyrl.db'), state.path);
  lines.push(`optimizer steps behind ${state.path}: ${trainer} by the trainer's record, ${store} by the store`);
  const open = planned.length - done.length;
  if (open > 0) lines.push(`the run ended before ${open} of ${planned.length} kills came`);
  process.stdout.write(`${lines.join('\n')}\n`);
  return changed === 0 && store === trainer && open === 0 ? 0 : 1;
}
