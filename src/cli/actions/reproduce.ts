import { existsSync } from 'node:fs';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { listArmRuns } from '../../app/run-experiment.ts';
import { WholeFile } from '../../edge/whole-file.ts';
import { UsageError } from '../../errors.ts';
import { ARMS, type ArmId } from '../../experiments/arms.ts';
import type { FinishedArm } from '../../report/experiment-results.ts';
import { collectReproduction } from '../../report/reproduction.ts';
import type { ArgsOf } from '../command.ts';
import type { reproduceCommand } from '../commands/training.ts';
import { measureScreen, printJson, printLine, tell } from '../output.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { renderReproduction, writeReproductionMarkdown } from '../render/render-reproduction.ts';

/** `reproduce`: the tables of the paper beside the runs of the store. Runs nothing. */
export function reproducePaper(args: ArgsOf<typeof reproduceCommand>): number {
  if (!existsSync(args.db)) throw new UsageError(`there is no run store ${args.db}; name it with --db`);
  const { config: base } = loadRecipe(args);
  const seeds = Array.from({ length: args.seeds }, (_, k) => args.firstSeed + k);
  using store = openRunStore(args.db, { readonly: true });
  const finished = listArmRuns(store, { base, arms: Object.keys(ARMS) as ArmId[], seeds }).flatMap(
    ({ arm, seed, run }): FinishedArm[] => (run?.status === 'done' ? [{ arm, seed, run }] : []),
  );
  const reproduction = collectReproduction(store, finished);
  if (args.markdown !== undefined) {
    using file = new WholeFile(args.markdown);
    file.write(writeReproductionMarkdown(reproduction));
    file.finish();
    tell(args, `written: ${args.markdown}`);
  }
  if (args.json) printJson(reproduction);
  else for (const line of renderReproduction(reproduction, measureScreen())) printLine(line);
  return 0;
}
