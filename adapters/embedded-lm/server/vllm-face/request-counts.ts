/** Upper bounds of the latency histogram, in seconds, as vLLM's begin. */
const BUCKETS_S = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

/** Counters of finished requests, for /metrics. */
export class RequestCounts {
  readonly finished = { stop: 0, length: 0, abort: 0 };
  readonly #buckets = BUCKETS_S.map(() => 0);
  #latencySumS = 0;
  #latencyCount = 0;

  /** Counts one choice that ended. */
  countFinish(reason: 'stop' | 'length' | 'abort'): void {
    this.finished[reason] += 1;
  }

  /** Adds the latency of one request. */
  addLatency(latencyMs: number): void {
    const seconds = latencyMs / 1000;
    BUCKETS_S.forEach((bound, i) => {
      if (seconds <= bound) this.#buckets[i]! += 1;
    });
    this.#latencySumS += seconds;
    this.#latencyCount += 1;
  }

  latency(): {
    readonly buckets: readonly (readonly [bound: string, count: number])[];
    readonly sumS: number;
    readonly count: number;
  } {
    const buckets = BUCKETS_S.map((bound, i) => [String(bound), this.#buckets[i]!] as const);
    return { buckets: [...buckets, ['+Inf', this.#latencyCount]], sumS: this.#latencySumS, count: this.#latencyCount };
  }
}
