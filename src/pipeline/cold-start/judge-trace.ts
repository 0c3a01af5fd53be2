import { checkAnswerLine } from '../../core/answer.ts';
import { rewriteAnswerLine } from '../../core/canonicalise.ts';
import type { Problem } from '../../core/problem.ts';
import type { Verdict } from '../../core/verify/verdict.ts';
import type { ChatCompletion } from '../../ports/engine.ts';
import type { AttemptRecord } from '../../ports/run-store/attempts.ts';
import type { RunContext } from '../context.ts';
import { toVerifyOptions } from '../rollout/score-trajectory.ts';
import type { Round, Teaching } from './teaching.ts';

/** A teacher's answer to a problem. */
export interface TaughtAnswer {
  readonly problem: Problem;
  readonly answer: ChatCompletion;
  /** Which of the round's answers, from 0. */
  readonly index: number;
  /** Of whatever else is asked about this answer; another one per sample. */
  readonly seed: number;
  readonly round: Round;
}

/** What the filters say of an answer: the part of its row that is not known before. */
export type Judgement = Omit<AttemptRecord, 'problem' | 'sample' | 'seed' | 'promptHash'>;

/** The verdict is null when a filter before the verifier objected. */
export type FilterOutcome =
  | { readonly code: string; readonly verdict: Verdict | null }
  | { readonly target: string; readonly verdict: Verdict };

/** What the teacher gave and took, with what became of it. */
export function toJudgement(
  kept: Pick<Judgement, 'raw' | 'reasoning' | 'promptTokens' | 'completionTokens'>,
  outcome: FilterOutcome,
): Judgement {
  const { verdict } = outcome;
  const judged = { ...kept, verdict, extracted: verdict?.extracted ?? null };
  if ('code' in outcome) return { ...judged, status: 'rejected', code: outcome.code, target: null };
  return { ...judged, status: 'accepted', code: null, target: outcome.target };
}

/** The filters every well-formed trace goes through (method 4.3), in order: answer line, answer, length. */
export async function judgeTrace(
  { ctx, checkLength }: Teaching,
  { problem, trace, signal }: { readonly problem: Problem; readonly trace: string; readonly signal: AbortSignal },
): Promise<FilterOutcome> {
  const answerFault = checkAnswerLine(trace);
  if (answerFault !== null) return { code: answerFault, verdict: null };
  const verdict = await verifyTrace(ctx, problem, trace, signal);
  if (verdict.verdict !== 'correct') return { code: 'wrong_answer', verdict };
  const target = rewriteAnswerLine(trace, problem.answer);
  const lengthFault = await checkLength(problem.text, target);
  return lengthFault === null ? { target, verdict } : { code: lengthFault, verdict };
}

/** The verdict on the answer of one text, under the run's policy. */
export async function verifyTrace(
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
