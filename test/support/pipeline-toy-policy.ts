import type { Rng } from '../../src/core/rng.ts';
import { ASSISTANT_ID, VOCABULARY_SIZE } from './pipeline-toy-tokens.ts';

/**
 * A policy small enough to train in a test and real enough to learn: one softmax over the vocabulary per
 * (question, last two tokens). What it answers follows from the weights alone.
 */
export type ToyWeights = Map<string, number[]>;

/** What the policy looks at of a context. */
export function keyOf(context: readonly number[]): string {
  const question = context.slice(0, context.indexOf(ASSISTANT_ID) + 1).join('.');
  return `${question}|${context.slice(-2).join('.')}`;
}

/** Log-probabilities of the next token; uniform where the weights say nothing. */
export function computeLogprobs(weights: ToyWeights, key: string, temperature = 1): number[] {
  const logits = weights.get(key);
  if (logits === undefined) return new Array<number>(VOCABULARY_SIZE).fill(-Math.log(VOCABULARY_SIZE));
  const scaled = logits.map((logit) => logit / temperature);
  const top = Math.max(...scaled);
  const total = Math.log(scaled.reduce((sum, logit) => sum + Math.exp(logit - top), 0)) + top;
  return scaled.map((logit) => logit - total);
}

/** Draws one token; returns its id and its log-prob at temperature 1. */
export function drawToken(
  weights: ToyWeights,
  context: readonly number[],
  temperature: number,
  rng: Rng,
): { readonly id: number; readonly logprob: number } {
  const key = keyOf(context);
  let rest = rng.next();
  const tempered = computeLogprobs(weights, key, temperature);
  let id = tempered.findIndex((logprob) => {
    rest -= Math.exp(logprob);
    return rest < 0;
  });
  if (id < 0) id = VOCABULARY_SIZE - 1;
  return { id, logprob: computeLogprobs(weights, key)[id]! };
}

/** Adds `scale` times the gradient of log p(target | context) to `gradient`. */
export function addLogprobGradient(
  gradient: ToyWeights,
  weights: ToyWeights,
  context: readonly number[],
  target: number,
  scale: number,
): void {
  const key = keyOf(context);
  const row = gradient.get(key) ?? new Array<number>(VOCABULARY_SIZE).fill(0);
  computeLogprobs(weights, key).forEach((logprob, id) => {
    row[id]! += scale * ((id === target ? 1 : 0) - Math.exp(logprob));
  });
  gradient.set(key, row);
}

/** Adds `factor` times `change` to `weights`. */
export function addScaled(weights: ToyWeights, change: ToyWeights, factor: number): void {
  for (const [key, row] of change) {
    const held = weights.get(key) ?? new Array<number>(VOCABULARY_SIZE).fill(0);
    weights.set(
      key,
      held.map((value, id) => value + factor * row[id]!),
    );
  }
}
