import { ANSWER_LABEL, SUMMARY_GAP } from '../grammar.ts';

/** First words of the two strategies, and the labels that tell the two paths apart. */
export const STRATEGY_WORDS = { parallel: 'split', direct: 'direct' } as const;
export const PATH_LABELS = ['tens', 'ones'] as const;

/** The sum the problem asks for. */
export function sumOperands(operands: readonly number[]): number {
  return operands.reduce((sum, operand) => sum + operand, 0);
}

/** Running sums: `[18, 31, 45]` becomes `18+31=49;49+45=94`. Needs two operands or more. */
function writeRunningSums(operands: readonly number[]): string {
  let sum = operands[0] ?? 0;
  const steps: string[] = [];
  for (const operand of operands.slice(1)) {
    steps.push(`${sum}+${operand}=${sum + operand}`);
    sum += operand;
  }
  return steps.join(';');
}

/** The texts of a parallel solution, before they are put between tags. */
export interface ParallelParts {
  /** What each path holds, label first. */
  readonly paths: readonly string[];
  readonly summary: string;
}

/** Adds tens and ones in two independent paths; the summary adds `<tens sum>0` and the ones sum. */
export function planParallelSolution(operands: readonly number[]): ParallelParts {
  const tens = operands.map((operand) => Math.floor(operand / 10));
  const ones = operands.map((operand) => operand % 10);
  const summary = `${sumOperands(tens)}0+${sumOperands(ones)}=${sumOperands(operands)}`;
  return { paths: [PATH_LABELS[0] + writeRunningSums(tens), PATH_LABELS[1] + writeRunningSums(ones)], summary };
}

/**
 * The parallel solution in canonical form:
 * `split<Parallel><Path>tens1+3=4</Path><Path>ones8+1=9</Path></Parallel>\n<Summary>40+9=49</Summary>\nFinal Answer: 49`.
 */
export function writeParallelSolution(operands: readonly number[]): string {
  const { paths, summary } = planParallelSolution(operands);
  const block = `<Parallel>${paths.map((path) => `<Path>${path}</Path>`).join('')}</Parallel>`;
  return `${STRATEGY_WORDS.parallel}${block}${SUMMARY_GAP}<Summary>${summary}</Summary>\n${writeAnswerLine(sumOperands(operands))}`;
}

/** The sequential solution: `direct18+31=49;49+45=94\nFinal Answer: 94`. */
export function writeDirectSolution(operands: readonly number[]): string {
  return `${STRATEGY_WORDS.direct}${writeRunningSums(operands)}\n${writeAnswerLine(sumOperands(operands))}`;
}

/** The last line of a solution. */
export function writeAnswerLine(answer: number): string {
  return `${ANSWER_LABEL} ${answer}`;
}
