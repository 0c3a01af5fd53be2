import type { ColdStartStage, Prices } from '../../core/curriculum.ts';
import { estimateTokens } from '../../core/token-bound.ts';
import { RunError } from '../../errors.ts';
import type { AttemptRecord } from '../../ports/run-store/attempts.ts';

/** A stage stopped because its budget is used up: what is finished is stored, and more budget lets it go on. */
export class BudgetSpent extends RunError {}

/** Tokens sent to a teacher and written by it. */
export interface TokenUse {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/**
 * Tokens an attempt took: its answer, and its prompt once for each answer. A server counts the answers of one call
 * together, so the share of a single one is not known where there are several; its length stands in.
 */
export function measureUse(
  attempt: Pick<AttemptRecord, 'status' | 'raw' | 'reasoning' | 'promptTokens' | 'completionTokens'>,
): TokenUse {
  const { status, raw, reasoning, promptTokens, completionTokens } = attempt;
  // The text of a failed attempt is not the teacher's.
  if (status === 'failed') return { promptTokens: promptTokens ?? 0, completionTokens: completionTokens ?? 0 };
  const characters = (raw?.length ?? 0) + (reasoning?.length ?? 0);
  return { promptTokens: promptTokens ?? 0, completionTokens: completionTokens ?? estimateTokens(characters) };
}

/** What tokens cost, in US dollars. */
export function computeCost({ promptTokens, completionTokens }: TokenUse, prices: Prices): number {
  return (promptTokens * prices.promptPerMillion + completionTokens * prices.completionPerMillion) / 1e6;
}

/** What a stage has used so far of its budget. */
export class Spending {
  readonly #budgetTokens: number | null;
  readonly #budgetUsd: number | null;
  readonly #prices: Prices | null;
  #promptTokens: number;
  #completionTokens: number;

  constructor(stage: Pick<ColdStartStage, 'budgetTokens' | 'budgetUsd' | 'teacher'>, before: TokenUse) {
    this.#budgetTokens = stage.budgetTokens ?? null;
    this.#budgetUsd = stage.budgetUsd ?? null;
    this.#prices = stage.teacher.prices ?? null;
    this.#promptTokens = before.promptTokens;
    this.#completionTokens = before.completionTokens;
  }

  /** Prompts and answers together. */
  get tokens(): number {
    return this.#promptTokens + this.#completionTokens;
  }

  /** US dollars; null without prices. */
  get usd(): number | null {
    const use = { promptTokens: this.#promptTokens, completionTokens: this.#completionTokens };
    return this.#prices === null ? null : computeCost(use, this.#prices);
  }

  /** Whether nothing more may be asked. Calls in flight at that moment still count, so a little more than the limit may be used. */
  get isSpent(): boolean {
    const { usd } = this;
    return (
      (this.#budgetTokens !== null && this.tokens >= this.#budgetTokens) ||
      (this.#budgetUsd !== null && usd !== null && usd >= this.#budgetUsd)
    );
  }

  add(attempts: readonly AttemptRecord[]): void {
    for (const attempt of attempts) {
      const { promptTokens, completionTokens } = measureUse(attempt);
      this.#promptTokens += promptTokens;
      this.#completionTokens += completionTokens;
    }
  }

  /** Which budget is used up, how many problems it leaves, and the option that raises it. */
  describeEnd(problemsLeft: number): string {
    const { usd } = this;
    const isUsd = this.#budgetUsd !== null && usd !== null && usd >= this.#budgetUsd;
    const spent = isUsd
      ? `the budget of $${this.#budgetUsd} is used up ($${usd.toFixed(2)} so far)`
      : `the budget of ${this.#budgetTokens} tokens is used up (${this.tokens} so far)`;
    const option = isUsd ? '--budget-usd MORE' : '--budget-tokens MORE';
    return `${spent}, ${problemsLeft} problems are left; go on with resume ${option}`;
  }
}
