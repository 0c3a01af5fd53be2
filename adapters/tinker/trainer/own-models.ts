import { failAt } from '../../../src/edge/http-failure.ts';
import { repeatCall } from '../../../src/edge/waiting.ts';
import { OutsideError, TrainerError } from '../../../src/errors.ts';
import type { ModelSpec, TrainerRequestLog } from '../../../src/ports/trainer.ts';
import { Deadline, type FutureResult, retrieveFuture, sendPatiently, type TrainerIo } from '../wire/patience.ts';
import { parseCheckpointPath, parseFields, readJson, toJsonBody, type WireBody } from '../wire/trainer-http.ts';
import { createdModelSchema, submittedSchema } from '../wire/wire-schemas.ts';
import { addAdvice, isWithoutSlot } from './known-faults.ts';
import { listHolders, listModelsOf } from './list-holders.ts';
import type { Profile } from './profile.ts';
import { type Session, toOwnerMetadata } from './session.ts';

export interface OwnModelsOptions {
  readonly io: TrainerIo;
  readonly session: Session;
  readonly operationTimeoutMs: number;
  /** How long a server without a free slot is asked again. */
  readonly slotPatienceMs: number;
  readonly owner: string;
  readonly log: TrainerRequestLog;
  readonly warn: (message: string) => void;
}

/** Between two tries to get a slot. */
const SLOT_PAUSE_MS = 5_000;

/** Times that a model is asked for anew after its making was lost. */
const LOST_MAKINGS = 2;

/** How long a server is given to take the last word. */
const FAREWELL_MS = 10_000;

/** Seeds on the wire are 31 bits wide. */
const SEED_RANGE = 2 ** 31;

/**
 * The models that this run holds at the server: made, recorded, and unloaded when nobody needs them. The record outlives
 * the process, so that what a killed one held is given back by its successor.
 */
export class OwnModels {
  readonly #options: OwnModelsOptions;
  #made = 0;
  #hasRetired = false;

  constructor(options: OwnModelsOptions) {
    this.#options = options;
  }

