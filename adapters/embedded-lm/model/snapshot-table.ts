import { EmbeddedLmError } from './contract.ts';
import { packForward, type Runtime, viewFloats } from './runtime.ts';
import type { SnapshotRef } from './thread-messages.ts';

interface Entry extends SnapshotRef {
  /** Requests that sample from it now. */
  users: number;
  isPublished: boolean;
}

/** Published weights by name. One that is taken back while requests use it keeps its room until they are done. */
export class SnapshotTable {
  readonly #runtime: Runtime;
  readonly #free: number[];
  readonly #byName = new Map<string, Entry>();
  #generations = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#free = [...runtime.plan.snapshots];
  }

  /** Throws `bad_request` for a taken name or another number of weights, `capacity` when there is no room. */
  publish(name: string, weights: Float32Array): void {
    const { layout, plan } = this.#runtime;
    if (this.#byName.has(name)) throw new EmbeddedLmError('bad_request', `snapshot ${name} is published already`);
    if (weights.length !== layout.count) {
      throw new EmbeddedLmError('bad_request', `${weights.length} weights were given, the model has ${layout.count}`);
    }
    const address = this.#free.pop();
    if (address === undefined) {
      throw new EmbeddedLmError('capacity', `${plan.snapshots.length} snapshots are held, which is the limit`);
    }
    viewFloats(this.#runtime, plan.staging, layout.count).set(weights);
    packForward(this.#runtime, plan.staging, address);
    this.#generations += 1;
    this.#byName.set(name, { address, generation: this.#generations, users: 0, isPublished: true });
  }

  /** Does nothing for an unknown name. */
  unpublish(name: string): void {
    const entry = this.#byName.get(name);
    if (entry === undefined) return;
    this.#byName.delete(name);
    entry.isPublished = false;
    this.#reclaim(entry);
  }

  /** Runs `work` on a snapshot that does not change meanwhile. Throws `unknown_snapshot`. */
  async use<T>(name: string, work: (snapshot: SnapshotRef) => Promise<T>): Promise<T> {
    const entry = this.#byName.get(name);
    if (entry === undefined) throw new EmbeddedLmError('unknown_snapshot', `there is no snapshot ${name}`);
    entry.users += 1;
    try {
      return await work({ address: entry.address, generation: entry.generation });
    } finally {
      entry.users -= 1;
      this.#reclaim(entry);
    }
  }

  #reclaim(entry: Entry): void {
    if (!entry.isPublished && entry.users === 0) this.#free.push(entry.address);
  }
}
