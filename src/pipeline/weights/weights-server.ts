import { EngineError, RunError } from '../../errors.ts';
import type { Completion } from '../../ports/engine.ts';
import type { WeightsHandOver } from '../../ports/weights-hand-over.ts';
import type { EngineAccess, RunContext, RunFrame } from '../context.ts';
import { replaceWeights } from '../engine/calls.ts';
import { renderStudentPrompt, tokenizePrompt } from '../engine/tokenizer.ts';

/**
 * Owns the weights that a run samples from, from the trainer's save to the deletion: save, hand over, check that the
 * engine serves them, retire the version before. A weights version has a name of its own, which every rollout carries.
 */
export class WeightsServer {
  readonly #ctx: RunContext;
  readonly #handOver: WeightsHandOver;
  readonly #canary: WeightsCanary;
  #served: { readonly version: string; readonly path: string } | null = null;

  constructor(ctx: RunContext, handOver: WeightsHandOver = createAdapterHandOver(ctx)) {
    this.#ctx = ctx;
    this.#handOver = handOver;
    this.#canary = new WeightsCanary(ctx);
  }

  /** Name of the weights after `step` of a stage. */
  versionOf(stageIndex: number, step: number): string {
    return `${this.#ctx.runId}-s${stageIndex}-${step}`;
  }

  /**
   * Serves the trainer's present weights as the version of (stage, step), checks that the engine lists it (and, once,
   * that it samples from it), and returns the name. Does nothing when that version is served already. An engine that
   * takes no weights answers as the model of the configuration.
   */
  async serve(stageIndex: number, step: number): Promise<string> {
    const { engine, trainer, store, runId, plan, signal } = this.#ctx;
    if (!engine.capabilities.loadWeights) return plan.engine.model;
    const version = this.versionOf(stageIndex, step);
    if (this.#served?.version === version) return version;
    const name = `v${stageIndex}_${step}`;
    const saved = await trainer.saveForSampler(name, signal);
    store.saveCheckpoint(runId, { stageIndex, step, kind: 'sampler', name, path: saved.path });
    await this.#handOver.put(version, saved);
    if (!(await this.#handOver.isServed(version))) {
      throw new RunError(
        `engine ${engine.url} accepted weights ${version} but does not list them; nothing was sampled`,
      );
    }
    await this.#canary.look(version);
    if (this.#served !== null) await this.#retire(this.#served.version, this.#served.path);
    this.#served = { version, path: saved.path };
    return version;
  }

  /** Removes what an earlier process of this run left served; call it once, before anything is served. */
  async retireLeftovers(): Promise<void> {
    const { store, runId } = this.#ctx;
    for (const { path, stageIndex, step } of store.listCheckpoints(runId, 'sampler')) {
      await this.#retire(this.versionOf(stageIndex, step), path);
    }
  }

  async #retire(version: string, path: string): Promise<void> {
    const { trainer, store, runId, signal } = this.#ctx;
    await this.#handOver.takeOff(version);
    await trainer.deleteSaved(path, signal);
    store.markCheckpointDeleted(runId, path);
  }
}

/** What the canary asks for: enough tokens that trained weights differ somewhere. */
const TOKENS = 4;
const SEED = 7;

/**
 * Whether a server that took weights also samples from them. One that lists an adapter and ignores it answers every
 * question exactly as the base model does, to the last digit of every log-prob; trained weights do not.
 */
class WeightsCanary {
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

/** Hands over LoRA adapters by name: the engine loads each beside the base model and lists it among its models. */
function createAdapterHandOver({ engine, calls, signal }: EngineAccess & RunFrame): WeightsHandOver {
  const takeOff = (version: string) => calls.run((own) => engine.unloadWeights(version, own), signal);
  return {
    put: (version, { location }) =>
      replaceWeights({
        load: () => calls.run((own) => engine.loadWeights(version, location, own), signal),
        unload: () => takeOff(version),
      }),
    isServed: async (version) => {
      const models = await calls.run((own) => engine.listModels(own), signal);
      return models.some(({ id }) => id === version);
    },
    takeOff,
  };
}