  /** Makes a model and answers its id. Rejects with `TrainerError` when no slot gets free in time. */
  async create(spec: ModelSpec, profile: Profile, signal?: AbortSignal): Promise<string> {
    const { session, log } = this.#options;
    if (!this.#hasRetired) await this.#retireLeftovers(profile, signal);
    this.#hasRetired = true;
    let sessionId = await session.require(signal);
    for (let lost = 0; ; lost += 1) {
      try {
        const modelId = await this.#waitForSlot(sessionId, () => this.#make(sessionId, spec, profile, signal), signal);
        log.modelOpened(modelId);
        return modelId;
      } catch (error) {
        if (!(error instanceof DoubtfulError) || lost === LOST_MAKINGS) throw addAdvice(error);
        // It may have been made, under an id that nobody told us. In a session without a sign of life it does not last.
        const doubtful = sessionId;
        sessionId = await session.renew(signal);
        await this.#emptySession(doubtful, signal);
      }
    }
  }

  /** Unloads a model, unless the server would forget saved states with it that the run still has. */
  async release(modelId: string, profile: Profile, signal?: AbortSignal): Promise<void> {
    const { log } = this.#options;
    if (profile.unloading === 'forgets-checkpoints' && holdsSaved(log.listSavedPaths(), modelId)) return;
    if (profile.unloading !== 'not-served') await this.#unload(modelId, signal);
    log.modelClosed(modelId);
  }

  /** Unloads those of a server that forgets, as far as nothing of them is needed any more; `current` is left alone. */
  async releaseUnneeded(current: string, profile: Profile, signal?: AbortSignal): Promise<void> {
    if (profile.unloading !== 'forgets-checkpoints') return;
    for (const modelId of this.#options.log.listOpenModels()) {
      if (modelId !== current) await this.release(modelId, profile, signal);
    }
  }

  /** Gives back what earlier processes of this run held. */
  async #retireLeftovers(profile: Profile, signal?: AbortSignal): Promise<void> {
    for (const modelId of this.#options.log.listOpenModels()) await this.release(modelId, profile, signal);
  }

  /**
   * Gives a model back without waiting for it, when the connection is closed. What cannot be told now stays on record for
   * the next process.
   */
  async releaseQuickly(modelId: string, profile: Profile): Promise<void> {
    const { io, log } = this.#options;
    if (profile.unloading === 'forgets-checkpoints' && holdsSaved(log.listSavedPaths(), modelId)) return;
    try {
      const body = toJsonBody({ model_id: modelId });
      if (profile.unloading !== 'not-served') await io.http.send('unload_model', { body, timeoutMs: FAREWELL_MS });
      log.modelClosed(modelId);
    } catch (error) {
      if (!(error instanceof TrainerError)) throw error;
    }
  }

  /** A model that the server refuses to unload is gone; of one it could not be asked about the next operation tells. */
  async #unload(modelId: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#run('unload_model', toJsonBody({ model_id: modelId }), signal);
    } catch (error) {
      if (!(error instanceof TrainerError)) throw error;
    }
  }

  /**
   * Unloads what a session holds and this run does not know: a request that a network delivered twice made two models, and
   * we were told of one. False where there is none, or the server does not tell.
   */
  async #retireStrays(sessionId: string, signal?: AbortSignal): Promise<boolean> {
    const { io, log, operationTimeoutMs } = this.#options;
    const known = log.listOpenModels();
    const models = await listModelsOf(io, sessionId, operationTimeoutMs, signal);
    const strays = (models ?? []).filter((modelId) => !known.includes(modelId));
    for (const modelId of strays) await this.#unload(modelId, signal);
    return strays.length > 0;
  }

  /** Unloads what a session holds, where the server tells. */
  async #emptySession(sessionId: string, signal?: AbortSignal): Promise<void> {
    const { io, operationTimeoutMs } = this.#options;
    const models = await listModelsOf(io, sessionId, operationTimeoutMs, signal);
    for (const modelId of models ?? []) await this.#unload(modelId, signal);
  }

  async #make(sessionId: string, spec: ModelSpec, profile: Profile, signal?: AbortSignal): Promise<string> {
    const { baseModel, rank, seed } = spec;
    this.#made += 1;
    const lora = { rank, seed: Math.abs(seed) % SEED_RANGE, train_unembed: true, train_mlp: true, train_attn: true };
    const body = {
      session_id: sessionId,
      model_seq_id: this.#made,
      base_model: baseModel,
      user_metadata: toOwnerMetadata(this.#options.owner),
      ...(profile.trains === 'all-weights' ? {} : { lora_config: lora }),
    };
    const { submitted, result } = await this.#run('create_model', toJsonBody(body), signal);
    const created = result.codec === 'json' ? parseFields(createdModelSchema, result.value, result.site) : {};
    const modelId = created.model_id ?? submitted.model_id;
    if (modelId == null) throw failAt(result.site, 'the answer holds no model_id');
    return modelId;
  }

  /**
   * Asks again while the server has no slot, for as long as the run may wait; says once what it waits for. Then the
   * patience is used up: the error is final, so that nobody who repeats failures waits for it a second time.
   */
  async #waitForSlot(sessionId: string, make: () => Promise<string>, signal?: AbortSignal): Promise<string> {
    const { io, slotPatienceMs, warn } = this.#options;
    const deadline = new Deadline(io.clock, slotPatienceMs);
    const waited = `${slotPatienceMs / 1000} s`;
    let hasSwept = false;
    let hasTold = false;
    const takeRefusal = async (error: unknown): Promise<string> => {
      if (!isWithoutSlot(error)) throw error;
      const isFirst = !hasSwept;
      hasSwept = true;
      if (isFirst && (await this.#retireStrays(sessionId, signal))) return make().catch(takeRefusal);
      if (!deadline.isOver && !hasTold) {
        hasTold = true;
        const holders = await this.#describeHolders(signal);
        warn(`trainer ${io.http.url} has no slot for another model; ${holders}; waiting for up to ${waited}`);
      }
      throw error;
    };
    try {
      return await repeatCall(() => make().catch(takeRefusal), {
        policy: { firstPauseMs: SLOT_PAUSE_MS, maxPauseMs: SLOT_PAUSE_MS, tries: Number.POSITIVE_INFINITY },
        clock: io.clock,
        signal,
        causeOf: (error) => (isWithoutSlot(error) ? 'not_ready' : null),
        isOver: () => deadline.isOver,
        onRepeat: ({ cause }) => io.tally.add(cause),
      });
    } catch (error) {
      if (!isWithoutSlot(error)) throw error;
      const holders = await this.#describeHolders(signal);
      throw new TrainerError(
        `${error.message}; no slot got free in ${waited}; ${holders}: end what holds one, raise the server's limit, or raise trainer.slotPatienceSeconds`,
        { cause: error.cause },
      );
    }
  }

  async #describeHolders(signal?: AbortSignal): Promise<string> {
    const { io, operationTimeoutMs } = this.#options;
    const holders = await listHolders(io, operationTimeoutMs, signal);
    if (holders === null || holders.length === 0) return 'it does not tell who holds them';
    return `they are held by ${holders.join(', ')}`;
  }

  /** An operation without a number: it is not repeated once the server may have acted on it. */
  async #run(operation: string, body: WireBody, signal: AbortSignal | undefined) {
    const { io, operationTimeoutMs } = this.#options;
    const deadline = new Deadline(io.clock, operationTimeoutMs);
    const call = { what: operation, body, deadline, canRepeat: false, isFinal: isWithoutSlot, signal };
    const submitted = await sendPatiently(io, operation, call, (reply) =>
      parseFields(submittedSchema, readJson(reply), reply.site),
    ).catch(tellDoubt);
    const { request_id: requestId } = submitted;
    const future = { requestId, operation, what: operation, acceptsProtobuf: false, deadline, signal };
    const result: FutureResult = await retrieveFuture(io, future).catch(tellLost);
    return { submitted, result };
  }
}

/** Whether the server acted on a request is not known, and it must not be sent again as it is. */
class DoubtfulError extends TrainerError {}

/** A request that is not repeated may have been carried out all the same. */
function tellDoubt(error: unknown): never {
  if (!(error instanceof OutsideError) || error.unsent || error.status !== null || !error.retryable) throw error;
  throw toDoubtful(error);
}

/** A server that does not know its own promise any more was restarted, or has dropped it. */
function tellLost(error: unknown): never {
  if (error instanceof OutsideError && (error.status === 404 || error.status === 410)) throw toDoubtful(error);
  throw error;
}

function toDoubtful(error: OutsideError): DoubtfulError {
  const { status } = error;
  const message = `${error.message}; whether the server acted on it is not known`;
  return new DoubtfulError(message, { cause: error, retryable: true, status });
}

function holdsSaved(paths: readonly string[], modelId: string): boolean {
  return paths.some((path) => parseCheckpointPath(path, null)?.runId === modelId);
}
