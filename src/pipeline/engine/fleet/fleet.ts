import { Deadlines } from '../../../edge/waiting.ts';
import { EngineError } from '../../../errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { EndpointStatus, Engine, EngineLoad } from '../../../ports/engine.ts';
import { combineLoads } from './combine-answers.ts';
import { Endpoint } from './endpoint.ts';
import { choosePlace, type Placement } from './place-call.ts';

export interface FleetOptions {
  /** At least one; they serve the same model. The fleet closes them. */
  readonly engines: readonly Engine[];
  readonly placement: Placement;
  readonly clock: Clock;
  /** Is told when an endpoint goes down or is back; `all` is the state of every endpoint now. */
  onChange(endpoint: EndpointStatus, all: readonly EndpointStatus[]): void;
}

/** Longest a call waits for endpoints that are being probed, when none is up. */
const WAIT_MS = 60_000;

/** Where a call goes, which endpoints are up, and which weights all of them have to serve. */
export class Fleet {
  readonly #endpoints: readonly Endpoint[];
  readonly #placement: Placement;
  readonly #clock: Clock;
  readonly #wanted = new Map<string, string>();
  readonly #stop = new AbortController();
  readonly #deadlines: Deadlines;
  #turn = 0;

  constructor({ engines, placement, clock, onChange }: FleetOptions) {
    const tell = (endpoint: EndpointStatus) => onChange(endpoint, this.list());
    const parts = { clock, wanted: this.#wanted, stop: this.#stop.signal, tell };
    this.#endpoints = engines.map((engine) => new Endpoint(engine, parts));
    this.#placement = placement;
    this.#clock = clock;
    this.#deadlines = new Deadlines({ clock, ms: WAIT_MS, who: 'a probe of engine.urls' });
  }

  list(): readonly EndpointStatus[] {
    return this.#endpoints.map(({ status }) => status);
  }

  /** One call on one endpoint. `keyOf` hashes what it begins with; null: any endpoint will do. */
  async callOne<T>(
    keyOf: (() => number) | null,
    model: string,
    signal: AbortSignal | undefined,
    work: (engine: Engine) => Promise<T>,
  ): Promise<T> {
    for (const endpoint of this.#endpoints) endpoint.probeWhenDue();
    const up = this.#listUp();
    const usable = up.length > 0 ? up : await this.#awaken(signal);
    try {
      // Chosen and counted in one go: the next choice sees this call in flight.
      return await this.#choose(usable, keyOf).run(model, work);
    } catch (error) {
      throw error instanceof EngineError ? this.#toFleetError(error) : error;
    }
  }

  /**
   * One call on every endpoint that is up. An endpoint that fails while another succeeds is taken out; rejects when
   * all fail, and for a final failure unless `forgiving`.
   */
  async callAll<T>(
    signal: AbortSignal | undefined,
    work: (endpoint: Endpoint) => Promise<T>,
    forgiving = false,
  ): Promise<T[]> {
    const up = this.#listUp();
    const asked = up.length > 0 ? up : await this.#awaken(signal);
    const outcomes = await Promise.all(asked.map((endpoint) => tryCall(endpoint, work)));
    const answers = outcomes.flatMap((outcome) => ('answer' in outcome ? [outcome.answer] : []));
    const failures = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []));
    const final = forgiving ? undefined : failures.find(({ error }) => !error.retryable);
    const thrown = final ?? (answers.length === 0 ? failures[0] : undefined);
    if (thrown !== undefined) throw thrown.error;
    for (const { endpoint, error } of failures) endpoint.takeOut(error);
    return answers;
  }

  async loadWeights(version: string, location: string, signal: AbortSignal | undefined): Promise<void> {
    const before = this.#wanted.get(version);
    // Recorded before the first answer: an endpoint that comes back in the meantime must load it too.
    this.#wanted.set(version, location);
    try {
      await this.callAll(signal, ({ weights }) => weights.load(version, location, signal));
    } catch (error) {
      const isRefused = error instanceof EngineError && !error.retryable;
      if (isRefused && before === undefined) this.#wanted.delete(version);
      else if (isRefused && before !== undefined) this.#wanted.set(version, before);
      throw error;
    }
  }

