import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/run-record.ts';
import { writeReport } from '../../app/write-report.ts';
import { ParallelR1Error } from '../../errors.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';
import type { RunRecord } from '../../ports/run-store/runs.ts';
import type { ArgsOf, GlobalArgs } from '../command.ts';
import type { reportCommand } from '../commands/run-views.ts';
import { printJson, printLine, printRemark, tell } from '../output.ts';

/** Writes the file that a configuration asks for at the end of a run. The run is done: what fails here is told and no more. */
export async function writeEndReport(
  store: RunStore,
  run: RunRecord,
  file: string | null,
  options: Pick<GlobalArgs, 'quiet' | 'json'>,
): Promise<void> {
  if (file === null) return;
  try {
    const { bytes } = await writeReport(store, run, file);
    tell(options, `report in ${file}, ${(bytes / 1e6).toFixed(2)} MB`);
  } catch (error) {
    if (!(error instanceof ParallelR1Error)) throw error;
    printRemark(
      `the report was not written: ${error.message}; parallel-r1 report ${run.id} --out FILE writes it elsewhere`,
    );
  }
}

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
