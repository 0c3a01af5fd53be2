import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { readLiveStatus } from '../../app/live-status.ts';
import { endRun } from '../../app/start-run.ts';
import { UsageError } from '../../errors.ts';
import type { ArgsOf, GlobalArgs } from '../command.ts';
import type { runsCommand } from '../commands/stored-runs.ts';
import { printJson, printLine, tell } from '../output.ts';
import { renderTable } from '../render/table.ts';

/** `runs`: what the store holds, and ending one of them. */
export async function handleRuns(args: ArgsOf<typeof runsCommand>): Promise<number> {
  const { what, run } = args;
  if (what !== 'end') {
    if (run !== undefined)
      throw new UsageError(`"${run}" is one argument too many; for one run: parallel-r1 show ${run}`);
    return listRuns(args);
  }
  if (run === undefined)
    throw new UsageError('runs end needs the id or name of a run; list them with: parallel-r1 runs');
  const id = endRun({ db: args.db, runId: run });
  if (args.json) printJson({ id, status: 'done' });
  tell(args, `run ${id} is ended; what it stored stays, and resume leaves it alone`);
  return 0;
}

/** One line per run, newest first. */
function listRuns(args: GlobalArgs): number {
  using store = openRunStore(args.db, { readonly: true });
  const runs = readLiveStatus(store, store.listRuns()).map((run) => ({ run, stages: store.listStages(run.id) }));
  if (args.json) {
    printJson(
      runs.map(({ run: { configJson, ...run }, stages }) => ({
        ...run,
        stages: stages.map(({ index, id, kind, status }) => ({ index, id, kind, status })),
      })),
    );
    return 0;
  }
  const rows = runs.map(({ run, stages }) => {
    const done = stages.filter(({ status }) => status === 'done').length;
    const created = new Date(run.createdAtMs).toISOString().slice(0, 16).replace('T', ' ');
    return [
      run.id,
      run.name,
      run.preset ?? '-',
      created,
      run.status,
      `${done} of ${stages.length} stages`,
      run.message ?? '',
    ];
  });
  for (const line of renderTable(rows)) printLine(line);
  if (rows.length === 0) tell(args, `there are no runs in ${store.file}`);
  return 0;
}
