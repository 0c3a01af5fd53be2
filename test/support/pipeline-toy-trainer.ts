import type { Datum, LossSpec } from '../../src/core/datum.ts';
import { RetryTally } from '../../src/core/retry.ts';
import { TrainerError } from '../../src/errors.ts';
import type { Trainer } from '../../src/ports/trainer.ts';
import { addLogprobGradient, addScaled, computeLogprobs, keyOf, type ToyWeights } from './pipeline-toy-policy.ts';
import type { ToyState, ToyWorld } from './pipeline-toy-world.ts';

/** Share of the old direction kept at each update, so that a lost optimizer state shows. */
const MOMENTUM = 0.5;

/** Batches a trainer got, for tests that look at them. */
export interface ToyTrainer extends Trainer {
  readonly batches: {
    readonly data: readonly Datum[];
    readonly loss: LossSpec;
    readonly learningRate: number | null;
  }[];
}

/** A trainer of the toy policy: real gradients of the summed loss, momentum, states that can be saved and opened again. */
export function createToyTrainer(world: ToyWorld): ToyTrainer {
  const batches: ToyTrainer['batches'] = [];
  let model: { number: number; state: ToyState; gradient: ToyWeights } | null = null;
  const live = () => {
    if (model === null) throw new TrainerError('no model is open');
    return model;
  };
  const pathOf: Trainer['pathOf'] = (kind, name) => `toy://m${live().number}/${kind}/${name}`;
  const forward = (data: readonly Datum[]) => ({
    logprobs: data.map((datum) => scoreTargets(live().state.weights, datum)),
    metrics: {},
  });
  return {
    url: 'toy:trainer',
    capabilities: { structuredAttention: false },
    batches,
    openModel: async (_spec, from) => {
      const saved = from === null ? undefined : world.states.get(from.path);
      if (from !== null && saved === undefined) throw new TrainerError(`no state ${from.path}`);
      const { weights, momentum, updates } = structuredClone(
        saved ?? { weights: new Map(), momentum: new Map(), updates: 0 },
      );
      world.opened += 1;
      const kept = from?.optimizer === true ? momentum : new Map();
      model = { number: world.opened, state: { weights, momentum: kept, updates }, gradient: new Map() };
    },
    forward: async (data) => forward(data),
    forwardBackward: async (data, loss) => {
      const { state, gradient } = live();
      batches.push({ data, loss, learningRate: null });
      const result = forward(data);
      data.forEach((datum, i) => {
        addDatumGradient(gradient, state.weights, datum, loss, result.logprobs[i]!);
      });
      return result;
    },
    optimStep: async ({ learningRate }) => {
      const { state, gradient } = live();
      const last = batches.at(-1);
      if (last !== undefined) batches[batches.length - 1] = { ...last, learningRate };
      const norm = Math.sqrt([...gradient.values()].flat().reduce((sum, value) => sum + value ** 2, 0));
      const direction: ToyWeights = new Map();
      addScaled(direction, state.momentum, MOMENTUM);
      addScaled(direction, gradient, 1);
      const weights: ToyWeights = new Map(state.weights);
      addScaled(weights, direction, learningRate);
      model = { ...live(), state: { weights, momentum: direction, updates: state.updates + 1 }, gradient: new Map() };
      return { 'grad_norm:max': norm };
    },
    retries: () => new RetryTally().byCause(),
    pathOf,
    saveState: async (name) => {
      const path = pathOf('state', name);
      world.states.set(path, structuredClone(live().state));
      return { path };
    },
    findLack: () => null,
    closeModel: async () => {
      model = null;
    },
    saveForSampler: async (name) => {
      const path = pathOf('sampler', name);
      world.samplers.set(path, structuredClone(live().state.weights));
      return { path, location: path, found: null };
    },
    deleteSaved: async (path) => {
      world.states.delete(path);
      world.samplers.delete(path);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function scoreTargets(weights: ToyWeights, { tokens, targets }: Datum): number[] {
  return targets.map((target, k) => computeLogprobs(weights, keyOf(tokens.slice(0, k + 1)))[target]!);
}

function addDatumGradient(
  gradient: ToyWeights,
  weights: ToyWeights,
  datum: Datum,
  loss: LossSpec,
  logprobs: readonly number[],
): void {
  datum.targets.forEach((target, k) => {
    const scale = scaleOf(datum, loss, logprobs[k]!, k);
    if (scale !== 0) addLogprobGradient(gradient, weights, datum.tokens.slice(0, k + 1), target, scale);
  });
}

/** What the gradient of the log-prob is multiplied with: ascent on the negative loss. */
function scaleOf(datum: Datum, loss: LossSpec, logprob: number, k: number): number {
  if (loss.kind === 'cross_entropy') return datum.weights![k]!;
  const advantage = datum.advantages![k]!;
  if (advantage === 0) return 0;
  const ratio = Math.exp(logprob - datum.logprobs![k]!);
  if (loss.kind === 'importance_sampling') return advantage * ratio;
  if (loss.kind !== 'ppo' && loss.kind !== 'cispo') throw new Error(`the toy trainer does not compute ${loss.kind}`);
  const clipped = advantage > 0 ? ratio > loss.clipHigh : ratio < loss.clipLow;
  return clipped ? 0 : advantage * ratio;
}
