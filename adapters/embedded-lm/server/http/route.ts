import type { IncomingMessage } from 'node:http';

/** A refusal with an HTTP status. Each face turns it into the error body of its protocol. */
export class HttpFailure extends Error {
  readonly status: number;
  /** The request field at fault, as a dotted path. */
  readonly field: string | null;
  /** Error type of the vLLM face; null takes the one that belongs to the status. */
  readonly type: string | null;

  constructor(
    status: number,
    message: string,
    options: { field?: string | null; type?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HttpFailure';
    this.status = status;
    this.field = options.field ?? null;
    this.type = options.type ?? null;
  }
}

/** A request body that is not what its route takes; `status` is set by the face (400 or 422). */
export class FieldFault extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(`${field}: ${message}`);
    this.name = 'FieldFault';
    this.field = field;
  }
}

/** One request as a handler sees it. */
export interface Call {
  readonly request: IncomingMessage;
  /** Parsed JSON body; `{}` for a request without one, null on a raw route. */
  readonly body: unknown;
  /** The body as bytes, for comparing repeated requests. */
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

type Handler = (call: Call) => Reply | Promise<Reply>;

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

/** A reply with a JSON body. */
export function replyJson(json: unknown, status = 200): Reply {
  return { status, json };
}

/** The route of a request with its path parameters. */
interface Found {
  readonly route: Route;
  readonly params: readonly string[];
}

/** Looks a path up: first the exact ones in one map, then the few patterns in order. */
export function buildRouter(faces: readonly Face[]): {
  findFace: (path: string) => Face;
  findRoute: (method: string, path: string) => Found;
} {
  const exact = new Map<string, Found>();
  const patterns: Route[] = [];
  for (const route of faces.flatMap((face) => face.routes)) {
    if (typeof route.path === 'string') exact.set(`${route.method} ${route.path}`, { route, params: [] });
    else patterns.push(route);
  }
  const byLongestPrefix = [...faces].sort((a, b) => b.prefix.length - a.prefix.length);
  return {
    findFace: (path) => byLongestPrefix.find((face) => path.startsWith(face.prefix)) ?? byLongestPrefix.at(-1)!,
    findRoute: (method, path) =>
      exact.get(`${method} ${path}`) ?? findPattern(patterns, method, path) ?? refuse(faces, method, path),
  };
}

function findPattern(patterns: readonly Route[], method: string, path: string): Found | null {
  for (const route of patterns) {
    if (route.method !== method) continue;
    const match = (route.path as RegExp).exec(path);
    if (match !== null) return { route, params: match.slice(1).map(decodePart) };
  }
  return null;
}

function decodePart(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? '');
  } catch (cause) {
    throw new HttpFailure(400, 'path is not valid percent-encoding', { cause });
  }
}

function refuse(faces: readonly Face[], method: string, path: string): never {
  const others = faces.flatMap((face) => face.routes).filter((route) => matches(route, path));
  if (others.length === 0) throw new HttpFailure(404, 'Not Found');
  throw new HttpFailure(405, `Method ${method} Not Allowed; use ${others.map((route) => route.method).join(' or ')}`);
}

function matches(route: Route, path: string): boolean {
  return typeof route.path === 'string' ? route.path === path : route.path.test(path);
}
