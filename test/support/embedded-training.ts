/** Training and sampling of a small embedded transformer through its contract. */
import { createHash } from 'node:crypto';
import type {
  EmbeddedLm,
  LossSequence,
  SampleChoice,
  SampleRequest,
  ScoreSequence,
} from '../../adapters/embedded-lm/model/contract.ts';
import type { AdamSettings } from '../../src/core/datum.ts';
import { createRng } from '../../src/core/rng.ts';
import { addWeights, drawSequence } from './embedded-sequences.ts';

export const ADAM: AdamSettings = {
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.98,
  eps: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
};

/** Leaves weights as they are and puts the gradient, unclipped, where `exportState` shows it. */
const REVEAL: AdamSettings = { learningRate: 0, beta1: 0, beta2: 0, eps: 1e-8, weightDecay: 0, clipNorm: 0 };

/** Ragged sequences with cross-entropy weights, different for each seed. */
export function drawTrainingBatch(lm: EmbeddedLm, seed: number, count: number): LossSequence[] {
  const rng = createRng(seed);
  const { shape } = lm;
  return Array.from({ length: count }, () =>
    addWeights(rng, drawSequence(rng, shape, 2 + rng.nextInt(shape.maxLength - 1))),
  );
}

/** Some cross-entropy steps, so that weights are no longer the initial ones. */
export async function trainSteps(lm: EmbeddedLm, model: string, seed: number, steps: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    await lm.forwardBackward(model, drawTrainingBatch(lm, seed + step, 5), { kind: 'cross_entropy' });
    await lm.optimStep(model, ADAM);
  }
}

/** The gradient gathered so far. Clears it and spoils the moments; the weights stay. */
export async function takeGradient(lm: EmbeddedLm, model: string): Promise<Float32Array> {
  await lm.optimStep(model, REVEAL);
  return (await lm.exportState(model)).moment1;
}

/** Makes the model's weights samplable. */
export async function publishModel(lm: EmbeddedLm, model: string, snapshot: string): Promise<void> {
  await lm.publish(snapshot, (await lm.exportState(model)).weights);
}

/** A request with the usual answers to what a test does not care about. */
export function toRequest(fields: Partial<SampleRequest> & Pick<SampleRequest, 'prompt'>): SampleRequest {
  return { snapshot: 's', n: 1, maxTokens: 20, temperature: 1, topP: 1, seed: 1, stopTokenIds: [0], ...fields };
}

/** Prompt and completion as the learner scores them: sampled tokens follow the largest position, on the trunk. */
export function toScoreSequence(request: SampleRequest, { ids }: SampleChoice): ScoreSequence {
  const full = [...request.prompt, ...ids];
  const sequence = { tokens: full.slice(0, -1), targets: full.slice(1) };
  if (request.positionIds === undefined) return sequence;
  const next = Math.max(...request.positionIds) + 1;
  const rest = ids.slice(0, -1);
  return {
    ...sequence,
    positionIds: [...request.positionIds, ...rest.map((_, i) => next + i)],
    attnPath: [...(request.attnPath ?? request.prompt.map(() => 0)), ...rest.map(() => 0)],
  };
}

/** Tokens and log-probs of a choice, without what may differ between equal runs (cache hits). */
export function pickBits({ ids, logprobs, finish }: SampleChoice): Omit<SampleChoice, 'cachedTokens'> {
  return { ids, logprobs, finish };
}

/** One hash over vectors and plain data, bit for bit. */
export function hashBits(...parts: readonly (Float32Array | object)[]): string {
  const hash = createHash('sha256');
  for (const part of parts)
    hash.update(part instanceof Float32Array ? new Uint8Array(part.slice().buffer) : JSON.stringify(part));
  return hash.digest('hex');
}
