import { exportRows } from '../../../adapters/export-files/export-rows.ts';
import { renderTokenizerNotes, TOKENIZER_NOTES } from '../../../adapters/export-files/tokenizer-notes.ts';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/run-record.ts';
import { describeExport, listSftRows } from '../../app/sft-rows.ts';
import { UsageError } from '../../errors.ts';
import { listDatasetFolders } from '../../problem-sets/set-folders.ts';
import type { ArgsOf } from '../command.ts';
import type { exportCommand } from '../commands/cold-start.ts';
import { printJson, printLine, tell } from '../output.ts';

type ExportArgs = ArgsOf<typeof exportCommand>;

/** `export`: the accepted rows of a run's cold-start stages, and what a trainer must know about the tags. */
export async function exportRun(args: ExportArgs): Promise<number> {
  const { run, out, tokenizerNotes } = args;
  if (run === undefined && out === undefined && tokenizerNotes) {
    if (args.json) printJson({ tokenizerNotes: TOKENIZER_NOTES });
    else printLine(renderTokenizerNotes());
    return 0;
  }
  if (run === undefined) throw new UsageError('export needs the id of a run: export RUN --out FILE');
  if (out === undefined) throw new UsageError('--out is missing: name a file to write, or a folder');
  const result = writeExport(args, run, out);
  if (args.json) printJson(tokenizerNotes ? { ...result, tokenizerNotes: TOKENIZER_NOTES } : result);
  else if (tokenizerNotes) printLine(renderTokenizerNotes());
  tell(
    args,
    `${result.manifest.rows} rows in ${result.file}\nmanifest ${result.manifestFile}\ncard     ${result.cardFile}`,
  );
  return 0;
}

function writeExport({ db, format }: ExportArgs, runId: string, out: string) {
  using store = openRunStore(db, { readonly: true });
  const run = findRun(store, runId);
  const manifest = describeExport(store, run, listDatasetFolders());
  if (!store.listStages(run.id).some(({ kind }) => kind === 'cold-start')) {
    throw new UsageError(`run ${run.id} has no cold-start stage, so it has no rows to export`);
  }
  return exportRows(listSftRows(store, run), { format, out, manifest });
}
