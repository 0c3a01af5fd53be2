import { RetryTally } from '../../../src/core/retry.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Trainer, TrainerRequestLog } from '../../../src/ports/trainer.ts';
import type { HandOver } from '../hand-over/hand-over.ts';
import { Deadline, sendPatiently, type TrainerIo } from '../wire/patience.ts';
import { parseFields, readJson, type TinkerCall, TRAINER_ROLE, TrainerHttp, toJsonBody } from '../wire/trainer-http.ts';
import { capabilitiesSchema, clientConfigSchema } from '../wire/wire-schemas.ts';
import { detectProfile, PROFILES, type Profile, type ProfileName } from './profile.ts';
import { DEFAULT_CHUNK_LIMITS } from './run-pass.ts';
import { createSession, PROTOCOL_VERSION, Session } from './session.ts';
import { TinkerTrainer } from './tinker-trainer.ts';

export interface TinkerTrainerOptions {
  /** Base URL of the server, with or without `/api/v1`. */
  readonly url: string;
  readonly profile: 'auto' | ProfileName;
  /** Wall-clock limit of one operation. */
  readonly operationTimeoutMs: number;
  readonly handOver: HandOver;
  readonly requestLog: TrainerRequestLog;
  readonly clock: Clock;
  /** Told what does not end an operation and should be known all the same. */
  readonly warn: (message: string) => void;
  /** Sent as `X-API-Key`. */
  readonly apiKey?: string;
}

/** Tries to reach the server before it is known which one it is. */
const CONNECT_TRIES = 3;

const STRUCTURED_ATTENTION = 'structured_attention/1';

/**
 * Connects to a Tinker-API trainer: checks that it answers, reads what it serves and how it wants to be
 * spoken to, and opens a session, which is kept alive until the trainer is disposed. Throws `TrainerError`.
 */
export async function createTinkerTrainer(options: TinkerTrainerOptions): Promise<Trainer> {
  const http = new TrainerHttp(options.url, options.apiKey ?? null, TRAINER_ROLE);
  try {
    return await connect(http, options);
  } catch (error) {
    await http.close();
    throw error;
  }
}

async function connect(http: TrainerHttp, options: TinkerTrainerOptions): Promise<TinkerTrainer> {
  const { clock, operationTimeoutMs, handOver, requestLog, warn } = options;
  const io: TrainerIo = { http, clock, connectionTries: CONNECT_TRIES, tally: new RetryTally() };
  const ask = (path: string, call: TinkerCall = {}): Promise<unknown> => {
    const deadline = new Deadline(clock, operationTimeoutMs);
    return sendPatiently(io, path, { ...call, deadline, canRepeat: true }, readJson);
  };
  await ask('healthz');
  const capabilities = await ask('get_server_capabilities');
  const { supported_models: models } = parseFields(
    capabilitiesSchema,
    capabilities,
    http.siteOf('get_server_capabilities'),
  );
  const config = await ask('client/config', { body: toJsonBody({ sdk_version: PROTOCOL_VERSION }) });
  const flags = parseFields(clientConfigSchema, config, http.siteOf('client/config'));
  if (flags.pjwt_auth_enabled === true && options.apiKey !== undefined) await http.exchangeKey(options.apiKey);
  const { id, status } = await createSession(io, operationTimeoutMs);
  const signs = {
    url: http.url,
    modelNames: models.flatMap((model) => model.model_name ?? []),
    configKeys: Object.keys(config as object),
    sessionStatus: status,
  };
  const profile: Profile = options.profile === 'auto' ? detectProfile(signs) : PROFILES[options.profile];
  const ready: TrainerIo = { ...io, connectionTries: profile.connectionTries };
  return new TinkerTrainer({
    io: ready,
    session: new Session({ io: ready, operationTimeoutMs, warn }, id),
    profile,
    limits: {
      maxDatums: flags.fwdbwd_max_chunk_len ?? DEFAULT_CHUNK_LIMITS.maxDatums,
      maxBytes: flags.fwdbwd_max_chunk_bytes_count ?? DEFAULT_CHUNK_LIMITS.maxBytes,
    },
    compress: flags.proto_compress_fwdbwd ?? false,
    structuredModels: new Set(
      models.flatMap(({ model_name: name, extensions }) =>
        name != null && extensions?.includes(STRUCTURED_ATTENTION) ? [name] : [],
      ),
    ),
    operationTimeoutMs,
    handOver,
    requestLog,
    warn,
  });
}
