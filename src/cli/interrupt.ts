import { InterruptedError } from '../errors.ts';

/**
 * Signals that arrive within this time count as one: on Ctrl-C a terminal signals every process of its
 * group, and npm and the launcher each pass theirs on.
 */
const SAME_KEYSTROKE_MS = 300;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Turns Ctrl-C into an abort signal while it is held. */
export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * The first Ctrl-C (or SIGTERM, or a closed terminal) aborts the signal, so that the work stops at
 * a clean place; the second one ends the process at once with exit code 130.
 */
export function listenForInterrupt(say: (message: string) => void): Interrupt {
  const controller = new AbortController();
  let firstMs = Number.NEGATIVE_INFINITY;
  const onSignal = () => {
    const nowMs = performance.now();
    if (nowMs - firstMs < SAME_KEYSTROKE_MS) return;
    if (controller.signal.aborted) process.exit(130);
    firstMs = nowMs;
    say('stopping; press Ctrl-C again to end at once');
    controller.abort(new InterruptedError('interrupted'));
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
