import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ExportResult, exportRows } from '../../../adapters/export-files/export-rows.ts';
import { renderTokenizerNotes, TOKENIZER_NOTES } from '../../../adapters/export-files/tokenizer-notes.ts';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { exportEvaluations } from '../../app/export-evaluations.ts';
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
  if (out === undefined) throw new UsageError('--out is missing: name a file to write, or a folder');
  if (args.format === INSPECT) return writeLogs(args, run ?? null, out);
  const result = writeExport(args, run ?? null, out);
  if (args.json) printJson(tokenizerNotes ? { ...result, tokenizerNotes: TOKENIZER_NOTES } : result);
  else if (tokenizerNotes) printLine(renderTokenizerNotes());
  tell(args, describeFiles(result));
  return 0;
}

/** What --format says for evaluations; every other format is one of rows. */
const INSPECT = 'inspect';

/** A log for each evaluation, in a folder. */
function writeLogs(args: ExportArgs, runId: string | null, out: string): number {
  if (args.tokenizerNotes)
    throw new UsageError('--tokenizer-notes goes with rows, and --format inspect writes evaluations');
  if (/\.(?:json|eval)$/.test(out) || statSync(out, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new UsageError(`--format inspect writes a log for each set, and --out ${out} is a file: name a folder`);
  using store = openRunStore(args.db, { readonly: true });
  const run = findRun(store, runId);
  const files = exportEvaluations(store, run, resolve(out));
  if (args.json) printJson({ run: run.id, files });
  else tell(args, [...files, `look at them with: inspect view --log-dir ${out}`].join('\n'));
  return 0;
}

function describeFiles({ manifest, file, manifestFile, cardFile, datasetInfoFile, axolotlFile }: ExportResult): string {
  const others = [
    ['manifest', manifestFile],
    ['card', cardFile],
    ['LLaMA-Factory', datasetInfoFile],
    ['axolotl', axolotlFile],
  ].flatMap(([what, path]) => (path === null ? [] : [`${what!.padEnd(14)} ${path}`]));
  const from = manifest.run === null ? '' : ` of run ${manifest.run}`;
  return [`${manifest.rows} rows${from} in ${file}`, ...others].join('\n');
}

function writeExport({ db, format }: ExportArgs, runId: string | null, out: string) {
  using store = openRunStore(db, { readonly: true });
  const run = findRun(store, runId);
  const manifest = describeExport(store, run, listDatasetFolders());
  if (!store.listStages(run.id).some(({ kind }) => kind === 'cold-start')) {
    throw new UsageError(`run ${run.id} has no cold-start stage, so it has no rows to export`);
  }
  return exportRows(listSftRows(store, run), { format, out, manifest });
}
