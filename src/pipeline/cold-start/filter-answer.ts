import { checkAnswerLine } from '../../core/answer.ts';
import { canonicaliseResponse, rewriteAnswerLine, stripThinking } from '../../core/canonicalise.ts';
import type { ColdStartStage } from '../../core/curriculum.ts';
import { checkFormat } from '../../core/format/format-checker.ts';
import { countOpenTags } from '../../core/format/tag-stream.ts';
import type { Problem } from '../../core/problem.ts';
import type { Verdict } from '../../core/verify/verdict.ts';
import type { ChatCompletion } from '../../ports/engine.ts';
import type { AttemptRecord } from '../../ports/run-store/attempts.ts';
import type { PromptRecord } from '../../ports/run-store/runs.ts';
import type { RunContext, Teacher } from '../context.ts';
import type { OwnedAnswers } from '../rollout/answer-log.ts';
import { toVerifyOptions } from '../rollout/score-trajectory.ts';
import type { CheckLength } from './check-length.ts';
import type { FitAnswer } from './fit-answer.ts';

/** What all questions of one cold-start stage share. */
export interface Teaching {
  readonly ctx: RunContext;
  readonly stage: ColdStartStage;
  readonly teacher: Teacher;
  /** The student's template; its tags are plain text here: a teacher's tokenizer need not know them. */
  readonly studentTemplate: PromptRecord;
  readonly checkLength: CheckLength;
  readonly fitAnswer: FitAnswer;
}

/** One round of questions about a problem, from 0. */
export interface Round {
  readonly round: number;
  /** Sampling temperature of the teacher in this round. */
  readonly temperature: number;
  readonly answers: OwnedAnswers;
  readonly signal: AbortSignal;
}

/** A teacher's answer to a problem. */
export interface TaughtAnswer {
  readonly problem: Problem;
  readonly answer: ChatCompletion;
  /** Which of the round's answers, from 0. */
  readonly index: number;
  /** Seed of further questions about this answer, such as its annotation; different for each sample. */
  readonly seed: number;
  readonly round: Round;
}

/** What the filters say about an answer: the part of its row that was not known beforehand. */
export type FilteredAnswer = Omit<AttemptRecord, 'problem' | 'sample' | 'seed' | 'promptHash'>;

/** The verdict is null when a filter before the verifier objected. */
export type FilterOutcome =
  | { readonly code: string; readonly verdict: Verdict | null }
  | { readonly target: string; readonly verdict: Verdict };

/** What the teacher gave and took, with what became of it. */
export function toFiltered(
  kept: Pick<FilteredAnswer, 'raw' | 'reasoning' | 'promptTokens' | 'completionTokens'>,
  outcome: FilterOutcome,
): FilteredAnswer {
  const { verdict } = outcome;
  const judged = { ...kept, verdict, extracted: verdict?.extracted ?? null };
  if ('code' in outcome) return { ...judged, status: 'rejected', code: outcome.code, target: null };
  return { ...judged, status: 'accepted', code: null, target: outcome.target };
}

/** Why there is no complete answer to judge, in one line; null where there is one, or one that was cut at the limit. */
export function describeUnfinished({ finish }: Pick<ChatCompletion, 'finish'>): string | null {
  if (finish === 'stop' || finish === 'length') return null;
  return `the teacher's answer ended with "${finish}", which does not mean that it is complete`;
}

/** The filters every well-formed response goes through, in order: answer line, answer, length. */
export async function filterResponse(
  { ctx, checkLength }: Teaching,
  { problem, response, signal }: { readonly problem: Problem; readonly response: string; readonly signal: AbortSignal },
): Promise<FilterOutcome> {
  const answerFault = checkAnswerLine(response);
  if (answerFault !== null) return { code: answerFault, verdict: null };
  const verdict = await verifyResponse(ctx, problem, response, signal);
  if (verdict.verdict !== 'correct') return { code: 'wrong_answer', verdict };
  const target = rewriteAnswerLine(response, problem.answer);
  const lengthFault = await checkLength(problem.text, target);
  return lengthFault === null ? { target, verdict } : { code: lengthFault, verdict };
}

/** The verdict on the answer of one text, under the run's policy. */
export async function verifyResponse(
  ctx: RunContext,
  problem: Problem,
  text: string,
  signal: AbortSignal,
): Promise<Verdict> {
  const [verdict] = await ctx.verifier.verify(
    [{ gold: problem.answer, text, options: toVerifyOptions(ctx.plan) }],
    signal,
  );
  return verdict!;
}

/** Filters an answer in which the teacher was asked to think in parallel itself. */
export async function filterTaughtAnswer(teaching: Teaching, taught: TaughtAnswer): Promise<FilteredAnswer> {
  const { promptTokens, completionTokens, reasoning, content } = taught.answer;
  const outcome = await filterAnswer(teaching, taught);
  return toFiltered({ raw: content, reasoning, promptTokens, completionTokens }, outcome);
}

/** All filters, in order; the first that objects gives the code. */
async function filterAnswer(teaching: Teaching, { problem, answer, round }: TaughtAnswer): Promise<FilterOutcome> {
  const reject = (code: string) => ({ code, verdict: null });
  if (answer.finish === 'length') return reject('truncated');
  const stripped = stripThinking(answer.content);
  if (stripped.code !== null) return reject(stripped.code);
  const response = canonicaliseResponse(stripped.content);
  const { formatMode, formatPromote } = teaching.ctx.plan;
  const format = checkFormat(response, formatMode, { promote: formatPromote, prompt: problem.text });
  const fault = format.violations[0];
  if (fault !== undefined) return reject(fault.code);
  if (countOpenTags(response) < teaching.stage.minBlocks) return reject('no_block');
  return filterResponse(teaching, { problem, response, signal: round.signal });
}
