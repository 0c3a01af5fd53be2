import { readStoredConfig } from '../config/stored.ts';
import { createRng, hashSeed } from '../core/rng.ts';
import { comparePaired, type PairedDifference } from '../core/statistics/paired-difference.ts';
import type { ListedProblem } from '../ports/run-store/listings.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';

/** Two runs side by side: what was set otherwise, and what that did to the held-out problems they share. */
export interface RunComparison {
  readonly first: ComparedRun;
  readonly second: ComparedRun;
  /** Settings that differ, in the order of their paths. */
  readonly settings: readonly SettingDifference[];
  /** One per evaluation set that both measured, in the order of the first run. */
  readonly sets: readonly SetComparison[];
}

export type ComparedRun = Pick<RunRecord, 'id' | 'name' | 'preset' | 'seed' | 'status' | 'createdAtMs'>;

/** One setting; undefined where a run does not have it. Values are written as JSON. */
export interface SettingDifference {
  readonly path: string;
  readonly first: string | null;
  readonly second: string | null;
}

/** The last evaluation of one set in each run. */
export interface SetComparison extends Omit<PairedDifference, 'onlyFirst' | 'onlySecond'> {
  readonly set: string;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** The problems that moved most, of each direction. */
  readonly examples: readonly ComparedProblem[];
}

/** A problem whose share of right answers differs. */
export interface ComparedProblem {
  readonly problem: ListedProblem;
  readonly first: number;
  readonly second: number;
}

/** Examples of each direction. */
const MAX_EXAMPLES = 20;

/** Compares two runs of one store: `second` minus `first`. */
export function compareRuns(store: RunStore, first: RunRecord, second: RunRecord): RunComparison {
  const ofFirst = findEvaluations(store, first.id);
  const ofSecond = findEvaluations(store, second.id);
  const sets = [...ofFirst].flatMap(([set, shares]) => {
    const other = ofSecond.get(set);
    return other === undefined ? [] : (compareSet(store, set, shares, other) ?? []);
  });
  return {
    first: pickRun(first),
    second: pickRun(second),
    settings: diffSettings(readSettings(first), readSettings(second)),
    sets,
  };
}

function pickRun({ id, name, preset, seed, status, createdAtMs }: RunRecord): ComparedRun {
  return { id, name, preset, seed, status, createdAtMs };
}

/** Share of right answers by problem. */
export type Shares = ReadonlyMap<number, number>;

/** The newest evaluation of each set, in the order of the sets; the oldest where `which` says so. */
export function findEvaluations(
  store: RunStore,
  runId: string,
  which: 'first' | 'last' = 'last',
): ReadonlyMap<string, Shares> {
  const newest = new Map<
    string,
    { readonly moment: string; readonly counts: Map<number, [correct: number, of: number]> }
  >();
  for (const { stageIndex, step, set, problem, correct, rollouts } of store.listGroupOutcomes(runId, 'eval')) {
    if (set === null) continue;
    const moment = `${stageIndex}/${step}`;
    let last = newest.get(set);
    // Groups come in the order of stages and steps.
    if (which === 'first' && last !== undefined && last.moment !== moment) continue;
    if (last?.moment !== moment) {
      last = { moment, counts: new Map() };
      newest.set(set, last);
    }
    const [known = 0, of = 0] = last.counts.get(problem) ?? [];
    last.counts.set(problem, [known + correct, of + rollouts]);
  }
  return new Map(
    [...newest].map(([set, { counts }]) => [
      set,
      new Map([...counts].map(([problem, [correct, of]]) => [problem, correct / of])),
    ]),
  );
}

function compareSet(store: RunStore, set: string, first: Shares, second: Shares): SetComparison[] | null {
  const toValues = (shares: Shares) => [...shares].map(([problem, value]) => ({ problem: `${problem}`, value }));
  const rng = createRng(hashSeed(0, set, 'compare'));
  const paired = comparePaired(toValues(first), toValues(second), { method: 't', level: 0.95, rng });
  if (paired === null) return null;
  const { onlyFirst, onlySecond, ...figures } = paired;
  const moved = [...first]
    .flatMap(([problem, value]) => {
      const other = second.get(problem);
      return other === undefined || other === value ? [] : [{ problem, first: value, second: other }];
    })
    .sort((a, b) => b.second - b.first - (a.second - a.first));
  const kept = [
    ...moved.filter(({ first: a, second: b }) => b > a).slice(0, MAX_EXAMPLES),
    ...moved.filter(({ first: a, second: b }) => b < a).slice(-MAX_EXAMPLES),
  ];
  const problems = new Map(store.findProblems(kept.map(({ problem }) => problem)).map((one) => [one.key, one]));
  return [
    {
      set,
      ...figures,
      onlyFirst: onlyFirst.length,
      onlySecond: onlySecond.length,
      examples: kept.map(({ problem, ...shares }) => ({ ...shares, problem: problems.get(problem)! })),
    },
  ];
}

/** A stored configuration with the defaults of keys added since; as it is stored where this version cannot read it. */
function readSettings(run: RunRecord): string {
  const config = readStoredConfig(run);
  return config === null ? run.configJson : JSON.stringify(config);
}

/** Settings that two stored configurations do not share. */
export function diffSettings(firstJson: string, secondJson: string): SettingDifference[] {
  const first = new Map(listLeaves(JSON.parse(firstJson) as unknown));
  const second = new Map(listLeaves(JSON.parse(secondJson) as unknown));
  return [...new Set([...first.keys(), ...second.keys()])]
    .filter((path) => first.get(path) !== second.get(path))
    .map((path) => ({ path, first: first.get(path) ?? null, second: second.get(path) ?? null }));
}

/** `[path, value as JSON]` of everything that has no parts. Stages go by their ids, so that one more does not move the rest. */
function listLeaves(value: unknown, path = ''): [string, string][] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, part]) => {
    const id =
      Array.isArray(value) && typeof (part as { id?: unknown } | null)?.id === 'string'
        ? (part as { id: string }).id
        : key;
    return listLeaves(part, path === '' ? id : `${path}.${id}`);
  });
}
