import { Deadlines } from '../../edge/deadlines.ts';
import { ParallelR1Error } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EngineLoad } from '../../ports/engine.ts';

/** Shortest time between two questions. */
const EVERY_MS = 5_000;

export type ReadLoad = (signal: AbortSignal) => Promise<EngineLoad | null>;

/** Asks an engine how busy it is, at most every five seconds and only while calls are made; it is never needed. */
export class LoadWatch {
  readonly #read: ReadLoad;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #tell: (load: EngineLoad | null) => void;
  #nextMs = Number.NEGATIVE_INFINITY;

  /** `tell` gets every answer, and null for a question that failed. */
  constructor(read: ReadLoad, clock: Clock, tell: (load: EngineLoad | null) => void) {
    this.#read = read;
    this.#clock = clock;
    this.#deadlines = new Deadlines({ clock, ms: EVERY_MS, who: 'the metrics of the engine' });
    this.#tell = tell;
  }

  /** Asks when it is time to; returns at once. */
  look(signal: AbortSignal): void {
    const nowMs = this.#clock.monotonic();
    if (nowMs < this.#nextMs || signal.aborted) return;
    this.#nextMs = nowMs + EVERY_MS;
    void this.#ask(signal);
  }

  async #ask(signal: AbortSignal): Promise<void> {
    try {
      this.#tell(await this.#deadlines.run(signal, this.#read));
    } catch (error) {
      if (!signal.aborted && !(error instanceof ParallelR1Error)) throw error;
      this.#tell(null);
    }
  }
}
