import { nextCommand, runController } from './controller.ts';
import { holdLock } from './hold-lock.ts';
import { borrowPair, findPair, type PairChoice } from './pair.ts';
import { locateRun, prepareRun, type RunFolder } from './recipe.ts';
import { type Rig, RigError } from './rig.ts';
import { readFigures, readRun, type Share } from './run-figures.ts';
import { COMPARED_ARMS, HELD_OUT } from './tasks.ts';
import { tell } from './tell.ts';

/** What a training command of the rig is given. */
export interface TrainingRun {
  readonly rig: Rig;
  readonly pair: PairChoice;
  readonly name: string;
  readonly isQuick: boolean;
  readonly signal: AbortSignal;
}

/** `curriculum`: brings the run of that name to its end, from wherever it is; prints its figures. Returns the exit code. */
export async function runCurriculum({ rig, pair: choice, name, isQuick, signal }: TrainingRun): Promise<number> {
  const run = locateRun(rig, name);
  using _lock = holdLock(`${run.folder}/lock`, `the run ${name} is under way`);
  await finishRuns(rig, choice, [run], isQuick, signal);
  printFigures(run);
  return 0;
}

/**
 * `compare`: parallel thinking against sequential thinking, with the same problems, seeds and steps, one after the other; then
 * what `parallel-r1 compare` says of the two. Returns the exit code.
 */
export async function runComparison({ rig, pair: choice, name, isQuick, signal }: TrainingRun): Promise<number> {
  const [seen, sequential] = COMPARED_ARMS.map((arm) => locateRun(rig, name, arm)) as [RunFolder, RunFolder];
  using _lock = holdLock(`${seen.folder}/lock`, `the comparison ${name} is under way`);
  await finishRuns(rig, choice, [seen, sequential], isQuick, signal);
  const ids = [sequential, seen].map((run) => readRun(run.store, run.name)!.id);
  const end = await runController(['compare', ...ids, '--db', seen.store], null, signal);
  return typeof end === 'number' ? end : 1;
}

/** Brings runs to their ends one after the other, from wherever they are; servers are started only where one is not done. */
async function finishRuns(
  rig: Rig,
  choice: PairChoice,
  runs: readonly RunFolder[],
  isQuick: boolean,
  signal: AbortSignal,
): Promise<void> {
  const left = runs.filter(({ store, name }) => readRun(store, name)?.status !== 'done');
  if (left.length === 0) return;
  await using pair = await borrowPair(rig, choice, signal);
  for (const run of left) {
    prepareRun(rig, run, pair, isQuick);
    const args = nextCommand(run, pair)!;
    tell(`${args[0]} ${run.name} in ${run.folder}`);
    const end = await runController(args, null, signal);
    signal.throwIfAborted();
    if (end !== 0) {
      printFigures(run);
      throw new RigError(
        `the controller ended with ${end}: ${readRun(run.store, run.name)?.message ?? 'it began no run'}; to go on: the same command again`,
      );
    }
  }
}

/** `doctor`: what parallel-r1 says of the servers that run; its exit code. */
export async function runDoctor(rig: Rig, choice: PairChoice, signal: AbortSignal): Promise<number> {
  const run = locateRun(rig, `doctor-${choice.trainer}-${choice.model}`);
  const pair = findPair(rig, choice);
  prepareRun(rig, run, pair, false);
  const { engine, trainer } = pair;
  const urls = nextCommand(run, { engine, trainer })!.slice(-4);
  const end = await runController(['doctor', '--config', run.config, '--db', run.store, ...urls], null, signal);
  return typeof end === 'number' ? end : 1;
}

/** Prints to stdout what a run has come to: held-out figures over the stages, agreement of log-probs, seconds per step. */
export function printFigures(run: RunFolder): void {
  const { stages, evaluations, mismatch, secondsPerStep } = readFigures(run.store, run.name);
  const lines = stages.map(({ id, status, steps }) => {
    const seconds = secondsPerStep[id];
    return `${id.padEnd(6)} ${status}, ${steps} steps${seconds === undefined ? '' : `, ${seconds.toFixed(1)} s each (median)`}`;
  });
  for (const { stage, step, problems, correct, validBlock } of evaluations) {
    const when = `${stage} ${step === 0 ? 'before the first step' : `after step ${step}`}`;
    lines.push(
      `held-out "${HELD_OUT}", ${when}: right ${describe(correct)}, valid block ${describe(validBlock)} (${problems} problems)`,
    );
  }
  if (mismatch !== null)
    lines.push(
      `mismatch/mean at most ${mismatch.mean.toExponential(1)}, mismatch/max ${mismatch.max.toExponential(1)}`,
    );
  process.stdout.write(`${lines.join('\n')}\n`);
}

const describe = ({ mean, halfWidth }: Share) => `${mean.toFixed(2)} ± ${halfWidth.toFixed(2)}`;
