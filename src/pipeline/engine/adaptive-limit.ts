import { Deadlines } from '../../edge/waiting.ts';
import { ParallelR1Error } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EngineLoad } from '../../ports/engine.ts';

/** How much a cut leaves of what was in flight. */
const AFTER_REFUSAL = 0.7;
const AFTER_PREEMPTION = 0.8;
const AFTER_FULL_CACHE = 0.8;
const AFTER_LONG_QUEUE = 0.9;

/** Shares of the KV cache: above the first nothing grows, above the second the limit is cut. */
const CACHE_IS_BUSY = 0.8;
const CACHE_IS_FULL = 0.9;

/** A queue this long, compared with what runs, only waits at the server instead of here. */
const LONG_QUEUE = 0.5;

/** Growth per round of successes once the limit was met, as a share of the most allowed. */
const GROWTH = 1 / 32;

/** The limit is what holds calls back when this share of it is in use. */
const IS_BINDING = 0.9;

/**
 * How many calls may be in flight: grows while calls succeed and the server has room, shrinks when it refuses,
 * times out, preempts or queues. Doubles per round of successes until the first cut, then adds a fixed amount per
 * round. A limit that begins at its maximum never grows, and without congestion never changes.
 */
export class AdaptiveLimit {
  readonly #max: number;
  #limit: number;
  #cuts = 0;
  #hasRoom = true;
  #preemptions: number | null = null;

  constructor(start: number, max: number) {
    this.#max = max;
    this.#limit = Math.min(start, max);
  }

  /** Calls that may be in flight now, at least one. */
  get value(): number {
    return Math.floor(this.#limit);
  }

  /** Cuts so far. A call remembers the count it began under: what it meets says nothing about later limits. */
  get cuts(): number {
    return this.#cuts;
  }

  /** A call that began under `cuts` succeeded; `inFlight` counts it still. */
  grow(cuts: number, inFlight: number): void {
    if (cuts !== this.#cuts || !this.#hasRoom || inFlight < IS_BINDING * this.value) return;
    const step = this.#cuts === 0 ? 1 : Math.max(1, this.#max * GROWTH) / this.#limit;
    this.#limit = Math.min(this.#max, this.#limit + step);
  }

  /** A call that began under `cuts` was refused or timed out. One cut answers all calls that began before it. */
  shrink(cuts: number, inFlight: number): void {
    if (cuts === this.#cuts) this.#cut(AFTER_REFUSAL, inFlight);
  }

  /** What the server told of itself; null when it told nothing lately. */
  heed(load: EngineLoad | null, inFlight: number): void {
    const before = this.#preemptions;
    this.#preemptions = load?.preemptions ?? null;
    this.#hasRoom = load === null || (load.waiting === 0 && (load.kvCacheUsed ?? 0) <= CACHE_IS_BUSY);
    // A cut takes effect as calls end; until then the load is still that of the limit before.
    if (load === null || inFlight > this.value) return;
    // The first count is where counting begins, and a lower one a server that began anew.
    if (before !== null && (load.preemptions ?? 0) > before) this.#cut(AFTER_PREEMPTION, inFlight);
    else if ((load.kvCacheUsed ?? 0) > CACHE_IS_FULL) this.#cut(AFTER_FULL_CACHE, inFlight);
    else if (load.running !== null && load.waiting > LONG_QUEUE * load.running) this.#cut(AFTER_LONG_QUEUE, inFlight);
  }

  #cut(share: number, inFlight: number): void {
    this.#cuts += 1;
    this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, inFlight) * share));
  }
}

/** Shortest time between two questions. */
const EVERY_MS = 5_000;

export type ReadLoad = (signal: AbortSignal) => Promise<EngineLoad | null>;

/** Asks an engine how busy it is, at most every five seconds and only while calls are made; nothing depends on an answer. */
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
