import { findOptionFault } from '../../src/core/options.ts';
import { toPlainText } from '../../src/edge/terminal-text.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ProgressTask, Reporter } from '../../src/ports/reporter.ts';
import { describeRate, describeRemaining, estimateProgress } from './estimate-progress.ts';

/** Where the lines go, and how often. */
export interface LineReporterOptions {
  readonly write: (line: string) => void;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Shortest time between two lines of one task. */
  readonly everyMs: number;
}

const OPTIONS = { write: 'function', clock: 'object', everyMs: 'number' } as const;

/**
 * Progress as plain lines, for logs and pipes: headlines at once, tasks now and then and when they end. Nothing in a
 * line reaches a terminal as a command, whoever wrote it.
 */
export function createLineReporter(options: LineReporterOptions): Reporter {
  const fault = findOptionFault('createLineReporter', options, OPTIONS);
  if (fault !== null) throw new TypeError(fault);
  const write = (line: string) => options.write(toPlainText(line));
  return {
    info: write,
    warn: (message) => write(`warning: ${message}`),
    task: (label, total, unit) => startTask({ ...options, write }, label, total, unit),
  };
}

function startTask(
  { write, clock, everyMs }: LineReporterOptions,
  label: string,
  total: number,
  unit: string,
): ProgressTask {
  const startedMs = clock.monotonic();
  let expected = total;
  let lastMs = startedMs;
  let begun: number | null = null;
  return {
    update: (done, note) => {
      // A resumed task begins in the middle: what an earlier process did says nothing about the speed.
      begun ??= Math.max(0, done - 1);
      const nowMs = clock.monotonic();
      if (nowMs - lastMs < everyMs) return;
      lastMs = nowMs;
      const estimate = estimateProgress(begun, done, expected, nowMs - startedMs);
      const parts = [note ?? '', describeRate(estimate, unit), describeRemaining(estimate)].filter(
        (part) => part !== '',
      );
      write(`${label}: ${done} of ${expected} ${unit}${parts.length === 0 ? '' : `; ${parts.join('; ')}`}`);
    },
    setTotal: (value) => {
      expected = value;
    },
    finish: (summary) => write(`${label}: ${summary ?? 'done'}`),
  };
}

/** Says nothing at all: for `--quiet` and for machines. */
export function createSilentReporter(): Reporter {
  return {
    info: () => {},
    warn: () => {},
    task: () => ({ update: () => {}, setTotal: () => {}, finish: () => {} }),
  };
}
