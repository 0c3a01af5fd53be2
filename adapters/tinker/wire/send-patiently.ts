import { TrainerError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Deadline } from './deadline.ts';
import { ConnectionLost, describeReply, type TrainerHttp, type WireCall, type WireReply } from './http-wire.ts';

/** What every exchange with one trainer needs. */
export interface TrainerIo {
  readonly http: TrainerHttp;
  readonly clock: Clock;
  /** Attempts while the server cannot be reached; null: until the deadline. */
  readonly connectionAttempts: number | null;
}

export interface PatientCall extends WireCall {
  /** What is being done, for messages: `optim_step #4`. */
  readonly what: string;
  readonly deadline: Deadline;
  /** Whether the request may go out again when the server may have acted on it already. */
  readonly canRepeat: boolean;
}

/** An answer that says neither "wait" nor "try again", successful or not. */
export interface PatientReply {
  readonly reply: WireReply;
  /** An earlier sending of the same request got no usable answer: the server may have acted on it. */
  readonly wasRepeated: boolean;
}

/** How long a billing pause (402) is waited out before the next try. */
export const BILLING_PAUSE_MS = 5_000;
const NOT_READY_PAUSE_MS = 1_000;

/** Server errors in a row before giving up. */
const MAX_SERVER_ERRORS = 6;

/** Pause before attempt `n + 2`: 1, 2, 4 ... at most 30 seconds. */
export function growingPauseMs(n: number): number {
  return Math.min(1000 * 2 ** n, 30_000);
}

/**
 * Sends a request and waits out what passes by itself: lost connections, overload, billing pauses, a
 * checkpoint that is still being written, a few server errors. Throws `TrainerError`, or the signal's reason.
 */
export async function sendPatiently(io: TrainerIo, path: string, call: PatientCall): Promise<PatientReply> {
  let wasRepeated = false;
  let lost = 0;
  let refused = 0;
  let broken = 0;
  for (;;) {
    let pauseMs: number;
    try {
      const reply = await io.http.send(path, call);
      lost = 0;
      if (reply.status === 429) pauseMs = growingPauseMs(refused++);
      else if (reply.status === 402) pauseMs = BILLING_PAUSE_MS;
      else if (reply.status === 425) pauseMs = NOT_READY_PAUSE_MS;
      else if ((reply.status >= 500 || reply.status === 408) && call.canRepeat && ++broken < MAX_SERVER_ERRORS) {
        wasRepeated = true;
        pauseMs = growingPauseMs(broken - 1);
      } else return { reply, wasRepeated };
      if (call.deadline.isOver) throw toReplyError(io, call.what, reply);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      lost += 1;
      const mayRepeat = call.canRepeat || !error.maybeReceived;
      if (!mayRepeat || lost === io.connectionAttempts || call.deadline.isOver) throw toLostError(io, call.what, error);
      wasRepeated ||= error.maybeReceived;
      pauseMs = growingPauseMs(lost - 1);
    }
    await io.clock.sleep(pauseMs, call.signal);
  }
}

/** The same, for requests without a special reading of refusals: anything but 2xx is a `TrainerError`. */
export async function requestPatiently(io: TrainerIo, path: string, call: PatientCall): Promise<WireReply> {
  const { reply } = await sendPatiently(io, path, call);
  if (reply.status < 200 || reply.status > 299) throw toReplyError(io, call.what, reply);
  return reply;
}

/** An unsuccessful answer as an error of the port. */
export function toReplyError(io: TrainerIo, what: string, reply: WireReply): TrainerError {
  const retryable = reply.status >= 500 || [402, 408, 410, 425, 429].includes(reply.status);
  const message = `trainer ${io.http.url}: ${what} failed: ${describeReply(reply)}`;
  return new TrainerError(message, { status: reply.status, retryable });
}

/** A lost connection as an error of the port. */
export function toLostError(io: TrainerIo, what: string, error: ConnectionLost): TrainerError {
  const outcome = error.maybeReceived ? 'whether the server acted on it is not known' : 'the server was not reached';
  const message = `trainer ${io.http.url}: ${what} got no answer (${error.message}); ${outcome}`;
  return new TrainerError(message, { cause: error, retryable: true });
}
