import { UsageError } from '../../src/errors.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { RepeatCall, SeriesPoint, TrackedOutcome, Tracker } from '../../src/ports/tracker.ts';
import { MlflowHttp, type MlflowLogin } from './mlflow-http.ts';
import { createRun, Done, findRun, openExperiment, readRun, type ServerRun } from './mlflow-run.ts';

export interface MlflowOptions {
  /** Base address of the tracking server, `http://127.0.0.1:5000`. */
  readonly url: string;
  readonly login: MlflowLogin;
  /** Name of the experiment; made where it is missing. */
  readonly experiment: string;
  /** Our id of the run: opening it again goes on with the same run there. Letters, digits, `_`, `-` and `.`. */
  readonly runId: string;
  /** Name that is shown for a run made now. */
  readonly runName: string;
  /** Settings to show beside the run; those that are there already stay. Values beyond 500 characters are cut. */
  readonly params: Readonly<Record<string, string>>;
  /** What `send` was last told to be there; null for a run that sends for the first time. */
  readonly lastStepSent: number | null;
  readonly repeat: RepeatCall;
  readonly clock: Pick<Clock, 'now'>;
}

/** Most metrics, and most params, of one `runs/log-batch`. */
const MAX_METRICS = 1000;
const MAX_PARAMS = 100;

/** What every MLflow server takes; newer ones take more. */
const MAX_KEY = 250;
const MAX_PARAM_VALUE = 500;

const STATUSES: Readonly<Record<TrackedOutcome, string>> = {
  done: 'FINISHED',
  failed: 'FAILED',
  interrupted: 'KILLED',
};

/**
 * Opens the run at an MLflow tracking server: finds it by our id or makes it, and marks it as running. Metrics there can
 * only be added, so a point is sent only while its step lies beyond the newest one that the server has of its key. Rejects
 * with `TrackerError` where the server cannot be reached or refuses, `UsageError` for an invalid address or id.
 */
export async function openMlflowTracker(options: MlflowOptions, signal: AbortSignal): Promise<Tracker> {
  if (!/^[\w.-]{1,250}$/.test(options.runId))
    throw new UsageError(`run id ${JSON.stringify(options.runId)} holds more than letters, digits, "_", "-" and "."`);
  const http = new MlflowHttp(options.url, options.login);
  try {
    const { run, isNew } = await options.repeat((each) => findOrCreate(http, options, each), signal);
    const tracker = new MlflowTracker(http, options, run, isNew ? null : options.lastStepSent);
    await tracker.begin(isNew, signal);
    return tracker;
  } catch (error) {
    await http.close();
    throw error;
  }
}

/** Looks before it creates, so that repeating it after a lost answer makes no second run. */
async function findOrCreate(
  http: MlflowHttp,
  { experiment, runId, runName, clock }: MlflowOptions,
  signal: AbortSignal,
): Promise<{ run: ServerRun; isNew: boolean }> {
  const experimentId = await openExperiment(http, experiment, signal);
  const found = await findRun(http, { experimentId, runId }, signal);
  if (found !== null) return { run: found, isNew: false };
  const run = await createRun(http, { experimentId, runId, runName, startTimeMs: clock.now() }, signal);
  return { run, isNew: true };
}

class MlflowTracker implements Tracker {
  readonly name = 'MLflow';
  readonly lastStepSent: number | null;
  readonly #http: MlflowHttp;
  readonly #options: MlflowOptions;
  #run: ServerRun;
  /** Whether a request may have been received although its answer never came. */
  #isUnsure = false;

  constructor(http: MlflowHttp, options: MlflowOptions, run: ServerRun, lastStepSent: number | null) {
    this.#http = http;
    this.#options = options;
    this.#run = run;
    this.lastStepSent = lastStepSent;
  }

  async begin(isNew: boolean, signal: AbortSignal): Promise<void> {
    if (!isNew) await this.#setStatus('RUNNING', {}, signal);
    const params = Object.entries(this.#options.params)
      .map(([key, value]) => ({ key: toMlflowKey(key), value: value.slice(0, MAX_PARAM_VALUE) }))
      .filter(({ key }) => !this.#run.params.has(key));
    for (const batch of cutInto(params, MAX_PARAMS)) await this.#logBatch({ params: batch }, signal);
  }

  async send(points: readonly SeriesPoint[], signal: AbortSignal): Promise<void> {
    const metrics = points.map(({ key, value, globalStep, wallTimeMs }) => ({
      key: toMlflowKey(key),
      value: toJsonNumber(value),
      timestamp: Math.round(wallTimeMs),
      step: globalStep,
    }));
    for (const batch of cutInto(metrics, MAX_METRICS)) await this.#sendBatch(batch, signal);
  }

  /** The server is asked again for what it has whenever an answer was lost, in this call or an earlier one. */
  async #sendBatch(
    batch: readonly { readonly key: string; readonly step: number }[],
    signal: AbortSignal,
  ): Promise<void> {
    await this.#options.repeat(async (each) => {
      if (this.#isUnsure) this.#run = await readRun(this.#http, this.#run.id, each);
      const missing = batch.filter(({ key, step }) => step > (this.#run.steps.get(key) ?? -Infinity));
      this.#isUnsure = missing.length > 0;
      if (missing.length === 0) return;
      await this.#http.post('runs/log-batch', { run_id: this.#run.id, metrics: missing }, Done, each);
      this.#isUnsure = false;
      const steps = new Map(this.#run.steps);
      for (const { key, step } of missing) steps.set(key, Math.max(step, steps.get(key) ?? -Infinity));
      this.#run = { ...this.#run, steps };
    }, signal);
  }

  async close(outcome: TrackedOutcome): Promise<void> {
    try {
      const endTime = { end_time: this.#options.clock.now() };
      await this.#setStatus(STATUSES[outcome], endTime, new AbortController().signal);
    } finally {
      await this.#http.close();
    }
  }

  async #setStatus(status: string, more: { readonly end_time?: number }, signal: AbortSignal): Promise<void> {
    const body = { run_id: this.#run.id, status, ...more };
    await this.#options.repeat((each) => this.#http.post('runs/update', body, Done, each), signal);
  }

  /** Only for what may be logged twice: equal params count as one. */
  async #logBatch(items: object, signal: AbortSignal): Promise<void> {
    const body = { run_id: this.#run.id, ...items };
    await this.#options.repeat((each) => this.#http.post('runs/log-batch', body, Done, each), signal);
  }
}

/** Keys there are paths of letters, digits, `_`, `-`, `.` and spaces; anything else becomes `_`. */
function toMlflowKey(key: string): string {
  const parts = key
    .replaceAll(/[^\w.\- /]/g, '_')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => (/^\.+$/.test(part) ? '_' : part));
  return parts.join('/').slice(0, MAX_KEY).replace(/\/$/, '') || '_';
}

/** JSON has no words for these; the server's protobuf parser has. */
function toJsonNumber(value: number): number | string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? value : value > 0 ? 'Infinity' : '-Infinity';
}

function cutInto<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
