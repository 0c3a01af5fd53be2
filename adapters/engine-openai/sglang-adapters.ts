import { failAt } from './failures.ts';
import type { HttpWire } from './http-wire.ts';
import type { ListedModel } from './models.ts';

/**
 * Which served names are adapters. SGLang's `/generate` takes no model: it serves the base unless an adapter is
 * named, so a name that is neither must not silently become the base.
 */
export class SglangAdapters {
  readonly #wire: HttpWire;
  readonly #listModels: (signal: AbortSignal | undefined) => Promise<ListedModel[]>;
  readonly #isAdapter = new Map<string, boolean>();

  constructor(wire: HttpWire, listModels: (signal: AbortSignal | undefined) => Promise<ListedModel[]>) {
    this.#wire = wire;
    this.#listModels = listModels;
  }

  /** The adapter to name for `model`, null for the base. Rejects with a final `EngineError` for a name nobody serves. */
  async findName(model: string, signal: AbortSignal | undefined): Promise<string | null> {
    if (!this.#isAdapter.has(model)) {
      for (const { id, parent } of await this.#listModels(signal)) this.#isAdapter.set(id, parent !== null);
    }
    const isAdapter = this.#isAdapter.get(model);
    if (isAdapter === undefined) {
      throw failAt(this.#wire.siteOf('POST', '/generate'), `no model or adapter ${model} is served`, { status: 404 });
    }
    return isAdapter ? model : null;
  }

  add(version: string): void {
    this.#isAdapter.set(version, true);
  }

  forget(version: string): void {
    this.#isAdapter.delete(version);
  }
}
