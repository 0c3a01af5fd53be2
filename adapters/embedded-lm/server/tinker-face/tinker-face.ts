import { createHash } from 'node:crypto';
import { EmbeddedLmError } from '../../model/contract.ts';
import { asObject, parseJsonBody, readInt, readMediaType, readString } from '../http/body.ts';
import { type Call, type Face, FieldFault, HttpFailure, type Reply, type Route, replyJson } from '../http/route.ts';
import { parseLoadWeights, parseSaveForSampler, parseSaveWeights } from './checkpoint-operations.ts';
import { createByLoading } from './create-by-loading.ts';
import { decodePass } from './decode-pass.ts';
import { createModel, getInfo, unloadModel } from './model-routes.ts';
import { createSamplingSession, getSampler, submitSampling } from './sampling-routes.ts';
import * as service from './service-routes.ts';
import type { OperationParser, TrainerContext } from './trainer-context.ts';
import { parseForward, parseForwardBackward, parseOptimStep } from './training-operations.ts';
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
  retrieve_future: service.retrieveFuture,
  create_sampling_session: createSamplingSession,
  asample: submitSampling,
  weights_info: runs.getWeightsInfo,
};

/** The operations that count in a model's sequence, by path; `forward_backward`, which has two codecs, is apart. */
const NUMBERED_OPERATIONS: Readonly<Record<string, OperationParser>> = {
  forward: parseForward,
  optim_step: parseOptimStep,
  save_weights: parseSaveWeights,
  save_weights_for_sampler: parseSaveForSampler,
  load_weights: parseLoadWeights,
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
      get('sessions', () => service.listSessions(ctx)),
      get(/^\/api\/v1\/sessions\/([^/]+)$/, service.getSession),
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

/** Failures in the words of the trainer protocol: `{detail}`, 422 for what is wrong with a field. */
function toTrainerError(error: unknown): Reply {
  if (error instanceof FieldFault) return replyJson({ detail: error.message }, 422);
  if (error instanceof HttpFailure) return replyJson({ detail: error.message }, error.status);
  if (error instanceof EmbeddedLmError) return replyJson({ detail: error.message }, statusOf(error));
  return replyJson({ detail: `internal error: ${error instanceof Error ? error.message : String(error)}` }, 500);
}

function statusOf(error: EmbeddedLmError): number {
  if (error.code === 'closed') return 503;
  return error.code === 'too_long' || error.code === 'unknown_token' ? 422 : 400;
}

/** Handles one numbered operation: replay, check, queue; returns the future at once. */
function submitOperation(
  name: string,
  parse: OperationParser,
  call: Call,
  ctx: TrainerContext,
): Reply | Promise<Reply> {
  const body = asObject(call.body, '');
  if (name === 'load_weights' && body.session_id != null) return createByLoading(body, call, ctx);
  const model = ctx.models.get(readString(body, 'model_id'));
  const seqId = readInt(body, 'seq_id', { min: 1, max: 2 ** 31 - 1 });
  const payloadHash = createHash('sha256').update(name).update('\0').update(call.rawBody).digest('hex');
  const requestId =
    model.queue.findReplay(seqId, payloadHash) ??
    model.queue.submit({ seqId, payloadHash, run: parse(body, model, ctx) });
  return replyJson({ request_id: requestId, future_id: requestId, status: 'pending', model_id: model.card.modelId });
}

const PROTOBUF_TYPES: readonly string[] = ['application/x-protobuf', 'application/protobuf'];

/** `forward_backward` in either codec; a protobuf request may ask for the forward pass only. */
function submitForwardBackward(call: Call, ctx: TrainerContext): Reply | Promise<Reply> {
  if (!PROTOBUF_TYPES.includes(readMediaType(call.request))) {
    const body = parseJsonBody(call.rawBody, call.request);
    return submitOperation('forward_backward', parseForwardBackward, { ...call, body }, ctx);
  }
  const { body, isForwardOnly } = decodePass(call.rawBody);
  const parse = isForwardOnly ? parseForward : parseForwardBackward;
  return submitOperation('forward_backward', parse, { ...call, body }, ctx);
}
