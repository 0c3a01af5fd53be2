import type { z } from 'zod';
import type { MeaningOverrides } from '../../../src/core/retry.ts';
import { failAt, type Site } from '../../../src/edge/http-failure.ts';
import { HttpWire, parseAnswer, type WireAnswer } from '../../../src/edge/http-wire.ts';
import { parseServerAddress } from '../../../src/edge/server-address.ts';
import { EngineError, OutsideError, TrainerError } from '../../../src/errors.ts';
import { tokenSchema } from './wire-schemas.ts';

/** An answer that does not begin, or pauses, for this long counts as lost. */
const REPLY_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Beyond any result of one chunk; bounds what a server can make this process keep. */
const MAX_REPLY_BYTES = 512 * 1024 * 1024;

/** Caps the pause a server may ask for, as the API's own client does: it may be back sooner than it expects. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * What servers of this API mean by a status. A conflict tells of a sequence number or a name that was used, and is never
 * sent again unread; 402 is a pause of billing; 410 a promise that is lost, whose request may be made anew.
 */
export const TINKER_MEANINGS: MeaningOverrides = { 402: 'billing', 409: 'final', 410: 'no_answer' };

/** Who uses this API: the errors of its port, and the settings that its messages name. */
export interface TinkerRole {
  readonly Failure: typeof TrainerError | typeof EngineError;
  readonly url: string;
  readonly key: string;
  readonly silenceAdvice: string;
  /** How messages name a request. `what`: its path, or what is being done. */
  nameRequest(url: string, method: string, what: string): string;
}

export const TRAINER_ROLE: TinkerRole = {
  Failure: TrainerError,
  url: 'trainer.url',
  key: 'trainer.apiKeyEnv',
  silenceAdvice: 'is the trainer overloaded?',
  nameRequest: (url, _method, what) => `trainer ${url}: ${what}`,
};

export const ENGINE_ROLE: TinkerRole = {
  Failure: EngineError,
  url: 'engine.urls',
  key: 'engine.apiKeyEnv',
  silenceAdvice: 'raise engine.timeoutSeconds, or ask for fewer tokens',
  nameRequest: (url, method, what) => `${method} ${url}/api/v1/${what}`,
};

export interface WireBody {
  readonly contentType: string;
  readonly bytes: string | Uint8Array;
  /** `Content-Encoding`, when the bytes are compressed. */
  readonly encoding?: 'zstd';
}

/** JSON as a request body. */
export function toJsonBody(value: unknown): WireBody {
  return { contentType: 'application/json', bytes: JSON.stringify(value) };
}

export interface TinkerCall {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: WireBody | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** What is being done, for messages: `optim_step #4`. Default: the path. */
  readonly what?: string;
  /** How long the answer may take to begin. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A 2xx answer, read to its end. */
export interface TinkerReply {
  readonly site: Site;
  readonly status: number;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** The JSON of a reply. Throws an error of the role's port for what is none. */
export function readJson({ site, bytes }: TinkerReply): unknown {
  return parseAnswer(site, bytes.toString('utf8'));
}

/** Reads the fields of a JSON answer. Throws an error of the role's port that names the first one that is wrong. */
export function parseFields<T>(schema: z.ZodType<T>, value: unknown, site: Site): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'its body' : issue.path.join('.');
  throw failAt(site, `the answer is not the protocol's: ${where}: ${issue?.message ?? 'wrong'}`);
}

/** The requests to one server of the Tinker API: own connections, own time limits, the key on every request. */
export class TrainerHttp {
  /** Base URL without `/api/v1`. */
  readonly url: string;
  readonly role: TinkerRole;
  readonly #origin: string;
  readonly #api: string;
  readonly #wire: HttpWire;
  #key: string | null;
  #renewKey: (() => Promise<string>) | null = null;

