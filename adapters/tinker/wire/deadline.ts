import type { Clock } from '../../../src/ports/clock.ts';

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
