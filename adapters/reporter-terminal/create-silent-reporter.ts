import type { Reporter } from '../../src/ports/reporter.ts';

/** Says nothing at all: for `--quiet` and for machines. */
export function createSilentReporter(): Reporter {
  return {
    info: () => {},
    warn: () => {},
    task: () => ({ update: () => {}, setTotal: () => {}, finish: () => {} }),
  };
}
