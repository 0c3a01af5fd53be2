import type { Problem } from '../problem.ts';
import { createRng, hashSeed, type Rng } from '../rng.ts';
import { sumOperands } from './solutions.ts';
import {
  ITEMS,
  MAX_OPERAND,
  MAX_OPERANDS,
  MIN_OPERAND,
  MIN_OPERANDS,
  NAMES,
  renderWordSum,
  VERBS,
  type WordSum,
} from './wording.ts';

/** `easy` alternates 2 and 3 operands, `hard` has 4; a number asks for exactly that many (2 to 8). */
export type WordSumLevel = 'easy' | 'hard' | number;

export interface WordSumSpec {
  readonly seed: number;
  readonly level: WordSumLevel;
  readonly count: number;
  readonly split: WordSumSplit;
}

/** Far below the number of different texts of any level and split, so that drawing distinct ones soon ends. */
export const MAX_WORD_SUMS = 100_000;

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
    const sum = drawWordSum(countOperands(spec.level, problems.length), rng);
    if (findSplit(sum.operands) !== spec.split) continue;
    const text = renderWordSum(sum);
    if (seen.has(text)) continue;
    seen.add(text);
    problems.push(toProblem(spec, problems.length, text, sum.operands));
  }
  return problems;
}

function checkSpec({ level, count }: WordSumSpec): void {
  if (!Number.isInteger(count) || count < 0 || count > MAX_WORD_SUMS) {
    throw new RangeError(`count is ${count}; word sums come in lists of 0 to ${MAX_WORD_SUMS}`);
  }
  if (typeof level !== 'number') return;
  if (!Number.isInteger(level) || level < MIN_OPERANDS || level > MAX_OPERANDS) {
    throw new RangeError(`level is ${level}; a word sum has ${MIN_OPERANDS} to ${MAX_OPERANDS} operands`);
  }
}

function countOperands(level: WordSumLevel, index: number): number {
  if (level === 'easy') return 2 + (index % 2);
  return level === 'hard' ? 4 : level;
}

function drawWordSum(operandCount: number, rng: Rng): WordSum {
  const operands = Array.from({ length: operandCount }, () => MIN_OPERAND + rng.nextInt(MAX_OPERAND - MIN_OPERAND + 1));
  return {
    name: pick(NAMES, rng),
    item: pick(ITEMS, rng),
    verbs: operands.slice(1).map(() => pick(VERBS, rng)),
    operands,
  };
}

function pick(words: readonly string[], rng: Rng): string {
  return words[rng.nextInt(words.length)]!;
}

function toProblem(spec: WordSumSpec, index: number, text: string, operands: readonly number[]): Problem {
  return {
    id: `${WORD_SUMS_SOURCE}/${spec.level}/${spec.split}/${spec.seed}/${String(index).padStart(6, '0')}`,
    source: WORD_SUMS_SOURCE,
    text,
    answer: String(sumOperands(operands)),
    level: nameLevel(spec.level, operands.length),
  };
}

function nameLevel(level: WordSumLevel, operandCount: number): string {
  if (typeof level === 'string') return level;
  if (operandCount <= 3) return 'easy';
  return operandCount === 4 ? 'hard' : `${operandCount}-operands`;
}

export type WordSumSplit = 'train' | 'heldout';

/** One multiset of operands in this many is held out. */
const HELD_OUT_ONE_IN = 8;

/**
 * The split of a problem, decided by the multiset of its operands alone: a split by text would
 * leak, because there are only 4,095 different pairs of operands.
 */
export function findSplit(operands: readonly number[]): WordSumSplit {
  const sorted = [...operands].sort((a, b) => a - b);
  return hashSeed('word-sums/split', ...sorted) % HELD_OUT_ONE_IN === 0 ? 'heldout' : 'train';
}
