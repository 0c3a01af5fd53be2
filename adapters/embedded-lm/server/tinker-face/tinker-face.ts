import type { Call, Face, Reply, Route } from '../http/route.ts';
import { replyJson } from '../http/route.ts';
import { toTrainerError } from './error-reply.ts';
import { createModel, getInfo, unloadModel } from './model-routes.ts';
import { retrieveFuture } from './retrieve-future.ts';
import { createSamplingSession, getSampler, submitSampling } from './sampling-routes.ts';
import * as service from './service-routes.ts';
import { NUMBERED_OPERATIONS, submitOperation } from './submit.ts';
import { submitForwardBackward } from './submit-pass.ts';
import type { TrainerContext } from './trainer-context.ts';
import * as runs from './training-runs.ts';

const PREFIX = '/api/v1/';

type ContextHandler = (call: Call, ctx: TrainerContext) => Reply | Promise<Reply>;

const POSTS: Readonly<Record<string, ContextHandler>> = {
  'client/config': service.getClientConfig,
  'client/dynamic_config': service.getDynamicConfig,
  create_session: service.createSession,
  session_heartbeat: service.heartbeat,
  telemetry: service.dropTelemetry,
  create_model: createModel,
  get_info: getInfo,
  unload_model: unloadModel,
  retrieve_future: retrieveFuture,
  create_sampling_session: createSamplingSession,
  asample: submitSampling,
  weights_info: runs.getWeightsInfo,
};

const CHECKPOINT = /^\/api\/v1\/training_runs\/([^/]+)\/checkpoints\/([^/]+)\/([^/]+)$/;
const ARCHIVE = /^\/api\/v1\/training_runs\/([^/]+)\/checkpoints\/([^/]+)\/([^/]+)\/archive$/;
const DOWNLOAD = /^\/api\/v1\/training_runs\/([^/]+)\/checkpoints\/([^/]+)\/([^/]+)\/download$/;

/** The Tinker REST face: every route of the protocol this server speaks. */
export function createTinkerFace(ctx: TrainerContext): Face {
  const get = (path: string | RegExp, handle: ContextHandler, isOpen = false): Route => ({
    method: 'GET',
    path: typeof path === 'string' ? PREFIX + path : path,
    isOpen,
    handle: (call) => handle(call, ctx),
  });
  const posts = Object.entries(POSTS).map(
    ([name, handle]): Route => ({ method: 'POST', path: PREFIX + name, handle: (call) => handle(call, ctx) }),
  );
  const numbered = Object.entries(NUMBERED_OPERATIONS).map(
    ([name, parse]): Route => ({
      method: 'POST',
      path: PREFIX + name,
      handle: (call) => submitOperation(name, parse, call, ctx),
    }),
  );
  return {
    prefix: PREFIX,
    toErrorReply: toTrainerError,
    routes: [
      ...posts,
      ...numbered,
      {
        method: 'POST',
        path: `${PREFIX}forward_backward`,
        isRaw: true,
        handle: (call) => submitForwardBackward(call, ctx),
      },
      get('healthz', () => replyJson({ status: 'ok' }), true),
      get('get_server_capabilities', () => service.getCapabilities(ctx), true),
      get('sessions', () => replyJson({ sessions: ctx.sessions.list() })),
      get('training_runs', runs.listTrainingRuns),
      get(/^\/api\/v1\/samplers\/([^/]+)$/, getSampler),
      get(/^\/api\/v1\/training_runs\/([^/]+)$/, runs.getTrainingRun),
      get(/^\/api\/v1\/training_runs\/([^/]+)\/checkpoints$/, runs.listCheckpoints),
      get(ARCHIVE, runs.redirectToArchive),
      get(DOWNLOAD, runs.downloadArchive),
      { method: 'DELETE', path: CHECKPOINT, handle: (call) => runs.deleteCheckpoint(call, ctx) },
    ],
  };
}
