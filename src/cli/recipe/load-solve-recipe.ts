import { existsSync } from 'node:fs';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/find-run.ts';
import { findLastState, takeLastState } from '../../app/last-state.ts';
import type { SolveRecipe, TrainedWeights } from '../../app/open-solve-run.ts';
import type { RunConfig } from '../../config/schema.ts';
import { UsageError } from '../../errors.ts';
import type { RunRecord, RunStore } from '../../ports/run-store.ts';
import type { ServerArgs } from '../commands/recipe-options.ts';
import { checkTakesWeights } from './check-takes-weights.ts';
import { loadRecipe } from './load-recipe.ts';

export interface SolveRecipeArgs extends ServerArgs {
  readonly from: string | undefined;
}

/**
 * Finds what answers. `--from` names a run of the store; the built-in model knows nothing untrained, so
 * that there the newest finished run is taken. A run answers under its own recipe unless another one is
 * named. Throws `UsageError` when there is none.
 */
export function loadSolveRecipe(args: SolveRecipeArgs): SolveRecipe {
  if (args.from !== undefined) return useRun(args, takeRun(args, args.from));
  const recipe = loadRecipe(args, dropStages);
  return isBuiltIn(recipe.config) ? useRun(args, takeNewest(args)) : { ...recipe, weights: null };
}

function takeRun({ db }: SolveRecipeArgs, runId: string): TrainedWeights {
  using store = openRunStore(db, { readonly: true });
  return { run: findRun(store, runId), state: takeLastState(store, runId) };
}

function takeNewest({ db }: SolveRecipeArgs): TrainedWeights {
  if (existsSync(db)) {
    using store = openRunStore(db, { readonly: true });
    const found = findNewest(store);
    if (found !== null) return found;
  }
  throw new UsageError(
    `the built-in model knows nothing before it is trained, and no finished run in ${db} has trained it: type "parallel-r1 run" first (minutes; --quick: seconds), or name a server with --engine URL --model NAME`,
  );
}

function findNewest(store: RunStore): TrainedWeights | null {
  for (const run of store.listRuns()) {
    const state = run.status === 'done' && isBuiltIn(readConfig(run)) ? findLastState(store, run.id) : null;
    if (state !== null) return { run, state };
  }
  return null;
}

function useRun(args: SolveRecipeArgs, weights: TrainedWeights): SolveRecipe {
  const { run } = weights;
  const isNamed = args.preset !== undefined || args.config !== undefined;
  const stored = isNamed ? null : { config: readConfig(run), preset: run.preset };
  const recipe = loadRecipe(args, serveOnce, stored);
  checkTakesWeights(recipe.config);
  return { ...recipe, weights };
}

function readConfig({ configJson }: RunRecord): RunConfig {
  return JSON.parse(configJson) as RunConfig;
}

/** The engine that a run starts and trains itself. */
function isBuiltIn({ engine }: RunConfig): boolean {
  return engine.kind === 'embedded' && engine.urls.length === 0;
}

/** Without a stage there is nothing that needs a trainer. */
function dropStages(config: RunConfig): RunConfig {
  return { ...config, stages: [] };
}

/** Trained weights reach the engine through the trainer, as in an evaluation. */
function serveOnce(config: RunConfig): RunConfig {
  return { ...config, stages: [{ id: 'solve', kind: 'eval', sets: [] }] };
}
