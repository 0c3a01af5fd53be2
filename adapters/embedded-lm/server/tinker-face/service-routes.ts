import { asObject, readBoolean, readString, refuseUnknown } from '../http/body.ts';
import { type Call, HttpFailure, type Reply, replyJson } from '../http/route.ts';
import { BASE_MODEL } from '../snapshots.ts';
import { encodeResult } from './encode-result.ts';
import { toWireJson } from './futures.ts';
import { MAX_DATUMS } from './parse-datums.ts';
import type { TrainerContext } from './trainer-context.ts';

/** `get_server_capabilities`: the one model, what extends the protocol, and what a rank means here. */
export function getCapabilities(ctx: TrainerContext): Reply {
  const model = {
    model_name: BASE_MODEL,
    max_context_length: ctx.lm.shape.maxLength,
    capabilities: ['training', 'sampling'],
    extensions: ['structured_attention/1'],
    note: 'a tiny transformer with random initial weights; all weights are trained, lora_config.rank has no effect',
  };
  return replyJson({ supported_models: [model] });
}

/** `client/config`: flags that change what a client sends. */
export function getClientConfig(): Reply {
  return replyJson({
    pjwt_auth_enabled: false,
    parallel_fwdbwd_chunks: false,
    proto_compress_fwdbwd: false,
    fwdbwd_max_chunk_len: MAX_DATUMS,
    create_model_via_load_weights: false,
  });
}

/** `client/dynamic_config` */
export function getDynamicConfig(): Reply {
  return replyJson({ refresh_interval_sec: 300 });
}

/** `create_session`: tags, metadata and SDK version are taken and not used. Sessions that have ended make room. */
export function createSession(call: Call, ctx: TrainerContext): Reply {
  asObject(call.body, '');
  ctx.models.dropEnded();
  return replyJson({
    session_id: ctx.sessions.create(),
    info_message: null,
    warning_message: null,
    error_message: null,
  });
}

/** `session_heartbeat` */
export function heartbeat(call: Call, ctx: TrainerContext): Reply {
  ctx.sessions.require(readString(asObject(call.body, ''), 'session_id'));
  return replyJson({ type: 'session_heartbeat' });
}

/** GET `sessions`: those that have given a sign of life. */
export function listSessions(ctx: TrainerContext): Reply {
  ctx.models.dropEnded();
  return replyJson({ sessions: ctx.sessions.list() });
}

/** GET `sessions/{id}`: the models that a session holds. */
export function getSession(call: Call, ctx: TrainerContext): Reply {
  const [id = ''] = call.params;
  ctx.models.dropEnded();
  if (!ctx.sessions.has(id)) throw new HttpFailure(404, 'Session not found');
  return replyJson({ training_run_ids: ctx.models.listOf(id), sampler_ids: [] });
}

/** `telemetry`: accepted and dropped. */
export function dropTelemetry(): Reply {
  return replyJson({ status: 'accepted' });
}

const PROTOBUF = 'application/x-protobuf';

const RETRIEVE_KEYS: ReadonlySet<string> = new Set(['request_id', 'allow_metadata_only', 'type']);

/** The result of an operation, or `try_again` when it is not there within the poll limit. Passes and samples go out as protobuf to a client that accepts it. */
export async function retrieveFuture(call: Call, ctx: TrainerContext): Promise<Reply> {
  const body = asObject(call.body, '');
  refuseUnknown(body, RETRIEVE_KEYS);
  const requestId = readString(body, 'request_id');
  readBoolean(body, 'allow_metadata_only', false);
  const outcome = await ctx.futures.wait(requestId, ctx.pollLimitMs, call.signal);
  if (outcome === null) return replyJson({ type: 'try_again', request_id: requestId, queue_state: 'active' });
  if ('failure' in outcome) throw new HttpFailure(outcome.failure.status, outcome.failure.detail);
  const wantsProtobuf = (call.request.headers.accept ?? '').includes(PROTOBUF);
  const bytes = wantsProtobuf ? encodeResult(outcome.value) : null;
  if (bytes !== null) return { status: 200, text: bytes, headers: { 'content-type': PROTOBUF } };
  return replyJson(toWireJson(outcome.value));
}
