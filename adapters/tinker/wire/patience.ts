import { toObject } from '../../../src/core/json-object.ts';
import { classifyRetry, type RetryCause, type RetryPolicy, type RetryTally } from '../../../src/core/retry.ts';
import { failAt, type Site } from '../../../src/edge/http-failure.ts';
import { cleanServerText, findMessage } from '../../../src/edge/server-text.ts';
import { repeatCall } from '../../../src/edge/waiting.ts';
import { OutsideError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import {
  readJson,
  TINKER_MEANINGS,
  type TinkerCall,
  type TinkerReply,
  type TrainerHttp,
  toJsonBody,
} from './trainer-http.ts';
import type { Wait, WaitNotice } from './wait-notice.ts';

/**
 * Everything that waits: requests that are sent again until they get a usable answer, and results that are polled until
 * they are there.
 */

/** What every exchange with one server of the Tinker API needs. */
export interface TrainerIo {
  readonly http: TrainerHttp;
  readonly clock: Clock;
  /** Tries while the server cannot be reached; null: until the deadline. */
  readonly connectionTries: number | null;
  /** Counts every repetition. */
  readonly tally: RetryTally;
  /** Tells what is waited for; absent where whoever calls does that. */
  readonly notice?: WaitNotice;
}

/** The wall-clock limit of one operation. It starts again when the operation before it is done. */
export class Deadline {
  readonly limitMs: number;
  readonly #clock: Clock;
  #startedMs: number;

  constructor(clock: Clock, limitMs: number) {
    this.limitMs = limitMs;
    this.#clock = clock;
    this.#startedMs = clock.monotonic();
  }

  restart(): void {
    this.#startedMs = this.#clock.monotonic();
  }

  get isOver(): boolean {
    return this.#clock.monotonic() - this.#startedMs > this.limitMs;
  }
}

export interface PatientCall extends TinkerCall {
  readonly deadline: Deadline;
  /** Whether the request may go out again when the server may have acted on it already. */
  readonly canRepeat: boolean;
  /** Called when it goes out again although the server may have acted on it. */
  onDoubt?(): void;
  /** Called when nothing took the connection: the server may be restarting. */
  onUnreachable?(): void;
}

/** Refusals: the server did nothing, so that any request may be sent again. */
const REFUSALS: ReadonlySet<RetryCause> = new Set(['rate_limited', 'not_ready', 'billing']);

/** How one request is repeated. `brokenTries`: tries that may end in a server error; `busyTries`: in an overload. */
export function toPolicy({ connectionTries }: TrainerIo, brokenTries: number, busyTries = brokenTries): RetryPolicy {
  const lostTries = connectionTries ?? Number.POSITIVE_INFINITY;
  return {
    firstPauseMs: 1_000,
    maxPauseMs: 30_000,
    // The deadline ends it.
    tries: Number.POSITIVE_INFINITY,
    triesFor: { server_error: brokenTries, overloaded: busyTries, no_answer: lostTries, timeout: lostTries },
    pauseForMs: { billing: 5_000, not_ready: 1_000 },
  };
}

/** Server errors in a row before giving up on a request, and on a result. */
const BROKEN_SENDINGS = 6;
const BROKEN_POLLS = 20;

/**
 * Sends a request and waits out what passes by itself: lost connections, overload, billing pauses, a checkpoint that is
 * still being written, a few server errors. `read` is what is made of the answer; what it throws counts as well. Rejects
 * with an error of the role's port, or the signal's reason.
 */
export async function sendPatiently<T>(
  io: TrainerIo,
  path: string,
  call: PatientCall,
  read: (reply: TinkerReply) => T,
): Promise<T> {
  const { deadline, canRepeat, signal, what = path } = call;
  const wait = io.notice?.begin(what);
  let isAnswered = false;
  try {
    const answer = await repeatCall(async () => read(await io.http.send(path, call)), {
      policy: toPolicy(io, BROKEN_SENDINGS),
      clock: io.clock,
      signal,
      causeOf: (error) => findTinkerCause(error, canRepeat),
      isOver: () => deadline.isOver,
      onRepeat: ({ cause, error }) => {
        io.tally.add(cause);
        wait?.note((error as Error).message);
        const isUnsent = error instanceof OutsideError && error.unsent;
        if (isUnsent) call.onUnreachable?.();
        else if (!REFUSALS.has(cause)) call.onDoubt?.();
      },
    });
    isAnswered = true;
    return answer;
  } finally {
    wait?.end(isAnswered);
  }
}

/** Why a failed request is worth sending again; null when it is not, or when it must not be. */
export function findTinkerCause(error: unknown, canRepeat: boolean): RetryCause | null {
  // What is gone for good comes back only by another request.
  if (!(error instanceof OutsideError) || !error.retryable || error.status === 410) return null;
  const cause = classifyRetry(error, TINKER_MEANINGS);
  return canRepeat || error.unsent || REFUSALS.has(cause) ? cause : null;
}

/** How long one poll may be held by the server before it is asked again. */
const POLL_TIMEOUT_MS = 45_000;

/** Between polls of a server that answers "not yet" at once instead of holding the poll. */
const EMPTY_POLL_PAUSE_MS = 100;

const PROTOBUF_TYPES: readonly string[] = ['application/x-protobuf', 'application/protobuf'];

/** The result of a finished operation in the codec the server chose. `site`: what its faults are told with. */
export type FutureResult = { readonly site: Site } & (
  | { readonly codec: 'json'; readonly value: unknown }
  | { readonly codec: 'protobuf'; readonly bytes: Uint8Array }
);

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

/** What one poll brought. */
type Reading =
  | { readonly kind: 'done'; readonly result: FutureResult }
  | { readonly kind: 'failed'; readonly error: OutsideError }
  | { readonly kind: 'not-yet'; readonly heldMs: number }
  | { readonly kind: 'whole-body' };

/**
 * Polls until the operation is finished. Rejects with an error of the role's port when it failed, when the server has no
 * such future, or when the deadline passes; with the signal's reason when aborted.
 */
export async function retrieveFuture(io: TrainerIo, call: FutureCall): Promise<FutureResult> {
  const { deadline, signal } = call;
  let polls = 0;
  let wantsWholeBody = false;
  for (;;) {
    const reading = await repeatPoll(io, call, () => {
      polls += 1;
      return poll(io, call, polls - 1, wantsWholeBody);
    });
    if (reading.kind === 'done') return reading.result;
    if (reading.kind === 'failed') throw reading.error;
    if (deadline.isOver) throw toOverdue(io, call);
    if (reading.kind === 'whole-body') wantsWholeBody = true;
    else if (reading.heldMs < EMPTY_POLL_PAUSE_MS) await io.clock.sleep(EMPTY_POLL_PAUSE_MS, signal);
  }
}

async function repeatPoll(io: TrainerIo, call: FutureCall, pollOnce: () => Promise<Reading>): Promise<Reading> {
  const { deadline, signal, what } = call;
  let wait: Wait | undefined;
  let isAnswered = false;
  try {
    const reading = await repeatCall(pollOnce, {
      policy: toPolicy(io, BROKEN_POLLS),
      clock: io.clock,
      signal,
      // A 408 that is no "not yet", and a lost promise, come again at every poll.
      causeOf: (error) =>
        error instanceof OutsideError && error.retryable && error.status !== 408 && error.status !== 410
          ? classifyRetry(error, TINKER_MEANINGS)
          : null,
      isOver: () => deadline.isOver,
      onRepeat: ({ cause, error }) => {
        io.tally.add(cause);
        // A poll that is held by the server is no trouble; one that failed is.
        wait ??= io.notice?.begin(what);
        wait?.note((error as Error).message);
      },
    });
    isAnswered = true;
    return reading;
  } catch (error) {
    if (!(error instanceof OutsideError) || !error.retryable || error.status === null) throw error;
    if (deadline.isOver) throw toOverdue(io, call);
    // Whoever looks into the server's log needs the number.
    const { retryable, status, retryAfterMs } = error;
    const message = `${error.message} (request ${cleanServerText(call.requestId)})`;
    throw new io.http.role.Failure(message, { cause: error, retryable, status, retryAfterMs });
  } finally {
    wait?.end(isAnswered);
  }
}

async function poll(io: TrainerIo, call: FutureCall, iteration: number, wantsWholeBody: boolean): Promise<Reading> {
  const { requestId, operation, what, acceptsProtobuf, signal } = call;
  const body = { request_id: requestId, ...(wantsWholeBody ? { allow_metadata_only: false } : {}) };
  const headers = {
    'x-tinker-request-type': operation,
    'x-tinker-request-iteration': String(iteration),
    ...(acceptsProtobuf ? { accept: PROTOBUF_TYPES[0]! } : {}),
  };
  const startedMs = io.clock.monotonic();
  try {
    const options = { body: toJsonBody(body), headers, what, timeoutMs: POLL_TIMEOUT_MS, signal };
    const reading = readReply(await io.http.send('retrieve_future', options), io.http.siteOf(what));
    return reading ?? { kind: 'not-yet', heldMs: io.clock.monotonic() - startedMs };
  } catch (error) {
    if (!isNotYet(error)) throw error;
    return { kind: 'not-yet', heldMs: io.clock.monotonic() - startedMs };
  }
}

/** The server held the poll for as long as it, or this side, was willing to: the next one follows at once. */
function isNotYet(error: unknown): boolean {
  if (!(error instanceof OutsideError)) return false;
  return error.timedOut || (error.status === 408 && !/sequence ID/i.test(error.message));
}

/** Null for "not yet". `site` names the operation, whose result this is. */
function readReply(reply: TinkerReply, site: Site): Exclude<Reading, { kind: 'not-yet' }> | null {
  if (PROTOBUF_TYPES.includes(reply.contentType))
    return { kind: 'done', result: { site, codec: 'protobuf', bytes: reply.bytes } };
  const value = readJson(reply);
  const body = toObject(value);
  if (body === null) return { kind: 'done', result: { site, codec: 'json', value } };
  if (body.type === 'try_again') return null;
  if (body.status === 'complete_metadata') return { kind: 'whole-body' };
  if (body.error != null) {
    const facts = { status: reply.status, retryable: body.category === 'server' };
    return { kind: 'failed', error: failAt(site, `failed: ${findMessage(body) ?? String(body.error)}`, facts) };
  }
  return { kind: 'done', result: { site, codec: 'json', value } };
}

function toOverdue(io: TrainerIo, { what, requestId, deadline }: FutureCall): OutsideError {
  const limit = Math.round(deadline.limitMs / 1000);
  const named = `${what} (request ${cleanServerText(requestId)})`;
  const advice = 'raise trainer.operationTimeoutSeconds if the work is that large';
  return failAt(io.http.siteOf(named), `was not finished within ${limit} s; ${advice}`, { retryable: true });
}
