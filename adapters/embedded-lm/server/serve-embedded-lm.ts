import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { WordFamilyName } from '../../../src/core/word-sums/word-problem.ts';
import { DEFAULT_SHAPE, type EmbeddedLm } from '../model/contract.ts';
import { openEmbeddedLm } from '../model/open-embedded-lm.ts';
import { VOCABULARIES } from '../tokenizer.ts';
import { CheckpointStore } from './checkpoints/checkpoint-store.ts';
import { createKeyCheck, listen } from './http/listen.ts';
import { BASE_MODEL, Snapshots } from './snapshots.ts';
import { DEFAULT_TEACHER_MIX, type TeacherMix } from './teacher.ts';
import { createTinkerFace } from './tinker-face/tinker-face.ts';
import { createTrainerContext } from './tinker-face/trainer-context.ts';
import { RequestCounts } from './vllm-face/engine-context.ts';
import { createVllmFace } from './vllm-face/vllm-face.ts';

/** What the server is started with. */
export interface EmbeddedServerOptions extends ServeOptions {
  /** Worker threads of the transformer; they change no result. */
  readonly threads: number;
}

/** Starts the tiny engine and trainer: opens the transformer and serves it. Rejects when the port or the state directory cannot be used. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const shape = { ...DEFAULT_SHAPE, usedVocab: VOCABULARIES[options.family ?? 'word-sums'].length };
  return serveEmbeddedLm(await openEmbeddedLm({ shape, threads: options.threads }), options);
}

/** How an open model is served. */
export interface ServeOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Where checkpoints are kept; made when it does not exist. */
  readonly stateDir: string;
  /** Weights of the base model, and seed of requests that name none. */
  readonly seed: number;
  readonly teacherMix?: TeacherMix;
  /** Which problems the model and its teacher know; default `word-sums`. The model must have the tokens for them. */
  readonly family?: WordFamilyName;
  /** Asked for as `X-API-Key` or Bearer; without it everything is open. */
  readonly apiKey?: string | null;
  /** How long one poll of a future may wait; default 20 s. */
  readonly pollLimitMs?: number;
  /** Milliseconds since the epoch; for timestamps and silent sessions. */
  readonly now?: () => number;
}

/** A server that answers. */
export interface EmbeddedServer {
  readonly url: string;
  /** Ends open requests, the workers and the port. */
  close(): Promise<void>;
}

/**
 * Serves an open model on one port: vLLM's interface at `/`, the trainer's at `/api/v1`. Closing the
 * server closes the model, and so does a failed start.
 */
export async function serveEmbeddedLm(lm: EmbeddedLm, options: ServeOptions): Promise<EmbeddedServer> {
  try {
    const faces = await buildFaces(lm, options);
    const checkKey = createKeyCheck(options.apiKey ?? null);
    const { url, close } = await listen({
      host: options.host ?? '127.0.0.1',
      port: options.port ?? 0,
      faces,
      checkKey,
    });
    return {
      url,
      close: async () => {
        await close();
        await lm.close();
      },
    };
  } catch (error) {
    await lm.close();
    throw error;
  }
}

async function buildFaces(lm: EmbeddedLm, options: ServeOptions) {
  const {
    seed,
    teacherMix = DEFAULT_TEACHER_MIX,
    family = 'word-sums',
    pollLimitMs = 20_000,
    now = Date.now,
  } = options;
  await mkdir(path.resolve(options.stateDir), { recursive: true });
  const checkpoints = new CheckpointStore(options.stateDir, lm.shape, lm.parameterCount, now);
  await checkpoints.recover();
  await publishBase(lm, seed);
  const snapshots = new Snapshots(lm, checkpoints);
  let count = 0;
  const nextNumber = () => {
    count += 1;
    return count;
  };
  const trainer = createTrainerContext({ lm, checkpoints, snapshots, seed, nextNumber, pollLimitMs, now });
  const engine = { lm, snapshots, counts: new RequestCounts(), teacherMix, family, seed, now, nextNumber };
  return [createTinkerFace(trainer), createVllmFace(engine)];
}

/** The base model is what `create_model` gives for the server's seed. */
async function publishBase(lm: EmbeddedLm, seed: number): Promise<void> {
  const model = lm.createModel(seed);
  const { weights } = await lm.exportState(model);
  await lm.publish(BASE_MODEL, weights);
  lm.dropModel(model);
}
