import { checkAnswerLine } from '../core/answer.ts';
import { rewriteAnswerLine } from '../core/canonicalise.ts';
import type { ColdStartStage } from '../core/curriculum.ts';
import type { Problem } from '../core/problem.ts';
import type { Verdict } from '../core/verify/verdict.ts';
import type { ChatCompletion } from '../ports/engine.ts';
import type { AttemptRecord } from '../ports/run-store.ts';
import { tokenizePrompt, tokenizeText } from './bind-tokenizer.ts';
import { describeRefusal } from './calls.ts';
import type { Binding, RunContext } from './context.ts';
import { renderStudentPrompt } from './render-student-prompt.ts';
import { toVerifyOptions } from './score-trajectory.ts';

/** Tags are plain text in cold-start data: a teacher's tokenizer need not know them. */
export type TemplateBinding = Pick<Binding, 'template'>;

/** A teacher's answer to a problem. */
export interface TaughtAnswer {
  readonly problem: Problem;
  readonly answer: ChatCompletion;
  /** Of whatever else is asked about this answer; another one per sample. */
  readonly seed: number;
  readonly signal: AbortSignal;
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
  ctx: RunContext,
  binding: TemplateBinding,
  stage: ColdStartStage,
  { problem, trace, signal }: { readonly problem: Problem; readonly trace: string; readonly signal: AbortSignal },
): Promise<FilterOutcome> {
  const answerFault = checkAnswerLine(trace);
  if (answerFault !== null) return { code: answerFault, verdict: null };
  const verdict = await verifyTrace(ctx, problem, trace, signal);
  if (verdict.verdict !== 'correct') return { code: 'wrong_answer', verdict };
  const target = rewriteAnswerLine(trace, problem.answer);
  const length = await countTokens(ctx, binding, problem, target);
  if (length === null) return { code: 'untokenizable', verdict };
  if (length > stage.maxTargetTokens) return { code: 'too_long', verdict };
  return { target, verdict };
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

/** Characters per token of worked mathematics, low enough that a length guessed by it is rarely too short. */
const CHARACTERS_PER_TOKEN = 3;

/**
 * Tokens of prompt and target; null when the student's tokenizer refuses the text. Guessed from the number of
 * characters where the engine has no tokenizer: a chat endpoint is all that cold-start data needs.
 */
async function countTokens(
  ctx: RunContext,
  binding: TemplateBinding,
  problem: Problem,
  target: string,
): Promise<number | null> {
  const promptText = renderStudentPrompt(binding.template.text, problem.text);
  if (!ctx.engine.capabilities.tokenize) return Math.ceil((promptText.length + target.length) / CHARACTERS_PER_TOKEN);
  try {
    const prompt = await tokenizePrompt(ctx, promptText);
    const ids = await tokenizeText(ctx, target);
    return prompt.length + ids.length + 1;
  } catch (error) {
    describeRefusal(error);
    return null;
  }
}
