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

  /** Compares trained weights with the base model, until they were seen to differ or a warning was given. */
  async look(version: string): Promise<void> {
    if (this.#isSettled || !this.#isTrained()) return;
    this.#isSettled = true;
    const { engine, plan, reporter } = this.#ctx;
    try {
      const prompt = await this.#findPrompt();
      if (prompt === null) return;
      const [base, served] = [await this.#ask(plan.engine.model, prompt), await this.#ask(version, prompt)];
      if (!isSame(base, served)) return;
      reporter.warn(
        `engine ${engine.url} answers with weights ${version} exactly as with ${plan.engine.model}: it seems to ignore them, and nothing that is learned would show`,
      );
    } catch (error) {
      // Some servers do not answer under the name of the base model; then there is nothing to compare with.
      if (!(error instanceof EngineError)) throw error;
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
