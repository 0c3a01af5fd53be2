import { RunError } from '../../errors.ts';
import type { WeightsHandover } from '../../ports/weights-handover.ts';
import type { RunContext } from '../context.ts';
import { createAdapterHandover } from './adapter-handover.ts';
import { WeightsCanary } from './weights-canary.ts';

/**
 * Owns the weights that a run samples from, from the trainer's save to the deletion: save, hand over, check that the
 * engine serves them, retire the version before. A weights version has a name of its own, which every rollout carries.
 */
export class WeightsServer {
  readonly #ctx: RunContext;
  readonly #handover: WeightsHandover;
  readonly #canary: WeightsCanary;
  #served: { readonly version: string; readonly path: string } | null = null;

  constructor(ctx: RunContext, handover: WeightsHandover = createAdapterHandover(ctx)) {
    this.#ctx = ctx;
    this.#handover = handover;
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
    await this.#handover.put(version, saved);
    if (!(await this.#handover.isServed(version))) {
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
    await this.#handover.takeOff(version);
    await trainer.deleteSaved(path, signal);
    store.markCheckpointDeleted(runId, path);
  }
}
