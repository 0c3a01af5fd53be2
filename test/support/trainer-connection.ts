/** A connected trainer for a test, closed after it, with everything it wrote into its request log. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createTinkerTrainer, type TinkerTrainerOptions } from '../../adapters/tinker/trainer/create-tinker-trainer.ts';
import type { Datum } from '../../src/core/datum.ts';
import { TrainerError } from '../../src/errors.ts';
import type { Trainer, TrainerRequestLog } from '../../src/ports/trainer.ts';
import { type FaultServerOptions, startFaultServer } from './trainer-fault-server.ts';
import { createInstantClock, type InstantClock } from './trainer-instant-clock.ts';

/** One call of the request log. `detail`: request id, or outcome and message. */
export interface LogEntry {
  readonly event: 'submitting' | 'acknowledged' | 'finished';
  readonly seqId: number;
  readonly operation: string;
  readonly modelId: string;
  readonly payloadHash: string;
  readonly detail: string;
}

/** What the run store holds of the run's models and saves. */
export interface StoredBefore {
  readonly openModels?: Set<string>;
  readonly savedPaths?: readonly string[];
}

export interface TrainerConnection {
  readonly trainer: Trainer;
  readonly log: readonly LogEntry[];
  readonly clock: InstantClock;
  /** What it had to say beside errors. */
  readonly warnings: readonly string[];
  /** `<event> <seq>` of the log, or `<outcome> <seq>` at the end. */
  readonly story: () => string[];
}

export async function connectTrainer(
  t: TestContext,
  url: string,
  options: Partial<TinkerTrainerOptions> & StoredBefore = {},
): Promise<TrainerConnection> {
  const entries: LogEntry[] = [];
  const { openModels = new Set<string>(), savedPaths = [], ...settings } = options;
  const clock = createInstantClock();
  const warnings: string[] = [];
  const requestLog: TrainerRequestLog = {
    modelOpened: (modelId) => void openModels.add(modelId),
    modelClosed: (modelId) => void openModels.delete(modelId),
    listOpenModels: () => [...openModels],
    listSavedPaths: () => savedPaths,
    submitting: (record) => entries.push({ event: 'submitting', ...record, detail: '' }),
    acknowledged: (record, requestId) => entries.push({ event: 'acknowledged', ...record, detail: requestId }),
    finished: (record, outcome, message) =>
      entries.push({ event: 'finished', ...record, detail: message === null ? outcome : `${outcome}: ${message}` }),
  };
  const trainer = await createTinkerTrainer({
    url,
    profile: 'embedded',
    operationTimeoutMs: 600_000,
    slotPatienceMs: 0,
    owner: 'test-run',
    handOver: 'path',
    warn: (message) => void warnings.push(message),
    requestLog,
    clock,
    ...settings,
  });
  t.after(() => trainer[Symbol.asyncDispose]());
  const tell = ({ event, seqId, detail }: LogEntry) =>
    `${event === 'finished' ? detail.split(':')[0] : event} ${seqId}`;
  return { trainer, log: entries, clock, warnings, story: () => entries.map(tell) };
}

export const SPEC = { baseModel: 'embedded-base', rank: 8, seed: 5 } as const;

export const ADAM = { learningRate: 0.1, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, clipNorm: 1 } as const;

/** A cross-entropy datum over a whole sequence, every target counted. */
export function sftDatum(full: readonly number[], weight = 1): Datum {
  return { tokens: full.slice(0, -1), targets: full.slice(1), weights: full.slice(1).map(() => weight) };
}

/** An RL datum; log-probs of the sampler are 0 on masked positions. */
export function rlDatum(full: readonly number[], advantages: readonly number[]): Datum {
  const logprobs = advantages.map((advantage) => (advantage === 0 ? 0 : -1));
  return { tokens: full.slice(0, -1), targets: full.slice(1), logprobs, advantages };
}

/** A model opened on a double of a server. */
export async function openOnDouble(
  t: TestContext,
  server: FaultServerOptions = {},
  options: Parameters<typeof connectTrainer>[2] = {},
) {
  const double = await startFaultServer(t, server);
  const connection = await connectTrainer(t, double.url, options);
  await connection.trainer.openModel({ ...SPEC, baseModel: 'base' }, null);
  return { double, ...connection };
}

/** Asserts a one-line TrainerError that contains every part. */
export function trainerError(...parts: RegExp[]) {
  return (error: unknown) => {
    assert.ok(error instanceof TrainerError, String(error));
    assert.ok(!/\p{Cc}/u.test(error.message), JSON.stringify(error.message));
    for (const part of parts) assert.match(error.message, part);
    return true;
  };
}
