import type { RunRecord, RunStore } from '../../ports/run-store.ts';
import { collectBoundaries } from '../../report/collect-boundaries.ts';
import { collectRunReport, type RunReport } from '../../report/collect-run-report.ts';
import type { GlobalArgs } from '../define-command.ts';
import { printJson, printLine } from '../output.ts';
import { renderNextSteps } from './render-next-steps.ts';
import { renderRunReport } from './render-run-report.ts';

/** Prints the report of a run, as text with what to do next, or as one JSON document. */
export async function printRunReport(
  store: RunStore,
  run: RunRecord,
  args: Pick<GlobalArgs, 'db' | 'json'>,
): Promise<void> {
  const report = await collectRunReport(store, run);
  if (args.json) printJson(toJson(report, store.file));
  else printLine(`${renderRunReport(report)}\n\n${renderNextSteps(report, args.db)}`);
}

function toJson(report: RunReport, file: string) {
  const { configJson, ...run } = report.run;
  return {
    run: { ...run, file, config: JSON.parse(configJson) as unknown },
    boundaries: collectBoundaries(report),
    stages: report.stages.map(({ stage, state, yieldReport, curves }) => ({
      index: stage.index,
      id: stage.id,
      kind: stage.kind,
      status: stage.status,
      state,
      yield: yieldReport,
      curves: Object.fromEntries(curves),
    })),
    heldOut: report.evals,
    evaluations: report.evaluations,
    rollouts: report.rollouts,
  };
}
