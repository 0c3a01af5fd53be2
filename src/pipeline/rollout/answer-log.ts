import type { Clock } from '../../ports/clock.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';
import type { RunContext } from '../context.ts';

interface Queued {
  readonly write: () => void;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Shortest time between two transactions: the more a transaction writes, the less each write costs. */
const PAUSE_MS = 4;

/**
 * Writes to the store in few transactions: with thousands of calls in flight, one for each write would cost more than
 * the write itself. After a pause a write is made at the end of the turn; under load, those of a few milliseconds go
 * together.
 */
export class WriteBatch {
  readonly #store: Pick<RunStore, 'saveTogether'>;
  readonly #clock: Pick<Clock, 'monotonic' | 'sleep'>;
  #queue: Queued[] = [];
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(store: Pick<RunStore, 'saveTogether'>, clock: Pick<Clock, 'monotonic' | 'sleep'>) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Resolves when the write is in the store; rejects, with all others of its transaction, when one of them throws. */
  add(write: () => void): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#queue.length === 0) this.#schedule();
      this.#queue.push({ write, done, failed });
    });
  }

  #schedule(): void {
    const waitMs = this.#lastMs + PAUSE_MS - this.#clock.monotonic();
    if (waitMs > 0) void this.#clock.sleep(waitMs).then(() => this.#flush());
    else setImmediate(() => this.#flush());
  }

  #flush(): void {
    const queue = this.#queue;
    this.#queue = [];
    try {
      this.#store.saveTogether(() => {
        for (const { write } of queue) write();
      });
    } catch (error) {
      for (const { failed } of queue) failed(error);
      return;
    } finally {
      this.#lastMs = this.#clock.monotonic();
    }
    for (const { done } of queue) done();
  }
}

/** The answers of one owner: a round of cold-start questions about a problem, a group of rollouts. */
export interface OwnedAnswers {
  /** The stored answer to a call, else that of `ask`, which is stored before it is returned. */
  recall<T>(call: string, ask: () => Promise<T>): Promise<T>;
  /** Stores what the answers became; from then on they are forgotten. */
  settle(write: () => void): Promise<void>;
}

/** Answers that are not kept: for work that is not resumed. */
export const FORGETFUL: OwnedAnswers = { recall: (_call, ask) => ask(), settle: async (write) => write() };

/**
 * An engine's answer is kept from its arrival until the rollout or attempt it belongs to is stored, so that a run that
 * was killed in between goes on without asking again. Answers that arrive together are stored together.
 */
export class AnswerLog {
  readonly #store: RunStore;
  readonly #runId: string;
  readonly #stageIndex: number;
  readonly #batch: WriteBatch;
  /** Whether an earlier process left answers; without any there is nothing to look for. */
  readonly #hasBefore: boolean;

  constructor({ store, runId, clock }: Pick<RunContext, 'store' | 'runId' | 'clock'>, stageIndex: number) {
    this.#store = store;
    this.#runId = runId;
    this.#stageIndex = stageIndex;
    this.#batch = new WriteBatch(store, clock);
    this.#hasBefore = store.hasAnswers(runId, stageIndex);
  }

  /** `parts` name the owner within the stage. */
  open(...parts: readonly (string | number)[]): OwnedAnswers {
    const owner = JSON.stringify(parts);
    const place = [this.#runId, this.#stageIndex] as const;
    const before = this.#hasBefore ? this.#store.loadAnswers(...place, owner) : [];
    const known = new Map(before.map(({ call, answer }) => [call, answer]));
    return {
      recall: async <T>(call: string, ask: () => Promise<T>) => {
        const stored = known.get(call);
        if (stored !== undefined) return JSON.parse(stored) as T;
        const given = await ask();
        const answer = JSON.stringify(given);
        await this.#batch.add(() => this.#store.saveAnswers(...place, [{ owner, call, answer }]));
        return given;
      },
      settle: (write) =>
        this.#batch.add(() => {
          write();
          this.#store.dropAnswers(...place, [owner]);
        }),
    };
  }
}
