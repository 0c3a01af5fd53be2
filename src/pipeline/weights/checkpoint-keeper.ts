import { OutsideError, RunError } from '../../errors.ts';
import type { CheckpointRecord } from '../../ports/run-store/training.ts';
import type { RunContext } from '../context.ts';

/** Removals that failed are tried again after 1, 2, 4, ... others that succeeded, up to so many. */
const MOST_BETWEEN_TRIES = 64;

/** A removal that failed. */
interface Leftover {
  readonly work: () => Promise<void>;
  reason: string;
  /** Successes of others to wait for before the next try, and how many of them are still to come. */
  between: number;
  toCome: number;
}

/**
 * Everything the trainer saves for a run: written down before and after, kept to a number, removed. Removing never ends
 * a run: what fails is warned of once, tried again later, and listed at the end.
 */
export class CheckpointKeeper {
  readonly #ctx: RunContext;
  readonly #leftovers = new Map<string, Leftover>();

  constructor(ctx: RunContext) {
    this.#ctx = ctx;
  }

  /**
   * Saves by `ask` under a name whose path is in the store before the trainer hears of it: a process that is killed
   * meanwhile leaves nothing that the next one does not find.
   */
  async save<T extends { readonly path: string }>(
    checkpoint: Omit<CheckpointRecord, 'path'>,
    ask: (name: string) => Promise<T>,
  ): Promise<T> {
    const { store, runId, trainer } = this.#ctx;
    const path = trainer.pathOf(checkpoint.kind, checkpoint.name);
    store.intendCheckpoint(runId, { ...checkpoint, path });
    const saved = await ask(checkpoint.name);
    store.saveCheckpoint(runId, { ...checkpoint, path: saved.path });
    if (saved.path !== path) store.markCheckpointDeleted(runId, path);
    // A save before this one may have died with its trainer, after the trainer had written something.
    await this.sweep();
    return saved;
  }

  /** Deletes all of a kind but the newest ones, of one stage where it is given. */
  async deleteOlder(kind: CheckpointRecord['kind'], keep: number, stageIndex: number | null = null): Promise<void> {
    const { store, runId } = this.#ctx;
    const live = store
      .listCheckpoints(runId, kind)
      .filter((one) => stageIndex === null || one.stageIndex === stageIndex);
    for (const { path } of live.slice(0, Math.max(0, live.length - keep))) await this.#delete(path);
  }

  /** Deletes what was asked for and is not known to be there: the process that asked did not live to hear of it. */
  async sweep(): Promise<void> {
    const { store, runId } = this.#ctx;
    for (const { path } of store.listIntendedCheckpoints(runId)) await this.#delete(path);
  }

  /** Does some tidying that the run does not depend on; `what` names it for the user. Rejects only when the run is stopped or its store fails. */
  async tidy(what: string, work: () => Promise<void>): Promise<void> {
    if (!(await this.#try(what, work))) return;
    for (const [other, leftover] of [...this.#leftovers]) {
      leftover.toCome -= 1;
      if (leftover.toCome <= 0) await this.#try(other, leftover.work);
    }
  }

  /** Tries once more what is left, and lists what stays. */
  async finish(): Promise<void> {
    for (const [what, { work }] of [...this.#leftovers]) await this.#try(what, work);
    if (this.#leftovers.size === 0) return;
    const left = [...this.#leftovers].map(([what, { reason }]) => `${what} (${reason})`);
    this.#ctx.reporter.warn(`not done, and of no consequence for the run: ${left.join('; ')}`);
  }

  /** The mark comes after the deletion: what was marked is gone. */
  #delete(path: string): Promise<void> {
    const { trainer, store, runId, signal } = this.#ctx;
    return this.tidy(`deleting ${path}`, async () => {
      await trainer.deleteSaved(path, signal);
      store.markCheckpointDeleted(runId, path);
    });
  }

  async #try(what: string, work: () => Promise<void>): Promise<boolean> {
    const { signal, reporter } = this.#ctx;
    try {
      await work();
      this.#leftovers.delete(what);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OutsideError || error instanceof RunError)) throw error;
      const known = this.#leftovers.get(what);
      if (known === undefined) reporter.warn(`${what} failed: ${error.message}; it is tried again later`);
      const between = Math.min(MOST_BETWEEN_TRIES, 2 * (known?.between ?? 0.5));
      this.#leftovers.set(what, { work, reason: error.message, between, toCome: between });
      return false;
    }
  }
}
