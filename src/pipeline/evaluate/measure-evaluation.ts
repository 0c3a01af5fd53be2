import { bootstrapMean, computeBestAt, computeMajorityAt, computePassAt, type Interval } from '../../core/metrics.ts';
import { createRng, hashSeed } from '../../core/rng.ts';
import type { ListedRollout } from '../../ports/run-store/listings.ts';

/** Draws of each bootstrap: of samples for maj@k, of problems for the intervals. */
const DRAWS = 1000;

/** The figures of one k. `best` is the paper's bootstrap (with replacement), never to be called pass. */
export interface FiguresAtK {
  readonly k: number;
  readonly pass: number;
  readonly best: number;
  readonly majority: number;
}

/** Full figures of one problem set; intervals are 95 % bootstrap intervals over problems. */
export interface Evaluation {
  readonly set: string;
  readonly problems: number;
  readonly samples: number;
  readonly failed: number;
  readonly mean: Interval;
  readonly atK: readonly FiguresAtK[];
  readonly unparsableFraction: number;
  readonly formatValidFraction: number;
  /** Share of rollouts with at least one executed block. */
  readonly parallelFraction: number;
  readonly truncatedFraction: number;
  readonly meanTokens: number;
  readonly meanCriticalTokens: number;
}

/** What is measured of a rollout; its text is not needed. */
export type MeasuredRollout = Pick<
  ListedRollout,
  'group' | 'end' | 'verdict' | 'formatValid' | 'blocks' | 'policyTokens' | 'criticalTokens'
>;

/** Measures the rollouts of one set. Problems are told apart by group, never by text. */
export function measureEvaluation(set: string, rollouts: readonly MeasuredRollout[], seed: number): Evaluation {
  const finished = rollouts.filter(({ end }) => end !== null);
  const problems = [...Map.groupBy(finished, ({ group }) => group).values()];
  const counts = problems.map((members) => ({ n: members.length, c: members.filter(isCorrect).length, members }));
  const fewest = counts.reduce((least, { n }) => Math.min(least, n), counts[0]?.n ?? 0);
  const share = (test: (rollout: MeasuredRollout) => boolean) =>
    finished.length === 0 ? 0 : finished.filter(test).length / finished.length;
  return {
    set,
    problems: problems.length,
    samples: fewest,
    failed: rollouts.length - finished.length,
    mean: bootstrapMean(
      counts.map(({ n, c }) => c / n),
      { draws: DRAWS, level: 0.95, rng: createRng(hashSeed(seed, set, 'interval')) },
    ),
    atK: listPowers(fewest).map((k) => ({
      k,
      pass: average(counts.map(({ n, c }) => computePassAt(n, c, k))),
      best: average(counts.map(({ n, c }) => computeBestAt(n, c, k))),
      majority: average(
        counts.map(({ members }, index) => vote(members, k, hashSeed(seed, set, 'majority', k, index))),
      ),
    })),
    unparsableFraction: share(({ verdict }) => verdict?.verdict === 'unparsable'),
    formatValidFraction: share(({ formatValid }) => formatValid),
    parallelFraction: share(({ blocks }) => blocks > 0),
    truncatedFraction: share(({ end }) => end === 'length'),
    meanTokens: average(finished.map(({ policyTokens }) => policyTokens)),
    meanCriticalTokens: average(finished.map(({ criticalTokens }) => criticalTokens)),
  };
}

/** 1, 2, 4, ... below n, then n. */
function listPowers(n: number): number[] {
  const powers: number[] = [];
  for (let k = 1; k < n; k *= 2) powers.push(k);
  if (n > 0) powers.push(n);
  return powers;
}

function isCorrect({ verdict }: MeasuredRollout): boolean {
  return verdict?.verdict === 'correct';
}

function vote(members: readonly MeasuredRollout[], k: number, seed: number): number {
  const samples = members.map((member) => ({ answer: member.verdict?.extracted ?? null, correct: isCorrect(member) }));
  return computeMajorityAt(samples, k, DRAWS, createRng(seed));
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
