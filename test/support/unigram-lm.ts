/**
 * A stand-in for the tiny transformer: one logit per token, no context. Small enough to follow by
 * hand, yet trainable, so that the protocol faces can be tested apart from the kernels. Sampling and
 * training can be held to look at what happens meanwhile.
 */

import {
  DEFAULT_SHAPE,
  type EmbeddedLm,
  EmbeddedLmError,
  type LossSequence,
  type SampleChoice,
  type SampleRequest,
  type ScoreSequence,
} from '../../adapters/embedded-lm/model/contract.ts';
import { createRng, hashSeed } from '../../src/core/rng.ts';

interface State {
  weights: Float32Array;
  gradient: Float32Array;
  step: number;
}

export interface UnigramLm extends EmbeddedLm {
  /** While true, samples stay "running" until released or aborted, and training waits. */
  hold(isHeld: boolean): void;
}

const SIZE = DEFAULT_SHAPE.usedVocab;

export function openUnigramLm(): UnigramLm {
  const models = new Map<string, State>();
  const snapshots = new Map<string, Float32Array>();
  const waiters = new Set<() => void>();
  let isHeld = false;
  let count = 0;
  let running = 0;

  const get = (model: string): State => {
    const state = models.get(model);
    if (state === undefined) throw new EmbeddedLmError('unknown_model', `no model ${model}`);
    return state;
  };
  const passGate = (signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (!isHeld) return resolve();
      const release = () => {
        waiters.delete(release);
        resolve();
      };
      waiters.add(release);
      signal?.addEventListener('abort', () => {
        waiters.delete(release);
        reject(signal.reason);
      });
    });

  return {
    shape: DEFAULT_SHAPE,
    parameterCount: SIZE,
    hold(held) {
      isHeld = held;
      if (!held) for (const release of [...waiters]) release();
    },
    createModel(seed) {
      if (models.size >= 4) throw new EmbeddedLmError('capacity', 'at most 4 models');
      const rng = createRng(seed);
      count += 1;
      const weights = Float32Array.from({ length: SIZE }, () => rng.next());
      models.set(`m${count}`, { weights, gradient: new Float32Array(SIZE), step: 0 });
      return `m${count}`;
    },
    dropModel: (model) => void models.delete(model),
    async forward(model, sequences) {
      await passGate();
      return { logprobs: score(get(model).weights, sequences), lossSum: 0 };
    },
    async forwardBackward(model, sequences: readonly LossSequence[]) {
      await passGate();
      const state = get(model);
      const logprobs = score(state.weights, sequences);
      let lossSum = 0;
      sequences.forEach(({ targets, weights, advantages }, i) => {
        targets.forEach((target, t) => {
          const weight = weights?.[t] ?? advantages?.[t] ?? 0;
          lossSum -= weight * logprobs[i]![t]!;
          state.gradient[target]! -= weight;
        });
      });
      return { logprobs, lossSum };
    },
    async optimStep(model, adam) {
      await passGate();
      const state = get(model);
      const gradNorm = Math.hypot(...state.gradient);
      state.weights.forEach((_, i) => {
        state.weights[i]! -= adam.learningRate * state.gradient[i]!;
      });
      state.gradient.fill(0);
      state.step += 1;
      return { gradNorm };
    },
    async exportState(model) {
      const { weights, step } = get(model);
      return { weights: weights.slice(), moment1: new Float32Array(SIZE), moment2: new Float32Array(SIZE), step };
    },
    async importState(model, { weights, step }, optimizer) {
      models.set(model, { weights: weights.slice(), gradient: new Float32Array(SIZE), step: optimizer ? step : 0 });
    },
    async publish(name, weights) {
      snapshots.set(name, weights.slice());
    },
    unpublish: (name) => void snapshots.delete(name),
    async sample(request, signal) {
      const weights = snapshots.get(request.snapshot);
      if (weights === undefined) throw new EmbeddedLmError('unknown_snapshot', `no snapshot ${request.snapshot}`);
      running += request.n;
      try {
        await passGate(signal);
        return Array.from({ length: request.n }, (_, i) => draw(weights, request, i));
      } finally {
        running -= request.n;
      }
    },
    stats: () => ({ running, waiting: 0, kvUsage: 0, promptTokens: 0, generatedTokens: 0, cachedTokens: 0 }),
    close: async () => {},
  };
}

function toLogprobs(weights: Float32Array): Float32Array {
  const total = Math.log(weights.reduce((sum, weight) => sum + Math.exp(weight), 0));
  return weights.map((weight) => weight - total);
}

function score(weights: Float32Array, sequences: readonly ScoreSequence[]): Float32Array[] {
  const logprobs = toLogprobs(weights);
  return sequences.map(({ targets }) => Float32Array.from(targets, (target) => logprobs[target]!));
}

function draw(weights: Float32Array, request: SampleRequest, index: number): SampleChoice {
  const rng = createRng(hashSeed(request.seed, index));
  const logprobs = toLogprobs(weights);
  const ids: number[] = [];
  while (ids.length < request.maxTokens) {
    let left = rng.next();
    const found = logprobs.findIndex((logprob) => {
      left -= Math.exp(logprob);
      return left < 0;
    });
    ids.push(found < 0 ? SIZE - 1 : found);
    if (request.stopTokenIds.includes(ids.at(-1)!)) break;
  }
  const finish = request.stopTokenIds.includes(ids.at(-1)!) ? 'stop' : 'length';
  return { ids, logprobs: ids.map((id) => logprobs[id]!), finish, cachedTokens: 0 };
}
