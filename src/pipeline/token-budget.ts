import { RunError } from '../errors.ts';
import type { AttemptRecord } from '../ports/run-store.ts';

/** A stage stopped because its token budget is used up: what is finished is stored, and more budget lets it go on. */
export class BudgetSpent extends RunError {}

/** Characters that count as a token where the server does not tell what an answer took. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * Tokens an attempt took: its answer, and its prompt once for each answer. A server counts the answers of one call
 * together, so that of several none can be told; their length stands in.
 */
export function countTokensUsed(
  attempt: Pick<AttemptRecord, 'status' | 'raw' | 'reasoning' | 'promptTokens' | 'completionTokens'>,
): number {
  const { status, raw, reasoning, promptTokens, completionTokens } = attempt;
  // The text of a failed call is the refusal.
  if (status === 'failed') return 0;
  const characters = (raw?.length ?? 0) + (reasoning?.length ?? 0);
  return (promptTokens ?? 0) + (completionTokens ?? Math.ceil(characters / CHARACTERS_PER_TOKEN));
}

/** What a stage has used of the tokens it may use. */
export class TokenBudget {
  readonly #limit: number;
  #used = 0;

  /** Null: no bound. */
  constructor(limit: number | null) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
  }

  /** Nothing more may be asked. What is in flight then still counts, so that a little more than the limit can be used. */
  get isSpent(): boolean {
    return this.#used >= this.#limit;
  }

  get used(): number {
    return this.#used;
  }

  add(attempts: readonly AttemptRecord[]): void {
    for (const attempt of attempts) this.#used += countTokensUsed(attempt);
  }

  /** Passes stored attempts on and counts them. */
  *watch(attempts: Iterable<AttemptRecord>): Generator<AttemptRecord, void, undefined> {
    for (const attempt of attempts) {
      this.add([attempt]);
      yield attempt;
    }
  }
}
