import type { Clock } from '../../../src/ports/clock.ts';
import type { Trainer, TrainerRequestLog } from '../../../src/ports/trainer.ts';
import type { Handover } from '../hand-over/handover.ts';
import { Deadline } from '../wire/deadline.ts';
import { exchangeKey } from '../wire/exchange-key.ts';
import { readJson, TrainerHttp, toJsonBody, type WireCall } from '../wire/http-wire.ts';
import { parseReply } from '../wire/parse-reply.ts';
import { requestPatiently, type TrainerIo } from '../wire/send-patiently.ts';
import { capabilitiesSchema, clientConfigSchema } from '../wire/wire-schemas.ts';
import { DEFAULT_CHUNK_LIMITS } from './chunk-data.ts';
import { detectProfile } from './detect-profile.ts';
import { PROFILES, type Profile, type ProfileName } from './profile.ts';
import { createSession, PROTOCOL_VERSION, Session } from './session.ts';
import { TinkerTrainer } from './tinker-trainer.ts';

export interface TinkerTrainerOptions {
  /** Base URL of the server, with or without `/api/v1`. */
  readonly url: string;
  readonly profile: 'auto' | ProfileName;
  /** Wall-clock limit of one operation. */
  readonly operationTimeoutMs: number;
  readonly handover: Handover;
  readonly requestLog: TrainerRequestLog;
  readonly clock: Clock;
  /** Sent as `X-API-Key`. */
  readonly apiKey?: string;
}

/** Attempts to reach the server before it is known which one it is. */
const CONNECT_ATTEMPTS = 3;

const STRUCTURED_ATTENTION = 'structured_attention/1';

/**
 * Connects to a Tinker-API trainer: checks that it answers, reads what it serves and how it wants to be
 * spoken to, and opens a session, which is kept alive until the trainer is disposed. Throws `TrainerError`.
 */
export async function createTinkerTrainer(options: TinkerTrainerOptions): Promise<Trainer> {
  const http = new TrainerHttp(options.url, options.apiKey ?? null);
  try {
    return await connect(http, options);
  } catch (error) {
    await http.close();
    throw error;
  }
}

async function connect(http: TrainerHttp, options: TinkerTrainerOptions): Promise<TinkerTrainer> {
  const { clock, operationTimeoutMs, handover, requestLog } = options;
  const io: TrainerIo = { http, clock, connectionAttempts: CONNECT_ATTEMPTS };
  const ask = async (path: string, call: WireCall = {}): Promise<unknown> => {
    const deadline = new Deadline(clock, operationTimeoutMs);
    const reply = await requestPatiently(io, path, { ...call, what: path, deadline, canRepeat: true });
    return readJson(reply, `trainer ${http.url}: ${path}`);
  };
  await ask('healthz');
  const models = parseReply(
    capabilitiesSchema,
    await ask('get_server_capabilities'),
    'get_server_capabilities',
  ).supported_models;
  const config = await ask('client/config', { body: toJsonBody({ sdk_version: PROTOCOL_VERSION }) });
  const flags = parseReply(clientConfigSchema, config, 'client/config');
  if (flags.pjwt_auth_enabled === true && options.apiKey !== undefined) await exchangeKey(http, options.apiKey);
  const { id, status } = await createSession(io, operationTimeoutMs);
  const signs = {
    url: http.url,
    modelNames: models.flatMap((model) => model.model_name ?? []),
    configKeys: Object.keys(config as object),
    sessionStatus: status,
  };
  const profile: Profile = options.profile === 'auto' ? detectProfile(signs) : PROFILES[options.profile];
  const ready: TrainerIo = { ...io, connectionAttempts: profile.connectionAttempts };
  return new TinkerTrainer({
    io: ready,
    session: new Session({ io: ready, operationTimeoutMs }, id),
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
    handover,
    requestLog,
  });
}
