import { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ModelShape, ModelState } from '../../model/contract.ts';
import { HttpFailure } from '../http/route.ts';
import { type CheckpointKind, type CheckpointRef, isSafeName, isUnnamed, toTinkerPath } from './checkpoint-ref.ts';
import { isMissing, listNames, readFloats, recoverDirectory, toBytes, writeDirectory } from './write-directory.ts';

/** What is known of a model apart from its weights; survives a restart. */
export interface ModelCard {
  readonly modelId: string;
  readonly baseModel: string;
  readonly rank: number;
  readonly seed: number;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly userMetadata: unknown;
}

/** A stored checkpoint, as lists show it. */
export interface CheckpointInfo {
  readonly ref: CheckpointRef;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; null: never. */
  readonly expiresAt: string | null;
  readonly sizeBytes: number;
}

/** When a checkpoint was saved, and when it goes by itself. */
export type Stamp = Pick<CheckpointInfo, 'createdAt' | 'expiresAt'>;

/** `expiresAt` is missing in what older versions saved. */
type StoredState = Pick<Stamp, 'createdAt'> &
  Partial<Stamp> & { readonly step?: number; readonly shape?: Partial<ModelShape> };

const KINDS: readonly CheckpointKind[] = ['weights', 'sampler_weights'];
const CARD_NAME = 'card';
const CARD_FILE = 'model.json';
const WEIGHTS_FILE = 'weights.bin';

/**
 * Checkpoints on disk: `<stateDir>/<model id>/<kind>/<name>/`. A directory that is listed is whole; a
 * missing one is an HttpFailure 404 that names its path.
 */
export class CheckpointStore {
  readonly stateDir: string;
  readonly #shape: ModelShape;
  readonly #parameterCount: number;
  readonly #now: () => number;

  constructor(stateDir: string, shape: ModelShape, parameterCount: number, now: () => number) {
    this.stateDir = path.resolve(stateDir);
    this.#shape = shape;
    this.#parameterCount = parameterCount;
    this.#now = now;
  }

  /** To be called once before anything else: finishes or drops what a crash left half written, and what nobody can ask for. */
  async recover(): Promise<void> {
    for (const modelId of await this.listModelIds()) {
      await recoverDirectory(path.join(this.stateDir, modelId));
      for (const kind of KINDS) await recoverDirectory(path.join(this.stateDir, modelId, kind));
      const samplers = path.join(this.stateDir, modelId, 'sampler_weights');
      for (const name of (await listNames(samplers)).filter(isUnnamed))
        await rm(path.join(samplers, name), { recursive: true, force: true });
    }
  }

  /** Ids with a folder, also of earlier processes. */
  async listModelIds(): Promise<string[]> {
    return (await listNames(this.stateDir)).filter(isSafeName);
  }

  async saveCard(card: ModelCard): Promise<void> {
    const files = new Map([[CARD_FILE, JSON.stringify(card)]]);
    await writeDirectory(path.join(this.stateDir, card.modelId), CARD_NAME, files);
  }

