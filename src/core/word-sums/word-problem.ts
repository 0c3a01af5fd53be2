import { CHAIN_PATTERN, type Chain, hashChain, readChain, solveChain } from './chain.ts';
import { CHECK_PATTERN, type Check, hashCheck, readCheck, solveCheck } from './check.ts';
import { type LevelSolutions, PATH_LABELS, solveSum } from './solutions.ts';
import { hashTotals, readTotals, solveTotals, TOTALS_PATTERN, type Totals } from './totals.ts';
import { hashSum, MAX_SEARCHED_CHARS, readSum, SUM_PATTERN, type Sum } from './wording.ts';

/** What any problem of the procedural family asks. */
export type WordProblem = Sum | Totals | Chain | Check;

/**
 * What an embedded model knows: which kinds of problems, and the labels its two paths begin with. The labels of a run are
 * one list: `tens` and `ones` fit sums alone, so the mixed family has labels that promise nothing.
 */
export interface WordFamily {
  readonly kinds: readonly WordProblem['kind'][];
  readonly labels: readonly [string, string];
}

/** The families by name. */
export const WORD_FAMILIES = {
  'word-sums': { kinds: ['sum'], labels: PATH_LABELS },
  mixed: { kinds: ['sum', 'totals', 'chain', 'check'], labels: ['A', 'B'] },
} as const satisfies Readonly<Record<string, WordFamily>>;

export type WordFamilyName = keyof typeof WORD_FAMILIES;

/** The last problem in any text, of one of the kinds; null when there is none. Linear time, never throws. */
export function parseWordProblem(text: string, kinds: readonly WordProblem['kind'][]): WordProblem | null {
  const searched = text.slice(-MAX_SEARCHED_CHARS);
  let last: { readonly at: number; readonly problem: WordProblem } | null = null;
  for (const kind of kinds) {
    const [pattern, read] = READERS[kind];
    for (const match of searched.matchAll(pattern)) {
      if (last !== null && match.index < last.at) continue;
      const problem = read(match);
      if (problem !== null) last = { at: match.index, problem };
    }
  }
  return last?.problem ?? null;
}

const READERS: Readonly<
  Record<WordProblem['kind'], readonly [RegExp, (match: RegExpMatchArray) => WordProblem | null]>
> = {
  sum: [SUM_PATTERN, readSum],
  totals: [TOTALS_PATTERN, readTotals],
  chain: [CHAIN_PATTERN, readChain],
  check: [CHECK_PATTERN, readCheck],
};

/** The answer of a problem and the ways to it. */
export function solveWordProblem(problem: WordProblem): LevelSolutions {
  switch (problem.kind) {
    case 'sum':
      return solveSum(problem);
    case 'totals':
      return solveTotals(problem);
    case 'chain':
      return solveChain(problem);
    case 'check':
      return solveCheck(problem);
  }
}

/** The numbers of a problem in the order of its text. */
export function listNumbers(problem: WordProblem): readonly number[] {
  switch (problem.kind) {
    case 'sum':
      return problem.operands;
    case 'totals':
      return problem.parts.flat();
    case 'chain':
      return [...problem.start, ...problem.turns.flatMap(({ over, less, more }) => [over, less, more])];
    case 'check':
      return [problem.from, problem.taken];
  }
}

export type WordSumSplit = 'train' | 'heldout';

/** One problem in this many is held out. */
const HELD_OUT_ONE_IN = 8;

/** The split of a problem, decided by its numbers alone: a split by text would leak, because there are few pairs of numbers and many wordings. */
export function findSplit(problem: WordProblem): WordSumSplit {
  return hashNumbers(problem) % HELD_OUT_ONE_IN === 0 ? 'heldout' : 'train';
}

function hashNumbers(problem: WordProblem): number {
  switch (problem.kind) {
    case 'sum':
      return hashSum(problem);
    case 'totals':
      return hashTotals(problem);
    case 'chain':
      return hashChain(problem);
    case 'check':
      return hashCheck(problem);
  }
}
