import { createTinkerTrainer } from '../../adapters/tinker/trainer/create-tinker-trainer.ts';
import { needsTrainer } from '../config/check-runnable.ts';
import type { RunConfig } from '../config/schema.ts';
import { RetryTally } from '../core/retry.ts';
import { TrainerError } from '../errors.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { Trainer } from '../ports/trainer.ts';
import { readApiKey } from './connect-engines.ts';
import { systemClock } from './system-clock.ts';

/** What it takes to connect a trainer. */
export interface TrainerConnection {
  readonly runId: string;
  readonly config: RunConfig;
  readonly store: RunStore;
  readonly reporter: Reporter;
  /** Address of the embedded server that this run started; null when it started none. */
  readonly embeddedUrl: string | null;
  /** Reject when the trainer does not answer; otherwise the first operation fails. */
  readonly isRequired: boolean;
}

/** Connects the trainer of the configuration; a run without training gets one that refuses everything. */
export async function connectTrainer(connection: TrainerConnection): Promise<Trainer> {
  const { config, isRequired } = connection;
  if (!needsTrainer(config)) {
    return createAbsentTrainer('none', new TrainerError('this run has no trainer, because none of its stages trains'));
  }
  try {
    return await openTrainer(connection);
  } catch (error) {
    if (isRequired || !(error instanceof TrainerError)) throw error;
    return createAbsentTrainer(config.trainer.url ?? 'none', error);
  }
}

/** Connects the trainer of the configuration, or that of the embedded server. Rejects with `TrainerError` when it does not answer. */
export function openTrainer({
  config,
  store,
  runId,
  reporter,
  embeddedUrl,
}: Omit<TrainerConnection, 'isRequired'>): Promise<Trainer> {
  const { url, profile, handover, operationTimeoutSeconds, slotPatienceSeconds, apiKeyEnv } = config.trainer;
  return createTinkerTrainer({
    url: url ?? embeddedUrl!,
    profile: url === null ? 'embedded' : profile,
    operationTimeoutMs: operationTimeoutSeconds * 1000,
    slotPatienceMs: slotPatienceSeconds * 1000,
    owner: runId,
    handOver: handover,
    requestLog: store.trainerLog(runId),
    clock: systemClock,
    warn: (message) => reporter.warn(message),
    ...readApiKey(apiKeyEnv),
  });
}

/** Takes the place of a trainer that a run does not have: every operation is refused for that reason. */
export function createAbsentTrainer(url: string, reason: TrainerError): Trainer {
  const refuse = () => Promise.reject(reason);
  return {
    url,
    capabilities: { structuredAttention: false },
    openModel: refuse,
    findLack: () => null,
    closeModel: () => Promise.resolve(),
    forward: refuse,
    forwardBackward: refuse,
    optimStep: refuse,
    pathOf: () => {
      throw reason;
    },
    saveState: refuse,
    saveForSampler: refuse,
    deleteSaved: refuse,
    retries: () => new RetryTally().byCause(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
