import { computeMajorityAt, type VotedSample } from '../metrics.ts';
import type { Rng } from '../rng.ts';

/** Most steps of the exact sum for one problem; 64 votes over 64 answers stay below. */
const MAX_WORK = 2e7;

/** Draws where the exact sum would take too long: the figure is then within .016 of it in 19 of 20 cases. */
const DRAWS = 4000;

/**
 * maj@k of one problem: the chance that the most frequent answer among k samples, drawn with replacement, is right. Ties
 * go to the answer that was drawn first, samples without an answer do not vote, and an answer counts as right to the
 * share of its samples that are. Exact while (answers) · k³ <= 2·10⁷, else from 4,000 draws of `rng`. 0 without samples.
 */
export function computeMajority(samples: readonly VotedSample[], k: number, rng: Rng): number {
  if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`maj@k needs a whole k of at least 1, got ${k}`);
  const answers = countAnswers(samples);
  if (answers.length * k ** 3 > MAX_WORK) return computeMajorityAt(samples, k, DRAWS, rng);
  return computeExactMajority(answers, samples.length, k);
}

/** The samples that share one answer. */
interface SharedAnswer {
  count: number;
  correct: number;
}

function countAnswers(samples: readonly VotedSample[]): SharedAnswer[] {
  const answers = new Map<string, SharedAnswer>();
  for (const { answer, correct } of samples) {
    if (answer === null) continue;
    const shared = answers.get(answer) ?? { count: 0, correct: 0 };
    answers.set(answer, shared);
    shared.count += 1;
    if (correct) shared.correct += 1;
  }
  return [...answers.values()];
}

/**
 * Sums over the votes t of the winner. The k draws are dealt out answer by answer: given how many are left, the next
 * answer takes a binomial share of at most t. Of the answers that reach t each was drawn first with the same chance, for
 * any order of the draws is as likely as any other.
 */
function computeExactMajority(answers: readonly SharedAnswer[], samples: number, k: number): number {
  let left = samples;
  const shares = answers.map(({ count, correct }) => {
    const share = { chances: listChances(k, count / left), right: correct / count };
    left -= count;
    return share;
  });
  let right = 0;
  for (let votes = 1; votes <= k; votes += 1) right += sumWinners(shares, k, votes);
  return Math.min(1, right);
}

/** `chances[m][a]`: the chance of a among m draws that each hit with chance `share`. */
function listChances(k: number, share: number): number[][] {
  const chances = [[1]];
  for (let m = 1; m <= k; m += 1) {
    const before = chances[m - 1]!;
    chances.push(
      Array.from({ length: m + 1 }, (_, a) => (before[a] ?? 0) * (1 - share) + (before[a - 1] ?? 0) * share),
    );
  }
  return chances;
}

/** Chance that the winner has exactly `votes` of k votes and is right. */
function sumWinners(
  shares: readonly { readonly chances: readonly (readonly number[])[]; readonly right: number }[],
  k: number,
  votes: number,
): number {
  const most = Math.floor(k / votes);
  const width = most + 1;
  // [draws dealt out][answers that reached `votes`]: the chance, and the chance times how many of those are right.
  let chance = new Float64Array((k + 1) * width);
  let rightful = new Float64Array((k + 1) * width);
  chance[0] = 1;
  for (const { chances, right } of shares) {
    const nextChance = new Float64Array(chance.length);
    const nextRightful = new Float64Array(chance.length);
    for (let at = 0; at < chance.length; at += 1) {
      const reached = chance[at]!;
      if (reached === 0) continue;
      const free = k - Math.floor(at / width);
      for (let taken = 0; taken <= Math.min(votes, free); taken += 1) {
        const share = chances[free]![taken]!;
        const wins = taken === votes ? 1 : 0;
        const to = at + taken * width + wins;
        nextChance[to]! += reached * share;
        nextRightful[to]! += (rightful[at]! + wins * right * reached) * share;
      }
    }
    chance = nextChance;
    rightful = nextRightful;
  }
  // What is not dealt out went to samples without an answer.
  let sum = 0;
  for (let at = 0; at < rightful.length; at += 1) if (at % width > 0) sum += rightful[at]! / (at % width);
  return sum;
}
