import { existsSync } from 'node:fs';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import type { SolveRecipe, TrainedWeights } from '../../app/open-solve-run.ts';
import { findLastState, findRun, takeLastState } from '../../app/run-record.ts';
import { SHIPPED_STATE } from '../../app/shipped-weights.ts';
import type { RunConfig } from '../../config/schema.ts';
import { parseStoredConfig } from '../../config/stored.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';
import type { RunRecord } from '../../ports/run-store/runs.ts';
import type { ArgsOf, GlobalArgs } from '../command.ts';
import type { solveCommand } from '../commands/answers.ts';
import type { ServerValues } from '../commands/shared-options.ts';
import { loadRecipe, requireTakesWeights } from './load-recipe.ts';

/** What `solve` is given. */
export type SolveArgs = ArgsOf<typeof solveCommand>;

/**
 * Finds the model that answers. `--from` names a run of the store; for the built-in model, which knows nothing until it
 * is trained, the default is the newest finished run, and where there is none the weights that come with the package. A run answers under its own recipe unless another one is named.
 * Throws `UsageError` for a run that is not there or saved no weights.
 */
export function loadSolveRecipe(args: SolveArgs): SolveRecipe {
  if (args.from !== undefined) return useRun(args, takeRun(args, args.from));
  const recipe = loadRecipe(args, dropStages);
  return isBuiltIn(recipe.config) ? useRun(args, takeNewest(args)) : { ...recipe, weights: null };
}

function takeRun({ db }: SolveArgs, runId: string): TrainedWeights {
  using store = openRunStore(db, { readonly: true });
  return { run: findRun(store, runId), state: takeLastState(store, runId) };
}

function takeNewest({ db }: SolveArgs): TrainedWeights {
  if (existsSync(db)) {
    using store = openRunStore(db, { readonly: true });
    const found = findNewest(store);
    if (found !== null) return found;
  }
  return { run: null, state: SHIPPED_STATE };
}

function findNewest(store: RunStore): TrainedWeights | null {
  for (const run of store.listRuns()) {
    const state = run.status === 'done' && isBuiltIn(parseStoredConfig(run)) ? findLastState(store, run.id) : null;
    if (state !== null) return { run, state };
  }
  return null;
}

function useRun(args: SolveArgs, weights: TrainedWeights): SolveRecipe {
  const { run } = weights;
  const isNamed = args.preset !== undefined || args.config !== undefined;
  const stored = isNamed || run === null ? null : { config: parseStoredConfig(run), preset: run.preset };
  const recipe = loadRecipe(args, serveOnce, stored);
  requireTakesWeights(recipe.config);
  return { ...recipe, weights };
}

/** What a stored run answers with: its recipe, and its last weights where it saved any. `args` may name other servers. */
export function loadStoredRecipe(
  args: GlobalArgs & Pick<ServerValues, 'engine' | 'trainer'>,
  store: RunStore,
  run: RunRecord,
): SolveRecipe {
  const state = findLastState(store, run.id);
  const stored = { config: parseStoredConfig(run), preset: run.preset };
  if (state === null && isBuiltIn(stored.config)) takeLastState(store, run.id);
  const servers = { ...args, preset: undefined, model: undefined, seed: undefined };
  const recipe = loadRecipe(servers, state === null ? dropStages : serveOnce, stored);
  if (state !== null) requireTakesWeights(recipe.config);
  return { ...recipe, weights: state === null ? null : { run, state } };
}

/** Whether the engine is the one a run starts and trains itself. */
function isBuiltIn({ engine }: RunConfig): boolean {
  return engine.kind === 'embedded' && engine.urls.length === 0;
}

/** A recipe without stages needs no trainer. */
function dropStages(config: RunConfig): RunConfig {
  return { ...config, stages: [] };
}

/** Trained weights reach the engine through the trainer, as in an evaluation. */
function serveOnce(config: RunConfig): RunConfig {
  return { ...config, stages: [{ id: 'solve', kind: 'eval', sets: [] }] };
}
