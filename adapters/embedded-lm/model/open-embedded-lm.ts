import type { Worker } from 'node:worker_threads';
import { checkSample, checkSequences } from './check-request.ts';
import { type EmbeddedLm, EmbeddedLmError, type ModelShape, type SampleRequest } from './contract.ts';
import { loadKernelModule } from './kernels.ts';
import { Learner } from './learner/learner.ts';
import { stepOptimizer } from './learner/optimizer-step.ts';
import { type Capacity, planMemory } from './memory-plan.ts';
import { ModelTable } from './model-table.ts';
import { buildParameterLayout } from './parameter-layout.ts';
import { fillRopeTable } from './rope-table.ts';
import { createRuntime, type RuntimeSeed, viewFloats } from './runtime.ts';
import { SnapshotTable } from './snapshot-table.ts';
import { readBoards } from './stats-board.ts';
import { ThreadAffinity } from './thread-affinity.ts';
import { ThreadPool } from './thread-pool.ts';

export interface OpenOptions {
  readonly shape: ModelShape;
  /** Worker threads, 1 or more; they change no result. */
  readonly threads: number;
  readonly capacity?: Partial<Omit<Capacity, 'threads'>>;
  /** Called with each worker thread as it starts; for watching over them. */
  readonly onWorker?: (worker: Worker) => void;
}

/** One live model and a spare for evaluations; the base, the adapters of both faces and some that are being drained; 240 KiB a slot. */
export const DEFAULT_CAPACITY = { maxModels: 4, maxSnapshots: 28, kvSlots: 512 };

/** Opens the transformer: plans and allocates its memory once and starts its threads. Throws `EmbeddedLmError`. */
export async function openEmbeddedLm(options: OpenOptions): Promise<EmbeddedLm> {
  const seed = createSeed(options);
  const runtime = createRuntime(seed);
  const headWidth = options.shape.width / options.shape.heads;
  const table = viewFloats(runtime, runtime.plan.rope, options.shape.maxLength * headWidth);
  fillRopeTable(table, options.shape.maxLength, headWidth);
  const pool = new ThreadPool(seed, options.onWorker ?? (() => {}));
  return createEmbeddedLm(runtime, pool);
}

function createSeed({ shape, threads, capacity }: OpenOptions): RuntimeSeed {
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
    throw new EmbeddedLmError('bad_request', `threads is ${threads}; it must be 1 to 64`);
  }
  const full: Capacity = { ...DEFAULT_CAPACITY, ...capacity, threads };
  const { pages } = planMemory(shape, buildParameterLayout(shape), full);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return { shape, capacity: full, module: loadKernelModule(), memory };
}

function createEmbeddedLm(runtime: ReturnType<typeof createRuntime>, pool: ThreadPool): EmbeddedLm {
  const { shape, layout, plan } = runtime;
  const models = new ModelTable(runtime);
  const snapshots = new SnapshotTable(runtime);
  const affinity = new ThreadAffinity();
  const learner = new Learner(runtime, pool);
  const slots = plan.decoders.reduce((sum, decoder) => sum + decoder.slots, 0);

  const sample = async (request: SampleRequest, signal?: AbortSignal) => {
    checkSample(request, shape);
    return snapshots.use(request.snapshot, (snapshot) =>
      pool.sample(affinity.choose(request.prompt, pool.load), { ...request, snapshot }, signal),
    );
  };
  return {
    shape,
    parameterCount: layout.count,
    createModel: (seed) => models.create(seed),
    dropModel: (model) => void learner.queue(() => models.drop(model)),
    forward: (model, sequences) =>
      learner.queue(() => {
        checkSequences(sequences, shape);
        return learner.score(models.get(model), sequences, null);
      }),
    forwardBackward: (model, sequences, loss) =>
      learner.queue(() => {
        checkSequences(sequences, shape);
        return learner.score(models.get(model), sequences, loss);
      }),
    optimStep: (model, adam) => learner.queue(() => ({ gradNorm: stepOptimizer(runtime, models.get(model), adam) })),
    exportState: (model) => learner.queue(() => models.export(model)),
    importState: (model, state, optimizer) => learner.queue(() => models.import(model, state, optimizer)),
    publish: async (name, weights) => snapshots.publish(name, weights),
    unpublish: (name) => snapshots.unpublish(name),
    sample,
    stats: () => {
      const { running, waiting, usedSlots, ...totals } = readBoards(runtime);
      return { running, waiting, kvUsage: usedSlots / slots, ...totals };
    },
    close: () => pool.close(),
  };
}
