import { randomBytes } from 'node:crypto';
import type { EmbeddedLm } from '../../model/contract.ts';
import type { CheckpointStore, ModelCard } from '../checkpoints/checkpoint-store.ts';
import { HttpFailure } from '../http/failure.ts';
import type { FutureTable } from './futures.ts';
import type { Sessions } from './sessions.ts';
import { TrainingQueue } from './training-queue.ts';

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
