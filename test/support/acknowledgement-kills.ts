import { existsSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { createRng, type Rng } from '../../src/core/rng.ts';
import { StoreError } from '../../src/errors.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import { startAcknowledgementProxy } from './acknowledgement-proxy.ts';
import { startCli } from './cli-process.ts';
import { prepareCoinRun } from './coin-run.ts';
import { type EmbeddedServe, startEmbeddedServe } from './embedded-trainer-process.ts';
import { readOutcome } from './read-outcome.ts';

/**
 * A curriculum of seconds on a server of its own, behind a proxy that loses, doubles and delays acknowledgements, while
 * controller and trainer are killed (SIGKILL) at random moments. The same controller outlives the trainer's deaths.
 */

/** Store changes after which a kill comes, at most. */
const MAX_CHANGES = 60;
/** A process that takes longer than this counts as stuck. */
const STUCK_MS = 240_000;

/**
 * Who may be killed, drawn each time. A controller's death leaves a model behind, the trainer's clears its four places:
 * several of one kind in a row are met as well.
 */
const VICTIMS = ['trainer', 'controller', 'trainer', 'controller', 'trainer', 'controller', 'both'] as const;
type Victim = (typeof VICTIMS)[number];

/** A run gives up, and can be resumed, when its trainer was lost more often than this without one new step between. */
const MOST_LOSSES = 5;

interface AcknowledgementTrial {
  /** Of its own. */
  readonly folder: string;
  /** What `prepareCoinRun` answered; seeds follow from where its files lie. */
  readonly settings: readonly string[];
  /** Kills before the run is left to finish. */
  readonly kills: number;
  readonly rng: Rng;
}

/** What a run came to, for comparing it with one that nothing happened to. */
interface TrialOutcome {
  readonly kills: number;
  /** Acknowledgements that were lost, doubled or late. */
  readonly disturbed: number;
  readonly stuck: boolean;
  /** How often the run gave up on a trainer that died again and again, and was resumed. */
  readonly givenUp: number;
  /** Metrics and rollouts as stored. */
  readonly stored: ReturnType<typeof readOutcome>;
  /** Optimizer steps per training stage: as the store has them, and as the trainer counted them itself. */
  readonly storeSteps: readonly number[];
  readonly trainerSteps: readonly number[];
  /** Checkpoints at the trainer that the store does not know. */
  readonly orphans: readonly string[];
}

/** Runs the curriculum to its end. Rejects when the command fails though it was left alone. */
async function runDisturbed({ folder, settings, kills, rng }: AcknowledgementTrial): Promise<TrialOutcome> {
  const stateDir = join(folder, 'trainer');
  const db = join(folder, 'runs.db');
  await using serve = await startEmbeddedServe(stateDir);
  await using proxy = await startAcknowledgementProxy(serve.url, rng);
  const args = runArgs(settings, db, serve.url, proxy.url);
  const { struck, stuck, givenUp } = await runToEnd(args, db, serve, kills, rng);
  const disturbed = [...proxy.met.values()].reduce((sum, count) => sum + count, 0);
  return { kills: struck, disturbed, stuck, givenUp, ...readEnd(db, stateDir) };
}

/** The same without kills, and with nothing between controller and trainer. */
async function runUndisturbed({
  folder,
  settings,
}: Omit<AcknowledgementTrial, 'kills' | 'rng'>): Promise<TrialOutcome> {
  const stateDir = join(folder, 'trainer');
  const db = join(folder, 'runs.db');
  await using serve = await startEmbeddedServe(stateDir);
  const args = runArgs(settings, db, serve.url, serve.url);
  const { code, stderr } = await startCli(args).result;
  if (code !== 0) throw new Error(`undisturbed, the command failed: ${stderr}`);
  return { kills: 0, disturbed: 0, stuck: false, givenUp: 0, ...readEnd(db, stateDir) };
}

function runArgs(settings: readonly string[], db: string, engine: string, trainer: string): string[] {
  const servers = [`engine.urls=[${engine}]`, `trainer.url=${trainer}`].flatMap((one) => ['--set', one]);
  return ['run', '--db', db, ...settings, ...servers];
}

async function runToEnd(beginArgs: readonly string[], db: string, serve: EmbeddedServe, kills: number, rng: Rng) {
  let struck = 0;
  let givenUp = 0;
  let args = beginArgs;
  for (;;) {
    const { child, result } = startCli(args);
    let isAtWork = false;
    child.stderr?.on('data', (text: string) => {
      isAtWork ||= /^stage \d+ of/m.test(text);
    });
    const killer = strikeByChanges(db, rng, async () => {
      if (struck >= kills) return false;
      struck += 1;
      // Who starts while the trainer is down is told so and ends; it is killed under those that are at work.
      const victim: Victim = isAtWork ? VICTIMS[rng.nextInt(VICTIMS.length)]! : 'controller';
      if (victim !== 'trainer') child.kill('SIGKILL');
      if (victim !== 'controller') await serve.killAndRestart();
      return true;
    });
    const timer = setTimeout(() => child.kill('SIGABRT'), STUCK_MS);
    const { code, signal, stderr } = await result;
    clearTimeout(timer);
    await killer.end();
    if (code === 0) return { struck, stuck: false, givenUp };
    if (signal === 'SIGABRT') return { struck, stuck: true, givenUp };
    if (signal !== 'SIGKILL') {
      if (countLosses(stderr) < MOST_LOSSES) throw new Error(`the command failed: ${stderr}`);
      givenUp += 1;
    }
    args = isEntered(db) ? ['resume', '--db', db] : beginArgs;
  }
}

/** How often a process opened a model anew because its trainer, or the model, was gone. */
function countLosses(stderr: string): number {
  return stderr.split('a model is opened from the last saved state').length - 1;
}

/** Calls `strike` after a random number of changes of the store's files, again and again until it answers false. */
function strikeByChanges(db: string, rng: Rng, strike: () => Promise<boolean>) {
  let left = 1 + rng.nextInt(MAX_CHANGES);
  let striking: Promise<unknown> = Promise.resolve();
  const watcher = watch(dirname(db), (_event, file) => {
    if (!file?.startsWith(basename(db))) return;
    left -= 1;
    if (left !== 0) return;
    striking = strike().then((goesOn) => {
      if (goesOn) left = 1 + rng.nextInt(MAX_CHANGES);
    });
  });
  return {
    end: async () => {
      watcher.close();
      await striking;
    },
  };
}

/** Whether there is a run to be resumed. */
function isEntered(db: string): boolean {
  if (!existsSync(db)) return false;
  try {
    using store = openRunStore(db, { readonly: true });
    return store.listRuns().length > 0;
  } catch (error) {
    // Killed while the file was being made into a store.
    if (error instanceof StoreError) return false;
    throw error;
  }
}

function readEnd(db: string, stateDir: string) {
  const { metrics, rollouts } = readOutcome(db);
  const isDecided = (metric: unknown) => !String((metric as readonly unknown[])[2]).startsWith('trainer/');
  using store = openRunStore(db, { readonly: true });
  const { id } = store.listRuns()[0]!;
  const training = store.listStages(id).filter(({ kind }) => kind === 'sft' || kind === 'rl');
  const known = store.listCheckpoints(id).map(({ path }) => path);
  return {
    stored: { metrics: metrics.filter(isDecided), rollouts },
    storeSteps: training.map(({ index }) => countUpdates(store, id, index)),
    trainerSteps: training.map(({ index }) => readOptimizerStep(store, id, index, stateDir)),
    orphans: listSaved(stateDir).filter((path) => !known.includes(path)),
  };
}

/** Updates that the committed steps of a stage made; those of SFT make one each. */
function countUpdates(store: RunStore, runId: string, index: number): number {
  const updates = store.listMetrics(runId, 'train/updates').filter(({ stageIndex }) => stageIndex === index);
  const told = updates.reduce((sum, { value }) => sum + value, 0);
  return updates.length > 0 ? told : store.lastStep(runId, index);
}

/** The optimizer's own step count in the last state of a stage; every stage of the small curriculum begins at zero. */
function readOptimizerStep(store: RunStore, runId: string, index: number, stateDir: string): number {
  const last = store.listCheckpoints(runId, 'state').findLast(({ stageIndex }) => stageIndex === index);
  const [, model, name] = /^tinker:\/\/([\w-]+)\/weights\/([\w-]+)$/.exec(last?.path ?? '') ?? [];
  const state = JSON.parse(readFileSync(join(stateDir, model!, 'weights', name!, 'state.json'), 'utf8'));
  return (state as { step: number }).step;
}

function listSaved(stateDir: string): string[] {
  const below = (...parts: string[]) => {
    const folder = join(stateDir, ...parts);
    return existsSync(folder) ? readdirSync(folder) : [];
  };
  const kinds = ['weights', 'sampler_weights'];
  return below().flatMap((model) =>
    kinds.flatMap((kind) => below(model, kind).map((name) => `tinker://${model}/${kind}/${name}`)),
  );
}

/** How often what happened, over many runs. */
export interface TrialTotals {
  runs: number;
  kills: number;
  disturbed: number;
  /** Optimizer steps that the trainer made less, and more, than the store has. */
  lost: number;
  doubled: number;
  stuck: number;
  givenUp: number;
  orphans: number;
  /** Runs whose metrics or rollouts are not those of the undisturbed one. */
  different: number;
}

/** Runs with `killsPerRun` kills each, `atOnce` of them side by side, until there were as many as asked for. */
export async function countTrials(
  { kills, killsPerRun, atOnce, rng }: { kills: number; killsPerRun: number; atOnce: number; rng: Rng },
  makeFolder: (name: string) => string,
  tell: (totals: TrialTotals) => void = () => undefined,
): Promise<TrialTotals> {
  const settings = prepareCoinRun(makeFolder('inputs'));
  const whole = await runUndisturbed({ folder: makeFolder('whole'), settings });
  const zeros = { lost: 0, doubled: 0, stuck: 0, orphans: 0, different: 0 };
  const totals: TrialTotals = { runs: 0, kills: 0, disturbed: 0, givenUp: 0, ...zeros };
  let begun = 0;
  const work = async () => {
    while (totals.kills + begun * killsPerRun < kills) {
      begun += 1;
      const folder = makeFolder(`run-${totals.runs + begun}-${rng.nextInt(1e9)}`);
      const own = createRng(rng.nextInt(2 ** 31));
      const outcome = await runDisturbed({ folder, settings, kills: killsPerRun, rng: own }).finally(() => {
        begun -= 1;
      });
      addOutcome(totals, outcome, whole);
      rmSync(folder, { recursive: true, force: true });
      tell(totals);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return totals;
}

function addOutcome(totals: TrialTotals, outcome: TrialOutcome, whole: TrialOutcome): void {
  totals.runs += 1;
  totals.kills += outcome.kills;
  totals.disturbed += outcome.disturbed;
  totals.stuck += outcome.stuck ? 1 : 0;
  totals.givenUp += outcome.givenUp;
  totals.orphans += outcome.orphans.length;
  totals.different += isDeepStrictEqual(outcome.stored, whole.stored) ? 0 : 1;
  outcome.trainerSteps.forEach((made, stage) => {
    const difference = made - outcome.storeSteps[stage]!;
    totals.lost += Math.max(0, -difference);
    totals.doubled += Math.max(0, difference);
  });
}
