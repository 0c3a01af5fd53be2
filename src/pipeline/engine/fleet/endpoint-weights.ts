import { EngineError } from '../../../errors.ts';
import type { Engine } from '../../../ports/engine.ts';
import { replaceWeights } from '../calls.ts';

/** Weights versions every endpoint of a fleet has to serve, and where each was saved. */
export type WantedWeights = ReadonlyMap<string, string>;

/** Which versions one endpoint holds, as far as the fleet knows from having loaded them there. */
export class EndpointWeights {
  readonly #engine: Engine;
  readonly #wanted: WantedWeights;
  readonly #held = new Set<string>();
  /** Versions that were unloaded elsewhere while this endpoint could not be reached. */
  readonly #stale = new Set<string>();

  constructor(engine: Engine, wanted: WantedWeights) {
    this.#engine = engine;
    this.#wanted = wanted;
  }

  /** Whether it serves all that is wanted and nothing that is not. */
  get isComplete(): boolean {
    return this.#stale.size === 0 && this.#missing() === undefined;
  }

  holds(version: string): boolean {
    return this.#held.has(version);
  }

  async load(version: string, location: string, signal: AbortSignal | undefined): Promise<void> {
    await this.#engine.loadWeights(version, location, signal);
    this.#held.add(version);
  }

  async unload(version: string, signal: AbortSignal | undefined): Promise<void> {
    await this.#engine.unloadWeights(version, signal);
    this.#held.delete(version);
    this.#stale.delete(version);
  }

  /** Notes that the server says it does not know this version any more. */
  forget(version: string): void {
    this.#held.delete(version);
  }

  /** Notes a version to unload when the endpoint is back. */
  unloadLater(version: string): void {
    this.#stale.add(version);
  }

  /** Gives an endpoint that was down the versions wanted now: a restarted server has lost what it held. */
  async restore(signal: AbortSignal): Promise<void> {
    if (this.#held.size > 0) await this.#forgetUnlisted(signal);
    while (!this.isComplete) {
      await this.#unloadStale(signal);
      const missing = this.#missing();
      if (missing === undefined) continue;
      const [version, location] = missing;
      await replaceWeights({
        load: () => this.load(version, location, signal),
        unload: () => this.unload(version, signal),
      });
    }
  }

  /** An old version that cannot be unloaded is no reason to do without the server; it stays there, and the end of the run tries again. */
  async #unloadStale(signal: AbortSignal): Promise<void> {
    for (const version of [...this.#stale]) {
      try {
        await this.unload(version, signal);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        this.#stale.delete(version);
      }
    }
  }

  /** A version that is listed but was never loaded by this fleet may hold anything, so it is loaded again. */
  #missing(): readonly [string, string] | undefined {
    return [...this.#wanted].find(([version]) => !this.#held.has(version));
  }

  async #forgetUnlisted(signal: AbortSignal): Promise<void> {
    const listed = new Set((await this.#engine.listModels(signal)).map(({ id }) => id));
    for (const version of this.#held) if (!listed.has(version)) this.#held.delete(version);
  }
}
