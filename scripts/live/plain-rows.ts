import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generateWordSums } from '../../src/core/word-sums/generate.ts';
import {
  PATH_LABELS,
  STRATEGY_WORDS,
  solveSum,
  writeAnswerLine,
  writeDirectSolution,
} from '../../src/core/word-sums/solutions.ts';
import type { WordSumSplit } from '../../src/core/word-sums/word-problem.ts';
import { parseWordSum } from '../../src/core/word-sums/wording.ts';

/** What the tiny Qwen3 learns before it is given to a trainer: word sums in plain text, both ways of adding, no tags. */

const TRAINED = 6000;
const HELD_OUT = 200;
const SEED = 5;

/** Writes the rows of make-qwen3.py; returns the file. */
export function writePlainRows(file: string): string {
  mkdirSync(dirname(file), { recursive: true });
  const rows = [...listRows('train', TRAINED), ...listRows('heldout', HELD_OUT)];
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}

function listRows(split: WordSumSplit, count: number) {
  return generateWordSums({ seed: SEED, level: 'easy', count, split }).map(({ text, answer }, index) => {
    const { operands } = parseWordSum(text)!;
    const target = index % 2 === 0 ? writeDirectSolution(operands) : writeSplitSolution(operands);
    return { problem: text, answer, target, heldout: split === 'heldout' };
  });
}

/** The parallel solution in one line of thought: `split;tens8+7=15;ones2+5=7;150+7=157` and the answer. A `;` stands where tags will, so that words are the same tokens beside them. */
function writeSplitSolution(operands: readonly number[]): string {
  const { parallel, answer } = solveSum({ kind: 'sum', operands });
  const paths = parallel.paths.map((path, i) => `${PATH_LABELS[i]}${path}`);
  return `${[STRATEGY_WORDS.parallel, ...paths, parallel.summary].join(';')}\n${writeAnswerLine(answer)}`;
}
