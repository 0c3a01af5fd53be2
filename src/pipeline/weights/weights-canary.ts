import { EngineError } from '../../errors.ts';
import type { Completion } from '../../ports/engine.ts';
import type { RunContext } from '../context.ts';
import { renderStudentPrompt, tokenizePrompt } from '../engine/tokenizer.ts';

/** What the canary asks for: enough tokens that trained weights differ somewhere. */
const TOKENS = 4;
const SEED = 7;

/**
 * Whether a server that took weights also samples from them. One that lists an adapter and ignores it answers every
 * question exactly as the base model does, to the last digit of every log-prob; trained weights do not.
 */
export class WeightsCanary {
  readonly #ctx: RunContext;
  #isSettled = false;

  constructor(ctx: RunContext) {
    this.#ctx = ctx;
  }

  /** What the engine answers before the run gave it any weights; null where that is not needed or not to be had. */
  async askBefore(): Promise<Completion | null> {
    return this.#isSettled || !this.#isTrained() ? null : this.#askBase();
  }

  /**
   * Compares trained weights with the base model, until they were seen to differ or a warning was given. An engine whose
   * weights were replaced as a whole has no base model any more; there `before` stands for it.
   */
  async look(version: string, before: Completion | null): Promise<void> {
    if (this.#isSettled || !this.#isTrained()) return;
    this.#isSettled = true;
    const { engine, plan, reporter } = this.#ctx;
    const base = (await this.#askBase()) ?? before;
    const prompt = await this.#findPrompt();
    if (base === null || prompt === null || !isSame(base, await this.#ask(version, prompt))) return;
    reporter.warn(
      `engine ${engine.url} answers with weights ${version} exactly as with ${plan.engine.model}: it seems to ignore them, and nothing that is learned would show`,
    );
  }

  /** Null where the server does not answer under the name of the base model. */
  async #askBase(): Promise<Completion | null> {
    const prompt = await this.#findPrompt();
    if (prompt === null) return null;
    try {
      return await this.#ask(this.#ctx.plan.engine.model, prompt);
    } catch (error) {
      if (error instanceof EngineError) return null;
      throw error;
    }
  }

  #isTrained(): boolean {
    const { store, runId, plan } = this.#ctx;
    return plan.stages.some((_, index) => store.lastStep(runId, index) > 0);
  }

  /** The first problem of the curriculum: what training is about is where weights differ most. */
  async #findPrompt(): Promise<readonly number[] | null> {
    const { plan, studentTemplate } = this.#ctx;
    const refs = plan.stages.flatMap((stage) => ('problems' in stage ? stage.problems : []));
    for await (const { text } of this.#ctx.readProblems(refs)) {
      return tokenizePrompt(this.#ctx, renderStudentPrompt(studentTemplate.text, text));
    }
    return null;
  }

  /** Compares sampled tokens: a server may die of being asked for the log-probs of a prompt while it serves adapters. */
  async #ask(model: string, prompt: readonly number[]): Promise<Completion> {
    const { engine, calls, signal } = this.#ctx;
    const sampling = { temperature: 1, topP: 1, seed: SEED, stopTokenIds: [] };
    const request = { model, prompt, n: 1, maxTokens: TOKENS, ...sampling };
    const [completion] = await calls.run((own) => engine.complete(request, own), signal);
    return completion!;
  }
}

function isSame(a: Completion, b: Completion): boolean {
  return a.ids.join(' ') === b.ids.join(' ') && a.logprobs.every((logprob, i) => logprob === b.logprobs[i]);
}
