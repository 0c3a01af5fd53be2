import { EngineError } from '../../../src/errors.ts';
import type { Engine } from '../../../src/ports/engine.ts';
import type { Sampled } from './sample.ts';

/**
 * Whether sequences that were stopped still hold what stopped them. The Tinker API does not tell which stop it
 * was, so that the last id is the only sign: a stop of the request, or an end of sequence of the model.
 */
export class EndTokens {
  readonly #tokenize: (text: string, signal: AbortSignal | undefined) => Promise<readonly number[]>;
  readonly #eosTexts: readonly string[];
  #eosIds: ReadonlySet<number> | null = null;

  constructor(tokenizer: Pick<Engine, 'tokenize'>, model: string, eosTexts: readonly string[]) {
    this.#tokenize = (text, signal) => tokenizer.tokenize({ model, input: { text } }, signal);
    this.#eosTexts = eosTexts;
  }

  /** Rejects with a final `EngineError` for a sequence whose stop was dropped: without it, it cannot be trained on. */
  async check(
    at: string,
    sampled: readonly Sampled[],
    stopTokenIds: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const [index, { ids, finish }] of sampled.entries()) {
      const last = ids.at(-1) ?? -1;
      if (finish !== 'stop' || stopTokenIds.includes(last)) continue;
      this.#eosIds ??= await this.#findEosIds(signal);
      if (this.#eosIds.has(last)) continue;
      throw new EngineError(
        `${at}: sequences[${index}] was stopped but ends with no stop token: the server drops them, or engine.eosTokens lacks this model's end of sequence`,
      );
    }
  }

  /** Texts that the tokenizer does not know as one token end nothing. */
  async #findEosIds(signal: AbortSignal | undefined): Promise<ReadonlySet<number>> {
    const found = new Set<number>();
    for (const text of this.#eosTexts) {
      const ids = await this.#tokenize(text, signal).catch((error: unknown) => {
        if (error instanceof EngineError && !error.retryable) return [];
        throw error;
      });
      if (ids.length === 1) found.add(ids[0]!);
    }
    return found;
  }
}