  async unloadWeights(version: string, signal: AbortSignal | undefined): Promise<void> {
    this.#wanted.delete(version);
    for (const { isUp, weights } of this.#endpoints) if (!isUp) weights.unloadLater(version);
    await this.callAll(signal, async ({ weights }) => {
      try {
        await weights.unload(version, signal);
      } catch (error) {
        weights.unloadLater(version);
        throw error;
      }
    });
  }

  /** Checks every endpoint, also those that are down; rejects when none is up. */
  async checkHealth(signal: AbortSignal | undefined): Promise<{ readonly version: string | null }> {
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.probe()));
    const answers = await this.callAll(signal, ({ engine }) => engine.checkHealth(signal), true);
    const versions = [...new Set(answers.flatMap(({ version }) => version ?? []))];
    return { version: versions.length === 0 ? null : versions.join(', ') };
  }

  /** An endpoint that does not report its load is not taken out of use for that. */
  async readLoad(signal: AbortSignal | undefined): Promise<EngineLoad | null> {
    const loads = this.#listUp().map(async ({ engine }) => (await engine.readLoad?.(signal)) ?? null);
    const outcomes = await Promise.allSettled(loads);
    signal?.throwIfAborted();
    return combineLoads(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : null)));
  }

  async close(): Promise<void> {
    this.#stop.abort(new EngineError('the engine connection was closed'));
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.engine[Symbol.asyncDispose]()));
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.settle()));
  }

  #listUp(): Endpoint[] {
    return this.#endpoints.filter(({ isUp }) => isUp);
  }

  #choose(usable: readonly Endpoint[], keyOf: (() => number) | null): Endpoint {
    const ready = usable.filter(({ restMs }) => restMs === 0);
    // All asked to be left alone, and the caller has waited as long as it was told to: the one that is ready soonest gets it.
    if (ready.length === 0) return usable.reduce((least, one) => (one.restMs < least.restMs ? one : least));
    if (ready.length === 1) return ready[0]!;
    if (keyOf !== null) return choosePlace(ready, keyOf(), this.#placement);
    this.#turn += 1;
    return choosePlace(ready, this.#turn, 'spread');
  }

  /** Waits for the first endpoint that a due probe finds back; rejects with a retryable error when there is none. */
  async #awaken(signal: AbortSignal | undefined): Promise<Endpoint[]> {
    const nowMs = this.#clock.monotonic();
    const due = this.#endpoints.filter(({ probeAtMs }) => probeAtMs <= nowMs);
    if (due.length > 0) {
      await this.#deadlines.run(signal ?? this.#stop.signal, () => probeAny(due));
    }
    const up = this.#listUp();
    if (up.length > 0) return up;
    throw this.#describeAllOut();
  }

  #describeAllOut(): EngineError {
    const [first] = this.#endpoints;
    const cause = first!.failure;
    const said = cause?.message ?? 'no answer';
    const count = this.#endpoints.length;
    const waitMs = Math.min(...this.#endpoints.map(({ probeAtMs }) => probeAtMs)) - this.#clock.monotonic();
    return new EngineError(count === 1 ? said : `none of the ${count} endpoints in engine.urls answers: ${said}`, {
      cause,
      retryable: true,
      retryAfterMs: Math.max(0, waitMs),
    });
  }

  /** Drops the pause that one endpoint asked for where another can take the call at once. */
  #toFleetError(error: EngineError): EngineError {
    const { message, retryable, status, timedOut } = error;
    if (error.retryAfterMs === null || !this.#endpoints.some(({ isUp, restMs }) => isUp && restMs === 0)) return error;
    return new EngineError(message, { cause: error, retryable, status, timedOut });
  }
}

type Outcome<T> = { readonly answer: T } | { readonly endpoint: Endpoint; readonly error: EngineError };

async function tryCall<T>(endpoint: Endpoint, work: (endpoint: Endpoint) => Promise<T>): Promise<Outcome<T>> {
  try {
    return { answer: await endpoint.run(null, () => work(endpoint)) };
  } catch (error) {
    if (error instanceof EngineError) return { endpoint, error };
    throw error;
  }
}

/** Resolves when the first of them is up, or all have been checked. */
async function probeAny(endpoints: readonly Endpoint[]): Promise<void> {
  const probes = endpoints.map(async (endpoint) => {
    await endpoint.probe();
    if (!endpoint.isUp) throw endpoint.failure;
  });
  await Promise.any(probes).catch(() => undefined);
}