  /** Null for a model this state directory does not know. */
  async readCard(modelId: string): Promise<ModelCard | null> {
    if (!isSafeName(modelId)) return null;
    try {
      return JSON.parse(await readFile(path.join(this.stateDir, modelId, CARD_NAME, CARD_FILE), 'utf8')) as ModelCard;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** Saves weights, moments and step count. */
  async saveTraining(ref: CheckpointRef, state: ModelState, stamp: Stamp): Promise<void> {
    await this.#save(ref, [
      [WEIGHTS_FILE, toBytes(state.weights)],
      ['moment1.bin', toBytes(state.moment1)],
      ['moment2.bin', toBytes(state.moment2)],
      ['state.json', JSON.stringify({ ...stamp, step: state.step, shape: this.#shape })],
    ]);
  }

  /** Saves weights alone, with a PEFT-style config so that tools which list adapters can read it. */
  async saveSampler(ref: CheckpointRef, weights: Float32Array, card: ModelCard, stamp: Stamp): Promise<void> {
    const config = {
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      base_model_name_or_path: card.baseModel,
      r: card.rank,
      lora_alpha: card.rank,
      target_modules: ['qkv', 'attention_output', 'feed_forward_in', 'feed_forward_out'],
      embedded: { note: 'weights.bin holds all weights as float32, not a low-rank difference', shape: this.#shape },
    };
    await this.#save(ref, [
      [WEIGHTS_FILE, toBytes(weights)],
      ['adapter_config.json', JSON.stringify(config)],
      ['state.json', JSON.stringify({ ...stamp, shape: this.#shape })],
    ]);
  }

  /** A training state; `withOptimizer` false: moments and step count are zero, and need not be there. */
  async loadTraining(ref: CheckpointRef, withOptimizer: boolean): Promise<ModelState> {
    const state = await this.#readFitting(ref);
    const weights = await this.#readFloats(ref, WEIGHTS_FILE);
    const readMoment = (file: string) =>
      withOptimizer ? this.#readFloats(ref, file) : new Float32Array(weights.length);
    const [moment1, moment2] = await Promise.all([readMoment('moment1.bin'), readMoment('moment2.bin')]);
    return { weights, moment1, moment2, step: withOptimizer ? Number(state.step) : 0 };
  }

  /** The weights of either kind. */
  async loadWeights(ref: CheckpointRef): Promise<Float32Array> {
    await this.#readFitting(ref);
    return this.#readFloats(ref, WEIGHTS_FILE);
  }

  async exists(ref: CheckpointRef): Promise<boolean> {
    return this.#readState(ref).then(
      () => true,
      (error: unknown) => {
        if (error instanceof HttpFailure && error.status === 404) return false;
        throw error;
      },
    );
  }

  /** Oldest first. */
  async list(modelId: string): Promise<CheckpointInfo[]> {
    const infos: CheckpointInfo[] = [];
    for (const kind of KINDS) {
      const names = (await listNames(path.join(this.stateDir, modelId, kind))).filter(isSafeName);
      for (const name of names) {
        const ref = { modelId, kind, name };
        if (!isUnnamed(name) && (await this.exists(ref))) infos.push(await this.#describe(ref));
      }
    }
    return infos.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  }

  /** Deletes one checkpoint; 404 when there is none. */
  async remove(ref: CheckpointRef): Promise<void> {
    if (!(await this.exists(ref))) throw notFound(ref);
    await rm(this.directoryOf(ref), { recursive: true, force: true });
  }

  directoryOf(ref: CheckpointRef): string {
    return path.join(this.stateDir, ref.modelId, ref.kind, ref.name);
  }

  async #save(ref: CheckpointRef, files: readonly [string, Uint8Array | string][]): Promise<void> {
    await writeDirectory(path.join(this.stateDir, ref.modelId, ref.kind), ref.name, new Map(files));
  }

  /** What is written beside the weights; one whose time is over is removed and counts as missing. */
  async #readState(ref: CheckpointRef): Promise<StoredState> {
    try {
      const state: StoredState = JSON.parse(await readFile(path.join(this.directoryOf(ref), 'state.json'), 'utf8'));
      if (state.expiresAt == null || Date.parse(state.expiresAt) > this.#now()) return state;
      await rm(this.directoryOf(ref), { recursive: true, force: true });
      throw notFound(ref);
    } catch (error) {
      if (isMissing(error)) throw notFound(ref);
      throw error;
    }
  }

  /** What is written beside weights that this model can take: those of another family have as many numbers, and other tokens. */
  async #readFitting(ref: CheckpointRef): Promise<StoredState> {
    const state = await this.#readState(ref);
    const { usedVocab } = this.#shape;
    const theirs = state.shape?.usedVocab ?? usedVocab;
    if (theirs === usedVocab) return state;
    const message = `${toTinkerPath(ref)} cannot be loaded: it has ${theirs} tokens and this model ${usedVocab}: it knows another family of problems`;
    throw new HttpFailure(400, message);
  }

  async #readFloats(ref: CheckpointRef, file: string): Promise<Float32Array> {
    try {
      return await readFloats(path.join(this.directoryOf(ref), file), this.#parameterCount);
    } catch (cause) {
      throw new HttpFailure(400, `${toTinkerPath(ref)} cannot be loaded: ${(cause as Error).message}`, { cause });
    }
  }

  async #describe(ref: CheckpointRef): Promise<CheckpointInfo> {
    const { createdAt, expiresAt = null } = await this.#readState(ref);
    const folder = this.directoryOf(ref);
    const sizes = await Promise.all(
      (await listNames(folder)).map(async (file) => (await stat(path.join(folder, file))).size),
    );
    return { ref, createdAt, expiresAt, sizeBytes: sizes.reduce((sum, size) => sum + size, 0) };
  }
}

function notFound(ref: CheckpointRef): HttpFailure {
  return new HttpFailure(404, `Checkpoint ${toTinkerPath(ref)} not found`);
}
