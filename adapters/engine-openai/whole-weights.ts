import { toObject } from '../../src/core/json-object.ts';
import { failAt } from '../../src/edge/http-failure.ts';
import { EngineError } from '../../src/errors.ts';
import { isModelFolder, type ModelFolder, readModelFolder, requireSameShape } from './model-folder.ts';
import type { ListedModel, ListModels } from './openai-client.ts';
import type { OpenAiWire } from './openai-wire.ts';

/** How one kind of server takes whole weights in place of those it has, and tells which it serves. */
export interface WholeRoutes {
  /** Loads a folder that was checked, forgets every cached prefix, and is labelled `version` from then on. */
  load(wire: OpenAiWire, folder: string, version: string, signal: AbortSignal | undefined): Promise<void>;
  /** The label; null where the server does not tell. */
  readLabel(wire: OpenAiWire, signal: AbortSignal | undefined): Promise<string | null>;
  /** What to do where it does not. */
  readonly remedy: string;
}

/** While weights are being replaced they are nobody's. */
const LOADING = 'being-replaced';

/** vLLM with the routes of its development mode. Requests that are under way end first; new ones wait. */
export const VLLM_WHOLE: WholeRoutes = {
  async load(wire, folder, version, signal) {
    const post = (path: string, body?: object) => wire.send('POST', path, body ?? {}, signal);
    await post('/pause?mode=wait');
    try {
      await post('/update_weight_version', { new_version: LOADING });
      await post('/collective_rpc', { method: 'reload_weights', kwargs: { weights_path: folder } });
      await post('/reset_prefix_cache');
      await post('/update_weight_version', { new_version: version });
    } catch (error) {
      // Also when this was stopped half way: a server that stays paused answers nobody.
      await wire.send('POST', '/resume', {}, undefined).catch(() => undefined);
      throw error;
    }
    await post('/resume');
  },
  readLabel: (wire, signal) => readText(wire, '/weight_info', signal),
  remedy: 'start it with VLLM_SERVER_DEV_MODE=1',
};

/** SGLang, which needs no switch; it waits for what is under way and flushes its cache itself. */
export const SGLANG_WHOLE: WholeRoutes = {
  async load(wire, folder, version, signal) {
    const body = { model_path: folder, weight_version: version, flush_cache: true, abort_all_requests: false };
    const answer = toObject(await wire.sendForJson('POST', '/update_weights_from_disk', body, signal));
    if (answer?.success === true) return;
    throw failAt(wire.siteOf('POST', '/update_weights_from_disk'), `refused: ${String(answer?.message)}`);
  },
  readLabel: (wire, signal) => readText(wire, '/get_model_info', signal),
  remedy: 'use SGLang 0.5 or newer',
};

async function readText(wire: OpenAiWire, path: string, signal: AbortSignal | undefined): Promise<string | null> {
  try {
    const label = toObject(await wire.sendForJson('GET', path, undefined, signal))?.weight_version;
    return typeof label === 'string' ? label : null;
  } catch (error) {
    if (error instanceof EngineError && (error.status === 404 || error.status === 405)) return null;
    throw error;
  }
}

/**
 * The whole weights of one server. A version is sampled from under the name of the served model, and only while the
 * server's own label says that it serves it: one that was restarted has other weights, and says nothing of it otherwise.
 */
export class WholeWeights {
  readonly #wire: OpenAiWire;
  readonly #routes: WholeRoutes;
  readonly #listModels: ListModels;
  /** Versions that were loaded here. */
  readonly #versions = new Set<string>();
  /** The model the server was started with; null until it is needed. */
  #served: ListedModel | null = null;
  #base: ModelFolder | null = null;

  constructor(wire: OpenAiWire, routes: WholeRoutes, listModels: ListModels) {
    this.#wire = wire;
    this.#routes = routes;
    this.#listModels = listModels;
  }

  /**
   * Loads the whole model in `location` as `version`; false where there is none, and it may be an adapter. The folder is
   * checked completely first, and against the model the server was started with where this machine sees that one.
   */
  async load(version: string, location: string, signal: AbortSignal | undefined): Promise<boolean> {
    if (!(await isModelFolder(location))) return false;
    const label = await this.#routes.readLabel(this.#wire, signal);
    if (label === null) {
      throw new EngineError(`engine ${this.#wire.root} does not take whole weights: ${this.#routes.remedy}`);
    }
    const model = await readModelFolder(location);
    const base = await this.#findBase(signal);
    if (base !== null) requireSameShape(model, base);
    this.#versions.add(version);
    // The answer to an earlier request was lost.
    if (label !== version) await this.#routes.load(this.#wire, location, version, signal);
    return true;
  }

  /** Forgets a version; false where it was no whole one. The server goes on with its weights until it gets others. */
  unload(version: string): boolean {
    return this.#versions.delete(version);
  }

  /** The name to sample `model` under. Rejects with status 404 for a version that the server does not serve (any more). */
  async findName(model: string, signal: AbortSignal | undefined): Promise<string> {
    if (this.#versions.size === 0) return model;
    const served = await this.#findServed(signal);
    if (!this.#versions.has(model) && model !== served.id) return model;
    const label = await this.#routes.readLabel(this.#wire, signal);
    if (label === model) return served.id;
    throw failAt(
      this.#wire.siteOf('POST', '/v1/completions'),
      `${model} is not served, the weights are ${label ?? 'not known'}`,
      {
        status: 404,
      },
    );
  }

  /** The models of the server, with the version its weights are where they were loaded here. */
  async list(signal: AbortSignal | undefined): Promise<ListedModel[]> {
    const models = await this.#listModels(signal);
    if (this.#versions.size === 0) return models;
    const { id, maxLength } = await this.#findServed(signal);
    const label = await this.#routes.readLabel(this.#wire, signal);
    return label !== null && this.#versions.has(label)
      ? [...models, { id: label, maxLength, parent: id, root: null }]
      : models;
  }

  async #findServed(signal: AbortSignal | undefined): Promise<ListedModel> {
    this.#served ??= (await this.#listModels(signal)).find(({ parent }) => parent === null) ?? null;
    if (this.#served !== null) return this.#served;
    throw failAt(this.#wire.siteOf('GET', '/v1/models'), 'lists no model that is none of the adapters');
  }

  async #findBase(signal: AbortSignal | undefined): Promise<ModelFolder | null> {
    const { root } = await this.#findServed(signal);
    if (root !== null && this.#base === null && (await isModelFolder(root))) this.#base = await readModelFolder(root);
    return this.#base;
  }
}
