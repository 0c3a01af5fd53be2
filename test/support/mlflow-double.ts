import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/**
 * The tracking part of MLflow's REST API over HTTP, as its file store keeps it: metrics are added and never compared, so
 * whoever sends a point twice has it twice. Faults are served one a request, from the front of `faults`.
 */

/** What happens to the next request whose path ends in `path`. `lost`: it is carried out, and the connection is cut. */
export interface MlflowFault {
  readonly path: string;
  readonly kind: 'lost' | 'cut' | 'status' | 'half';
  readonly status?: number;
  readonly body?: string;
}

export interface StoredMetric {
  readonly key: string;
  readonly value: number | string;
  readonly timestamp: number;
  readonly step: number;
}

export interface StoredRun {
  readonly run_id: string;
  readonly experiment_id: string;
  readonly run_name: string;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  status: string;
  end_time?: number;
  deleted?: boolean;
  readonly metrics: StoredMetric[];
  readonly params: Map<string, string>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const refuse = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error_code: code, message },
});

// biome-ignore lint/suspicious/noExplicitAny: whatever JSON a request brings
type Json = any;

export class MlflowDouble {
  readonly experiments = new Map<string, { id: string; deleted: boolean }>();
  readonly runs: StoredRun[] = [];
  readonly faults: MlflowFault[] = [];
  readonly requests: { path: string; body: Json; authorization: string | undefined }[] = [];
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, 'http://double');
    const path = pathname.replace('/api/2.0/mlflow/', '');
    const body = request.method === 'POST' ? JSON.parse(await text(request)) : Object.fromEntries(searchParams);
    this.requests.push({ path, body, authorization: request.headers.authorization });
    const fault = this.faults[0]?.path === path ? this.faults.shift() : undefined;
    if (fault?.kind === 'cut') return void request.socket.destroy();
    if (fault?.kind === 'status') return void response.writeHead(fault.status!).end(fault.body ?? '');
    const answer = this.#answer(path, fault?.kind === 'half' ? { ...body, metrics: halve(body.metrics) } : body);
    if (fault !== undefined) return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  }

  #answer(path: string, body: Json): Answer {
    switch (path) {
      case 'experiments/get-by-name':
        return this.#getExperiment(body.experiment_name);
      case 'experiments/create':
        return this.#createExperiment(body.name);
      case 'runs/search':
        return this.#search(body);
      case 'runs/create':
        return this.#createRun(body);
      default:
        return this.#onRun(path, body);
    }
  }

  #getExperiment(name: string): Answer {
    const found = this.experiments.get(name);
    if (found === undefined) return refuse(404, 'RESOURCE_DOES_NOT_EXIST', `no experiment ${name}`);
    const stage = found.deleted ? 'deleted' : 'active';
    return { status: 200, body: { experiment: { experiment_id: found.id, name, lifecycle_stage: stage } } };
  }

  #createExperiment(name: string): Answer {
    if (this.experiments.has(name)) return refuse(400, 'RESOURCE_ALREADY_EXISTS', `experiment ${name} exists`);
    const id = `${this.experiments.size + 1}`;
    this.experiments.set(name, { id, deleted: false });
    return { status: 200, body: { experiment_id: id } };
  }

  #search({ experiment_ids: ids, filter }: Json): Answer {
    const wanted = /^tags\.`parallel_r1\.run_id` = '([\w.-]+)'$/.exec(filter)?.[1];
    const found = this.runs.filter(
      (run) => !run.deleted && ids.includes(run.experiment_id) && run.tags.some(({ value }) => value === wanted),
    );
    return { status: 200, body: found.length === 0 ? {} : { runs: found.map(describe) } };
  }

  #createRun({ experiment_id, run_name, tags }: Json): Answer {
    const run_id = `run${this.runs.length}`;
    const run: StoredRun = { run_id, experiment_id, run_name, tags, status: 'RUNNING', metrics: [], params: new Map() };
    this.runs.push(run);
    return { status: 200, body: { run: describe(run) } };
  }

  #onRun(path: string, body: Json): Answer {
    const run = this.runs.find(({ run_id }) => run_id === body.run_id);
    if (run === undefined) return refuse(404, 'RESOURCE_DOES_NOT_EXIST', `no run ${body.run_id}`);
    if (path === 'runs/get') return { status: 200, body: { run: describe(run) } };
    if (path === 'runs/update') {
      run.status = body.status;
      if (body.end_time !== undefined) run.end_time = body.end_time;
      return { status: 200, body: { run_info: {} } };
    }
    if ((body.metrics?.length ?? 0) > 1000 || (body.params?.length ?? 0) > 100)
      return refuse(400, 'INVALID_PARAMETER_VALUE', 'too many items in one batch');
    run.metrics.push(...(body.metrics ?? []));
    for (const { key, value } of body.params ?? []) run.params.set(key, value);
    return { status: 200, body: {} };
  }
}

/** The first half of a batch, as a server that is killed in the middle of it leaves behind. */
function halve<T>(metrics: readonly T[]): T[] {
  return metrics.slice(0, Math.ceil(metrics.length / 2));
}

/** As MLflow answers: of each metric the newest, whole numbers of 64 bits as text. */
function describe(run: StoredRun): Json {
  const newest = new Map<string, StoredMetric>();
  for (const metric of run.metrics)
    if ((newest.get(metric.key)?.step ?? -1) <= metric.step) newest.set(metric.key, metric);
  const metrics = [...newest.values()].map((metric) => ({ ...metric, step: `${metric.step}` }));
  const params = [...run.params].map(([key, value]) => ({ key, value }));
  return {
    info: { run_id: run.run_id, experiment_id: run.experiment_id, status: run.status },
    data: { ...(metrics.length === 0 ? {} : { metrics }), params },
  };
}
