import type { Problem } from '../problem.ts';
import { createRng, hashSeed, type Rng } from '../rng.ts';
import { drawChain } from './chain.ts';
import { drawCheck, MAX_CHECKS } from './check.ts';
import { drawTotals } from './totals.ts';
import { findSplit, solveWordProblem, type WordProblem, type WordSumSplit } from './word-problem.ts';
import {
  ITEMS,
  MAX_OPERAND,
  MAX_OPERANDS,
  MIN_OPERAND,
  MIN_OPERANDS,
  NAMES,
  pickWord,
  renderWordSum,
  VERBS,
} from './wording.ts';

/** Levels with a name. Sums: `easy` alternates 2 and 3 operands, `hard` has 4. The others are the kinds of the mixed family. */
export const WORD_SUM_LEVELS = ['easy', 'hard', 'totals', 'chain', 'check'] as const;

/** A named level; a number asks for sums of exactly that many operands (2 to 8). */
export type WordSumLevel = (typeof WORD_SUM_LEVELS)[number] | number;

export interface WordSumSpec {
  readonly seed: number;
  readonly level: WordSumLevel;
  readonly count: number;
  readonly split: WordSumSplit;
}

/** What kind of problem a level draws. */
export function toProblemKind(level: WordSumLevel): WordProblem['kind'] {
  return level === 'totals' || level === 'chain' || level === 'check' ? level : 'sum';
}

/** Far below the number of different texts of any level and split but `check`, so that drawing distinct ones soon ends. */
export const MAX_WORD_SUMS = 100_000;

/** Problems one list of a level may have. */
export function countAtMost(level: WordSumLevel): number {
  return level === 'check' ? MAX_CHECKS : MAX_WORD_SUMS;
}

export const WORD_SUMS_SOURCE = 'word-sums';

/**
 * Draws `count` problems with distinct texts. Problem i depends on (seed, level, split, i) alone, so a
 * longer list begins with the shorter one; ids name all four (`word-sums/hard/train/7/000123`).
 * Throws RangeError for a count or a number of operands outside the limits.
 */
export function generateWordSums(spec: WordSumSpec): Problem[] {
  checkSpec(spec);
  const rng = createRng(hashSeed('word-sums', spec.seed, spec.level, spec.split));
  const seen = new Set<string>();
  const problems: Problem[] = [];
  while (problems.length < spec.count) {
    const { text, problem } = draw(spec.level, problems.length, rng);
    if (findSplit(problem) !== spec.split) continue;
    if (seen.has(text)) continue;
    seen.add(text);
    problems.push(toProblem(spec, problems.length, text, problem));
  }
  return problems;
}

function checkSpec({ level, count }: WordSumSpec): void {
  const most = countAtMost(level);
  if (!Number.isInteger(count) || count < 0 || count > most) {
    throw new RangeError(`count is ${count}; word sums of level ${level} come in lists of 0 to ${most}`);
  }
  if (typeof level !== 'number') return;
  if (!Number.isInteger(level) || level < MIN_OPERANDS || level > MAX_OPERANDS) {
    throw new RangeError(`level is ${level}; a word sum has ${MIN_OPERANDS} to ${MAX_OPERANDS} operands`);
  }
}

interface Drawn {
  readonly text: string;
  readonly problem: WordProblem;
}

function draw(level: WordSumLevel, index: number, rng: Rng): Drawn {
  switch (level) {
    case 'totals':
      return drawTotals(rng);
    case 'chain':
      return drawChain(rng);
    case 'check':
      return drawCheck(rng);
    case 'easy':
      return drawSum(2 + (index % 2), rng);
    case 'hard':
      return drawSum(4, rng);
    default:
      return drawSum(level, rng);
  }
}

function drawSum(operandCount: number, rng: Rng): Drawn {
  const operands = Array.from({ length: operandCount }, () => MIN_OPERAND + rng.nextInt(MAX_OPERAND - MIN_OPERAND + 1));
  const text = renderWordSum({
    name: pickWord(NAMES, rng),
    item: pickWord(ITEMS, rng),
    verbs: operands.slice(1).map(() => pickWord(VERBS, rng)),
    operands,
  });
  return { text, problem: { kind: 'sum', operands } };
}

function toProblem(spec: WordSumSpec, index: number, text: string, problem: WordProblem): Problem {
  return {
    id: `${WORD_SUMS_SOURCE}/${spec.level}/${spec.split}/${spec.seed}/${String(index).padStart(6, '0')}`,
    source: WORD_SUMS_SOURCE,
    text,
    answer: String(solveWordProblem(problem).answer),
    level: typeof spec.level === 'string' ? spec.level : nameOperands(spec.level),
  };
}

function nameOperands(operandCount: number): string {
  if (operandCount <= 3) return 'easy';
  return operandCount === 4 ? 'hard' : `${operandCount}-operands`;
}
