import { createRng, hashSeed } from '../core/rng.ts';
import { type Estimate, estimateOverSeeds } from '../core/statistics/estimate-mean.ts';
import { comparePaired } from '../core/statistics/paired-difference.ts';
import { computeSignFlipP } from '../core/statistics/sign-flip.ts';
import { ARMS, type ArmId } from '../experiments/arms.ts';
import type { Contrast, Experiment } from '../experiments/catalogue.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import { findEvaluations, type Shares } from './compare-runs.ts';

/** What the arms of an experiment came to: one value per seed, then the mean over seeds with its interval. */

/** One arm at one seed that was run to its end. */
export interface FinishedArm {
  readonly arm: ArmId;
  readonly seed: number;
  readonly run: Pick<RunRecord, 'id'>;
}

/** One arm on one held-out set. */
export interface ArmResult {
  readonly arm: ArmId;
  readonly title: string;
  readonly set: string;
  /** Right answers, one value per seed, with the problems of the set in the last evaluation. */
  readonly seeds: readonly SeedResult[];
  /** Mean over seeds; null for a single seed or none. */
  readonly accuracy: Estimate | null;
}

/** The last evaluation of one run. */
export interface SeedResult {
  readonly seed: number;
  readonly runId: string;
  readonly accuracy: number;
  readonly problems: number;
  /** Share of answers with a valid executed block. */
  readonly validBlocks: number | null;
  /** Sampled tokens per answer, all of them and those on the longest chain. */
  readonly tokens: number | null;
  readonly criticalTokens: number | null;
}

/** Two arms on one set, paired by seed. */
export interface ContrastResult extends Contrast {
  readonly set: string;
  /** Second minus first, one value per seed that both have. */
  readonly differences: readonly { readonly seed: number; readonly difference: number }[];
  /** Mean of the differences with Student's interval over seeds; null below two seeds. */
  readonly overSeeds: Estimate | null;
  /** Exact sign-flip test over seeds. Five seeds cannot come below .0625. */
  readonly pSeeds: number | null;
  /** The same problems, each with its mean over the shared seeds; says nothing about other seeds. */
  readonly overProblems: {
    readonly mean: number;
    readonly low: number;
    readonly high: number;
    readonly p: number;
  } | null;
  readonly conclusion: Conclusion;
}

/** What can be said, by the interval over seeds. */
export type Conclusion = 'higher' | 'lower' | 'cannot be told';

/** An experiment with what is in the store. */
export interface ExperimentResult {
  readonly arms: readonly ArmResult[];
  readonly contrasts: readonly ContrastResult[];
}

const LEVEL = 0.95;

/** The results of an experiment, of the runs that are done. */
export function collectExperiment(
  store: RunStore,
  { arms, contrasts }: Pick<Experiment, 'arms' | 'contrasts'>,
  finished: readonly FinishedArm[],
): ExperimentResult {
  const measured = finished.map((one) => ({ ...one, sets: findEvaluations(store, one.run.id) }));
  const sets = [...new Set(measured.flatMap((one) => [...one.sets.keys()]))];
  return {
    arms: arms.flatMap((arm) =>
      sets.map((set) =>
        measureArm(
          store,
          arm,
          set,
          measured.filter((one) => one.arm === arm),
        ),
      ),
    ),
    contrasts: contrasts.flatMap((contrast) => sets.map((set) => contrastArms(contrast, set, measured))),
  };
}

interface MeasuredArm extends FinishedArm {
  readonly sets: ReadonlyMap<string, Shares>;
}

function measureArm(store: RunStore, arm: ArmId, set: string, runs: readonly MeasuredArm[]): ArmResult {
  const seeds = runs.flatMap(({ seed, run, sets }) => {
    const shares = sets.get(set);
    if (shares === undefined) return [];
    const figures = findLastFigures(store, run.id, set);
    return [{ seed, runId: run.id, accuracy: computeMean(shares), problems: shares.size, ...figures }];
  });
  const accuracy = estimate(
    seeds.map((one) => one.accuracy),
    [0, 1],
    arm,
  );
  return { arm, title: ARMS[arm].title, set, seeds, accuracy };
}

function findLastFigures(
  store: RunStore,
  runId: string,
  set: string,
): Pick<SeedResult, 'validBlocks' | 'tokens' | 'criticalTokens'> {
  const last = new Map<string, number>();
  // In the order of stages and steps: what comes last stays.
  for (const { key, value } of store.listMetrics(runId, `eval/${set}/`)) last.set(key, value);
  const find = (name: string) => last.get(`eval/${set}/${name}`) ?? null;
  return {
    validBlocks: find('valid_block_fraction'),
    tokens: find('mean_tokens'),
    criticalTokens: find('mean_critical_tokens'),
  };
}

function contrastArms({ first, second }: Contrast, set: string, runs: readonly MeasuredArm[]): ContrastResult {
  const find = (arm: ArmId, seed: number) => runs.find((one) => one.arm === arm && one.seed === seed)?.sets.get(set);
  const pairs = [...new Set(runs.map(({ seed }) => seed))].flatMap((seed) => {
    const [a, b] = [find(first, seed), find(second, seed)];
    return a === undefined || b === undefined ? [] : [{ seed, first: a, second: b }];
  });
  const differences = pairs.map((pair) => ({
    seed: pair.seed,
    difference: computeMean(pair.second) - computeMean(pair.first),
  }));
  const values = differences.map(({ difference }) => difference);
  const overSeeds = estimate(values, [-1, 1], `${first}/${second}`);
  return {
    first,
    second,
    set,
    differences,
    overSeeds,
    pSeeds: values.length < 2 ? null : computeSignFlipP(values),
    overProblems: compareByProblem(pairs),
    conclusion: conclude(overSeeds),
  };
}

/** A difference is told when the interval over seeds leaves out 0. */
function conclude(overSeeds: Estimate | null): Conclusion {
  if (overSeeds === null || (overSeeds.low <= 0 && overSeeds.high >= 0)) return 'cannot be told';
  return overSeeds.low > 0 ? 'higher' : 'lower';
}

function compareByProblem(
  pairs: readonly { readonly first: Shares; readonly second: Shares }[],
): ContrastResult['overProblems'] {
  const rng = createRng(hashSeed(0, 'experiment/problems'));
  const paired = comparePaired(
    averageShares(pairs.map(({ first }) => first)),
    averageShares(pairs.map(({ second }) => second)),
    { method: 't', level: LEVEL, rng },
  );
  if (paired === null) return null;
  const { mean, low, high } = paired.difference;
  return { mean, low, high, p: paired.pValue };
}

/** The mean over seeds of every problem. */
function averageShares(all: readonly Shares[]): { readonly problem: string; readonly value: number }[] {
  const sums = new Map<number, [sum: number, of: number]>();
  for (const shares of all) {
    for (const [problem, value] of shares) {
      const [sum = 0, of = 0] = sums.get(problem) ?? [];
      sums.set(problem, [sum + value, of + 1]);
    }
  }
  return [...sums].map(([problem, [sum, of]]) => ({ problem: `${problem}`, value: sum / of }));
}

function computeMean(shares: Shares): number {
  return [...shares.values()].reduce((sum, value) => sum + value, 0) / Math.max(1, shares.size);
}

function estimate(values: readonly number[], range: readonly [number, number], name: string): Estimate | null {
  const rng = createRng(hashSeed(0, 'experiment', name));
  return estimateOverSeeds(values, { level: LEVEL, range, rng });
}
