import { InterruptedError, ParallelR1Error, SourceError, StoreError, UsageError } from '../errors.ts';

/** 1 failed, 2 bad usage, configuration or files, 130 interrupted. */
export function toExitCode(error: unknown): number {
  if (error instanceof InterruptedError) return 130;
  if (error instanceof UsageError || error instanceof SourceError) return 2;
  if (error instanceof StoreError) return isDiskFailure(error) ? 1 : 2;
  return 1;
}

/** A store that cannot be opened is for the user to fix; a disk that fails during a run is a failed run. */
function isDiskFailure(error: StoreError): boolean {
  const code = (error.cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^SQLITE_(FULL|IOERR)/.test(code);
}

/** One line for errors thrown on purpose; one line and a hint for bugs, whose stack shows when `showStack` is on. */
export function describeError(error: unknown, showStack: boolean): string {
  if (error instanceof ParallelR1Error) return error.message;
  if (!(error instanceof Error)) return `unexpected: ${String(error)}`;
  if (showStack) return error.stack ?? error.message;
  const [line] = error.message.split('\n');
  return `unexpected ${error.name}: ${line} (set PARALLEL_R1_DEBUG=1 to see where, and please report it)`;
}
