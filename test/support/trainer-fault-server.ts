/**
 * A double of a Tinker-API server with a fault menu, written from the protocol description and sharing no
 * code with the adapter. It executes nothing: a pass answers log-prob `-(position + 1)` for every target.
 * Faults are taken one per request from the queue of their path; without one the request is served.
 */
import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { decodePass } from '../../adapters/embedded-lm/server/tinker-face/decode-pass.ts';
import type { Wire } from './embedded-requests.ts';
import { type SeenRequest, startFaultServer as startServer } from './fault-server.ts';

interface Reply {
  readonly status: number;
  readonly json?: Wire;
  readonly text?: string;
  readonly bytes?: Uint8Array;
  readonly headers?: Record<string, string>;
}

/** What to do instead of serving a request, or after it. */
export type Fault =
  /** Answer this. */
  | Reply
  /** Do the work, then cut the connection before the answer. */
  | 'lose-reply'
  /** Cut the connection before doing anything. */
  | 'lose-request'
  /** Do the work, answer half of the body, then cut. */
  | 'cut-body'
  /** Answer "not yet" until released. */
  | 'hold';

/** A refusal under any status. */
export const gone = (status: number, detail = 'busy'): Fault => ({ status, json: { detail } });

export const repeat = (count: number, fault: Fault): Fault[] => Array.from({ length: count }, () => fault);

/** A request; `path` below `/api/v1/`, `body` of protobuf too. */
export type Seen = Pick<SeenRequest, 'method' | 'path' | 'headers' | 'raw' | 'body'>;

export interface FaultServerOptions {
  /** `tuft`: 201 and 202, protobuf passes only, 409 for a repeated number. `skyrl`: 200, saves not idempotent, one config flag. */
  readonly kind?: 'plain' | 'tuft' | 'skyrl';
  readonly extensions?: readonly string[];
  readonly config?: Wire;
  readonly modelName?: string;
  /** Replaces the log-probs of a pass. */
  readonly score?: (data: readonly Wire[]) => (readonly (number | null)[])[];
  /** Replaces the whole result of an operation. */
  readonly result?: (operation: string, body: Wire) => Wire | undefined;
}

export interface FaultServer {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** Operations executed, in order, once each. */
  readonly executed: readonly string[];
  /** Queues faults for the next requests to a path below `/api/v1/`. */
  fault(path: string, ...faults: Fault[]): void;
  /** Answers a path by hand from now on. */
  route(path: string, answer: (request: Seen, response: ServerResponse) => void): void;
  /** Requests to a path, in order. */
  to(path: string): Seen[];
}

const NUMBERED = [
  'forward',
  'forward_backward',
  'optim_step',
  'save_weights',
  'save_weights_for_sampler',
  'load_weights',
];

const FULL_CONFIG = { pjwt_auth_enabled: false, parallel_fwdbwd_chunks: true, create_model_via_load_weights: false };

