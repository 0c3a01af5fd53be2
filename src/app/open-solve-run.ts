import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { openThrowawayStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { RunConfig } from '../config/schema.ts';
import { UsageError } from '../errors.ts';
import type { Binding, RunContext } from '../pipeline/context.ts';
import { bindTokenizer } from '../pipeline/engine/tokenizer.ts';
import { CheckpointKeeper } from '../pipeline/weights/checkpoint-keeper.ts';
import { openStageModel } from '../pipeline/weights/trainer-model.ts';
import { WeightsServer } from '../pipeline/weights/weights-server.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import type { CheckpointRecord } from '../ports/run-store/training.ts';
import { embeddedFolderOf } from './embedded-weights.ts';
import { OpenHandles, openRun } from './open-run.ts';
import { createRunRecord, saveForeignState } from './run-record.ts';
import { SHIPPED_FOLDER } from './shipped-weights.ts';

/** How long unloading the weights may delay the end of the command. */
const RETIRE_MS = 10_000;

/** Trained weights: the last ones of a stored run, or those that come with the package (`run` null). */
export interface TrainedWeights {
  readonly run: RunRecord | null;
  readonly state: CheckpointRecord;
}

/** The model that answers: a configuration, and trained weights. */
export interface SolveRecipe {
  readonly config: RunConfig;
  readonly preset: string | null;
  /** Null: the engine answers with the model the configuration names. */
  readonly weights: TrainedWeights | null;
}

export interface SolveRunOptions {
  /** Database file that holds the run of the weights. It is only read, so that solving works while a run is going on. */
  readonly db: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** Servers that are ready to answer. */
export interface SolveRun extends AsyncDisposable {
  readonly ctx: RunContext;
  readonly binding: Binding;
  /** Name the engine knows the weights by. */
  readonly version: string;
}

/** Connects the engine and loads the trained weights, if there are any. What it records goes to a throwaway store. */
export async function openSolveRun(recipe: SolveRecipe, options: SolveRunOptions): Promise<SolveRun> {
  await using handles = new OpenHandles();
  const store = openThrowawayStore();
  handles.keep(onDispose(() => store[Symbol.dispose]()));
  const { config, preset, weights } = recipe;
  const run = createRunRecord(config, preset);
  store.createRun(run, [{ index: 0, id: 'solve', kind: 'eval', status: 'running', stateJson: '{}' }]);
  if (weights !== null) {
    saveForeignState(store, run.id, weights.state);
    if (config.trainer.url === null) copyBuiltInState(weights, options.db, store.file);
  }
  const { reporter, signal } = options;
  const { ctx } = handles.keep(await openRun({ runId: run.id, config, store, reporter, signal, requireServers: true }));
  const version = weights === null ? config.engine.model : await serve(ctx, handles);
  const binding = await bindTokenizer(ctx);
  const owned = handles.move();
  return { ctx, binding, version, [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() };
}

/** Solving serves weights the way an evaluation stage does: those the stage begins with. */
const SOLVE_STAGE = { id: 'solve', kind: 'eval', sets: [] } as const;

async function serve(ctx: RunContext, handles: OpenHandles): Promise<string> {
  await openStageModel({ ctx, stage: SOLVE_STAGE, index: 0 }, false);
  // Also after Ctrl-C: a server that keeps running must not keep weights that nobody will use.
  const retire = async () => {
    const own = { ...ctx, signal: AbortSignal.timeout(RETIRE_MS) };
    const checkpoints = new CheckpointKeeper(own);
    await new WeightsServer(own, checkpoints).takeAllOff();
    await checkpoints.sweep();
    await checkpoints.deleteOlder('sampler', 0);
  };
  handles.keep(onDispose(() => retire().catch((error: Error) => ctx.reporter.warn(error.message))));
  return new WeightsServer(ctx, new CheckpointKeeper(ctx)).serve(0, 0);
}

/** The embedded server started here gets its own copy of the weights, because the originals may be in use. Paths: docs/embedded-server.md. */
function copyBuiltInState({ run, state }: TrainedWeights, db: string, copyDb: string): void {
  const [, model, name] = /^tinker:\/\/([\w-]+)\/weights\/([\w-]+)$/.exec(state.path) ?? [];
  if (model === undefined || name === undefined) return;
  const target = join(embeddedFolderOf(copyDb), model);
  if (run === null) {
    cpSync(SHIPPED_FOLDER, join(target, 'weights', name), { recursive: true });
    return;
  }
  for (const part of ['card', join('weights', name)]) {
    const source = join(embeddedFolderOf(db), model, part);
    if (existsSync(source)) cpSync(source, join(target, part), { recursive: true });
    else if (part !== 'card' && existsSync(embeddedFolderOf(db))) {
      throw new UsageError(
        `the weights of run ${run.id} are gone: ${source} is not there; name another run with --from`,
      );
    }
  }
}

function onDispose(dispose: () => void | Promise<void>): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => dispose() };
}
