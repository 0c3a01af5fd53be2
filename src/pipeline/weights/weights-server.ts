import { RunError } from '../../errors.ts';
import type { CheckpointRecord } from '../../ports/run-store/training.ts';
import type { WeightsHandOver } from '../../ports/weights-hand-over.ts';
import type { EngineAccess, RunContext, RunFrame } from '../context.ts';
import { replaceWeights } from '../engine/calls.ts';
import type { CheckpointKeeper } from './checkpoint-keeper.ts';
import { WeightsCanary } from './weights-canary.ts';

/** What the engine samples from. */
interface ServedWeights {
  readonly stageIndex: number;
  readonly step: number;
  readonly version: string;
}

/**
 * Owns the weights that a run samples from: save, hand over, check that the engine serves them, take the version before
 * off. A weights version has a name of its own, which every rollout carries and which no later one of the run gets.
 */
export class WeightsServer {
  readonly #ctx: RunContext;
  readonly #checkpoints: CheckpointKeeper;
  readonly #handOver: WeightsHandOver;
  readonly #canary: WeightsCanary;
  #served: ServedWeights | null = null;

  constructor(ctx: RunContext, checkpoints: CheckpointKeeper, handOver: WeightsHandOver = createAdapterHandOver(ctx)) {
    this.#ctx = ctx;
    this.#checkpoints = checkpoints;
    this.#handOver = handOver;
    this.#canary = new WeightsCanary(ctx);
  }

  /**
   * What versions of the weights after `step` of a stage have in common: in a process that goes on from a saved state and
   * repeats the stored steps they are the same weights under another name.
   */
  lineageOf(stageIndex: number, step: number): string {
    const { engine, runId, plan } = this.#ctx;
    return engine.capabilities.loadWeights ? toLineage(runId, stageIndex, step) : plan.engine.model;
  }

  /**
   * Serves the trainer's present weights as a version of (stage, step), checks that the engine lists it (and, once,
   * that it samples from it), and returns its name. Does nothing when such a version is served already. An engine that
   * takes no weights answers as the model of the configuration.
   */
  async serve(stageIndex: number, step: number): Promise<string> {
    const { engine, trainer, store, runId, plan, signal } = this.#ctx;
    if (!engine.capabilities.loadWeights) return plan.engine.model;
    const before = this.#served;
    if (before?.stageIndex === stageIndex && before.step === step) return before.version;
    const earlier = store.countCheckpoints(runId, 'sampler');
    const name = `v${stageIndex}_${step}_${1 + earlier}`;
    const place = { stageIndex, step, kind: 'sampler', name } as const;
    const saved = await this.#checkpoints.save(place, () => trainer.saveForSampler(name, signal));
    const version = toVersion(runId, place);
    const untouched = earlier === 0 ? await this.#canary.askBefore() : null;
    await this.#handOver.put(version, saved);
    if (!(await this.#handOver.isServed(version))) {
      throw new RunError(
        `engine ${engine.url} accepted weights ${version} but does not list them; nothing was sampled`,
      );
    }
    await this.#canary.look(version, untouched);
    this.#served = { stageIndex, step, version };
    if (before !== null) await this.#takeOff(before.version);
    await this.#checkpoints.deleteOlder('sampler', plan.trainer.keep ?? 1);
    return version;
  }

  /** Takes everything of this run off the engine: at its end, and before its beginning what an earlier process left. */
  async takeAllOff(): Promise<void> {
    const { engine, store, runId } = this.#ctx;
    this.#served = null;
    if (!engine.capabilities.loadWeights || store.countCheckpoints(runId, 'sampler') === 0) return;
    const known = [...store.listCheckpoints(runId, 'sampler'), ...store.listIntendedCheckpoints(runId)];
    const versions = new Set(known.filter(({ kind }) => kind === 'sampler').map((one) => toVersion(runId, one)));
    await this.#checkpoints.tidy(`listing the models of ${engine.url}`, async () => {
      const { calls, signal } = this.#ctx;
      const models = await calls.run((own) => engine.listModels(own), signal);
      for (const { id } of models) if (id.startsWith(`${runId}-s`)) versions.add(id);
    });
    for (const version of versions) await this.#takeOff(version);
  }

  #takeOff(version: string): Promise<void> {
    const what = `unloading ${version} from ${this.#ctx.engine.url}`;
    return this.#checkpoints.tidy(what, () => this.#handOver.takeOff(version));
  }
}

function toLineage(runId: string, stageIndex: number, step: number): string {
  return `${runId}-s${stageIndex}-${step}`;
}

/** The name the engine knows weights by; those of older versions of this software have no number at its end. */
function toVersion(runId: string, { stageIndex, step, name }: Omit<CheckpointRecord, 'path'>): string {
  return [toLineage(runId, stageIndex, step), ...name.split('_').slice(2)].join('-');
}

/** Hands over LoRA adapters by name: the engine loads each beside the base model and lists it among its models. */
function createAdapterHandOver({ engine, calls, signal }: EngineAccess & RunFrame): WeightsHandOver {
  return {
    put: (version, { location }) =>
      replaceWeights({
        load: () => calls.run((own) => engine.loadWeights(version, location, own), signal),
        unload: () => calls.run((own) => engine.unloadWeights(version, own), signal),
      }),
    isServed: async (version) => {
      const models = await calls.run((own) => engine.listModels(own), signal);
      return models.some(({ id }) => id === version);
    },
    // Tidying: asked once, because sampling must not wait for it. What fails is tried again later.
    takeOff: (version) => engine.unloadWeights(version, signal),
  };
}
