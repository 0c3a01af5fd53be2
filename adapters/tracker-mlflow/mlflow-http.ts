import { Agent, request } from 'undici';
import { z } from 'zod';
import { TrackerError, UsageError } from '../../src/errors.ts';

/** The REST API of an MLflow tracking server, version 2.0 (mlflow.org/docs, REST API), one request at a time. */

const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 30_000;

/** Large enough for the latest values of tens of thousands of metrics. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** Characters of a server's own words in a message. */
const MAX_WORDS = 300;

/** Who asks: nobody in particular, the holder of a token (Databricks, GitLab), or a user of MLflow's basic auth. */
export type MlflowLogin =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string };

const ErrorBody = z.object({ error_code: z.string().nullish(), message: z.string().nullish() });

/** The server answered with an error: its code tells an experiment that is not there from a request that is wrong. */
export class MlflowRefusal extends TrackerError {
  readonly code: string;

  constructor(message: string, code: string, retryable: boolean) {
    super(message, { retryable });
    this.code = code;
  }
}

export class MlflowHttp {
  readonly #api: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent = new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS }, bodyTimeout: ANSWER_TIMEOUT_MS });

  /** Throws `UsageError` for something that is not an address. */
  constructor(url: string, login: MlflowLogin) {
    const parsed = URL.canParse(url) ? new URL(url) : null;
    if (parsed === null || !/^https?:$/.test(parsed.protocol))
      throw new UsageError(
        `MLflow address ${JSON.stringify(url)} is not an http or https address; give http://host:port`,
      );
    if (parsed.username !== '' || parsed.password !== '')
      throw new UsageError('the MLflow address holds a user or password; give these separately');
    this.#api = `${parsed.origin}${parsed.pathname
      .split('/')
      .filter(Boolean)
      .map((part) => `/${part}`)
      .join('')}/api/2.0/mlflow/`;
    this.#headers = toHeaders(login);
  }

  /** GET of a path with a query. Rejects with `TrackerError`, retryable where it may pass; or the signal's reason. */
  get<T>(path: string, query: Readonly<Record<string, string>>, answer: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    return this.#exchange('GET', `${path}?${new URLSearchParams(query)}`, null, answer, signal);
  }

  /** POST of a JSON body; rejects as `get` does. */
  post<T>(path: string, body: unknown, answer: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    return this.#exchange('POST', path, JSON.stringify(body), answer, signal);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #exchange<T>(
    method: 'GET' | 'POST',
    path: string,
    body: string | null,
    answer: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const what = `MLflow ${path.split('?', 1)[0]}`;
    const { status, text } = await this.#send(what, method, path, body, signal);
    if (status !== 200) throw toRefusal(what, status, text);
    const parsed = answer.safeParse(parseJson(text));
    if (!parsed.success)
      throw new TrackerError(`${what}: the answer is not that of an MLflow server; check the address (${this.#api})`);
    return parsed.data;
  }

  async #send(what: string, method: 'GET' | 'POST', path: string, body: string | null, signal: AbortSignal) {
    signal.throwIfAborted();
    try {
      const response = await request(this.#api + path, {
        dispatcher: this.#agent,
        method,
        headers: { ...this.#headers, ...(body === null ? {} : { 'content-type': 'application/json' }) },
        body,
        headersTimeout: ANSWER_TIMEOUT_MS,
        signal,
      });
      return { status: response.statusCode, text: await readBounded(response.body) };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof TrackerError) throw error;
      const { message, code } = error as Error & { code?: string };
      throw new TrackerError(`${what}: no answer from ${this.#api} (${cutWords(message || code || 'unknown')})`, {
        cause: error,
        retryable: true,
      });
    }
  }
}

function toHeaders(login: MlflowLogin): Record<string, string> {
  if (login.kind === 'none') return {};
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
  return { authorization: login.kind === 'token' ? `Bearer ${login.token}` : basic(`${login.user}:${login.password}`) };
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new TrackerError(`MLflow's answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toRefusal(what: string, status: number, text: string): MlflowRefusal {
  const body = ErrorBody.safeParse(parseJson(text)).data ?? {};
  const words = body.message ?? (text.trimStart().startsWith('<') ? 'a web page' : text);
  const advice = status === 401 || status === 403 ? '; check the token, or user and password' : '';
  const retryable = status === 408 || status === 429 || status >= 500;
  return new MlflowRefusal(
    `${what}: status ${status}, ${cutWords(words) || 'no words'}${advice}`,
    body.error_code ?? '',
    retryable,
  );
}

/** One line of bounded length. */
function cutWords(text: string): string {
  const line = text
    .slice(0, 2 * MAX_WORDS)
    .replaceAll(/[\s\p{C}]+/gu, ' ')
    .trim();
  return line.length > MAX_WORDS ? `${line.slice(0, MAX_WORDS)}...` : line;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
