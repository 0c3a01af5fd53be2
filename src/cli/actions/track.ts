import { acquireRunLock } from '../../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/run-record.ts';
import { checkTrackers, trackRun } from '../../app/track-run.ts';
import { changeRunConfig } from '../../config/load.ts';
import { parseStoredConfig } from '../../config/stored.ts';
import { UsageError } from '../../errors.ts';
import type { RunRecord } from '../../ports/run-store/runs.ts';
import type { TrackedOutcome } from '../../ports/tracker.ts';
import { countProblems } from '../../problem-sets/resolve-problems.ts';
import { openFigureTable } from '../../report/figure-tables.ts';
import type { ArgsOf } from '../command.ts';
import type { trackCommand } from '../commands/stored-runs.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJsonLine, tell } from '../output.ts';

type TrackArgs = ArgsOf<typeof trackCommand>;

/** `track`: the stored figures of a run, to trackers or as lines of JSON. Exit code 1 when a tracker has not everything. */
export async function trackStoredRun(args: TrackArgs): Promise<number> {
  return args.json ? await printPoints(args) : await sendToTrackers(args);
}

/** The points that a tracker would get: `figures series`, as lines of JSON. */
async function printPoints(args: TrackArgs): Promise<number> {
  using store = openRunStore(args.db, { readonly: true });
  const run = findRun(store, args.run ?? null);
  const { rows } = await openFigureTable('series', { store, run, countProblems });
  for (const row of rows) printJsonLine(row);
  return 0;
}

async function sendToTrackers(args: TrackArgs): Promise<number> {
  using _lock = acquireRunLock(args.db);
  using store = openRunStore(args.db, { tell: (line) => tell(args, line) });
  const run = findRun(store, args.run ?? null);
  const config = changeRunConfig(parseStoredConfig(run), chooseTrackers(args));
  const { tensorboard, mlflow } = config.trackers;
  if (tensorboard === null && mlflow === null)
    throw new UsageError(
      `run ${run.id} names no tracker: give --tensorboard FOLDER or --mlflow URL, or --json for lines of JSON`,
    );
  checkTrackers(config);
  using interrupt = listenForInterrupt((message) => tell(args, message));
  const warn = (message: string) => process.stderr.write(`warning: ${message}\n`);
  const tracking = trackRun({ run, config, store, warn });
  const isWhole = await tracking.finish(toOutcome(run), interrupt.signal);
  interrupt.signal.throwIfAborted();
  if (isWhole) tell(args, `the figures of run ${run.id} are at ${describeTargets(config.trackers)}`);
  return isWhole ? 0 : 1;
}

/** Trackers that the command line names stand instead of those of the run. */
function chooseTrackers({ tensorboard, mlflow, experiment }: TrackArgs) {
  if (tensorboard === undefined && mlflow === undefined) return [];
  const trackers = {
    ...(tensorboard === undefined ? {} : { tensorboard: { directory: tensorboard } }),
    ...(mlflow === undefined ? {} : { mlflow: { url: mlflow, ...(experiment === undefined ? {} : { experiment }) } }),
  };
  return [{ flag: tensorboard === undefined ? '--mlflow' : '--tensorboard', path: 'trackers', value: trackers }];
}

/** The lock was taken, so that a run that is marked as running does not run. */
function toOutcome({ status }: RunRecord): TrackedOutcome {
  return status === 'done' || status === 'failed' ? status : 'interrupted';
}

function describeTargets({ tensorboard, mlflow }: { tensorboard: unknown; mlflow: unknown }): string {
  const names = [tensorboard === null ? [] : ['TensorBoard'], mlflow === null ? [] : ['MLflow']].flat();
  return names.join(' and ');
}
