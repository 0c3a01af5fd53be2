import { ANSWER_LABEL, SUMMARY_GAP } from '../grammar.ts';
import type { Sum } from './wording.ts';

/** First words of the two strategies, and the labels that tell the two paths of a sum apart. */
export const STRATEGY_WORDS = { parallel: 'split', direct: 'direct' } as const;
export const PATH_LABELS = ['tens', 'ones'] as const;

/** The sum the problem asks for. */
export function sumOperands(operands: readonly number[]): number {
  return operands.reduce((sum, operand) => sum + operand, 0);
}

/** Running sums: `[18, 31, 45]` becomes `18+31=49;49+45=94`. Needs two operands or more. */
export function writeRunningSums(operands: readonly number[]): string {
  let sum = operands[0] ?? 0;
  const steps: string[] = [];
  for (const operand of operands.slice(1)) {
    steps.push(`${sum}+${operand}=${sum + operand}`);
    sum += operand;
  }
  return steps.join(';');
}

/** The ways to the answer of a problem, before they are put between words and tags. */
export interface LevelSolutions {
  /** The right one. */
  readonly answer: number;
  /** What each path holds, without its label, what the summary says, and the answer it comes to: a wrong one where no split serves. */
  readonly parallel: { readonly paths: readonly string[]; readonly summary: string; readonly answer: number };
  /** The steps of the direct solution, which always comes to the right answer. */
  readonly direct: string;
  /** The steps of who takes the problem apart without any path, one thing after the other; wrong where the split is. */
  readonly inTurn: { readonly steps: string; readonly answer: number };
}

/**
 * Tens and ones are added in two independent paths; the summary adds `<tens sum>0` and the ones sum. In turn, it is
 * addition by columns: the ones first, then the tens, which begin with the carry.
 */
export function solveSum({ operands }: Sum): LevelSolutions {
  const answer = sumOperands(operands);
  const tens = operands.map((operand) => Math.floor(operand / 10));
  const ones = operands.map((operand) => operand % 10);
  const summary = `${sumOperands(tens)}0+${sumOperands(ones)}=${answer}`;
  const carry = Math.floor(sumOperands(ones) / 10);
  const columns = `${PATH_LABELS[1]}${writeRunningSums(ones)};${PATH_LABELS[0]}${writeRunningSums([carry, ...tens])}`;
  return {
    answer,
    parallel: { paths: [writeRunningSums(tens), writeRunningSums(ones)], summary, answer },
    direct: writeRunningSums(operands),
    inTurn: { steps: columns, answer },
  };
}

/**
 * The parallel solution in canonical form:
 * `split<Parallel><Path>tens1+3=4</Path><Path>ones8+1=9</Path></Parallel>\n<Summary>40+9=49</Summary>\nFinal Answer: 49`.
 */
export function renderParallelSolution({ parallel }: LevelSolutions, labels: readonly string[]): string {
  const paths = parallel.paths.map((path, i) => `<Path>${labels[i] ?? ''}${path}</Path>`).join('');
  const block = `<Parallel>${paths}</Parallel>${SUMMARY_GAP}<Summary>${parallel.summary}</Summary>`;
  return `${STRATEGY_WORDS.parallel}${block}\n${writeAnswerLine(parallel.answer)}`;
}

/** The direct solution: `direct18+31=49;49+45=94\nFinal Answer: 94`. */
export function renderDirectSolution({ direct, answer }: LevelSolutions): string {
  return `${STRATEGY_WORDS.direct}${direct}\n${writeAnswerLine(answer)}`;
}

/** The solution in turn: `splitones8+1=9;tens0+1=1;1+3=4\nFinal Answer: 49`. */
export function renderInTurnSolution({ inTurn }: LevelSolutions): string {
  return `${STRATEGY_WORDS.parallel}${inTurn.steps}\n${writeAnswerLine(inTurn.answer)}`;
}

/** The parallel solution of a sum of two-digit numbers, two or more. */
export function writeParallelSolution(operands: readonly number[]): string {
  return renderParallelSolution(solveSum({ kind: 'sum', operands }), PATH_LABELS);
}

/** The direct solution of a sum. */
export function writeDirectSolution(operands: readonly number[]): string {
  return renderDirectSolution(solveSum({ kind: 'sum', operands }));
}

/** The last line of a solution. */
export function writeAnswerLine(answer: number): string {
  return `${ANSWER_LABEL} ${answer}`;
}
