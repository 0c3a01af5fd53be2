import { RetryTally } from '../../../src/core/retry.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Trainer, TrainerRequestLog } from '../../../src/ports/trainer.ts';
import type { HandOver } from '../hand-over/hand-over.ts';
import { Deadline, sendPatiently, type TrainerIo } from '../wire/patience.ts';
import {
  parseFields,
  readJson,
  type TinkerCall,
  type TinkerReply,
  TRAINER_ROLE,
  TrainerHttp,
  toJsonBody,
} from '../wire/trainer-http.ts';
import { WaitNotice } from '../wire/wait-notice.ts';
import { capabilitiesSchema, clientConfigSchema, healthSchema } from '../wire/wire-schemas.ts';
import { OwnModels } from './own-models.ts';
import { detectProfiles, PROFILES, type Profile, type ProfileName } from './profile.ts';
import { createSession, PROTOCOL_VERSION, Session } from './session.ts';
import { TinkerTrainer } from './tinker-trainer.ts';

export interface TinkerTrainerOptions {
  /** Base URL of the server, with or without `/api/v1`. */
  readonly url: string;
  readonly profile: 'auto' | ProfileName;
  /** Wall-clock limit of one operation. */
  readonly operationTimeoutMs: number;
  /** How long a server that has no place for another model is asked again. */
  readonly slotPatienceMs: number;
  /** Whose models these are: the id of the run. */
  readonly owner: string;
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
  const { clock, operationTimeoutMs, slotPatienceMs, owner, handOver, requestLog, warn } = options;
  const notice = new WaitNotice({ who: `trainer ${http.url}`, tell: warn });
  const io: TrainerIo = { http, clock, connectionTries: CONNECT_TRIES, tally: new RetryTally(), notice };
  const ask = <T>(path: string, read: (reply: TinkerReply) => T, call: TinkerCall = {}): Promise<T> => {
    const deadline = new Deadline(clock, operationTimeoutMs);
    return sendPatiently(io, path, { ...call, deadline, canRepeat: true }, read);
  };
  const health = await ask('healthz', readHealth);
  const { supported_models: models } = await ask('get_server_capabilities', (reply) =>
    parseFields(capabilitiesSchema, readJson(reply), reply.site),
  );
  const config = await ask('client/config', readJson, { body: toJsonBody({ sdk_version: PROTOCOL_VERSION }) });
  const flags = parseFields(clientConfigSchema, config, http.siteOf('client/config'));
  if (flags.pjwt_auth_enabled === true && options.apiKey !== undefined) await http.exchangeKey(options.apiKey);
  const { id, status } = await createSession({ io, operationTimeoutMs, owner });
  const modelNames = models.flatMap((model) => model.model_name ?? []);
  const signs = {
    url: http.url,
    health,
    modelNames,
    configKeys: Object.keys(config as object),
    sessionStatus: status,
  };
  const profiles: readonly Profile[] = options.profile === 'auto' ? detectProfiles(signs) : [PROFILES[options.profile]];
  const { connectionTries, chunks } = profiles[0]!;
  const ready: TrainerIo = { ...io, connectionTries };
  const session = new Session({ io: ready, operationTimeoutMs, owner, warn }, id);
  return new TinkerTrainer({
    io: ready,
    session,
    models: new OwnModels({ io: ready, session, operationTimeoutMs, slotPatienceMs, owner, log: requestLog, warn }),
    profiles,
    limits: {
      maxDatums: flags.fwdbwd_max_chunk_len ?? chunks.maxDatums,
      maxBytes: flags.fwdbwd_max_chunk_bytes_count ?? chunks.maxBytes,
    },
    baseModels: modelNames,
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

/** What a health check says in words; some say nothing, or not in JSON. */
function readHealth({ bytes }: TinkerReply): string | null {
  try {
    return healthSchema.parse(JSON.parse(bytes.toString('utf8'))).status ?? null;
  } catch {
    return null;
  }
}
