import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { RunConfig } from '../config/schema.ts';
import { UsageError } from '../errors.ts';
import type { Binding, RunContext } from '../pipeline/context.ts';
import { bindTokenizer } from '../pipeline/engine/tokenizer.ts';
import { openStageModel } from '../pipeline/weights/trainer-model.ts';
import { WeightsServer } from '../pipeline/weights/weights-server.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { CheckpointRecord, RunRecord } from '../ports/run-store.ts';
import { saveForeignState } from './last-state.ts';
import { OpenHandles } from './open-handles.ts';
import { openRun } from './open-run.ts';
import { createRunRecord } from './run-record.ts';

/** How long taking the weights off a server may hold up the end. */
const RETIRE_MS = 10_000;

/** The last weights of a stored run. */
export interface TrainedWeights {
  readonly run: RunRecord;
  readonly state: CheckpointRecord;
}

/** What answers: a configuration, and the trained weights. */
export interface SolveRecipe {
  readonly config: RunConfig;
  readonly preset: string | null;
  /** Null: the engine answers with the model the configuration names. */
  readonly weights: TrainedWeights | null;
}

export interface SolveRunOptions {
  /** Database file the weights are of. It is read, never written: solving goes on beside a run. */
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

/** Connects the engine, with the trained weights where there are any. What it records goes to a store that is thrown away. */
export async function openSolveRun(recipe: SolveRecipe, options: SolveRunOptions): Promise<SolveRun> {
  await using handles = new OpenHandles();
  const folder = mkdtempSync(join(tmpdir(), 'parallel-r1-solve-'));
  handles.keep(onDispose(() => rmSync(folder, { recursive: true, force: true })));
  const store = openRunStore(join(folder, 'solve.db'));
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

/** What answers is served as an evaluation is: the weights after the last step of nothing. */
const SOLVE_STAGE = { id: 'solve', kind: 'eval', sets: [] } as const;

async function serve(ctx: RunContext, handles: OpenHandles): Promise<string> {
  await openStageModel({ ctx, stage: SOLVE_STAGE, index: 0 }, true);
  // Also after Ctrl-C: a server that goes on running must not keep what nobody will use.
  const retire = () => new WeightsServer({ ...ctx, signal: AbortSignal.timeout(RETIRE_MS) }).retireLeftovers();
  handles.keep(onDispose(() => retire().catch((error: Error) => ctx.reporter.warn(error.message))));
  return new WeightsServer(ctx).serve(0, 0);
}

/** A server of its own gets its own copy, because the run's may be in use. Paths are docs/embedded-server.md's. */
function copyBuiltInState({ run, state }: TrainedWeights, db: string, copyDb: string): void {
  const [, model, name] = /^tinker:\/\/([\w-]+)\/weights\/([\w-]+)$/.exec(state.path) ?? [];
  if (model === undefined || name === undefined) return;
  for (const part of ['card', join('weights', name)]) {
    const source = join(`${db}-embedded`, model, part);
    if (existsSync(source)) cpSync(source, join(`${copyDb}-embedded`, model, part), { recursive: true });
    else if (part !== 'card' && existsSync(`${db}-embedded`)) {
      throw new UsageError(
        `the weights of run ${run.id} are gone: ${source} is not there; name another run with --from`,
      );
    }
  }
}

function onDispose(dispose: () => void | Promise<void>): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => dispose() };
}
