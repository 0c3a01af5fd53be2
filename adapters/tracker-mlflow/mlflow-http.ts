import { z } from 'zod';
import { HttpWire, type WireAnswer } from '../../src/edge/http-wire.ts';
import { parseServerAddress, type ServerAddress } from '../../src/edge/server-address.ts';
import { cleanServerText, readErrorBody } from '../../src/edge/server-text.ts';
import { TrackerError, UsageError } from '../../src/errors.ts';

/** The REST API of an MLflow tracking server, version 2.0 (mlflow.org/docs, REST API), one request at a time. */

const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 30_000;

/** Large enough for the latest values of tens of thousands of metrics. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

const ROUTE = '/api/2.0/mlflow';

/** Who asks: nobody in particular, the holder of a token (Databricks, GitLab), or a user of MLflow's basic auth. */
export type MlflowLogin =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string };

const ErrorBody = z.object({ error_code: z.string().nullish() });

/** Statuses of MLflow's own errors, whose code tells an experiment that is not there from a request that is wrong. */
const REFUSALS: readonly number[] = [400, 404];

/** The server refused a request. */
export class MlflowRefusal extends TrackerError {
  /** MLflow's `error_code`; empty where a web server in front of it refused. */
  readonly code: string;

  constructor(message: string, status: number, code: string) {
    super(message, { status });
    this.code = code;
  }
}

export class MlflowHttp {
  readonly #address: ServerAddress;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #secrets: readonly string[];
  readonly #wire: HttpWire;

  /** Throws `UsageError` for something that is not an address. */
  constructor(url: string, login: MlflowLogin) {
    this.#address = parseServerAddress(url, {
      name: 'MLflow address',
      example: 'http://127.0.0.1:5000',
      keyAdvice: 'give these by environment variables',
      route: ROUTE,
      fail: (message) => new UsageError(message),
    });
    const { headers, secrets } = readLogin(login);
    this.#headers = headers;
    this.#secrets = secrets;
    this.#wire = new HttpWire({
      Failure: TrackerError,
      secrets,
      silenceMs: ANSWER_TIMEOUT_MS,
      connectMs: CONNECT_TIMEOUT_MS,
      maxBytes: MAX_ANSWER_BYTES,
      shapeAdvice: 'is this the address of an MLflow server?',
      describeStatus: (status, said) =>
        `${status} ${said}${status === 401 || status === 403 ? '; check the token, or user and password' : ''}`,
    });
  }

  /** GET of a path with a query. Rejects with `TrackerError`, retryable where it may pass; or the signal's reason. */
  get<T>(path: string, query: Readonly<Record<string, string>>, answer: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    return this.#exchange('GET', path, `?${new URLSearchParams(query)}`, undefined, answer, signal);
  }

  /** POST of a JSON body; rejects as `get` does. */
  post<T>(path: string, body: unknown, answer: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    return this.#exchange('POST', path, '', JSON.stringify(body), answer, signal);
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  async #exchange<T>(
    method: 'GET' | 'POST',
    path: string,
    query: string,
    body: string | undefined,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { origin, prefix } = this.#address;
    const at = `MLflow ${path} at ${origin}${prefix}`;
    const answer = await this.#wire.send({
      at,
      origin,
      path: `${prefix}${ROUTE}/${path}${query}`,
      method,
      headers: { ...this.#headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body,
      signal,
      accepts: (status) => status === 200 || REFUSALS.includes(status),
    });
    if (answer.status !== 200) throw await this.#toRefusal(at, answer);
    const parsed = schema.safeParse(await answer.json());
    if (!parsed.success) throw new TrackerError(`${at}: the answer is not that of an MLflow server; check the address`);
    return parsed.data;
  }

  async #toRefusal(at: string, answer: WireAnswer): Promise<MlflowRefusal> {
    const { status } = answer;
    const body = await answer.readFailure();
    const said = cleanServerText(readErrorBody(status, body), this.#secrets);
    return new MlflowRefusal(`${at}: ${status} ${said}`, status, readErrorCode(body));
  }
}

function readLogin(login: MlflowLogin): { headers: Record<string, string>; secrets: string[] } {
  if (login.kind === 'none') return { headers: {}, secrets: [] };
  if (login.kind === 'token') return { headers: { authorization: `Bearer ${login.token}` }, secrets: [login.token] };
  const pair = Buffer.from(`${login.user}:${login.password}`).toString('base64');
  return { headers: { authorization: `Basic ${pair}` }, secrets: [login.password, pair] };
}

function readErrorCode(body: string): string {
  try {
    return ErrorBody.parse(JSON.parse(body)).error_code ?? '';
  } catch {
    return '';
  }
}
