import { EmbeddedLmError } from '../../model/contract.ts';
import { FieldFault, HttpFailure } from '../http/failure.ts';
import { type Reply, replyJson } from '../http/route.ts';

/** Failures in the words of the trainer protocol: `{detail}`, 422 for what is wrong with a field. */
export function toTrainerError(error: unknown): Reply {
  if (error instanceof FieldFault) return replyJson({ detail: error.message }, 422);
  if (error instanceof HttpFailure) return replyJson({ detail: error.message }, error.status);
  if (error instanceof EmbeddedLmError) return replyJson({ detail: error.message }, statusOf(error));
  return replyJson({ detail: `internal error: ${error instanceof Error ? error.message : String(error)}` }, 500);
}

function statusOf(error: EmbeddedLmError): number {
  if (error.code === 'closed') return 503;
  return error.code === 'too_long' || error.code === 'unknown_token' ? 422 : 400;
}
