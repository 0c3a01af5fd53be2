import { randomBytes } from 'node:crypto';
import { toObject } from '../../../../src/core/json-object.ts';
import { type EmbeddedLm, EmbeddedLmError } from '../../model/contract.ts';
import type { CheckpointStore, ModelCard } from '../checkpoints/checkpoint-store.ts';
import { HttpFailure } from '../http/route.ts';
import type { FutureTable } from './futures.ts';
import { TrainingQueue } from './training-queue.ts';

/** A session without a sign of life for this long has ended: clients give one every ten seconds. Its models go with it. */
const SILENT_AFTER_MS = 60_000;

/** Sessions remembered; the one silent for longest goes first. */
const MAX_SESSIONS = 256;

/** What a client samples from, under an id of its own. */
export interface SamplingSession {
  readonly id: string;
  /** Sampler checkpoint, or null for the base model. */
  readonly modelPath: string | null;
}

/** A sampler, and what is to be done once it is forgotten. */
interface OpenSampler extends SamplingSession {
  readonly onForgotten: () => void;
}

/** Who talks to the trainer, when they were heard last, and their sampling sessions. */
export class Sessions {
  readonly now: () => number;
  readonly #lastSeen = new Map<string, number>();
  readonly #samplers = new Map<string, OpenSampler>();

  constructor(now: () => number) {
    this.now = now;
  }

