import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/run-record.ts';
import { writeReport } from '../../app/write-report.ts';
import type { ArgsOf } from '../command.ts';
import type { reportCommand } from '../commands/run-views.ts';
import { printJson, printLine, tell } from '../output.ts';

/** `report`: a run as one HTML file. */
export async function reportRun(args: ArgsOf<typeof reportCommand>): Promise<number> {
  using store = openRunStore(args.db, { readonly: true });
  const run = findRun(store, args.run ?? null);
  const written = await writeReport(store, run, args.out ?? `${run.id}.html`);
  if (args.json) printJson(written);
  else printLine(written.file);
  const { bytes, samples, rollouts } = written;
  tell(
    args,
    `${(bytes / 1e6).toFixed(2)} MB: all counts of the run, and the text of ${samples} of its ${rollouts} rollouts`,
  );
  return 0;
}
