import { asObject, readString } from '../http/body-fields.ts';
import { type Call, type Reply, replyJson } from '../http/route.ts';
import { BASE_MODEL } from '../snapshots.ts';
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

/** `create_session`: tags, metadata and SDK version are taken and not used. */
export function createSession(call: Call, ctx: TrainerContext): Reply {
  asObject(call.body, '');
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

/** `telemetry`: accepted and dropped. */
export function dropTelemetry(): Reply {
  return replyJson({ status: 'accepted' });
}
