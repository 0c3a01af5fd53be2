import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { listFinishedArms } from '../../app/experiment-runs.ts';
import { type ExperimentOptions, runExperiment } from '../../app/run-experiment.ts';
import { replaceFile } from '../../edge/whole-file.ts';
import { ARMS, type ArmId } from '../../experiments/arms.ts';
import { chooseExperiments, EXPERIMENTS, type Experiment, type ExperimentName } from '../../experiments/catalogue.ts';
import { collectExperiment, type FinishedArm } from '../../report/experiment-results.ts';
import type { ArgsOf } from '../command.ts';
import type { experimentCommand } from '../commands/training.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { measureScreen, printJson, printLine, tell } from '../output.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { renderExperiment, renderFindings, writeExperimentMarkdown } from '../render/render-experiment.ts';
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
  const recipe = loadRecipe(args);
  const arms = [...new Set(chosen.flatMap(([, experiment]) => experiment.arms))];
  const plan = { base: recipe.config, arms, seeds: listSeeds(args) };
  const failures = args.showOnly ? 0 : await runMissing(args, { ...plan, preset: recipe.preset });
  using store = openRunStore(args.db, { readonly: true });
  const { finished, missing } = listFinishedArms(store, plan);
  const reported = chosen.map(([name, experiment]) => ({
    ...{ name, experiment },
    result: collectExperiment(store, experiment, keepArms(finished, experiment)),
  }));
  if (args.markdown !== undefined) writeMarkdown(args.markdown, writeExperimentMarkdown(reported, plan.seeds), args);
  if (args.json) printJson(reported);
  else {
    const lines = reported.flatMap((one) => renderExperiment(one, measureScreen()));
    for (const line of [...lines, ...(reported.length > 1 ? renderFindings(reported) : [])]) printLine(line);
  }
  if (missing > 0)
    tell(args, `${missing} of ${missing + finished.length} runs are not done; the same command goes on with them.`);
  return failures > 0 ? 1 : 0;
}

/** The seeds of every arm. */
export function listSeeds({ seeds, firstSeed }: Pick<Args, 'seeds' | 'firstSeed'>): number[] {
  return Array.from({ length: seeds }, (_, k) => firstSeed + k);
}

/** Writes a result beside showing it. */
export function writeMarkdown(file: string, text: string, args: Pick<Args, 'quiet' | 'json'>): void {
  replaceFile(file, (write) => write(text));
  tell(args, `written: ${file}`);
}

/** Returns how many arms could not be run to their end. */
async function runMissing(args: Args, plan: Pick<ExperimentOptions, 'base' | 'arms' | 'seeds' | 'preset'>) {
  using reporter = selectReporter(args);
  using interrupt = listenForInterrupt((message) => reporter.warn(message));
  const failed = await runExperiment({ ...plan, db: args.db, reporter, signal: interrupt.signal });
  return failed.length;
}

function keepArms(finished: readonly FinishedArm[], { arms }: Experiment): readonly FinishedArm[] {
  return finished.filter(({ arm }) => arms.includes(arm));
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
