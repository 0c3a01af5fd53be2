import { existsSync } from 'node:fs';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { listArmRuns, runExperiment } from '../../app/run-experiment.ts';
import { WholeFile } from '../../edge/whole-file.ts';
import { UsageError } from '../../errors.ts';
import { ARMS, type ArmId } from '../../experiments/arms.ts';
import { chooseExperiments, EXPERIMENTS, type Experiment, type ExperimentName } from '../../experiments/catalogue.ts';
import { collectExperiment, type FinishedArm } from '../../report/experiment-results.ts';
import type { ArgsOf } from '../command.ts';
import type { experimentCommand } from '../commands/training.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { measureScreen, printJson, printLine, tell } from '../output.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { type ReportedExperiment, renderExperiment, writeExperimentMarkdown } from '../render/render-experiment.ts';
import { renderTable } from '../render/table.ts';
import { wrapText } from '../render/wrap-text.ts';
import { selectReporter } from '../select-reporter.ts';

type Args = ArgsOf<typeof experimentCommand>;

/** `experiment`: runs what is missing of an experiment and shows what came out; without a name lists them. */
export async function runNamedExperiment(args: Args): Promise<number> {
  if (args.name === undefined) {
    listExperiments(args.json);
    return 0;
  }
  const chosen = chooseExperiments(args.name);
  const seeds = Array.from({ length: args.seeds }, (_, k) => args.firstSeed + k);
  const arms = [...new Set(chosen.flatMap(([, { arms }]) => arms))];
  const recipe = loadRecipe(args);
  const plan = { base: recipe.config, arms, seeds };
  let failures = 0;
  if (!args.showOnly) {
    using reporter = selectReporter(args);
    using interrupt = listenForInterrupt((message) => reporter.warn(message));
    const { db } = args;
    const failed = await runExperiment({ ...plan, db, preset: recipe.preset, reporter, signal: interrupt.signal });
    failures = failed.length;
  } else if (!existsSync(args.db)) throw new UsageError(`there is no run store ${args.db}; name it with --db`);
  using store = openRunStore(args.db, { readonly: true });
  const all = listArmRuns(store, plan);
  const finished = all.flatMap(({ arm, seed, run }): FinishedArm[] =>
    run?.status === 'done' ? [{ arm, seed, run }] : [],
  );
  const reported = chosen.map(([name, experiment]) => ({
    name,
    experiment,
    result: collectExperiment(store, experiment, keepArms(finished, experiment)),
  }));
  report(args, reported, seeds);
  const missing = all.length - finished.length;
  if (missing > 0) tell(args, `${missing} of ${all.length} runs are not done; the same command goes on with them.`);
  return failures > 0 ? 1 : 0;
}

function keepArms(finished: readonly FinishedArm[], { arms }: Experiment): readonly FinishedArm[] {
  return finished.filter(({ arm }) => arms.includes(arm));
}

function report(args: Args, reported: readonly ReportedExperiment[], seeds: readonly number[]): void {
  if (args.markdown !== undefined) {
    using file = new WholeFile(args.markdown);
    file.write(writeExperimentMarkdown(reported, seeds));
    file.finish();
    tell(args, `written: ${args.markdown}`);
  }
  if (args.json) printJson(reported);
  else for (const line of reported.flatMap((one) => renderExperiment(one, measureScreen()))) printLine(line);
}

function listExperiments(json: boolean): void {
  const all = Object.entries(EXPERIMENTS) as [ExperimentName, Experiment][];
  if (json) {
    printJson({ experiments: EXPERIMENTS, arms: Object.fromEntries(listArms()) });
    return;
  }
  printLine('Experiments: parallel-r1 experiment NAME --seeds 5');
  for (const [name, { question, arms }] of all) {
    printLine('');
    for (const line of wrapText(`${name}: ${question}`, measureScreen())) printLine(line);
    printLine(`  arms: ${arms.join(', ')}`);
  }
  printLine('');
  printLine('Arms');
  for (const line of renderTable(listArms().map(([id, title]) => [`  ${id}`, title]))) printLine(line);
}

function listArms(): [ArmId, string][] {
  return Object.entries(ARMS).map(([id, { title }]) => [id as ArmId, title]);
}
