import { acquireRunLock } from '../../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/run-record.ts';
import { toCurriculumPlan } from '../../app/to-curriculum-plan.ts';
import { parseStoredConfig } from '../../config/stored.ts';
import { measureStored } from '../../pipeline/evaluate/measure-stored.ts';
import type { ArgsOf } from '../command.ts';
import type { analyseCommand } from '../commands/stored-runs.ts';
import { printJson, printLine, tell } from '../output.ts';

/** `analyse`: adds the analyses that stored steps lack; each step is kept as soon as it is measured. */
export async function analyseRun(args: ArgsOf<typeof analyseCommand>): Promise<number> {
  using _lock = acquireRunLock(args.db);
  using store = openRunStore(args.db, { tell: (line) => tell(args, line) });
  const run = findRun(store, args.run ?? null);
  const { effective } = toCurriculumPlan(parseStoredConfig(run));
  let steps = 0;
  let figures = 0;
  for (const points of measureStored(store, run.id, effective)) {
    store.saveMetrics(run.id, points);
    steps += 1;
    figures += points.length;
  }
  if (args.json) printJson({ run: run.id, steps, figures });
  else if (steps === 0) printLine(`run ${run.id} lacks no analyses`);
  else
    printLine(
      `${figures} figures of ${steps} steps and evaluations written; see them: parallel-r1 show ${run.id} --analyses`,
    );
  return 0;
}
