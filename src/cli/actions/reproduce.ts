import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { listFinishedArms } from '../../app/experiment-runs.ts';
import { ARMS, type ArmId } from '../../experiments/arms.ts';
import { collectReproduction } from '../../report/reproduction.ts';
import type { ArgsOf } from '../command.ts';
import type { reproduceCommand } from '../commands/training.ts';
import { measureScreen, printJson, printLine } from '../output.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { renderReproduction, writeReproductionMarkdown } from '../render/render-reproduction.ts';
import { listSeeds, writeMarkdown } from './experiment.ts';

/** `reproduce`: the tables of the paper beside the runs of the store. Runs nothing. */
export function reproducePaper(args: ArgsOf<typeof reproduceCommand>): number {
  const { config: base } = loadRecipe(args);
  using store = openRunStore(args.db, { readonly: true });
  const arms = Object.keys(ARMS) as ArmId[];
  const { finished } = listFinishedArms(store, { base, arms, seeds: listSeeds(args) });
  const reproduction = collectReproduction(store, finished);
  if (args.markdown !== undefined) writeMarkdown(args.markdown, writeReproductionMarkdown(reproduction), args);
  if (args.json) printJson(reproduction);
  else for (const line of renderReproduction(reproduction, measureScreen())) printLine(line);
  return 0;
}
