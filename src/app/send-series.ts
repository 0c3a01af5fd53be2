import { ParallelR1Error } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { StepPlace } from '../ports/run-store/training.ts';
import type { TrackedOutcome, Tracker } from '../ports/tracker.ts';
import type { SeriesReader } from '../report/series.ts';

/** Steps that are read and sent at once. */
const PAGE_STEPS = 200;

/** After a tracker failed, nothing is sent to it for this long while the run goes on. */
const REST_MS = 60_000;

/** A tracker as the configuration names it. */
export interface TrackerSpec {
  /** Under which its progress is stored: `mlflow`. */
  readonly id: string;
  /** For messages: `MLflow`. */
  readonly title: string;
  open(lastStepSent: number | null, signal: AbortSignal): Promise<Tracker>;
}

export interface SenderOptions {
  readonly spec: TrackerSpec;
  readonly runId: string;
  readonly store: Pick<RunStore, 'trackedStep' | 'saveTrackedStep'>;
  readonly series: SeriesReader;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly warn: (message: string) => void;
}

/**
 * Sends the figures of one run to one tracker, beside the run: what is committed is sent when it is final, one page after
 * the other, and how far it went is stored. A tracker that fails is warned about once, left alone for a while, and never
 * stops a run.
 */
export class SeriesSender {
  readonly #options: SenderOptions;
  readonly #stop = new AbortController();
  #tracker: Tracker | null = null;
  #sent: number | null = null;
  #end: StepPlace | null = null;
  #work: Promise<void> | null = null;
  #restUntilMs = 0;
  #isFailing = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Everything before `end` is as it will stay: it is sent meanwhile. */
  offer(end: StepPlace): void {
    this.#end = end;
    if (this.#work !== null || this.#options.clock.monotonic() < this.#restUntilMs) return;
    this.#work = this.#sendOffered().finally(() => {
      this.#work = null;
    });
  }

  /**
   * Sends what is left before `end` (null: everything), says how the run ended, and lets go of the tracker. The signal
   * bounds how long that may take. Resolves to whether the tracker has all of it.
   */
  async finish(outcome: TrackedOutcome, end: StepPlace | null, signal: AbortSignal): Promise<boolean> {
    const stop = () => this.#stop.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await this.#work;
      await this.#sendTo(end);
      await this.#tracker?.close(outcome);
      return true;
    } catch (error) {
      await this.#tracker?.close(outcome).catch(() => undefined);
      this.#warn(error, 'what is missing there can be sent later by the command track');
      return false;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #sendOffered(): Promise<void> {
    let done: StepPlace | null = null;
    try {
      while (this.#end !== null && this.#end !== done) {
        const end: StepPlace = this.#end;
        await this.#sendTo(end);
        done = end;
      }
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#warn(error, 'the run goes on, and its figures are sent later');
      this.#isFailing = true;
      this.#restUntilMs = this.#options.clock.monotonic() + REST_MS;
    }
  }

  async #sendTo(end: StepPlace | null): Promise<void> {
    const { spec, runId, store, series } = this.#options;
    const { signal } = this.#stop;
    if (this.#tracker === null) {
      this.#tracker = await spec.open(store.trackedStep(runId, spec.id), signal);
      this.#sent = this.#tracker.lastStepSent;
    }
    for (;;) {
      const points = series.read(this.#sent, end, PAGE_STEPS);
      const last = points.at(-1);
      if (last === undefined) return;
      await this.#tracker.send(points, signal);
      this.#sent = last.globalStep;
      store.saveTrackedStep(runId, spec.id, last.globalStep);
    }
  }

  #warn(error: unknown, comfort: string): void {
    const reason = error instanceof Error ? error.message : String(error);
    const { title } = this.#options.spec;
    const named = error instanceof ParallelR1Error && reason.startsWith(title) ? reason : `${title}: ${reason}`;
    this.#options.warn(`${named}; ${comfort}`);
  }
}
