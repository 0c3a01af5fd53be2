import type { WeightsHandOver } from '../../ports/weights-hand-over.ts';
import type { EngineAccess, RunFrame } from '../context.ts';
import { replaceWeights } from '../engine/replace-weights.ts';

/** Hands over LoRA adapters by name: the engine loads each beside the base model and lists it among its models. */
export function createAdapterHandOver({ engine, calls, signal }: EngineAccess & RunFrame): WeightsHandOver {
  const takeOff = (version: string) => calls.run((own) => engine.unloadWeights(version, own), signal);
  return {
    put: (version, { location }) =>
      replaceWeights({
        load: () => calls.run((own) => engine.loadWeights(version, location, own), signal),
        unload: () => takeOff(version),
      }),
    isServed: async (version) => {
      const models = await calls.run((own) => engine.listModels(own), signal);
      return models.some(({ id }) => id === version);
    },
    takeOff,
  };
}
