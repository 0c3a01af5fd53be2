import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import type { GlobalArgs } from '../command.ts';
import { printJson, printLine, tell } from '../output.ts';
import { renderTable } from '../render/table.ts';

/** `runs`: one line per run, newest first. */
export async function listRuns(args: GlobalArgs): Promise<number> {
  using store = openRunStore(args.db, { readonly: true });
  const runs = store.listRuns().map((run) => ({ run, stages: store.listStages(run.id) }));
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
