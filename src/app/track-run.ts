import { join } from 'node:path';
import type { MlflowLogin } from '../../adapters/tracker-mlflow/mlflow-http.ts';
import { openMlflowTracker } from '../../adapters/tracker-mlflow/open-mlflow-tracker.ts';
import { openTensorboardTracker } from '../../adapters/tracker-tensorboard/open-tensorboard-tracker.ts';
import type { RunConfig } from '../config/schema.ts';
import type { RetryPolicy } from '../core/retry.ts';
import { repeatCall } from '../edge/waiting.ts';
import { UsageError } from '../errors.ts';
import type { RunObserver } from '../ports/run-observer.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import type { RepeatCall, TrackedOutcome } from '../ports/tracker.ts';
import { openSeries } from '../report/series.ts';
import { SeriesSender, type TrackerSpec } from './send-series.ts';
import { systemClock } from './system-clock.ts';

/** A tracker is beside the point of a run: it is asked a few times, and again later. */
const POLICY: RetryPolicy = { firstPauseMs: 250, maxPauseMs: 5_000, tries: 3, longestAskedMs: 30_000 };

/** How long the end of a run waits for its trackers, and how long one that was interrupted does. */
const FINISH_MS = 60_000;
const LEAVE_MS = 5_000;

/** What the trackers of a run are made of. */
export interface TrackedRun {
  readonly run: RunRecord;
  readonly config: RunConfig;
  readonly store: RunStore;
  readonly warn: (message: string) => void;
}

/** The trackers of a run that is under way. */
export interface RunTracking {
  readonly observer: RunObserver;
  /** Sends what is left and lets go of the trackers; resolves to whether all of them have everything. Never rejects. */
  finish(outcome: TrackedOutcome, signal?: AbortSignal): Promise<boolean>;
}

/**
 * Connects a run to the trackers its configuration names. A step is sent once the next one is committed, because figures
 * of its evaluation come after it. `checkTrackers` comes first.
 */
export function trackRun(tracked: TrackedRun): RunTracking {
  const { run, store, warn } = tracked;
  const senders = listTrackers(tracked).map((spec) => {
    const beginMs = store.trackedStep(run.id, spec.id) === null ? run.createdAtMs : systemClock.now();
    const series = openSeries(store, run.id, beginMs);
    return new SeriesSender({ spec, runId: run.id, store, series, clock: systemClock, warn });
  });
  return {
    observer: {
      stepCommitted: ({ stageIndex, step }) => {
        for (const sender of senders) sender.offer({ stageIndex, step });
      },
      stageEnded: ({ stageIndex }) => {
        for (const sender of senders) sender.offer({ stageIndex: stageIndex + 1, step: 0 });
      },
    },
    finish: async (outcome, signal) => {
      const limit = AbortSignal.timeout(outcome === 'interrupted' ? LEAVE_MS : FINISH_MS);
      const bound = signal === undefined ? limit : AbortSignal.any([limit, signal]);
      // The last step of a run that goes on later may still be evaluated.
      const end = outcome === 'done' ? null : (store.listLastFigures(run.id).at(-1) ?? null);
      const ends = await Promise.all(senders.map((sender) => sender.finish(outcome, end, bound)));
      return ends.every((isWhole) => isWhole);
    },
  };
}

/** Throws `UsageError` when the environment holds half a login. */
export function checkTrackers({ trackers }: Pick<RunConfig, 'trackers'>): void {
  if (trackers.mlflow !== null) readMlflowLogin();
}

function listTrackers({ run, config }: TrackedRun): TrackerSpec[] {
  const { tensorboard, mlflow } = config.trackers;
  const specs: TrackerSpec[] = [];
  if (tensorboard !== null) {
    const folder = join(tensorboard.directory, run.id);
    specs.push({
      id: 'tensorboard',
      title: 'TensorBoard',
      open: (lastStepSent) => openTensorboardTracker({ folder, lastStepSent, clock: systemClock }),
    });
  }
  if (mlflow !== null) {
    const login = readMlflowLogin();
    specs.push({
      id: 'mlflow',
      title: 'MLflow',
      open: (lastStepSent, signal) =>
        openMlflowTracker(
          {
            ...{ ...mlflow, login, lastStepSent, repeat, clock: systemClock },
            runId: run.id,
            runName: run.name,
            params: { software: run.softwareVersion, preset: run.preset ?? 'none', ...flatten(config) },
          },
          signal,
        ),
    });
  }
  return specs;
}

const repeat: RepeatCall = (call, signal) =>
  repeatCall(() => call(signal), { policy: POLICY, clock: systemClock, signal });

/** The variables that MLflow's own clients read. */
function readMlflowLogin(): MlflowLogin {
  const {
    MLFLOW_TRACKING_TOKEN: token = '',
    MLFLOW_TRACKING_USERNAME: user = '',
    MLFLOW_TRACKING_PASSWORD: password = '',
  } = process.env;
  if (token !== '') return { kind: 'token', token };
  if (user === '' && password === '') return { kind: 'none' };
  if (user !== '' && password !== '') return { kind: 'basic', user, password };
  throw new UsageError(
    `MLFLOW_TRACKING_${user === '' ? 'USERNAME' : 'PASSWORD'} is not set: MLflow wants both, or MLFLOW_TRACKING_TOKEN alone`,
  );
}

/** The settings of a run, one value a key: `rollout.maxTokens`. */
function flatten(value: unknown, path = ''): Record<string, string> {
  if (value === null || typeof value !== 'object') return { [path]: String(value) };
  const entries = Object.entries(value).map(([key, item]) => flatten(item, path === '' ? key : `${path}.${key}`));
  return Object.assign({}, ...entries);
}
