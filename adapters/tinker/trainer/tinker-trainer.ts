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
  TrainerLack,
  TrainerNeeds,
  TrainerRequestLog,
} from '../../../src/ports/trainer.ts';
import { type HandOver, handOverWeights, removeHandedOver } from '../hand-over/hand-over.ts';
import { Deadline, type TrainerIo } from '../wire/patience.ts';
import {
  type CheckpointKind,
  type CheckpointRef,
  isCheckpointName,
  parseCheckpointPath,
  toCheckpointPath,
} from '../wire/trainer-http.ts';
import { findLack } from './find-lack.ts';
import { ModelQueue } from './model-queue.ts';
import { deleteCheckpoint, toLoadOperation, toOptimOperation, toSaveOperation } from './operations.ts';
import type { OwnModels } from './own-models.ts';
import { checkDatums, type PassPurpose } from './pass-datum.ts';
import { probeStructure } from './probe-structure.ts';
import { type ChunkLimits, type Profile, tellBackEnd } from './profile.ts';
import { type PassTarget, readPassFields, runForward, runForwardBackward } from './run-pass.ts';
import type { Session } from './session.ts';

export interface TinkerTrainerParts {
  readonly io: TrainerIo;
  readonly session: Session;
  readonly models: OwnModels;
  /** What the server may be; the first model that is opened tells which. */
  readonly profiles: readonly Profile[];
  readonly limits: ChunkLimits;
  readonly compress: boolean;
  /** Names of the base models that the server lists. */
  readonly baseModels: readonly string[];
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
  readonly baseModels: readonly string[];
  readonly #parts: TinkerTrainerParts;
  #profiles: readonly Profile[];
  #queue: ModelQueue | null = null;
  #capabilities: TrainerCapabilities = { structuredAttention: false };
  readonly #probedModels = new Set<string>();
  /** Passes since the last optimizer step. */
  #pendingPasses = 0;
  readonly #told = new Set<string>();
  /** What a saved sampler holds. */
  #content: 'adapter' | 'model' = 'adapter';

  constructor(parts: TinkerTrainerParts) {
    this.#parts = parts;
    this.#profiles = parts.profiles;
    this.url = parts.io.http.url;
    this.baseModels = parts.baseModels;
    parts.session.onReturn(() => this.#distrustRestored());
  }

  get capabilities(): TrainerCapabilities {
    return this.#capabilities;
  }

  /** Profiles that are still in question differ in what passes answer and in what they compute, and in nothing else. */
  get #profile(): Profile {
    return this.#profiles[0]!;
  }

