import { randomBytes } from 'node:crypto';
import { HttpFailure } from '../http/failure.ts';

/** A session without a sign of life for this long may lose its models to a newcomer. */
const SILENT_AFTER_MS = 300_000;

/** Sessions remembered; the one silent for longest goes first. */
const MAX_SESSIONS = 256;

export interface SamplingSession {
  readonly id: string;
  /** Sampler checkpoint, or null for the base model. */
  readonly modelPath: string | null;
}

/** Who talks to the trainer, when they were heard last, and their sampling sessions. */
export class Sessions {
  readonly now: () => number;
  readonly #lastSeen = new Map<string, number>();
  readonly #samplers = new Map<string, SamplingSession>();

  constructor(now: () => number) {
    this.now = now;
  }

  create(): string {
    const id = `session-${randomBytes(8).toString('hex')}`;
    this.touch(id);
    if (this.#lastSeen.size > MAX_SESSIONS) this.#lastSeen.delete(this.#lastSeen.keys().next().value!);
    return id;
  }

  /** Throws 404 for an unknown session. */
  require(id: string): void {
    if (!this.#lastSeen.has(id)) throw new HttpFailure(404, 'Session not found');
    this.touch(id);
  }

  /** Notes a sign of life; the map stays ordered by it. */
  touch(id: string): void {
    this.#lastSeen.delete(id);
    this.#lastSeen.set(id, this.now());
  }

  isSilent(id: string): boolean {
    return this.now() - (this.#lastSeen.get(id) ?? 0) > SILENT_AFTER_MS;
  }

  list(): string[] {
    return [...this.#lastSeen.keys()];
  }

  openSampler(modelPath: string | null): SamplingSession {
    const sampler = { id: `sampling-${randomBytes(8).toString('hex')}`, modelPath };
    this.#samplers.set(sampler.id, sampler);
    if (this.#samplers.size > MAX_SESSIONS) this.#samplers.delete(this.#samplers.keys().next().value!);
    return sampler;
  }

  /** Throws 404 for an unknown sampling session. */
  getSampler(id: string): SamplingSession {
    const sampler = this.#samplers.get(id);
    if (sampler === undefined) throw new HttpFailure(404, 'Sampling session not found');
    return sampler;
  }
}
