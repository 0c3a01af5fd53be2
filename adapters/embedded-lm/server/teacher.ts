import { countOpenTags } from '../../../src/core/format/tag-stream.ts';
import { createRng, hashSeed, type Rng } from '../../../src/core/rng.ts';
import {
  type LevelSolutions,
  renderDirectSolution,
  renderInTurnSolution,
  STRATEGY_WORDS,
  writeAnswerLine,
} from '../../../src/core/word-sums/solutions.ts';
import {
  listNumbers,
  parseWordProblem,
  solveWordProblem,
  WORD_FAMILIES,
  type WordFamilyName,
} from '../../../src/core/word-sums/word-problem.ts';

/** Name of the rule-based teacher. It is a program that knows the problems of its family, not a language model. */
export const TEACHER_MODEL = 'embedded-teacher';

/** What an answer is meant to be. Cold start has to filter out all but the first two. */
export type AnswerKind =
  | 'good_parallel'
  | 'good_direct'
  | 'missing_summary'
  | 'one_path'
  | 'unclosed_path'
  | 'text_in_block'
  | 'empty_path'
  | 'wrong_answer'
  | 'unclosed_thinking';

/** How often the teacher gives which answer. */
export interface TeacherMix {
  /** Relative weights; they need not add up to 1. */
  readonly kinds: Readonly<Record<AnswerKind, number>>;
  /** Share of answers with a thinking section in front (a closed one, save for `unclosed_thinking`). */
  readonly thinkingShare: number;
}

/** About 84 % good (60 % of them parallel), 8 % malformed, 6 % wrong, 2 % lost in thinking. */
export const DEFAULT_TEACHER_MIX: TeacherMix = {
  kinds: {
    good_parallel: 0.504,
    good_direct: 0.336,
    missing_summary: 0.016,
    one_path: 0.016,
    unclosed_path: 0.016,
    text_in_block: 0.016,
    empty_path: 0.016,
    wrong_answer: 0.06,
    unclosed_thinking: 0.02,
  },
  thinkingShare: 0.2,
};

/** What the teacher says to a message it has no rule for. */
const NO_WORD_SUM =
  'I am a rule-based teacher, not a language model, and I only know word sums such as ' +
  '"Dan has 18 keys, then makes 31. How many in all?". This message holds none.';

/** Token counts of the teacher are an estimate: it has no tokenizer. */
const CHARS_PER_TOKEN = 4;

/** One answer of the teacher. */
export interface TeacherAnswer {
  readonly content: string;
  readonly finish: 'stop' | 'length';
  /** Estimated from the length of the text. */
  readonly tokens: number;
}

/**
 * Answers the last problem of the family in a message by rule, as the mix and the seed decide; cut off at `maxTokens`. A
 * message that says nothing of `<Parallel>` gets sequential answers only, right and wrong at the same choices as one that
 * does: the two prompts give rows for the same problems. Where no split serves, the teacher splits all the same as
 * often as anywhere, and is wrong.
 */
export function answerAsTeacher(request: {
  readonly message: string;
  readonly seed: number;
  readonly index: number;
  readonly maxTokens: number;
  readonly mix: TeacherMix;
  readonly family: WordFamilyName;
}): TeacherAnswer {
  const { kinds, labels } = WORD_FAMILIES[request.family];
  const problem = parseWordProblem(request.message, kinds);
  if (problem === null) return cut(NO_WORD_SUM, 'stop', request.maxTokens);
  const operands = listNumbers(problem);
  const plan = planAnswer(request.mix, { seed: request.seed, index: request.index, operands });
  const finish = plan.kind === 'unclosed_thinking' ? 'length' : 'stop';
  const hasTags = countOpenTags(request.message) > 0;
  const text = writeAnswer({ operands, solutions: solveWordProblem(problem), labels: hasTags ? labels : null }, plan);
  return cut(text, finish, request.maxTokens);
}

function cut(text: string, finish: TeacherAnswer['finish'], maxTokens: number): TeacherAnswer {
  const tokens = Math.ceil(text.length / CHARS_PER_TOKEN);
  if (tokens <= maxTokens) return { content: text, finish, tokens };
  return { content: text.slice(0, maxTokens * CHARS_PER_TOKEN), finish: 'length', tokens: maxTokens };
}

