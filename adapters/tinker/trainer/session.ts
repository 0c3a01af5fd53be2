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
  /** Whose sessions and models these are: the id of the run. Servers show it to whoever asks who holds their places. */
  readonly owner: string;
  /** Told once when the server has been silent for long, or has forgotten the session. */
  readonly warn: (message: string) => void;
}

/** A session and its sign of life every 10 seconds, which must not keep the process alive. */
export class Session {
  readonly #options: SessionOptions;
  readonly #stopped = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #id: string;
  #isLost = false;
  #lastHeardMs: number;
  #hasWarned = false;
  #isBeating = false;
  #wasUnreachable = false;
  #onReturn: () => void = () => {};

  /** Keeps the session that was just created alive. */
  constructor(options: SessionOptions, id: string) {
    this.#options = options;
    this.#id = id;
    this.#lastHeardMs = options.io.clock.monotonic();
    this.#timer = setInterval(() => void this.#beat().then(() => this.#warnWhenSilent()), HEARTBEAT_MS);
    this.#timer.unref();
  }

  /** Calls back when the server answers again after nothing had taken the connection: it may have been restarted. */
  onReturn(act: () => void): void {
    this.#onReturn = act;
  }

  /** The session's id; a new session when the server has forgotten the old one (it was restarted). */
  async require(signal?: AbortSignal): Promise<string> {
    if (!this.#isLost) await this.#beat();
    return this.#isLost ? this.renew(signal) : this.#id;
  }

  /** A new session in place of this one, which gets no sign of life any more: what it holds is freed by the server. */
  async renew(signal?: AbortSignal): Promise<string> {
    const { id } = await createSession(this.#options, signal);
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
      const { http } = this.#options.io;
      await http.send('session_heartbeat', { body, timeoutMs: HEARTBEAT_MS, signal: this.#stopped.signal });
      this.#hear();
    } catch (error) {
      if (!(error instanceof TrainerError)) throw error;
      if (error.status === 404) this.#isLost = true;
      if (error.unsent) this.#wasUnreachable = true;
    } finally {
      this.#isBeating = false;
    }
  }

  #hear(): void {
    this.#lastHeardMs = this.#options.io.clock.monotonic();
    this.#hasWarned = false;
    if (!this.#wasUnreachable) return;
    this.#wasUnreachable = false;
    this.#onReturn();
  }

  #warnWhenSilent(): void {
    const { io, warn } = this.#options;
    const silentMs = io.clock.monotonic() - this.#lastHeardMs;
    if (this.#stopped.signal.aborted || this.#hasWarned || (silentMs < WARN_AFTER_MS && !this.#isLost)) return;
    this.#hasWarned = true;
    const reason = this.#isLost
      ? 'has forgotten this session'
      : `has not answered a heartbeat for ${Math.round(silentMs / 1000)} s`;
    warn(`trainer ${io.http.url} ${reason}; the model may be gone`);
  }
}

/** Asks the server for a session; `status` is the HTTP status, which tells servers apart. */
export async function createSession(
  { io, operationTimeoutMs, owner }: Omit<SessionOptions, 'warn'>,
  signal?: AbortSignal,
): Promise<{ id: string; status: number }> {
  const body = toJsonBody({
    tags: ['parallel-r1'],
    user_metadata: toOwnerMetadata(owner),
    sdk_version: PROTOCOL_VERSION,
  });
  const deadline = new Deadline(io.clock, operationTimeoutMs);
  return sendPatiently(io, 'create_session', { body, deadline, canRepeat: true, signal }, (reply) => {
    const { session_id: id } = parseFields(sessionSchema, readJson(reply), reply.site);
    return { id, status: reply.status };
  });
}

/** What sessions and models carry, so that whoever lists them sees whose they are. */
export function toOwnerMetadata(owner: string): Readonly<Record<string, string>> {
  return { run: owner };
}
