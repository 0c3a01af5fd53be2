import { EmbeddedLmError } from '../../model/contract.ts';
import { FieldFault, HttpFailure } from '../http/failure.ts';
import { type Reply, replyJson } from '../http/route.ts';

const TYPES: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  401: 'AuthenticationError',
  403: 'PermissionDeniedError',
  404: 'NotFoundError',
};

/** Failures in vLLM's words: `{error: {message, type, param, code}}`, 400 for what is wrong with a field. */
export function toEngineError(error: unknown): Reply {
  if (error instanceof FieldFault) return write(400, error.message, null, error.field);
  if (error instanceof HttpFailure) return write(error.status, error.message, error.type, error.field);
  if (error instanceof EmbeddedLmError) return write(error.code === 'closed' ? 503 : 400, error.message, null, null);
  return write(500, `internal error: ${error instanceof Error ? error.message : String(error)}`, null, null);
}

function write(status: number, message: string, type: string | null, param: string | null): Reply {
  const name = type ?? TYPES[status] ?? (status < 500 ? 'BadRequestError' : 'InternalServerError');
  return replyJson({ error: { message, type: name, param, code: status } }, status);
}

/** vLLM's 404 for a model nobody loaded. */
export function unknownModel(model: string): HttpFailure {
  return new HttpFailure(404, `The model \`${model.slice(0, 200)}\` does not exist.`, { field: 'model' });
}
