import { TrainerError } from '../../../src/errors.ts';
import type { Deadline } from './deadline.ts';
import { ConnectionLost, readJson, toJsonBody, type WireReply } from './http-wire.ts';
import { BILLING_PAUSE_MS, growingPauseMs, type TrainerIo, toLostError, toReplyError } from './send-patiently.ts';
import { cleanServerText } from './server-text.ts';

/** How long one poll may be held by the server before it is asked again. */
const POLL_TIMEOUT_MS = 45_000;

/** Server errors in a row before giving up on a result. */
const MAX_SERVER_ERRORS = 20;

/** Between polls of a server that answers "not yet" at once instead of holding the poll. */
const EMPTY_POLL_PAUSE_MS = 100;

const PROTOBUF_TYPES: readonly string[] = ['application/x-protobuf', 'application/protobuf'];

/** The result of a finished operation in the codec the server chose. */
export type FutureResult =
  | { readonly codec: 'json'; readonly value: unknown }
  | { readonly codec: 'protobuf'; readonly bytes: Uint8Array };

export interface FutureCall {
  readonly requestId: string;
  /** Wire name of the operation. */
  readonly operation: string;
  /** What is being done, for messages. */
  readonly what: string;
  readonly acceptsProtobuf: boolean;
  readonly deadline: Deadline;
  readonly signal?: AbortSignal | undefined;
}

/** What to do after one poll. */
type Reading =
  | { readonly kind: 'done'; readonly result: FutureResult }
  | { readonly kind: 'not-yet' }
  | { readonly kind: 'whole-body' }
  | { readonly kind: 'billing' }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'server-error' };

/**
 * Polls until the operation is finished. Throws `TrainerError` when it failed, when the server has no
 * such future, or when the deadline passes; the signal's reason when aborted.
 */
export async function retrieveFuture(io: TrainerIo, call: FutureCall): Promise<FutureResult> {
  const { requestId, what, deadline, signal } = call;
  let serverErrors = 0;
  let throttled = 0;
  let lost = 0;
  let wantsWholeBody = false;
  for (let iteration = 0; ; iteration += 1) {
    const startedMs = io.clock.monotonic();
    const reply = await poll(io, call, iteration, wantsWholeBody);
    if (reply instanceof ConnectionLost) {
      lost = reply.timedOut ? 0 : lost + 1;
      await waitOutLoss(io, call, reply, lost);
    } else {
      lost = 0;
      const reading = readPoll(io, what, reply);
      if (reading.kind === 'done') return reading.result;
      wantsWholeBody ||= reading.kind === 'whole-body';
      serverErrors = reading.kind === 'server-error' ? serverErrors + 1 : 0;
      if (serverErrors === MAX_SERVER_ERRORS)
        throw toReplyError(io, `${what} (request ${cleanServerText(requestId)})`, reply);
      throttled = reading.kind === 'throttled' ? throttled + 1 : 0;
      const heldMs = io.clock.monotonic() - startedMs;
      const pauseMs = choosePauseMs(reading, Math.max(serverErrors, throttled), heldMs);
      if (pauseMs > 0) await io.clock.sleep(pauseMs, signal);
    }
    if (deadline.isOver) throw toOverdueError(io, call);
  }
}

/** A poll held too long is no lost connection: the next one follows at once. */
async function waitOutLoss(io: TrainerIo, call: FutureCall, error: ConnectionLost, lost: number): Promise<void> {
  if (error.timedOut) return;
  if (lost === io.connectionAttempts || call.deadline.isOver) throw toLostError(io, call.what, error);
  await io.clock.sleep(growingPauseMs(lost - 1), call.signal);
}

function poll(
  io: TrainerIo,
  call: FutureCall,
  iteration: number,
  wantsWholeBody: boolean,
): Promise<WireReply | ConnectionLost> {
  const body = { request_id: call.requestId, ...(wantsWholeBody ? { allow_metadata_only: false } : {}) };
  const headers = {
    'x-tinker-request-type': call.operation,
    'x-tinker-request-iteration': String(iteration),
    ...(call.acceptsProtobuf ? { accept: PROTOBUF_TYPES[0]! } : {}),
  };
  const options = { body: toJsonBody(body), headers, timeoutMs: POLL_TIMEOUT_MS, signal: call.signal };
  return io.http.send('retrieve_future', options).catch((error: unknown) => {
    if (error instanceof ConnectionLost) return error;
    throw error;
  });
}

function readPoll(io: TrainerIo, what: string, reply: WireReply): Reading {
  const { status } = reply;
  if (status >= 200 && status < 300) return readSuccess(io, what, reply);
  if (status === 408 && !/sequence ID/i.test(new TextDecoder().decode(reply.bytes.subarray(0, 4096))))
    return { kind: 'not-yet' };
  if (status === 429) return { kind: 'throttled' };
  if (status === 402) return { kind: 'billing' };
  if (status >= 500) return { kind: 'server-error' };
  throw toReplyError(io, what, reply);
}

function readSuccess(io: TrainerIo, what: string, reply: WireReply): Reading {
  if (PROTOBUF_TYPES.includes(reply.contentType))
    return { kind: 'done', result: { codec: 'protobuf', bytes: reply.bytes } };
  const value = readJson(reply, `trainer ${io.http.url}: ${what}`);
  if (typeof value !== 'object' || value === null) return { kind: 'done', result: { codec: 'json', value } };
  const { type, status, error, category } = value as Record<string, unknown>;
  if (type === 'try_again') return { kind: 'not-yet' };
  if (status === 'complete_metadata') return { kind: 'whole-body' };
  if (error != null && category !== undefined) {
    const message = `trainer ${io.http.url}: ${what} failed: ${cleanServerText(String(error))}`;
    throw new TrainerError(message, { status: reply.status, retryable: category === 'server' });
  }
  return { kind: 'done', result: { codec: 'json', value } };
}

function choosePauseMs(reading: Reading, inARow: number, heldMs: number): number {
  if (reading.kind === 'billing') return BILLING_PAUSE_MS;
  if (reading.kind === 'server-error' || reading.kind === 'throttled') return growingPauseMs(inARow - 1);
  return reading.kind === 'not-yet' && heldMs < EMPTY_POLL_PAUSE_MS ? EMPTY_POLL_PAUSE_MS : 0;
}

function toOverdueError(io: TrainerIo, { what, requestId, deadline }: FutureCall): TrainerError {
  const limit = Math.round(deadline.limitMs / 1000);
  const message = `trainer ${io.http.url}: ${what} (request ${cleanServerText(requestId)}) was not finished within ${limit} s; raise trainer.operationTimeoutSeconds if the work is that large`;
  return new TrainerError(message, { retryable: true });
}
