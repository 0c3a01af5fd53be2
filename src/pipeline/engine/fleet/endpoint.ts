import { growPauseMs } from '../../../core/retry.ts';
import { hashSeed } from '../../../core/rng.ts';
import { Deadlines } from '../../../edge/waiting.ts';
import { EngineError } from '../../../errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { EndpointStatus, Engine } from '../../../ports/engine.ts';
import { EndpointWeights, type WantedWeights } from './endpoint-weights.ts';
import type { Place } from './place-call.ts';

/** Longest wait for a health check. */
const PROBE_MS = 10_000;

/** Pauses between probes that fail. A probe is not a repeated call and is not counted as one. */
const PROBE_PAUSES = { firstPauseMs: 1_000, maxPauseMs: 60_000 };

/** How long an endpoint that refused a call without naming a pause is left alone. */
const REST_MS = 1_000;

/** What all endpoints of a fleet share. */
export interface FleetParts {
  readonly clock: Clock;
  readonly wanted: WantedWeights;
  /** Ends probes. */
  readonly stop: AbortSignal;
  /** Is told when an endpoint goes down or is back. */
  tell(endpoint: EndpointStatus): void;
}

interface Outage {
  readonly error: EngineError;
  readonly probeAtMs: number;
}

/**
 * One server of a fleet. While it is up it serves every wanted version. A broken connection, a 5xx or lost weights
 * take it out of use at once; probes with growing pauses, made when calls come, bring it back with its weights restored.
 */
export class Endpoint implements Place {
  readonly engine: Engine;
  readonly weights: EndpointWeights;
  readonly salt: number;
  readonly #parts: FleetParts;
  readonly #deadlines: Deadlines;
  #inFlight = 0;
  #outage: Outage | null = null;
  #revival: Promise<void> | null = null;
  /** Outages so far: a call that began before the last of them says nothing about the endpoint now. */
  #outages = 0;
  /** Whether a call succeeded since the last outage; one that fails at once again waits longer. */
  #isProven = true;
  /** Pauses taken since it was last known to work. */
  #pauses = 0;
  #restUntilMs = Number.NEGATIVE_INFINITY;

  constructor(engine: Engine, parts: FleetParts) {
    this.engine = engine;
    this.salt = hashSeed(engine.url);
    this.weights = new EndpointWeights(engine, parts.wanted);
    this.#parts = parts;
    this.#deadlines = new Deadlines({ clock: parts.clock, ms: PROBE_MS, who: `${engine.url}/health` });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get isUp(): boolean {
    return this.#outage === null;
  }

  get status(): EndpointStatus {
    return { url: this.engine.url, isUp: this.isUp, reason: this.#outage?.error.message ?? null };
  }

  /** Why it is down; null while it is up. */
  get failure(): EngineError | null {
    return this.#outage?.error ?? null;
  }

  /** Monotonic time of the next probe; minus infinity while it is up. */
  get probeAtMs(): number {
    return this.#outage?.probeAtMs ?? Number.NEGATIVE_INFINITY;
  }

  /** Milliseconds left of the time it asked to be left alone; 0 when it is over. */
  get restMs(): number {
    return Math.max(0, this.#restUntilMs - this.#parts.clock.monotonic());
  }

  /** Runs one call here, and learns from it about the endpoint. `model` is what the call samples from. */
  async run<T>(model: string | null, work: (engine: Engine) => Promise<T>): Promise<T> {
    const outages = this.#outages;
    this.#inFlight += 1;
    try {
      const answer = await work(this.engine);
      if (outages === this.#outages) this.#isProven = true;
      return answer;
    } catch (error) {
      throw error instanceof EngineError ? this.#learn(error, model, outages) : error;
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** No call goes here until a probe has succeeded. */
  takeOut(error: EngineError): void {
    if (this.#outage !== null) return;
    this.#outages += 1;
    if (this.#isProven) this.#pauses = 0;
    const pauseMs = this.#isProven ? 0 : this.#nextPause();
    this.#isProven = false;
    this.#outage = { error, probeAtMs: this.#parts.clock.monotonic() + pauseMs };
    this.#parts.tell(this.status);
    this.probeWhenDue();
  }

  /** Starts a probe when it is time for one; returns at once. */
  probeWhenDue(): void {
    if (this.#outage !== null && this.#parts.clock.monotonic() >= this.#outage.probeAtMs) void this.probe();
  }

  /** Checks whether it is back, once for all callers. Never rejects: `isUp` is the outcome. */
  async probe(): Promise<void> {
    if (this.#outage === null) return;
    this.#revival ??= this.#revive().finally(() => {
      this.#revival = null;
    });
    await this.#revival;
  }

  /** Resolves when no probe is under way any more. */
  async settle(): Promise<void> {
    await this.#revival;
  }

  async #revive(): Promise<void> {
    const { clock, stop } = this.#parts;
    try {
      await this.#deadlines.run(stop, (signal) => this.engine.checkHealth(signal));
      // A version may become wanted after the last one was loaded; nothing happens between the check and `isUp`.
      do await this.weights.restore(stop);
      while (!this.weights.isComplete);
    } catch (error) {
      const failure = error instanceof EngineError ? error : new EngineError(String(error), { cause: error });
      this.#outage = { error: failure, probeAtMs: clock.monotonic() + this.#nextPause() };
      return;
    }
    this.#outage = null;
    this.#parts.tell(this.status);
  }

  #nextPause(): number {
    this.#pauses += 1;
    return growPauseMs(PROBE_PAUSES, this.#pauses);
  }

  /** Learns from a failed call about the endpoint, and returns the error for the caller. */
  #learn(error: EngineError, model: string | null, outages: number): EngineError {
    const isNews = outages === this.#outages;
    if (isOutage(error)) {
      if (isNews) this.takeOut(error);
      return error;
    }
    if (error.retryable && (error.status === 429 || error.retryAfterMs !== null)) {
      this.#restUntilMs = this.#parts.clock.monotonic() + (error.retryAfterMs ?? REST_MS);
      return error;
    }
    if (error.status !== 404 || model === null || !this.#parts.wanted.has(model)) return error;
    const lost = new EngineError(`weights ${model} are lost: ${error.message}`, {
      cause: error,
      retryable: true,
      status: 404,
    });
    if (isNews) {
      this.weights.forget(model);
      this.takeOut(lost);
    }
    return lost;
  }
}

/** Whether there was no whole answer, or the engine broke; a server that says when to come back is only busy. */
function isOutage({ retryable, status, retryAfterMs }: EngineError): boolean {
  return retryable && (status === null || (status >= 500 && retryAfterMs === null));
}
