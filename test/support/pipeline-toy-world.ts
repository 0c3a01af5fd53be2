import type { ToyWeights } from './pipeline-toy-policy.ts';

/** What a saved training state holds. */
export interface ToyState {
  readonly weights: ToyWeights;
  readonly momentum: ToyWeights;
  /** Optimizer steps that made these weights. */
  readonly updates: number;
}

/** What the toy teacher says to a question. */
export interface ToyAnswer {
  readonly content: string;
  readonly finish?: string;
}

/** What outlives the controller: the trainer's saved states and what the engine has loaded. */
export interface ToyWorld {
  readonly states: Map<string, ToyState>;
  readonly samplers: Map<string, ToyWeights>;
  /** Weights the engine serves, by version. */
  readonly loaded: Map<string, { readonly location: string; readonly weights: ToyWeights }>;
  /** Models opened so far; saved paths carry the number. */
  opened: number;
  teach(prompt: string, sample: number): ToyAnswer;
}

export function createToyWorld(teach: ToyWorld['teach']): ToyWorld {
  return { states: new Map(), samplers: new Map(), loaded: new Map(), opened: 0, teach };
}

/** A copy that shares nothing that changes. */
export function copyToyWorld(world: ToyWorld): ToyWorld {
  const { teach, opened, ...held } = world;
  return { ...structuredClone(held), opened, teach };
}
