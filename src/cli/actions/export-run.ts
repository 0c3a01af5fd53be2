import { exportRows } from '../../../adapters/export-files/export-rows.ts';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { UsageError } from '../../errors.ts';
import type { GlobalArgs } from '../define-command.ts';
import { findRun } from '../find-run.ts';
import { printJson, tell } from '../output.ts';
import { describeExport, listSftRows } from '../sft-export.ts';

interface ExportArgs extends GlobalArgs {
  readonly run: string;
  readonly format: string | undefined;
  readonly out: string | undefined;
}

/** `export`: the accepted rows of a run's cold-start stages. */
export async function exportRun(args: ExportArgs): Promise<number> {
  using store = openRunStore(args.db, { readonly: true });
  const run = findRun(store, args.run);
  const manifest = describeExport(store, run);
  if (!store.listStages(run.id).some(({ kind }) => kind === 'cold-start')) {
    throw new UsageError(`run ${run.id} has no cold-start stage, so it has no rows to export`);
  }
  const result = exportRows(listSftRows(store, run), { format: args.format!, out: args.out!, manifest });
  if (args.json) printJson(result);
  tell(
    args,
    `${result.manifest.rows} rows in ${result.file}\nmanifest ${result.manifestFile}\ncard     ${result.cardFile}`,
  );
  return 0;
}