export async function startFaultServer(t: TestContext, options: FaultServerOptions = {}): Promise<FaultServer> {
  const seen: Seen[] = [];
  const faults = new Map<string, Fault[]>();
  const routes = new Map<string, (request: Seen, response: ServerResponse) => void>();
  const state = new DoubleState(options);

  const server = await startServer(t, (response, request) => {
    const path = request.path.replace(/^\/api\/v1\//, '').split('?')[0]!;
    const isProtobuf = /protobuf/.test(request.headers['content-type'] ?? '');
    const call: Seen = { ...request, path, body: isProtobuf ? decodePass(request.raw).body : request.body };
    seen.push(call);
    const fault = faults.get(path)?.shift();
    const route = routes.get(path);
    if (route !== undefined && fault === undefined) return route(call, response);
    answer(response, fault, () => state.serve(call));
  });
  return {
    url: server.url,
    seen,
    executed: state.executed,
    fault: (path, ...list) => void faults.set(path, [...(faults.get(path) ?? []), ...list]),
    route: (path, handle) => void routes.set(path, handle),
    to: (path) => seen.filter((call) => call.path === path),
  };
}

function answer(response: ServerResponse, fault: Fault | undefined, serve: () => Reply): void {
  if (fault === 'lose-request') return void response.socket?.destroy();
  const reply = typeof fault === 'object' ? fault : fault === 'hold' ? tryAgain() : serve();
  if (fault === 'lose-reply') return void response.socket?.destroy();
  const bytes = reply.bytes ?? Buffer.from(reply.text ?? (reply.json === undefined ? '' : JSON.stringify(reply.json)));
  response.writeHead(reply.status, {
    'content-type': reply.text === undefined ? 'application/json' : 'text/plain',
    'content-length': bytes.length,
    ...reply.headers,
  });
  if (fault !== 'cut-body') return void response.end(bytes);
  response.write(bytes.subarray(0, bytes.length / 2), () => response.socket?.destroy());
}

function tryAgain(): Reply {
  return { status: 200, json: { type: 'try_again', request_id: 'x', queue_state: 'paused_capacity' } };
}

/** What the double remembers: futures by id, numbers and names that were used. */
class DoubleState {
  readonly executed: string[] = [];
  readonly #options: FaultServerOptions;
  readonly #futures = new Map<string, Wire>();
  readonly #numbers = new Map<string, string>();
  readonly #saved = new Map<string, string>();
  /** Models that are open, and the session of each. */
  readonly #owners = new Map<string, string>();
  #models = 0;
  #sessions = 0;
  #last = 0;

  constructor(options: FaultServerOptions) {
    this.#options = options;
  }

  serve({ method, path, body, headers }: Seen): Reply {
    const { kind = 'plain', modelName = 'base', extensions } = this.#options;
    if (path === 'healthz') return ok({ status: 'ok' });
    if (path === 'get_server_capabilities')
      return ok({ supported_models: [{ model_name: modelName, extensions, new_field: 1 }] });
    if (path === 'client/config')
      return ok(this.#options.config ?? (kind === 'skyrl' ? { pjwt_auth_enabled: false } : FULL_CONFIG));
    if (path === 'create_session') {
      this.#sessions += 1;
      return { status: kind === 'tuft' ? 201 : 200, json: { session_id: `s${this.#sessions}` } };
    }
    const session = /^sessions\/([^/]+)$/.exec(path)?.[1];
    if (session !== undefined) {
      const own = [...this.#owners].filter(([, owner]) => owner === session);
      return ok({ training_run_ids: own.map(([model]) => model), sampler_ids: [] });
    }
    if (path === 'session_heartbeat') return ok({ type: 'session_heartbeat' });
    if (path === 'create_model') {
      this.#models += 1;
      this.#owners.set(`model-${this.#models}`, body.session_id);
      return this.#queue('create_model', { model_id: `model-${this.#models}` });
    }
    if (path === 'unload_model') this.#owners.delete(body.model_id);
    if (path === 'unload_model') return this.#queue('unload_model', { model_id: body.model_id });
    if (path === 'retrieve_future') return this.#retrieve(body.request_id);
    if (method === 'DELETE') return this.#saved.delete(path) ? { status: 204 } : notFound();
    const listed = /^training_runs\/([^/]+)\/checkpoints$/.exec(path);
    if (listed !== null) return ok({ checkpoints: [...this.#saved.values()].map((tinker_path) => ({ tinker_path })) });
    if (NUMBERED.includes(path)) return this.#submit(path, body, headers['content-type'] ?? '');
    return notFound();
  }

  #submit(operation: string, body: Wire, contentType: string): Reply {
    const { kind = 'plain' } = this.#options;
    const isPass = operation.startsWith('forward');
    if (kind === 'tuft' && isPass && contentType !== 'application/x-protobuf') {
      const detail = `Unsupported Content-Type '${contentType}'; expected application/x-protobuf`;
      return { status: 415, json: { detail } };
    }
    const key = `${body.model_id} ${body.seq_id}`;
    const replay = this.#numbers.get(key);
    const isSave = operation.startsWith('save_weights');
    if (replay !== undefined && kind === 'tuft') {
      return this.#queue(operation, {
        fail: 409,
        detail: `Sequence conflict: expected ${body.seq_id + 1}, got ${body.seq_id}.`,
      });
    }
    if (replay !== undefined && !(isSave && kind === 'skyrl')) return ok({ request_id: replay });
    const saved = isSave ? this.#save(operation, body) : null;
    if (saved === 'exists')
      return { status: 409, json: { detail: `Checkpoint '${body.path}' already exists for model '${body.model_id}'` } };
    this.executed.push(operation);
    const value = this.#options.result?.(operation, body) ?? this.#execute(operation, body, saved);
    const reply = this.#queue(operation, value);
    this.#numbers.set(key, reply.json.request_id);
    return reply;
  }

  #save(operation: string, body: Wire): string {
    const kind = operation === 'save_weights' ? 'weights' : 'sampler_weights';
    const key = `training_runs/${body.model_id}/checkpoints/${kind}/${body.path}`;
    if (this.#saved.has(key) && this.#options.kind === 'skyrl') return 'exists';
    const path = `tinker://${body.model_id}/${kind}/${body.path}`;
    this.#saved.set(key, path);
    return this.#options.kind === 'skyrl' && kind === 'sampler_weights'
      ? `tinker://${body.model_id}/${body.path}`
      : path;
  }

  #execute(operation: string, body: Wire, saved: string | null): Wire {
    if (saved !== null) return { path: saved };
    if (operation === 'optim_step') return { metrics: { 'x/grad_norm': 1.5, 'step:max': 1, note: null } };
    if (!operation.startsWith('forward')) return {};
    const data = body?.forward_input?.data ?? body?.forward_backward_input?.data ?? [];
    const rows = this.#options.score?.(data) ?? data.map(countDown);
    return {
      loss_fn_output_type: 'scalar',
      loss_fn_outputs: rows.map((row: Wire) => ({ logprobs: { data: row, dtype: 'float32', shape: [row.length] } })),
      metrics: { 'loss:sum': rows.length, 'x:mean': rows.length, 'y:max': rows.length, other: 7 },
    };
  }

  #queue(operation: string, value: Wire): Reply & { json: Wire } {
    this.#last += 1;
    const id = String(this.#last);
    this.#futures.set(id, value);
    const { kind = 'plain' } = this.#options;
    const model = operation === 'create_model' ? { model_id: value.model_id } : {};
    const future = kind === 'skyrl' ? { future_id: id, status: 'pending' } : {};
    return { status: kind === 'tuft' ? 202 : 200, json: { request_id: id, ...model, ...future } };
  }

  #retrieve(id: string): Reply {
    const value = this.#futures.get(id);
    if (value === undefined) return notFound();
    if (value.protobuf !== undefined) {
      return { status: 200, bytes: value.protobuf, headers: { 'content-type': 'application/x-protobuf' } };
    }
    return value.fail === undefined ? ok(value) : { status: value.fail, json: { detail: value.detail } };
  }
}

function countDown(datum: Wire): number[] {
  return datum.loss_fn_inputs.target_tokens.data.map((_: number, position: number) => -(position + 1));
}

function ok(json: Wire): Reply {
  return { status: 200, json };
}

function notFound(): Reply {
  return { status: 404, json: { detail: 'Not found' } };
}
