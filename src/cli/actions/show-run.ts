import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import type { GlobalArgs } from '../define-command.ts';
import { findRun } from '../find-run.ts';
import { printRunReport } from '../report/print-run-report.ts';

interface ShowArgs extends GlobalArgs {
  readonly run: string | undefined;
}

/** `show`: the report of a run, finished or not. */
export async function showRun(args: ShowArgs): Promise<number> {
  using store = openRunStore(args.db, { readonly: true });
  await printRunReport(store, findRun(store, args.run ?? null), args);
  return 0;
}
