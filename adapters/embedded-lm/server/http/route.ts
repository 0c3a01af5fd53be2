import type { IncomingMessage } from 'node:http';

/** One request as a handler sees it. */
export interface Call {
  readonly request: IncomingMessage;
  /** Parsed JSON body; `{}` for a request without one, null on a raw route. */
  readonly body: unknown;
  /** The same as bytes, for comparing repeated requests. */
  readonly rawBody: Buffer;
  /** Path parameters of a pattern route, decoded, in order. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  /** Aborted when the client closes the connection before it has its answer. */
  readonly signal: AbortSignal;
}

/** What a handler answers: a JSON value, or text or bytes with their own content type. */
export interface Reply {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (call: Call) => Reply | Promise<Reply>;

/** A route is found by exact path, or by a pattern whose groups become `params`. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string | RegExp;
  /** The body is left to the handler as bytes; `Call.body` is null. */
  readonly isRaw?: boolean;
  /** Answered without an API key. */
  readonly isOpen?: boolean;
  readonly handle: Handler;
}

/** A protocol: its routes, and how it words a failure. The longest matching `prefix` owns a path. */
export interface Face {
  readonly prefix: string;
  readonly routes: readonly Route[];
  readonly toErrorReply: (error: unknown) => Reply;
}

export function replyJson(json: unknown, status = 200): Reply {
  return { status, json };
}
