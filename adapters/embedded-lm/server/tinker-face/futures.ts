import { randomBytes } from 'node:crypto';
import { HttpFailure } from '../http/route.ts';
import type { FinishedChoice } from '../sample-choices.ts';

/** What a finished operation came to. */
export type Outcome =
  | { readonly value: unknown }
  | { readonly failure: { readonly status: number; readonly detail: string } };

interface Future {
  outcome: Outcome | null;
  readonly done: Promise<void>;
}

/** Finished results kept for re-reading; older ones are forgotten. */
const MAX_KEPT = 1024;

/**
 * Results of operations by request id. They stay after they were read, so a client may poll again when
 * an answer got lost. Ids carry the process, so an id of an earlier process is never mistaken for one of this.
 */
export class FutureTable {
  readonly #boot = randomBytes(4).toString('hex');
  readonly #futures = new Map<string, Future>();
  #count = 0;

  /** Registers an operation and returns its request id at once. */
  add(operation: Promise<unknown>): string {
    this.#count += 1;
    const requestId = `${this.#boot}-${this.#count}`;
    const done = operation.then(
      (value) => this.#settle(requestId, { value }),
      (error: unknown) => this.#settle(requestId, { failure: describeFailure(error) }),
    );
    this.#futures.set(requestId, { outcome: null, done });
    return requestId;
  }

  /**
   * The outcome, waiting for it up to `waitMs`; null when it is not there yet. Throws 404 for an id
   * nobody gave out or that is forgotten; rejects when the signal aborts.
   */
  async wait(requestId: string, waitMs: number, signal: AbortSignal): Promise<Outcome | null> {
    const future = this.#futures.get(requestId);
    if (future === undefined)
      throw new HttpFailure(404, `Future ${requestId} not found: unknown, expired, or of an earlier server process`);
    if (future.outcome === null) await waitAtMost(future.done, waitMs, signal);
    return future.outcome;
  }

  #settle(requestId: string, outcome: Outcome): void {
    this.#futures.get(requestId)!.outcome = outcome;
    if (this.#futures.size <= MAX_KEPT) return;
    for (const [id, future] of this.#futures) {
      if (future.outcome === null || id === requestId) continue;
      this.#futures.delete(id);
      return;
    }
  }
}

function describeFailure(error: unknown): { status: number; detail: string } {
  const detail = error instanceof Error ? error.message : String(error);
  return { status: 400, detail };
}

function waitAtMost(done: Promise<void>, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      resolve();
    };
    const cancel = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(finish, waitMs);
    signal.addEventListener('abort', cancel, { once: true });
    void done.then(finish);
  });
}

/** Results that clients may ask for as JSON or as protobuf. They are kept for re-reading, so numbers stay packed until then. */

/** Of a forward or forward_backward pass. */
export interface PassResult {
  readonly kind: 'pass';
  readonly lossFnOutputType: string;
  /** One array per datum. */
  readonly logprobs: readonly Float32Array[];
  readonly metrics: Readonly<Record<string, number>>;
}

/** Of `asample`. */
export interface SampleResult {
  readonly kind: 'sample';
  readonly choices: readonly Pick<FinishedChoice, 'finish' | 'ids' | 'logprobs'>[];
}

/** Whether a result is that of a pass. */
export function isPassResult(value: unknown): value is PassResult {
  return (value as { kind?: unknown } | null)?.kind === 'pass';
}

/** Whether a result is that of `asample`. */
export function isSampleResult(value: unknown): value is SampleResult {
  return (value as { kind?: unknown } | null)?.kind === 'sample';
}

/** The JSON form of any result. */
export function toWireJson(value: unknown): unknown {
  if (isPassResult(value)) {
    return {
      loss_fn_output_type: value.lossFnOutputType,
      loss_fn_outputs: value.logprobs.map((logprobs) => ({
        logprobs: { data: Array.from(logprobs), dtype: 'float32', shape: [logprobs.length] },
      })),
      metrics: value.metrics,
    };
  }
  if (!isSampleResult(value)) return value;
  return {
    sequences: value.choices.map(({ finish, ids, logprobs }) => ({ stop_reason: finish, tokens: ids, logprobs })),
    prompt_logprobs: null,
    topk_prompt_logprobs: null,
  };
}
