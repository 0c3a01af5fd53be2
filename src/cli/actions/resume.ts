import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/run-record.ts';
import { resumeRun } from '../../app/start-run.ts';
import { readStoredConfig } from '../../config/stored.ts';
import type { ArgsOf } from '../command.ts';
import type { resumeCommand } from '../commands/training.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { tell } from '../output.ts';
import { printRunReport } from '../render/print-run-report.ts';
import { selectReporter } from '../select-reporter.ts';
import { writeEndReport } from './report.ts';

/** `resume`: continues a run from where the store says it got to. */
export async function resume(args: ArgsOf<typeof resumeCommand>): Promise<number> {
  using reporter = selectReporter(args);
  using interrupt = listenForInterrupt((message) => reporter.warn(message));
  const { db, run = null, config: file = null, set: sets, overrides, acceptChangedData } = args;
  const { runId } = await resumeRun({
    ...{ db, runId: run, file, sets, overrides, acceptChangedData },
    parts: { reporter },
    signal: interrupt.signal,
  });
  tell(args, '');
  using store = openRunStore(db, { readonly: true });
  const done = findRun(store, runId);
  await printRunReport(store, done, args);
  await writeEndReport(store, done, readStoredConfig(done)?.run.report ?? null, args);
  return 0;
}
