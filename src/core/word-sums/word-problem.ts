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

/** All that differs between kinds of problems. */
interface ProblemKind<P> {
  /** One problem wherever it stands in a text; every part is fixed or bounded. */
  readonly pattern: RegExp;
  /** What a match says; null when it is none of the kind. */
  read(match: RegExpMatchArray): P | null;
  solve(problem: P): LevelSolutions;
  /** The numbers in the order of the text. */
  listNumbers(problem: P): readonly number[];
  /** A number that follows from the numbers alone. */
  hash(problem: P): number;
}

type Kinds = { readonly [K in WordProblem['kind']]: ProblemKind<Extract<WordProblem, { kind: K }>> };

const KINDS: Kinds = {
  sum: {
    pattern: SUM_PATTERN,
    read: readSum,
    solve: solveSum,
    listNumbers: ({ operands }) => operands,
    hash: hashSum,
  },
  totals: {
    pattern: TOTALS_PATTERN,
    read: readTotals,
    solve: solveTotals,
    listNumbers: ({ parts }) => parts.flat(),
    hash: hashTotals,
  },
  chain: {
    pattern: CHAIN_PATTERN,
    read: readChain,
    solve: solveChain,
    listNumbers: ({ start, turns }) => [...start, ...turns.flatMap(({ over, less, more }) => [over, less, more])],
    hash: hashChain,
  },
  check: {
    pattern: CHECK_PATTERN,
    read: readCheck,
    solve: solveCheck,
    listNumbers: ({ from, taken }) => [from, taken],
    hash: hashCheck,
  },
};

/** The entry of a problem's own kind. */
function kindOf({ kind }: WordProblem): ProblemKind<WordProblem> {
  return KINDS[kind] as ProblemKind<WordProblem>;
}

/** The last problem in any text, of one of the kinds; null when there is none. Linear time, never throws. */
export function parseWordProblem(text: string, kinds: readonly WordProblem['kind'][]): WordProblem | null {
  const searched = text.slice(-MAX_SEARCHED_CHARS);
  let last: { readonly at: number; readonly problem: WordProblem } | null = null;
  for (const kind of kinds) {
    const { pattern, read } = KINDS[kind];
    for (const match of searched.matchAll(pattern)) {
      if (last !== null && match.index < last.at) continue;
      const problem = read(match);
      if (problem !== null) last = { at: match.index, problem };
    }
  }
  return last?.problem ?? null;
}

/** The answer of a problem and the ways to it. */
export function solveWordProblem(problem: WordProblem): LevelSolutions {
  return kindOf(problem).solve(problem);
}

/** The numbers of a problem in the order of its text. */
export function listNumbers(problem: WordProblem): readonly number[] {
  return kindOf(problem).listNumbers(problem);
}

export type WordSumSplit = 'train' | 'heldout';

/** One problem in this many is held out. */
const HELD_OUT_ONE_IN = 8;

/** The split of a problem, decided by its numbers alone: a split by text would leak, because there are few pairs of numbers and many wordings. */
export function findSplit(problem: WordProblem): WordSumSplit {
  return kindOf(problem).hash(problem) % HELD_OUT_ONE_IN === 0 ? 'heldout' : 'train';
}
