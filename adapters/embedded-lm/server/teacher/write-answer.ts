import {
  planParallelSolution,
  STRATEGY_WORDS,
  sumOperands,
  writeAnswerLine,
  writeDirectSolution,
} from '../../../../src/core/word-sums/solutions.ts';
import type { AnswerPlan } from './plan-answer.ts';

/** The text of an answer as planned, thinking section included. */
export function writeAnswer(operands: readonly number[], plan: AnswerPlan): string {
  if (plan.kind === 'unclosed_thinking') return `<think>\n${think(operands)} Or is it`;
  const solution = writeSolution(operands, plan);
  return plan.hasThinking ? `<think>\n${think(operands)}\n</think>\n\n${solution}` : solution;
}

/** Mentions tags on purpose: a filter that looks for tags before it drops thinking would be fooled. */
function think(operands: readonly number[]): string {
  return (
    `The numbers are ${operands.join(', ')}. They want <Parallel> with a <Path> for the tens and one for the ones, ` +
    `or plain running sums. It should come to ${sumOperands(operands)}.`
  );
}

function writeSolution(operands: readonly number[], plan: AnswerPlan): string {
  if (plan.kind === 'good_direct') return writeDirectSolution(operands);
  const answer = sumOperands(operands) + (plan.kind === 'wrong_answer' ? plan.slip : 0);
  const { paths, summary } = planParallelSolution(operands);
  const said = plan.kind === 'wrong_answer' ? summary.replace(/=\d+$/, `=${answer}`) : summary;
  const block = writeBlock(paths, plan);
  const gap = plan.isAiry ? '\n\n' : '\n';
  const conclusion = plan.kind === 'missing_summary' ? '' : `${gap}<Summary>${said}</Summary>`;
  return `${STRATEGY_WORDS.parallel}${block}${conclusion}\n${writeAnswerLine(answer)}`;
}

function writeBlock(texts: readonly string[], plan: AnswerPlan): string {
  const kept = plan.kind === 'one_path' ? texts.slice(0, 1) : texts;
  const space = plan.isAiry ? '\n' : '';
  const paths = kept.map((text, i) => writePath(text, i === 0, plan));
  const remark = plan.kind === 'text_in_block' ? `${space}now the ones${space}` : space;
  return `<Parallel>${space}${paths.join(remark)}${space}</Parallel>`;
}

/** The fault, where the plan has one, is in the first path. */
function writePath(text: string, isFirst: boolean, plan: AnswerPlan): string {
  if (isFirst && plan.kind === 'unclosed_path') return `<Path>${text}`;
  if (isFirst && plan.kind === 'empty_path') return '<Path></Path>';
  return `<Path>${text}</Path>`;
}
