import { createBarReporter } from '../../adapters/reporter-terminal/create-bar-reporter.ts';
import { createLineReporter, createSilentReporter } from '../../adapters/reporter-terminal/create-line-reporter.ts';
import { systemClock } from '../app/system-clock.ts';
import type { Reporter } from '../ports/reporter.ts';

/** Shortest time between two progress lines of one task where there is no terminal. */
const LINE_INTERVAL_MS = 5_000;

/** Bars on a terminal, plain lines elsewhere, nothing with `--quiet` and `--json`. Progress goes to stderr. */
export function selectReporter(options: { readonly quiet: boolean; readonly json: boolean }): Reporter & Disposable {
  if (options.quiet || options.json) return { ...createSilentReporter(), [Symbol.dispose]: () => {} };
  const { stderr } = process;
  if (stderr.isTTY && process.env.TERM !== 'dumb') {
    return createBarReporter({ stream: stderr, clock: systemClock, colour: wantsColour() });
  }
  const write = (line: string) => stderr.write(`${line}\n`);
  const lines = createLineReporter({ write, clock: systemClock, everyMs: LINE_INTERVAL_MS });
  return { ...lines, [Symbol.dispose]: () => {} };
}

/** https://no-color.org: any value that is not empty switches colours off. */
export function wantsColour(): boolean {
  const { NO_COLOR } = process.env;
  return NO_COLOR === undefined || NO_COLOR === '';
}
