import type { AdamSettings, Datum, LossSpec } from '../../../src/core/datum.ts';
import type { RetryCounts } from '../../../src/core/retry.ts';
import { TrainerError } from '../../../src/errors.ts';
import type {
  ForwardResult,
  ModelSpec,
  SamplerWeights,
  SavedState,
  Trainer,
  TrainerCapabilities,
  TrainerRequestLog,
} from '../../../src/ports/trainer.ts';
import { fetchWeights, type HandOver, removeUnpacked } from '../hand-over/hand-over.ts';
import { Deadline, type TrainerIo } from '../wire/patience.ts';
import {
  type CheckpointKind,
  type CheckpointRef,
  isCheckpointName,
  parseCheckpointPath,
} from '../wire/trainer-http.ts';
import { ModelQueue } from './model-queue.ts';
import {
  createModel,
  deleteCheckpoint,
  toLoadOperation,
  toOptimOperation,
  toSaveOperation,
  unloadModel,
} from './operations.ts';
import { checkDatums, type PassPurpose } from './pass-datum.ts';
import { probeStructure } from './probe-structure.ts';
import type { Profile } from './profile.ts';
import { type ChunkLimits, runForward, runForwardBackward } from './run-pass.ts';
import type { Session } from './session.ts';

export interface TinkerTrainerParts {
  readonly io: TrainerIo;
  readonly session: Session;
  readonly profile: Profile;
  readonly limits: ChunkLimits;
  readonly compress: boolean;
  /** Base models for which the server advertises `structured_attention/1`. */
  readonly structuredModels: ReadonlySet<string>;
  readonly operationTimeoutMs: number;
  readonly handOver: HandOver;
  readonly requestLog: TrainerRequestLog;
  readonly warn: (message: string) => void;
}

/** The port over one connected Tinker-API server. */
export class TinkerTrainer implements Trainer {
  readonly url: string;
  readonly #parts: TinkerTrainerParts;
  #queue: ModelQueue | null = null;
  #modelCount = 0;
  #capabilities: TrainerCapabilities = { structuredAttention: false };
  readonly #probedModels = new Set<string>();
  /** Passes since the last optimiser step. */
  #pendingPasses = 0;
  #hasWarnedOfAdam = false;

  constructor(parts: TinkerTrainerParts) {
    this.#parts = parts;
    this.url = parts.io.http.url;
  }

  get capabilities(): TrainerCapabilities {
    return this.#capabilities;
  }

