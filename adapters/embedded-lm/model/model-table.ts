import { EmbeddedLmError, type ModelState } from './contract.ts';
import type { ModelRegion } from './memory-plan.ts';
import { initWeights } from './parameter-layout.ts';
import { type Runtime, viewFloats } from './runtime.ts';

/** A trainable model: where it is in memory and how many optimizer steps its moments have seen. */
export interface TrainableModel {
  readonly region: ModelRegion;
  step: number;
}

/** Trainable models by name. */
export class ModelTable {
  readonly #runtime: Runtime;
  readonly #free: ModelRegion[];
  readonly #models = new Map<string, TrainableModel>();
  #created = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#free = [...runtime.plan.models];
  }

  /** Throws `capacity` when as many models exist as there is room for. */
  create(seed: number): string {
    const region = this.#free.pop();
    if (region === undefined) {
      throw new EmbeddedLmError('capacity', `${this.#models.size} models exist, which is the limit; unload one first`);
    }
    this.#created += 1;
    const name = `model-${this.#created}`;
    initWeights(this.#runtime.layout, seed, this.#view(region.weights));
    for (const vector of [region.gradient, region.moment1, region.moment2]) this.#view(vector).fill(0);
    this.#models.set(name, { region, step: 0 });
    return name;
  }

  /** Throws `unknown_model`. */
  get(name: string): TrainableModel {
    const model = this.#models.get(name);
    if (model === undefined) throw new EmbeddedLmError('unknown_model', `there is no model ${name}`);
    return model;
  }

  /** Does nothing for an unknown name. */
  drop(name: string): void {
    const model = this.#models.get(name);
    if (model === undefined) return;
    this.#models.delete(name);
    this.#free.push(model.region);
  }

  /** Copies, not views: a step that follows must not change them. */
  export(name: string): ModelState {
    const { region, step } = this.get(name);
    const copy = (address: number) => this.#view(address).slice();
    return { weights: copy(region.weights), moment1: copy(region.moment1), moment2: copy(region.moment2), step };
  }

  /** Replaces weights and moments and clears the gradient; without `optimizer` moments and step count start at zero. */
  import(name: string, state: ModelState, optimizer: boolean): void {
    const model = this.get(name);
    for (const vector of [state.weights, state.moment1, state.moment2]) {
      if (vector.length === this.#runtime.layout.count) continue;
      throw new EmbeddedLmError(
        'bad_request',
        `the state has ${vector.length} values, the model has ${this.#runtime.layout.count}`,
      );
    }
    const { region } = model;
    this.#view(region.weights).set(state.weights);
    this.#view(region.gradient).fill(0);
    if (optimizer) {
      this.#view(region.moment1).set(state.moment1);
      this.#view(region.moment2).set(state.moment2);
    } else {
      for (const vector of [region.moment1, region.moment2]) this.#view(vector).fill(0);
    }
    model.step = optimizer ? state.step : 0;
  }

  #view(address: number): Float32Array {
    return viewFloats(this.#runtime, address, this.#runtime.layout.count);
  }
}
