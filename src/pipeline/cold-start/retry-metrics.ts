import type { RunContext } from '../context.ts';
import { type CallPolicy, measureRetries } from '../engine/calls.ts';

/** Where a stage without steps keeps its metrics. */
const STEP = 0;

/** The repeated calls of a stage, over all processes that worked on it, as metrics of the run. */
export class RetryMetrics {
  readonly #ctx: RunContext;
  readonly #stageIndex: number;
  readonly #calls: CallPolicy;
  /** Of earlier processes. */
  readonly #before: ReadonlyMap<string, number>;
  /** Calls of other stages of this process with the same policy. */
  readonly #foreign: Readonly<Record<string, number>>;
  #saved: number;

  constructor(ctx: RunContext, stageIndex: number, calls: CallPolicy) {
    const stored = ctx.store
      .listMetrics(ctx.runId, 'engine/retries')
      .filter((point) => point.stageIndex === stageIndex);
    this.#ctx = ctx;
    this.#stageIndex = stageIndex;
    this.#calls = calls;
    this.#before = new Map(stored.map(({ key, value }) => [key, value]));
    this.#foreign = measureRetries(calls.stats().retries);
    this.#saved = calls.retries;
  }

  /** Writes them when there are new ones; cheap when there are none. */
  save(): void {
    const { retries } = this.#calls;
    if (retries === this.#saved) return;
    this.#saved = retries;
    const points = Object.entries(this.#measure()).map(([key, value]) => ({
      stageIndex: this.#stageIndex,
      step: STEP,
      key,
      value,
    }));
    this.#ctx.store.saveMetrics(this.#ctx.runId, points);
  }

  /** Nothing when no call was repeated, else `; calls repeated: rate_limited 12, timeout 1` (names of `RetryCause`). */
  describe(): string {
    const causes = Object.entries(this.#measure()).flatMap(([key, count]) => {
      const cause = /^engine\/retries_(.+)$/.exec(key)?.[1];
      return cause === undefined || count === 0 ? [] : [`${cause} ${count}`];
    });
    return causes.length === 0 ? '' : `; calls repeated: ${causes.join(', ')}`;
  }

  #measure(): Record<string, number> {
    const now = measureRetries(this.#calls.stats().retries);
    const keys = new Set([...Object.keys(now), ...this.#before.keys()]);
    const count = (key: string) => (now[key] ?? 0) - (this.#foreign[key] ?? 0) + (this.#before.get(key) ?? 0);
    return Object.fromEntries([...keys].map((key) => [key, count(key)]));
  }
}