  create(): string {
    const id = `session-${randomBytes(8).toString('hex')}`;
    this.touch(id);
    if (this.#lastSeen.size > MAX_SESSIONS) this.#lastSeen.delete(this.#lastSeen.keys().next().value!);
    return id;
  }

  /** Throws 404 for an unknown session. */
  require(id: string): void {
    if (!this.#lastSeen.has(id)) throw new HttpFailure(404, 'Session not found');
    this.touch(id);
  }

  /** Notes a sign of life; the map stays ordered by it. */
  touch(id: string): void {
    this.#lastSeen.delete(id);
    this.#lastSeen.set(id, this.now());
  }

  /** Forgets the sessions that have ended. */
  expire(): void {
    for (const [id, seenMs] of this.#lastSeen) {
      if (this.now() - seenMs > SILENT_AFTER_MS) this.#lastSeen.delete(id);
    }
  }

  has(id: string): boolean {
    return this.#lastSeen.has(id);
  }

  list(): string[] {
    return [...this.#lastSeen.keys()];
  }

  openSampler(modelPath: string | null, onForgotten: () => void = () => {}): SamplingSession {
    const sampler = { id: `sampling-${randomBytes(8).toString('hex')}`, modelPath, onForgotten };
    this.#samplers.set(sampler.id, sampler);
    if (this.#samplers.size > MAX_SESSIONS) {
      const [oldest, { onForgotten: forget }] = this.#samplers.entries().next().value!;
      this.#samplers.delete(oldest);
      forget();
    }
    return sampler;
  }

  /** Throws 404 for an unknown sampling session. */
  getSampler(id: string): SamplingSession {
    const sampler = this.#samplers.get(id);
    if (sampler === undefined) throw new HttpFailure(404, 'Sampling session not found');
    return sampler;
  }
}

/** A model that can be trained now. */
export interface LiveModel {
  readonly card: ModelCard;
  readonly sessionId: string;
  /** Its name inside the transformer. */
  readonly lmModel: string;
  readonly queue: TrainingQueue;
  /** `<kind>/<name>` of its checkpoints, saved or being saved. */
  readonly names: Set<string>;
  /** The request that made it by loading a checkpoint; absent where none did. */
  loadedBy?: { readonly requestId: string; readonly payloadHash: string };
}

/** What a request wants a model to be. */
export interface ModelWish {
  readonly sessionId: string;
  /** The client's count of its models; with the session it is a second name of the model. Null where it gave none. */
  readonly seqId: number | null;
  readonly baseModel: string;
  readonly rank: number;
  readonly seed: number;
  readonly userMetadata: unknown;
}

/** The models of this process. They end with their sessions. */
export class LiveModels {
  readonly #lm: EmbeddedLm;
  readonly #futures: FutureTable;
  readonly #checkpoints: CheckpointStore;
  readonly #sessions: Sessions;
  readonly #models = new Map<string, LiveModel>();
  /** Model ids by the names that clients make up from session and count. */
  readonly #aliases = new Map<string, string>();

  constructor(lm: EmbeddedLm, futures: FutureTable, checkpoints: CheckpointStore, sessions: Sessions) {
    this.#lm = lm;
    this.#futures = futures;
    this.#checkpoints = checkpoints;
    this.#sessions = sessions;
  }

  /** Throws 429 when no more models fit, naming who holds them. */
  create(wish: ModelWish): LiveModel {
    this.dropEnded();
    const lmModel = this.#createInside(wish.seed);
    const { sessionId, seqId, ...rest } = wish;
    // Random, so that ids of this process never meet those of an earlier one in the state directory.
    const modelId = `embedded-${randomBytes(8).toString('hex')}`;
    const card = { modelId, ...rest, createdAt: new Date(this.#sessions.now()).toISOString() };
    const model: LiveModel = {
      card,
      sessionId,
      lmModel,
      queue: new TrainingQueue(this.#futures),
      names: new Set<string>(),
    };
    this.#models.set(modelId, model);
    if (seqId !== null) this.#aliases.set(toAlias(sessionId, seqId), modelId);
    return model;
  }

  #createInside(seed: number): string {
    try {
      return this.#lm.createModel(seed);
    } catch (error) {
      if (!(error instanceof EmbeddedLmError) || error.code !== 'capacity') throw error;
      const holders = [...this.#models.values()].map(describeHolder).join(', ');
      const message = `${error.message} (held by ${holders}); a session without a heartbeat for ${SILENT_AFTER_MS / 1000} s loses its own`;
      throw new HttpFailure(429, message, { cause: error });
    }
  }

  /** Ids of the models of a session, oldest first. */
  listOf(sessionId: string): string[] {
    return [...this.#models.values()].flatMap((model) => (model.sessionId === sessionId ? [model.card.modelId] : []));
  }

  /** Writes the card, so that the model's checkpoints can be described after a restart. */
  async record(model: LiveModel): Promise<void> {
    await this.#checkpoints.saveCard(model.card);
  }

  /** Throws 404 for a model that does not exist or was unloaded. Counts as a sign of life of its session. */
  get(modelId: string): LiveModel {
    const model = this.find(modelId);
    if (model === null)
      throw new HttpFailure(404, `Model ${modelId} not found: unknown, unloaded, or of an earlier server process`);
    this.#sessions.touch(model.sessionId);
    return model;
  }

  find(modelId: string): LiveModel | null {
    return this.#models.get(this.#aliases.get(modelId) ?? modelId) ?? null;
  }

  drop(model: LiveModel, reason: string): void {
    this.#models.delete(model.card.modelId);
    for (const [alias, id] of this.#aliases) if (id === model.card.modelId) this.#aliases.delete(alias);
    model.queue.close(reason);
    this.#lm.dropModel(model.lmModel);
  }

  /** Drops the models whose sessions have ended, and what waits for them. */
  dropEnded(): void {
    this.#sessions.expire();
    for (const model of this.#models.values()) {
      if (!this.#sessions.has(model.sessionId))
        this.drop(model, `Model ${model.card.modelId} not loaded: its session went silent`);
    }
  }
}

/** The name that clients give a model themselves. */
export function toAlias(sessionId: string, seqId: number): string {
  return `${sessionId}:train:${seqId}`;
}

/** Whose a model is: by what its client said of itself, else by its session. */
function describeHolder({ card, sessionId }: LiveModel): string {
  const run = toObject(card.userMetadata)?.run;
  return typeof run === 'string' ? `run ${run.slice(0, 80)}` : sessionId;
}
