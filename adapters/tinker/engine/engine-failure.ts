import { EngineError, TrainerError } from '../../../src/errors.ts';
import { ConnectionLost, readText, type TrainerHttp, type WireReply } from '../wire/http-wire.ts';
import { describeFailureBody } from '../wire/server-text.ts';

/** Statuses after which the same request may succeed; 425: weights that are still being written, 410: a lost promise. */
const RETRYABLE: ReadonlySet<number> = new Set([402, 408, 410, 425, 429, 500, 502, 503, 504]);

/** How errors name a request of the engine. */
export function nameRequest(http: TrainerHttp, method: 'GET' | 'POST', path: string): string {
  return `${method} ${http.url}/api/v1/${path}`;
}

/** An unsuccessful answer as an error of the engine port. */
export function toStatusError(at: string, reply: WireReply): EngineError {
  const { status } = reply;
  const hint = status === 401 || status === 403 ? '; check the API key (engine.apiKeyEnv)' : '';
  const text = describeFailureBody(readText(reply)) || 'no further text';
  return new EngineError(`${at}: ${status} ${text}${hint}`, { status, retryable: RETRYABLE.has(status) });
}

/** What the shared wire threw as an error of the engine port; anything else, the signal's reason included, as it is. */
export function toEngineError(http: TrainerHttp, at: string, error: unknown): unknown {
  if (error instanceof ConnectionLost) {
    const text = error.maybeReceived
      ? `the connection was lost before the answer was complete (${error.message})`
      : `${error.message}: is the server running there?`;
    return new EngineError(`${at}: ${text}`, { cause: error, retryable: true, timedOut: error.timedOut });
  }
  if (!(error instanceof TrainerError)) return error;
  const { status, retryable, message, cause } = error;
  const timedOut = cause instanceof ConnectionLost && cause.timedOut;
  const prefix = `trainer ${http.url}: `;
  const text = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  return new EngineError(`${at}: ${text}`, { cause: error, status, retryable, timedOut });
}
