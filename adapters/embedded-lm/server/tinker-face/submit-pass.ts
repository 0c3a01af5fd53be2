import { parseJsonBody, readMediaType } from '../http/read-body.ts';
import type { Call, Reply } from '../http/route.ts';
import { decodePass } from './decode-pass.ts';
import { submitOperation } from './submit.ts';
import type { TrainerContext } from './trainer-context.ts';
import { parseForward, parseForwardBackward } from './training-operations.ts';

const PROTOBUF_TYPES: readonly string[] = ['application/x-protobuf', 'application/protobuf'];

/** `forward_backward` in either codec; a protobuf request may ask for the forward pass only. */
export function submitForwardBackward(call: Call, ctx: TrainerContext): Reply {
  if (!PROTOBUF_TYPES.includes(readMediaType(call.request))) {
    const body = parseJsonBody(call.rawBody, call.request);
    return submitOperation('forward_backward', parseForwardBackward, { ...call, body }, ctx);
  }
  const { body, isForwardOnly } = decodePass(call.rawBody);
  const parse = isForwardOnly ? parseForward : parseForwardBackward;
  return submitOperation('forward_backward', parse, { ...call, body }, ctx);
}
