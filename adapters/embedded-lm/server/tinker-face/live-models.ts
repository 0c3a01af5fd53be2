import { randomBytes } from 'node:crypto';
import type { EmbeddedLm } from '../../model/contract.ts';
import type { CheckpointStore, ModelCard } from '../checkpoints/checkpoint-store.ts';
import { HttpFailure } from '../http/route.ts';
import type { FutureTable } from './futures.ts';
import { TrainingQueue } from './training-queue.ts';

/** A session without a sign of life for this long may lose its models to a newcomer. */
const SILENT_AFTER_MS = 300_000;

/** Sessions remembered; the one silent for longest goes first. */
const MAX_SESSIONS = 256;

/** What a client samples from, under an id of its own. */
export interface SamplingSession {
  readonly id: string;
  /** Sampler checkpoint, or null for the base model. */
  readonly modelPath: string | null;
}

/** Who talks to the trainer, when they were heard last, and their sampling sessions. */
export class Sessions {
  readonly now: () => number;
  readonly #lastSeen = new Map<string, number>();
  readonly #samplers = new Map<string, SamplingSession>();

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

  isSilent(id: string): boolean {
    return this.now() - (this.#lastSeen.get(id) ?? 0) > SILENT_AFTER_MS;
  }

  list(): string[] {
    return [...this.#lastSeen.keys()];
  }

  openSampler(modelPath: string | null): SamplingSession {
    const sampler = { id: `sampling-${randomBytes(8).toString('hex')}`, modelPath };
    this.#samplers.set(sampler.id, sampler);
    if (this.#samplers.size > MAX_SESSIONS) this.#samplers.delete(this.#samplers.keys().next().value!);
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
}

/** What a request wants a model to be. */
export interface ModelWish {
  readonly sessionId: string;
  readonly baseModel: string;
  readonly rank: number;
  readonly seed: number;
  readonly userMetadata: unknown;
}

/** The models of this process. Those of sessions that went silent make room when a new one needs it. */
export class LiveModels {
  readonly #lm: EmbeddedLm;
  readonly #futures: FutureTable;
  readonly #checkpoints: CheckpointStore;
  readonly #sessions: Sessions;
  readonly #models = new Map<string, LiveModel>();

  constructor(lm: EmbeddedLm, futures: FutureTable, checkpoints: CheckpointStore, sessions: Sessions) {
    this.#lm = lm;
    this.#futures = futures;
    this.#checkpoints = checkpoints;
    this.#sessions = sessions;
  }

  /** Throws EmbeddedLmError `capacity` when no more models fit and none is idle. */
  create(wish: ModelWish): LiveModel {
    this.#dropSilent();
    const lmModel = this.#lm.createModel(wish.seed);
    const { sessionId, ...rest } = wish;
    // Random, so that ids of this process never meet those of an earlier one in the state directory.
    const modelId = `embedded-${randomBytes(8).toString('hex')}`;
    const card = { modelId, ...rest, createdAt: new Date(this.#sessions.now()).toISOString() };
    const model = { card, sessionId, lmModel, queue: new TrainingQueue(this.#futures), names: new Set<string>() };
    this.#models.set(modelId, model);
    return model;
  }

  /** Writes the card, so that the model's checkpoints can be described after a restart. */
  async record(model: LiveModel): Promise<void> {
    await this.#checkpoints.saveCard(model.card);
  }

  /** Throws 404 for a model that does not exist or was unloaded. Counts as a sign of life of its session. */
  get(modelId: string): LiveModel {
    const model = this.#models.get(modelId);
    if (model === undefined)
      throw new HttpFailure(404, `Model ${modelId} not found: unknown, unloaded, or of an earlier server process`);
    this.#sessions.touch(model.sessionId);
    return model;
  }

  find(modelId: string): LiveModel | null {
    return this.#models.get(modelId) ?? null;
  }

  drop(model: LiveModel, reason: string): void {
    this.#models.delete(model.card.modelId);
    model.queue.close(reason);
    this.#lm.dropModel(model.lmModel);
  }

  #dropSilent(): void {
    for (const model of this.#models.values()) {
      if (this.#sessions.isSilent(model.sessionId))
        this.drop(model, `Model ${model.card.modelId} not loaded: its session went silent`);
    }
  }
}