/** What an answer is about. */
interface Question {
  readonly operands: readonly number[];
  readonly solutions: LevelSolutions;
  /** Of the two paths; null where the prompt speaks of none. */
  readonly labels: readonly string[] | null;
}

/** The text of an answer as planned, thinking section included. */
function writeAnswer(question: Question, plan: AnswerPlan): string {
  if (plan.kind === 'unclosed_thinking') return `<think>\n${think(question)} Or is it`;
  const solution = writeSolution(question, plan);
  return plan.hasThinking ? `<think>\n${think(question)}\n</think>\n\n${solution}` : solution;
}

/** Mentions tags on purpose where the prompt does: a filter that looks for tags before it drops thinking would be fooled. */
function think({ operands, solutions, labels }: Question): string {
  const wish =
    labels === null
      ? 'They want it step by step.'
      : `They want <Parallel> with a <Path> for the ${labels.join(' and one for the ')}, or plain running sums.`;
  return `The numbers are ${operands.join(', ')}. ${wish} It should come to ${solutions.answer}.`;
}

function writeSolution(question: Question, plan: AnswerPlan): string {
  const { solutions, labels } = question;
  if (plan.kind === 'good_direct') return renderDirectSolution(solutions);
  if (labels === null) return writeInTurn(solutions, plan);
  const isWrong = plan.kind === 'wrong_answer';
  const answer = isWrong ? solutions.answer + plan.slip : solutions.parallel.answer;
  const { paths, summary } = solutions.parallel;
  const said = isWrong ? summary.replace(/=\d+$/, `=${answer}`) : summary;
  const block = writeBlock(
    paths.map((path, i) => `${labels[i]}${path}`),
    plan,
  );
  const gap = plan.isAiry ? '\n\n' : '\n';
  const conclusion = plan.kind === 'missing_summary' ? '' : `${gap}<Summary>${said}</Summary>`;
  return `${STRATEGY_WORDS.parallel}${block}${conclusion}\n${writeAnswerLine(answer)}`;
}

/** Without a block no fault of a block can be made: those answers end before their answer line instead. */
function writeInTurn(solutions: LevelSolutions, plan: AnswerPlan): string {
  const solution = renderInTurnSolution(solutions);
  if (plan.kind === 'good_parallel') return solution;
  const steps = solution.slice(0, solution.lastIndexOf('\n'));
  return plan.kind === 'wrong_answer' ? `${steps}\n${writeAnswerLine(solutions.answer + plan.slip)}` : steps;
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

/** Everything random about one answer, decided before a word is written. */
export interface AnswerPlan {
  readonly kind: AnswerKind;
  readonly hasThinking: boolean;
  /** Tags on lines of their own, as real teachers write them. */
  readonly isAiry: boolean;
  /** How far a wrong answer is off; never 0. */
  readonly slip: number;
}

/** The plan of choice `index` of a request; the same for the same seed, index and operands. */
export function planAnswer(
  mix: TeacherMix,
  request: { readonly seed: number; readonly index: number; readonly operands: readonly number[] },
): AnswerPlan {
  const rng = createRng(hashSeed('teacher', request.seed, request.index, ...request.operands));
  const kind = drawKind(mix, rng);
  return {
    kind,
    hasThinking: kind === 'unclosed_thinking' || rng.next() < closedThinkingShare(mix),
    isAiry: rng.next() < 0.7,
    slip: (1 + rng.nextInt(9)) * (rng.next() < 0.5 ? 1 : 10),
  };
}

function drawKind(mix: TeacherMix, rng: Rng): AnswerKind {
  const entries = Object.entries(mix.kinds) as [AnswerKind, number][];
  let left = rng.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of entries) {
    left -= weight;
    if (left < 0) return kind;
  }
  return entries[0]![0];
}

/** The chance of a closed section that brings the share of all sections to `thinkingShare`. */
function closedThinkingShare({ kinds, thinkingShare }: TeacherMix): number {
  const total = Object.values(kinds).reduce((sum, weight) => sum + weight, 0);
  const unclosed = kinds.unclosed_thinking / total;
  return unclosed >= 1 ? 0 : Math.max(0, (thinkingShare - unclosed) / (1 - unclosed));
}
