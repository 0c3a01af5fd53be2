import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { executeResumedRun } from '../../app/execute-run.ts';
import { findRun } from '../../app/find-run.ts';
import type { RunConfig } from '../../config/schema.ts';
import { UsageError } from '../../errors.ts';
import type { GlobalArgs } from '../define-command.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { tell } from '../output.ts';
import { readUrl } from '../read-url.ts';
import { setBudgets } from '../recipe/cold-start-flags.ts';
import { printRunReport } from '../render/print-run-report.ts';
import { selectReporter } from '../select-reporter.ts';

interface ResumeArgs extends GlobalArgs {
  readonly run: string | undefined;
  readonly engine: string | undefined;
  readonly trainer: string | undefined;
  readonly budgetTokens: string | undefined;
  readonly budgetUsd: string | undefined;
}

/** `resume`: goes on where the store says the run stands. */
export async function resumeRun(args: ResumeArgs): Promise<number> {
  if (args.config !== undefined || args.set.length > 0) {
    throw new UsageError(
      'a run is resumed with the configuration it began with; only --engine, --trainer and the budgets may change',
    );
  }
  using reporter = selectReporter(args);
  using interrupt = listenForInterrupt((message) => reporter.warn(message));
  const options = { db: args.db, reporter, signal: interrupt.signal };
  const runId = await executeResumedRun(args.run ?? null, options, (config) =>
    raiseBudget(moveServers(config, args), args),
  );
  tell(args, '');
  using store = openRunStore(args.db, { readonly: true });
  await printRunReport(store, findRun(store, runId), args);
  return 0;
}

/** Only where things are may change, not what is done: the store would no longer tell how its rows came about. */
function moveServers(config: RunConfig, { engine, trainer }: ResumeArgs): RunConfig {
  return {
    ...config,
    engine: engine === undefined ? config.engine : { ...config.engine, urls: [readUrl('engine', engine)] },
    trainer: trainer === undefined ? config.trainer : { ...config.trainer, url: readUrl('trainer', trainer) },
  };
}

/** How far a run goes may change too. */
function raiseBudget(config: RunConfig, args: ResumeArgs): RunConfig {
  const stages = config.stages.map((stage) => (stage.kind === 'cold-start' ? setBudgets(stage, args) : stage));
  return { ...config, stages };
}