  findLack(needs: TrainerNeeds): TrainerLack | null {
    return findLack(this.#profiles, needs);
  }

  async openModel(
    spec: ModelSpec,
    from: { readonly path: string; readonly optimizer: boolean } | null,
    signal?: AbortSignal,
  ): Promise<void> {
    const { io, models, operationTimeoutMs, requestLog } = this.#parts;
    await this.closeModel(signal);
    const profile = this.#profile;
    const modelId = await models.create(spec, profile, signal);
    const queue = new ModelQueue({ io, profile, modelId, operationTimeoutMs, requestLog });
    this.#queue = queue;
    this.#content = spec.rank === 0 ? 'model' : 'adapter';
    if (from !== null) await queue.submit(toLoadOperation(from.path, from.optimizer), signal);
    if (this.#profiles.length > 1) {
      this.#profiles = [tellBackEnd(await readPassFields(this.#passTarget(queue), signal))];
    }
    this.#capabilities = { structuredAttention: await this.#findStructure(queue, spec.baseModel, signal) };
    await models.releaseUnneeded(modelId, this.#profile, signal);
    if (this.#profile.unshownNeed !== null) this.#tellOnce(this.#profile.unshownNeed);
  }

  async closeModel(signal?: AbortSignal): Promise<void> {
    const queue = this.#queue;
    if (queue === null) return;
    this.#queue = null;
    this.#pendingPasses = 0;
    queue.close(new TrainerError(`model ${queue.modelId} was closed`));
    await this.#parts.models.release(queue.modelId, this.#profile, signal);
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
    this.#warnOfAdam(adam);
    return queue.submit(toOptimOperation(adam), signal);
  }

  pathOf(kind: 'state' | 'sampler', name: string): string {
    const { modelId: runId } = this.#requireQueue();
    return toCheckpointPath({ runId, kind: kind === 'state' ? 'weights' : 'sampler_weights', name });
  }

  async saveState(name: string, signal?: AbortSignal): Promise<SavedState> {
    return { path: await this.#save(name, 'weights', signal) };
  }

  async saveForSampler(name: string, signal?: AbortSignal): Promise<SamplerWeights> {
    const { io, handOver } = this.#parts;
    const path = await this.#save(name, 'sampler_weights', signal);
    if (handOver === 'path') return { path, location: path, found: null };
    const call = { deadline: this.#startDeadline(), signal, content: this.#content };
    return { path, ...(await handOverWeights(handOver, io, this.#profile, this.#requireRef(path), call)) };
  }

  async deleteSaved(path: string, signal?: AbortSignal): Promise<void> {
    const { io, handOver, models } = this.#parts;
    if (this.#profile.checkpointPaths === 'own') {
      this.#tellOnce(`trainer profile ${this.#profile.name} deletes no checkpoints: remove them on its disk`);
      return;
    }
    const ref = this.#requireRef(path);
    await deleteCheckpoint(io, ref, this.#startDeadline(), signal);
    if (handOver !== 'path' && ref.kind === 'sampler_weights') await removeHandedOver(handOver, this.#profile, ref);
    if (this.#queue !== null) await models.releaseUnneeded(this.#queue.modelId, this.#profile, signal);
  }

  retries(): RetryCounts {
    return this.#parts.io.tally.byCause();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { models, session, io } = this.#parts;
    const queue = this.#queue;
    this.#queue = null;
    queue?.close(new TrainerError(`the connection to trainer ${this.url} was closed`));
    if (queue !== null) await models.releaseQuickly(queue.modelId, this.#profile);
    session.close();
    await io.http.close();
  }

  /** A server that was away and gives models back from its disk says nothing of what they have lost. */
  #distrustRestored(): void {
    if (!this.#profile.restoresModels) return;
    this.#queue?.distrust(
      new TrainerError(`trainer ${this.url} was away and may have lost what was done since the last saved state`, {
        retryable: true,
      }),
    );
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
    return queue.submit(toSaveOperation(this.#parts.io, this.#profile, ref, signal), signal);
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
    const { name, losses, reduction } = this.#profile;
    if (!losses.includes(loss.kind)) {
      return new TrainerError(`trainer profile ${name} does not compute ${loss.kind} as asked; choose another loss`);
    }
    if (reduction === 'sequence-mean' && this.#pendingPasses > 0) {
      return new TrainerError(`trainer profile ${name} needs all datums of an optimizer step in one forwardBackward`);
    }
    try {
      this.#check(data, loss.kind);
      return null;
    } catch (error) {
      if (error instanceof TrainerError) return error;
      throw error;
    }
  }

  #passTarget(queue: ModelQueue): PassTarget {
    const { limits, compress } = this.#parts;
    return { queue, profile: this.#profile, limits, compress };
  }

  #startDeadline(): Deadline {
    return new Deadline(this.#parts.io.clock, this.#parts.operationTimeoutMs);
  }

  #requireQueue(): ModelQueue {
    if (this.#queue === null) throw new TrainerError(`no model is open on trainer ${this.url}; call openModel first`);
    return this.#queue;
  }

  #warnOfAdam(adam: AdamSettings): void {
    const { name, ignoredAdam, roundsAdam } = this.#profile;
    const ignored = ignoredAdam.filter((key) => key !== 'clipNorm' || adam.clipNorm > 0);
    if (ignored.length > 0)
      this.#tellOnce(
        `trainer profile ${name} does not apply ${ignored.join(', ')}; the server's own settings are in force`,
      );
    const rounded = roundsAdam ? (['beta1', 'beta2'] as const).filter((key) => adam[key] >= BFLOAT16_ONE) : [];
    for (const key of rounded)
      this.#tellOnce(
        `trainer profile ${name} holds adam.${key} in the precision of the weights: if these are bfloat16, ${adam[key]} is 1 there and the first step ends in NaN; with such a model set adam.${key} to 0.99`,
      );
  }

  #tellOnce(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#parts.warn(message);
  }
}

/** Least number that bfloat16 rounds to 1. */
const BFLOAT16_ONE = 1 - 2 ** -9;

/** A pass that must not go out takes its turn and fails there, so that the optimizer step behind it is refused too. */
function refuseInTurn(queue: ModelQueue, fault: TrainerError, signal?: AbortSignal): Promise<never> {
  const refuse = () => {
    throw fault;
  };
  return queue.submit<never>({ operation: 'forward_backward', encode: refuse, parse: refuse, recover: refuse }, signal);
}