  /** Throws an error of the role's port for a URL it cannot use. */
  constructor(url: string, apiKey: string | null, role: TinkerRole) {
    const { Failure, silenceAdvice, key } = role;
    const { origin, prefix } = parseServerAddress(url, {
      name: 'the URL',
      example: 'http://127.0.0.1:8001',
      keyAdvice: `give the key by ${key}`,
      route: '/api/v1',
      fail: (message) => new Failure(`${message}; correct ${role.url}`),
    });
    this.url = origin + prefix;
    this.role = role;
    this.#origin = origin;
    this.#api = `${prefix}/api/v1/`;
    this.#key = apiKey;
    this.#wire = new HttpWire({
      Failure,
      silenceMs: REPLY_TIMEOUT_MS,
      connectMs: CONNECT_TIMEOUT_MS,
      maxBytes: MAX_REPLY_BYTES,
      secrets: apiKey === null ? [] : [apiKey],
      silenceAdvice,
      ownsErrors: true,
      meanings: TINKER_MEANINGS,
      longestAskedMs: LONGEST_PAUSE_MS,
      describeStatus: (status, said) =>
        `${status} ${said}${status === 401 || status === 403 ? `; check the API key (${key})` : ''}`,
    });
  }

  /** What the failures of an operation begin with. */
  siteOf(what: string, method = 'POST'): Site {
    return this.#wire.siteOf(this.role.nameRequest(this.url, method, what));
  }

  /** Sends one request to a path below `api/v1/`; a second time if the key was refused and could be renewed. */
  send(path: string, call: TinkerCall = {}): Promise<TinkerReply> {
    return this.#withKey(() => this.#sendOnce(path, call));
  }

  /**
   * Opens a download and follows its redirects; the key goes to this server only. `start` is a path below `api/v1/`, or
   * where an answer of this server says that the file is.
   */
  download(start: string | URL, what: string, next: (to: string | null, from: URL) => URL, signal?: AbortSignal) {
    const url = typeof start === 'string' ? new URL(this.#origin + this.#api + start) : start;
    const call = { at: this.siteOf(what).at, url, method: 'GET', headers: {}, signal } as const;
    return this.#withKey(
      (): Promise<WireAnswer> => this.#wire.follow(call, url.origin === this.#origin ? this.#credentials() : {}, next),
    );
  }

  /**
   * Some servers want the key exchanged for a token that expires; it is renewed when it is refused. From now on the token
   * is sent.
   */
  async exchangeKey(apiKey: string): Promise<void> {
    const renew = async () => {
      const call = { body: toJsonBody({}), headers: { 'x-api-key': apiKey } };
      const reply = await this.#sendOnce('auth/token', call);
      const { jwt } = parseFields(tokenSchema, readJson(reply), reply.site);
      this.#wire.keepSecret(jwt);
      return jwt;
    };
    this.#key = await renew();
    this.#renewKey = renew;
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  async #withKey<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OutsideError) || error.status !== 401 || this.#renewKey === null) throw error;
      this.#key = await this.#renewKey();
      return work();
    }
  }

  async #sendOnce(path: string, { body, headers, what = path, timeoutMs, signal, ...call }: TinkerCall) {
    const method = call.method ?? (body === undefined ? 'GET' : 'POST');
    const answer = await this.#wire.send({
      at: this.role.nameRequest(this.url, method, what),
      origin: this.#origin,
      path: this.#api + path,
      method,
      headers: { ...this.#credentials(), ...(body === undefined ? {} : toBodyHeaders(body)), ...headers },
      body: body?.bytes,
      silenceMs: timeoutMs,
      signal,
    });
    const { site, status, contentType } = answer;
    return { site, status, contentType, bytes: await answer.bytes() };
  }

  #credentials(): Record<string, string> {
    return this.#key === null ? {} : { 'x-api-key': this.#key };
  }
}

function toBodyHeaders(body: WireBody): Record<string, string> {
  const type = { 'content-type': body.contentType };
  return body.encoding === undefined ? type : { ...type, 'content-encoding': body.encoding };
}

export type CheckpointKind = 'weights' | 'sampler_weights';

/** One saved checkpoint. `runId` is the id of the model that saved it. */
export interface CheckpointRef {
  readonly runId: string;
  readonly kind: CheckpointKind;
  readonly name: string;
}

const NAME = /^[A-Za-z0-9_-]{1,255}$/;

/** Ids are opaque, but they become parts of URLs and file names here. */
const RUN_ID = /^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,255}$/;

/** Whether every server takes a checkpoint of this name. */
export function isCheckpointName(name: string): boolean {
  return NAME.test(name);
}

/**
 * Reads `tinker://<run>/<kind>/<name>`, or `tinker://<run>/<name>` as SkyRL answers to sampler saves,
 * which needs the kind. Null for anything else.
 */
export function parseCheckpointPath(path: string, kindWhenShort: CheckpointKind | null): CheckpointRef | null {
  const parts = path.startsWith('tinker://') ? path.slice('tinker://'.length).split('/') : [];
  const [runId = '', kind, name = ''] = parts.length === 2 ? [parts[0], kindWhenShort, parts[1]] : parts;
  const isKind = kind === 'weights' || kind === 'sampler_weights';
  return parts.length <= 3 && isKind && RUN_ID.test(runId) && NAME.test(name) ? { runId, kind, name } : null;
}

/** The canonical path. */
export function toCheckpointPath({ runId, kind, name }: CheckpointRef): string {
  return `tinker://${runId}/${kind}/${name}`;
}

/** The route of a run's checkpoints below `api/v1/`. */
export function toCheckpointsRoute(runId: string): string {
  return `training_runs/${encodeURIComponent(runId)}/checkpoints`;
}
