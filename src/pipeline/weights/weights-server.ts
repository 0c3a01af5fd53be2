import { RunError } from '../../errors.ts';
import type { RunContext } from '../context.ts';
import { replaceWeights } from './replace-weights.ts';
import { WeightsCanary } from './weights-canary.ts';

/**
 * Hands weights from the trainer to the engine. A weights version is served under a name of its own,
 * which every rollout carries; the version before it is unloaded and deleted once the new one answers.
 */
export class WeightsServer {
  readonly #ctx: RunContext;
  readonly #canary: WeightsCanary;
  #served: { readonly version: string; readonly path: string } | null = null;

  constructor(ctx: RunContext) {
    this.#ctx = ctx;
    this.#canary = new WeightsCanary(ctx);
  }

  /** Name of the weights after `step` of a stage. */
  versionOf(stageIndex: number, step: number): string {
    return `${this.#ctx.runId}-s${stageIndex}-${step}`;
  }

  /**
   * Serves the trainer's present weights as the version of (stage, step), checks that the engine
   * lists it (and, once, that it samples from it), and returns the name. Does nothing when that version is served already.
   */
  async serve(stageIndex: number, step: number): Promise<string> {
    const version = this.versionOf(stageIndex, step);
    if (this.#served?.version === version) return version;
    const { trainer, store, runId, signal } = this.#ctx;
    const name = `v${stageIndex}_${step}`;
    const saved = await trainer.saveForSampler(name, signal);
    store.saveCheckpoint(runId, { stageIndex, step, kind: 'sampler', name, path: saved.path });
    await this.#load(version, saved.location);
    await this.#checkServed(version);
    await this.#canary.look(version);
    await this.#retire();
    this.#served = { version, path: saved.path };
    return version;
  }

  /** Removes what an earlier process of this run left served; call it once, before anything is served. */
  async retireLeftovers(): Promise<void> {
    const { store, runId } = this.#ctx;
    for (const { path, stageIndex, step } of store.listCheckpoints(runId, 'sampler')) {
      await this.#remove(this.versionOf(stageIndex, step), path);
    }
  }

  async #load(version: string, location: string): Promise<void> {
    const { engine, calls, signal } = this.#ctx;
    await replaceWeights({
      load: () => calls.run((own) => engine.loadWeights(version, location, own), signal),
      unload: () => calls.run((own) => engine.unloadWeights(version, own), signal),
    });
  }

  async #checkServed(version: string): Promise<void> {
    const { engine, calls, signal } = this.#ctx;
    const models = await calls.run((own) => engine.listModels(own), signal);
    if (models.some((model) => model.id === version)) return;
    throw new RunError(`engine ${engine.url} accepted weights ${version} but does not list them; nothing was sampled`);
  }

  async #retire(): Promise<void> {
    if (this.#served !== null) await this.#remove(this.#served.version, this.#served.path);
  }

  async #remove(version: string, path: string): Promise<void> {
    const { engine, trainer, store, calls, runId, signal } = this.#ctx;
    await calls.run((own) => engine.unloadWeights(version, own), signal);
    await trainer.deleteSaved(path, signal);
    store.markCheckpointDeleted(runId, path);
  }
}
