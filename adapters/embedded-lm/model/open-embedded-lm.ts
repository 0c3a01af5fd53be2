import type { Worker } from 'node:worker_threads';
import {
  type EmbeddedLm,
  EmbeddedLmError,
  type LossSequence,
  type ModelShape,
  type SampleRequest,
} from './contract.ts';
import { loadKernelModule } from './kernels.ts';
import { Learner, stepOptimizer } from './learner/learner.ts';
import { type Capacity, planMemory } from './memory-plan.ts';
import { ModelTable } from './model-table.ts';
import { buildParameterLayout } from './parameter-layout.ts';
import { fillRopeTable } from './rope-table.ts';
import { createRuntime, type RuntimeSeed, viewFloats } from './runtime.ts';
import { SnapshotTable } from './snapshot-table.ts';
import { readBoards } from './thread-messages.ts';
import { ThreadAffinity, ThreadPool } from './thread-pool.ts';

/** What the transformer is opened with. */
export interface OpenOptions {
  readonly shape: ModelShape;
  /** Worker threads, 1 or more; they change no result. */
  readonly threads: number;
  readonly capacity?: Partial<Omit<Capacity, 'threads'>>;
  /** Called with each worker thread as it starts, so that a caller can watch it. */
  readonly onWorker?: (worker: Worker) => void;
}

/** One live model and a spare for evaluations; the base, the adapters of both faces and some still in use; 240 KiB a slot. */
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

/** Whatever would make a kernel read or write outside its buffers is refused here, no matter what a caller has checked. */

/** Throws `too_long`, `unknown_token` or `bad_request`. */
function checkSequences(sequences: readonly LossSequence[], shape: ModelShape): void {
  sequences.forEach(({ tokens, targets, positionIds, attnPath, weights, logprobs, advantages }, i) => {
    const name = `sequence ${i}`;
    if (tokens.length === 0) throw new EmbeddedLmError('bad_request', `${name} is empty`);
    if (tokens.length > shape.maxLength) throw tooLong(name, tokens.length, shape);
    for (const list of [targets, positionIds, attnPath, weights, logprobs, advantages]) {
      if (list !== undefined && list.length !== tokens.length) {
        throw new EmbeddedLmError('bad_request', `${name}: lists of ${tokens.length} and ${list.length} entries`);
      }
    }
    checkTokens(tokens, shape, name);
    checkTokens(targets, shape, name);
    checkPositions(positionIds, shape, name);
  });
}

/** Throws `too_long`, `unknown_token` or `bad_request`. */
function checkSample(request: SampleRequest, shape: ModelShape): void {
  const { prompt, n, maxTokens, positionIds, attnPath, temperature, topP } = request;
  if (prompt.length === 0) throw new EmbeddedLmError('bad_request', 'the prompt is empty');
  if (prompt.length + maxTokens > shape.maxLength)
    throw tooLong('prompt and completion', prompt.length + maxTokens, shape);
  if (!Number.isInteger(n) || n < 1 || !Number.isInteger(maxTokens) || maxTokens < 1) {
    throw new EmbeddedLmError('bad_request', `n is ${n}, maxTokens ${maxTokens}; both must be 1 or more`);
  }
  if (!(temperature >= 0) || !(topP > 0 && topP <= 1)) {
    throw new EmbeddedLmError('bad_request', `temperature is ${temperature}, topP ${topP}; out of range`);
  }
  checkTokens(prompt, shape, 'the prompt');
  // Without a stop token that exists every sample would run to its cap, which looks like a model that learnt nothing.
  checkTokens(request.stopTokenIds, shape, 'stopTokenIds');
  for (const list of [positionIds, attnPath]) {
    if (list !== undefined && list.length !== prompt.length) {
      throw new EmbeddedLmError(
        'bad_request',
        `the prompt has ${prompt.length} tokens, its structure ${list.length} entries`,
      );
    }
  }
  checkPositions(positionIds, shape, 'the prompt');
  const last = positionIds?.reduce((most, position) => Math.max(most, position), 0) ?? prompt.length - 1;
  if (last + 1 + maxTokens > shape.maxLength) throw tooLong('positions', last + 1 + maxTokens, shape);
}

function tooLong(what: string, length: number, shape: ModelShape): EmbeddedLmError {
  return new EmbeddedLmError('too_long', `${what}: ${length} tokens, the model has ${shape.maxLength} positions`);
}

function checkTokens(ids: readonly number[], shape: ModelShape, name: string): void {
  for (const id of ids) {
    if (Number.isInteger(id) && id >= 0 && id < shape.usedVocab) continue;
    throw new EmbeddedLmError(
      'unknown_token',
      `${name}: token id ${id} is outside the vocabulary of ${shape.usedVocab}`,
    );
  }
}

function checkPositions(positions: readonly number[] | undefined, shape: ModelShape, name: string): void {
  for (const position of positions ?? []) {
    if (Number.isInteger(position) && position >= 0 && position < shape.maxLength) continue;
    throw new EmbeddedLmError('bad_request', `${name}: position ${position} is outside 0 to ${shape.maxLength - 1}`);
  }
}
