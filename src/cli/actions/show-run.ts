import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/find-run.ts';
import type { GlobalArgs } from '../define-command.ts';
import { printRunReport } from '../render/print-run-report.ts';

interface ShowArgs extends GlobalArgs {
  readonly run: string | undefined;
}

/** `show`: the report of a run, finished or not. */
export async function showRun(args: ShowArgs): Promise<number> {
  using store = openRunStore(args.db, { readonly: true });
  await printRunReport(store, findRun(store, args.run ?? null), args);
  return 0;
}
