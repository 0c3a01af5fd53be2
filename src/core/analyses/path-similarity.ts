import { countShingles, listUnits } from '../effective/visible-text.ts';

/** Longest runs that are compared. */
const MAX_ORDER = 4;

/** Units of a text that are looked at, and texts of a set: what is compared pairwise must not grow with hostile output. */
const MAX_UNITS = 2_048;
const MAX_TEXTS = 8;

/** A text cut into visible units, with its runs of one to four of them. */
interface CountedText {
  readonly length: number;
  /** By order, from 1. */
  readonly runs: readonly ReadonlyMap<string, number>[];
}

/**
 * How alike texts are: sentence BLEU of every pair in both directions, averaged, in [0, 1]; 1 for equal texts, null for
 * fewer than two. Units are visible words and numbers in lower case. Of more than eight texts the first eight count, and
 * of each its first 2,048 units. BLEU: Papineni et al. 2002; smoothing of missing runs as in mteval-v13a ("exp").
 */
export function measureSimilarity(texts: readonly string[]): number | null {
  const counted = texts.slice(0, MAX_TEXTS).map(countRuns);
  let sum = 0;
  let pairs = 0;
  for (const [index, text] of counted.entries()) {
    for (const other of counted.slice(index + 1)) {
      sum += (computeBleu(text, other) + computeBleu(other, text)) / 2;
      pairs += 1;
    }
  }
  return pairs === 0 ? null : sum / pairs;
}

function countRuns(text: string): CountedText {
  const units = listUnits(text).slice(0, MAX_UNITS);
  const orders = Array.from({ length: Math.min(MAX_ORDER, units.length) }, (_, index) => index + 1);
  return { length: units.length, runs: orders.map((order) => countShingles(units, order)) };
}

/** Sentence BLEU of `hypothesis` against one reference, over the orders that the hypothesis has. Two empty texts are equal. */
function computeBleu(hypothesis: CountedText, reference: CountedText): number {
  if (hypothesis.length === 0 || reference.length === 0) return hypothesis.length === reference.length ? 1 : 0;
  const matches = hypothesis.runs.map((runs, index) => countShared(runs, reference.runs[index]));
  if (matches.every((count) => count === 0)) return 0;
  let halving = 1;
  let logSum = 0;
  for (const [index, count] of matches.entries()) {
    const total = hypothesis.length - index;
    if (count === 0) halving *= 2;
    logSum += Math.log(count === 0 ? 1 / (halving * total) : count / total);
  }
  const brevity = Math.min(0, 1 - reference.length / hypothesis.length);
  return Math.exp(brevity + logSum / matches.length);
}

/** Runs that both hold, each as often as the rarer side has it. */
function countShared(runs: ReadonlyMap<string, number>, others: ReadonlyMap<string, number> | undefined): number {
  let shared = 0;
  for (const [run, count] of runs) shared += Math.min(count, others?.get(run) ?? 0);
  return shared;
}
