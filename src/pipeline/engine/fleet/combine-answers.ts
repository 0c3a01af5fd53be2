import type { EngineCapabilities, EngineLoad, EngineModel } from '../../../ports/engine.ts';

/** What every endpoint can do. */
export function combineCapabilities(all: readonly EngineCapabilities[]): EngineCapabilities {
  return {
    tokenIds: all.every(({ tokenIds }) => tokenIds),
    loadWeights: all.every(({ loadWeights }) => loadWeights),
    tokenize: all.every(({ tokenize }) => tokenize),
    anyText: all.every(({ anyText }) => anyText),
  };
}

/** Models that every endpoint lists, in the order of the first, with the shortest context. */
export function intersectModels(lists: readonly (readonly EngineModel[])[]): EngineModel[] {
  const [first = [], ...others] = lists;
  return first.flatMap((model) => {
    const twins = others.map((list) => list.find(({ id }) => id === model.id));
    if (!twins.every((twin) => twin !== undefined)) return [];
    const lengths = [model, ...twins].flatMap(({ maxLength }) => (maxLength === null ? [] : [maxLength]));
    return [{ ...model, maxLength: lengths.length === 0 ? null : Math.min(...lengths) }];
  });
}

/** For each figure the busiest server's, and all preemptions together; null when no server reported anything. */
export function combineLoads(loads: readonly (EngineLoad | null)[]): EngineLoad | null {
  const told = loads.filter((load) => load !== null);
  const busiest = told.toSorted((a, b) => b.waiting - a.waiting)[0];
  if (busiest === undefined) return null;
  const { running, waiting } = busiest;
  return {
    running,
    waiting,
    kvCacheUsed: reduceKnown(told, 'kvCacheUsed', Math.max),
    preemptions: reduceKnown(told, 'preemptions', (a, b) => a + b),
  };
}

function reduceKnown(
  loads: readonly EngineLoad[],
  field: 'kvCacheUsed' | 'preemptions',
  join: (a: number, b: number) => number,
): number | null {
  const known = loads.flatMap((load) => load[field] ?? []);
  return known.length === 0 ? null : known.reduce((a, b) => join(a, b));
}
