import type { EmbeddedLm } from '../model/contract.ts';
import { parseLocation, parseTinkerPath, toTinkerPath } from './checkpoints/checkpoint-ref.ts';
import type { CheckpointStore } from './checkpoints/checkpoint-store.ts';
import { HttpFailure } from './http/route.ts';

/** The model that serves the initial weights; its name is also the `base_model` of the trainer face. */
export const BASE_MODEL = 'embedded-base';

/** Adapters the vLLM face holds at once. */
export const MAX_ADAPTERS = 16;

/** Checkpoints the trainer face keeps open for sampling; the one used longest ago goes first. */
const MAX_OPEN_PATHS = 4;

/** Weights that were loaded under a name. */
export interface Adapter {
  readonly name: string;
  /** As `lora_path` gave it. */
  readonly root: string;
  readonly tinkerPath: string;
}

interface Loaded extends Adapter {
  readonly snapshot: Promise<string>;
}

/** Which weights answer to which name: the base, adapters loaded by name, and checkpoint paths opened for `asample`. */
export class Snapshots {
  readonly #lm: EmbeddedLm;
  readonly #checkpoints: CheckpointStore;
  readonly #adapters = new Map<string, Loaded>();
  readonly #openPaths = new Map<string, Promise<string>>();
  #published = 0;

  constructor(lm: EmbeddedLm, checkpoints: CheckpointStore) {
    this.#lm = lm;
    this.#checkpoints = checkpoints;
  }

  /** The snapshot behind a model name; waits for one that is being loaded. Null for an unknown name. */
  find(model: string): string | Promise<string> | null {
    if (model === BASE_MODEL) return BASE_MODEL;
    return this.#adapters.get(model)?.snapshot ?? null;
  }

  listAdapters(): readonly Adapter[] {
    return [...this.#adapters.values()];
  }

  /** Loads sampler weights under a name, with vLLM's refusals. */
  async loadAdapter(name: string, root: string): Promise<void> {
    const ref = parseLocation(root, this.#checkpoints.stateDir);
    if (ref === null || ref.kind !== 'sampler_weights' || !(await this.#checkpoints.exists(ref))) {
      throw new HttpFailure(404, `Loading lora ${name} failed: No adapter found for ${root}`, {
        type: 'NotFoundError',
      });
    }
    if (this.#adapters.has(name) || name === BASE_MODEL) {
      throw new HttpFailure(400, `The lora adapter '${name}' has already been loaded.`, { type: 'InvalidUserInput' });
    }
    if (this.#adapters.size >= MAX_ADAPTERS) {
      throw new HttpFailure(400, `${MAX_ADAPTERS} adapters are loaded, which is the limit; unload one first`, {
        type: 'InvalidUserInput',
      });
    }
    const tinkerPath = toTinkerPath(ref);
    const snapshot = this.#publish(tinkerPath);
    this.#adapters.set(name, { name, root, tinkerPath, snapshot });
    snapshot.catch(() => this.#adapters.delete(name));
    await snapshot;
  }

  async unloadAdapter(name: string): Promise<void> {
    const adapter = this.#adapters.get(name);
    if (adapter === undefined) {
      throw new HttpFailure(404, `The lora adapter '${name}' cannot be found.`, { type: 'NotFoundError' });
    }
    this.#adapters.delete(name);
    this.#lm.unpublish(await adapter.snapshot);
  }

  /** The snapshot of a sampler checkpoint, published on first use. */
  async openPath(tinkerPath: string): Promise<string> {
    const known = this.#openPaths.get(tinkerPath);
    this.#openPaths.delete(tinkerPath);
    const opened = known ?? this.#publish(tinkerPath);
    this.#openPaths.set(tinkerPath, opened);
    try {
      await opened;
    } catch (error) {
      this.#openPaths.delete(tinkerPath);
      throw error;
    }
    await this.#trimOpenPaths();
    return opened;
  }

  async #trimOpenPaths(): Promise<void> {
    while (this.#openPaths.size > MAX_OPEN_PATHS) {
      const [oldest, snapshot] = this.#openPaths.entries().next().value!;
      this.#openPaths.delete(oldest);
      this.#lm.unpublish(await snapshot);
    }
  }

  async #publish(tinkerPath: string): Promise<string> {
    this.#published += 1;
    const snapshot = `snapshot-${this.#published}`;
    const ref = parseTinkerPath(tinkerPath, 'model_path');
    if (ref.kind !== 'sampler_weights')
      throw new HttpFailure(400, `${tinkerPath} is a training state; sample from sampler_weights`);
    await this.#lm.publish(snapshot, await this.#checkpoints.loadWeights(ref));
    return snapshot;
  }
}
