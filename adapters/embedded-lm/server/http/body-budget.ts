import { HttpFailure } from './route.ts';

/** All bodies that are on their way or being worked on, together: two of the largest. */
const DEFAULT_BYTES = 128 * 1024 * 1024;

/**
 * Memory for the bodies of all requests of one server together. Each request opens a share and gives it back when it is
 * answered; what does not fit is refused, so that many clients at once cost no more than a few.
 */
export class BodyBudget {
  readonly #maxBytes: number;
  #held = 0;

  constructor(maxBytes: number = DEFAULT_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** The share of one request, empty at first. */
  open(): BodyShare {
    let bytes = 0;
    return {
      take: (more) => {
        if (this.#held + more > this.#maxBytes)
          throw new HttpFailure(503, 'too many request bodies at once; try again');
        this.#held += more;
        bytes += more;
      },
      [Symbol.dispose]: () => {
        this.#held -= bytes;
        bytes = 0;
      },
    };
  }
}

/** What one request holds; disposing gives it back. */
export interface BodyShare extends Disposable {
  /** Adds bytes. Throws `HttpFailure` 503 when the budget is used up. */
  take(bytes: number): void;
}
