import { asObject, readBoolean, readString, refuseUnknown } from '../http/body-fields.ts';
import { HttpFailure } from '../http/failure.ts';
import { type Call, type Reply, replyJson } from '../http/route.ts';
import { encodeResult } from './encode-result.ts';
import { toWireJson } from './results.ts';
import type { TrainerContext } from './trainer-context.ts';

const PROTOBUF = 'application/x-protobuf';

const KEYS: ReadonlySet<string> = new Set(['request_id', 'allow_metadata_only', 'type']);

/** The result of an operation, or `try_again` when it is not there within the poll limit. Passes and samples come as protobuf to who accepts it. */
export async function retrieveFuture(call: Call, ctx: TrainerContext): Promise<Reply> {
  const body = asObject(call.body, '');
  refuseUnknown(body, KEYS);
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
