import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/run-record.ts';
import type { ArgsOf } from '../command.ts';
import type { showCommand } from '../commands/stored-runs.ts';
import { printRunReport } from '../render/print-run-report.ts';

/** `show`: the report of a run, finished or not. */
export async function showRun(args: ArgsOf<typeof showCommand>): Promise<number> {
  using store = openRunStore(args.db, { readonly: true });
  await printRunReport(store, findRun(store, args.run ?? null), args);
  return 0;
}