  async openModel(
    spec: ModelSpec,
    from: { readonly path: string; readonly optimizer: boolean } | null,
    signal?: AbortSignal,
  ): Promise<void> {
    const { io, session, profile, operationTimeoutMs, requestLog } = this.#parts;
    const call = { io, operationTimeoutMs, signal };
    await this.#closeModel(signal);
    const sessionId = await session.require(signal);
    this.#modelCount += 1;
    const modelId = await createModel(call, sessionId, this.#modelCount, spec);
    const queue = new ModelQueue({ io, profile, modelId, operationTimeoutMs, requestLog });
    this.#queue = queue;
    if (from !== null) await queue.submit(toLoadOperation(from.path, from.optimizer), signal);
    this.#capabilities = { structuredAttention: await this.#findStructure(queue, spec.baseModel, signal) };
  }

  async forward(data: readonly Datum[], signal?: AbortSignal): Promise<ForwardResult> {
    const queue = this.#requireQueue();
    this.#check(data, 'forward');
    return runForward(this.#passTarget(queue), data, signal);
  }

  async forwardBackward(data: readonly Datum[], loss: LossSpec, signal?: AbortSignal): Promise<ForwardResult> {
    const queue = this.#requireQueue();
    const fault = this.#findPassFault(data, loss);
    this.#pendingPasses += 1;
    if (fault !== null) return refuseInTurn(queue, fault, signal);
    return runForwardBackward(this.#passTarget(queue), data, loss, signal);
  }

  async optimStep(adam: AdamSettings, signal?: AbortSignal): Promise<Readonly<Record<string, number>>> {
    const queue = this.#requireQueue();
    this.#pendingPasses = 0;
    this.#warnOfIgnoredAdam(adam);
    return queue.submit(toOptimOperation(adam), signal);
  }

  async saveState(name: string, signal?: AbortSignal): Promise<SavedState> {
    return { path: await this.#save(name, 'weights', signal) };
  }

  async saveForSampler(name: string, signal?: AbortSignal): Promise<SamplerWeights> {
    const { io, profile, handOver } = this.#parts;
    const path = await this.#save(name, 'sampler_weights', signal);
    if (handOver === 'path') return { path, location: path };
    const call = { deadline: this.#startDeadline(), signal };
    return { path, location: await fetchWeights(io, profile, handOver, this.#requireRef(path), call) };
  }

  async deleteSaved(path: string, signal?: AbortSignal): Promise<void> {
    const ref = this.#requireRef(path);
    await deleteCheckpoint(this.#parts.io, ref, this.#startDeadline(), signal);
    const { handOver } = this.#parts;
    if (handOver !== 'path' && ref.kind === 'sampler_weights') await removeUnpacked(handOver, ref);
  }

  retries(): RetryCounts {
    return this.#parts.io.tally.byCause();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#queue?.close(new TrainerError(`the connection to trainer ${this.url} was closed`));
    this.#queue = null;
    this.#parts.session.close();
    await this.#parts.io.http.close();
  }

  async #closeModel(signal?: AbortSignal): Promise<void> {
    const queue = this.#queue;
    if (queue === null) return;
    this.#queue = null;
    this.#pendingPasses = 0;
    queue.close(new TrainerError(`model ${queue.modelId} was closed`));
    const { io, operationTimeoutMs } = this.#parts;
    await unloadModel({ io, operationTimeoutMs, signal }, queue.modelId);
  }

  /** Weights may be too small for the probe to show anything at first, so only a success is remembered. */
  async #findStructure(queue: ModelQueue, baseModel: string, signal?: AbortSignal): Promise<boolean> {
    if (!this.#parts.structuredModels.has(baseModel)) return false;
    if (this.#probedModels.has(baseModel)) return true;
    const target = this.#passTarget(queue);
    const passes = await probeStructure(async (data) => (await runForward(target, data, signal)).logprobs);
    if (passes) this.#probedModels.add(baseModel);
    return passes;
  }

  async #save(name: string, kind: CheckpointKind, signal?: AbortSignal): Promise<string> {
    const queue = this.#requireQueue();
    if (!isCheckpointName(name)) {
      throw new TrainerError(`checkpoint name ${JSON.stringify(name)} must be 1 to 255 letters, digits, "_" or "-"`);
    }
    const ref = { runId: queue.modelId, kind, name };
    return queue.submit(toSaveOperation(this.#parts.io, ref, signal), signal);
  }

  #requireRef(path: string): CheckpointRef {
    const ref = parseCheckpointPath(path, null);
    if (ref !== null) return ref;
    throw new TrainerError(
      `${JSON.stringify(path.slice(0, 200))} is no checkpoint path (tinker://<run>/<kind>/<name>)`,
    );
  }

  #check(data: readonly Datum[], purpose: PassPurpose): void {
    checkDatums(data, purpose, this.#capabilities.structuredAttention);
  }

  #findPassFault(data: readonly Datum[], loss: LossSpec): TrainerError | null {
    const { name, refusedLosses, reduction } = this.#parts.profile;
    if (refusedLosses.includes(loss.kind)) {
      return new TrainerError(`trainer profile ${name} does not compute ${loss.kind} as asked; choose another loss`);
    }
    if (reduction === 'sequence-mean' && this.#pendingPasses > 0) {
      return new TrainerError(`trainer profile ${name} needs all datums of an optimiser step in one forwardBackward`);
    }
    try {
      this.#check(data, loss.kind);
      return null;
    } catch (error) {
      if (error instanceof TrainerError) return error;
      throw error;
    }
  }

  #passTarget(queue: ModelQueue) {
    const { profile, limits, compress } = this.#parts;
    return { queue, profile, limits, compress };
  }

  #startDeadline(): Deadline {
    return new Deadline(this.#parts.io.clock, this.#parts.operationTimeoutMs);
  }

  #requireQueue(): ModelQueue {
    if (this.#queue === null) throw new TrainerError(`no model is open on trainer ${this.url}; call openModel first`);
    return this.#queue;
  }

  #warnOfIgnoredAdam(adam: AdamSettings): void {
    const { name, ignoredAdam } = this.#parts.profile;
    const ignored = ignoredAdam.filter((key) => key !== 'clipNorm' || adam.clipNorm > 0);
    if (this.#hasWarnedOfAdam || ignored.length === 0) return;
    this.#hasWarnedOfAdam = true;
    this.#parts.warn(
      `trainer profile ${name} does not apply ${ignored.join(', ')}; the server's own settings are in force`,
    );
  }
}

/** A pass that must not go out takes its turn and fails there, so that the optimiser step behind it is refused too. */
function refuseInTurn(queue: ModelQueue, fault: TrainerError, signal?: AbortSignal): Promise<never> {
  const refuse = () => {
    throw fault;
  };
  return queue.submit<never>({ operation: 'forward_backward', encode: refuse, parse: refuse, recover: refuse }, signal);
}
