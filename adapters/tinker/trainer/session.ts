import { TrainerError } from '../../../src/errors.ts';
import { Deadline, sendPatiently, type TrainerIo } from '../wire/patience.ts';
import { parseFields, readJson, toJsonBody } from '../wire/trainer-http.ts';
import { sessionSchema } from '../wire/wire-schemas.ts';

/** Release of the protocol this adapter speaks; servers ask for it under the name of the reference client. */
export const PROTOCOL_VERSION = '0.25.0';

const HEARTBEAT_MS = 10_000;

/** After this long without a successful heartbeat the server may have unloaded the model. */
const WARN_AFTER_MS = 120_000;

export interface SessionOptions {
  readonly io: TrainerIo;
  readonly operationTimeoutMs: number;
  /** Told once when the server has been silent for long, or has forgotten the session. */
  readonly warn: (message: string) => void;
}

/** A session and its sign of life every 10 seconds, which must not keep the process alive. */
export class Session {
  readonly #io: TrainerIo;
  readonly #operationTimeoutMs: number;
  readonly #warn: (message: string) => void;
  readonly #stopped = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #id: string;
  #isLost = false;
  #lastHeardMs: number;
  #hasWarned = false;
  #isBeating = false;

  /** Keeps the session that was just created alive. */
  constructor(options: SessionOptions, id: string) {
    this.#io = options.io;
    this.#operationTimeoutMs = options.operationTimeoutMs;
    this.#warn = options.warn;
    this.#id = id;
    this.#lastHeardMs = this.#io.clock.monotonic();
    this.#timer = setInterval(() => void this.#beat().then(() => this.#warnWhenSilent()), HEARTBEAT_MS);
    this.#timer.unref();
  }

  /** The session's id; a new session when the server has forgotten the old one (it was restarted). */
  async require(signal?: AbortSignal): Promise<string> {
    if (!this.#isLost) await this.#beat();
    if (!this.#isLost) return this.#id;
    const { id } = await createSession(this.#io, this.#operationTimeoutMs, signal);
    this.#id = id;
    this.#isLost = false;
    this.#hear();
    return id;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stopped.abort(new TrainerError('the trainer connection was closed'));
  }

  async #beat(): Promise<void> {
    if (this.#isBeating || this.#isLost) return;
    this.#isBeating = true;
    try {
      const body = toJsonBody({ session_id: this.#id });
      await this.#io.http.send('session_heartbeat', { body, timeoutMs: HEARTBEAT_MS, signal: this.#stopped.signal });
      this.#hear();
    } catch (error) {
      if (!(error instanceof TrainerError)) throw error;
      if (error.status === 404) this.#isLost = true;
    } finally {
      this.#isBeating = false;
    }
  }

  #hear(): void {
    this.#lastHeardMs = this.#io.clock.monotonic();
    this.#hasWarned = false;
  }

  #warnWhenSilent(): void {
    const silentMs = this.#io.clock.monotonic() - this.#lastHeardMs;
    if (this.#stopped.signal.aborted || this.#hasWarned || (silentMs < WARN_AFTER_MS && !this.#isLost)) return;
    this.#hasWarned = true;
    const reason = this.#isLost
      ? 'has forgotten this session'
      : `has not answered a heartbeat for ${Math.round(silentMs / 1000)} s`;
    this.#warn(`trainer ${this.#io.http.url} ${reason}; the model may be gone`);
  }
}

/** Asks the server for a session; `status` is the HTTP status, which tells servers apart. */
export async function createSession(
  io: TrainerIo,
  operationTimeoutMs: number,
  signal?: AbortSignal,
): Promise<{ id: string; status: number }> {
  const body = toJsonBody({ tags: [], user_metadata: null, sdk_version: PROTOCOL_VERSION });
  const deadline = new Deadline(io.clock, operationTimeoutMs);
  return sendPatiently(io, 'create_session', { body, deadline, canRepeat: true, signal }, (reply) => {
    const { session_id: id } = parseFields(sessionSchema, readJson(reply), reply.site);
    return { id, status: reply.status };
  });
}
