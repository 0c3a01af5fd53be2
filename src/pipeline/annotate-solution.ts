import { checkAnnotation } from '../core/annotation/check-annotation.ts';
import { checkAnswerLine } from '../core/answer.ts';
import { canonicaliseTrace, stripThinking } from '../core/canonicalise.ts';
import type { ColdStartStage } from '../core/curriculum.ts';
import type { Verdict } from '../core/verify/verdict.ts';
import type { ChatCompletion } from '../ports/engine.ts';
import { describeRefusal } from './calls.ts';
import type { RunContext } from './context.ts';
import {
  type FilterOutcome,
  type Judgement,
  judgeTrace,
  type TaughtAnswer,
  type TemplateBinding,
  toJudgement,
  verifyTrace,
} from './judge-trace.ts';
import { renderAnnotationPrompt } from './render-student-prompt.ts';

/**
 * The second half of making a row by annotation: verify a sequential solution, have the teacher turn
 * independent stretches of it into blocks, check that it did only that. `raw` is the annotated answer as it
 * came, null when the solution was not worth annotating; `reasoning` is the sequential answer as it came;
 * token counts are those of both calls. Thinking on a channel of its own is not kept.
 */
export async function annotateSolution(
  ctx: RunContext,
  binding: TemplateBinding,
  stage: ColdStartStage,
  taught: TaughtAnswer,
): Promise<Judgement> {
  const { content: reasoning, promptTokens, completionTokens } = taught.answer;
  const kept = { raw: null, reasoning, promptTokens, completionTokens };
  const solved = await checkSolution(ctx, taught);
  if ('code' in solved) return toJudgement(kept, solved);
  const asked = await askAnnotation(ctx, stage, taught, solved.solution);
  if ('refusal' in asked) {
    const failed = { status: 'failed', code: 'transport', target: null, verdict: null, extracted: null } as const;
    return { ...kept, ...failed, raw: asked.refusal };
  }
  const spent = {
    raw: asked.content,
    reasoning,
    promptTokens: addCounts(promptTokens, asked.promptTokens),
    completionTokens: addCounts(completionTokens, asked.completionTokens),
  };
  return toJudgement(spent, await filterAnnotation(ctx, binding, stage, taught, solved.solution, asked));
}

/** A solution that is whole, ends as wanted and is right; or the code of what it lacks. */
async function checkSolution(
  ctx: RunContext,
  { problem, answer, signal }: TaughtAnswer,
): Promise<{ readonly solution: string } | { readonly code: string; readonly verdict: Verdict | null }> {
  if (answer.finish === 'length') return { code: 'truncated', verdict: null };
  const { content: solution, code } = stripThinking(answer.content);
  const fault = code ?? checkAnswerLine(solution);
  if (fault !== null) return { code: fault, verdict: null };
  const verdict = await verifyTrace(ctx, problem, solution, signal);
  return verdict.verdict === 'correct' ? { solution } : { code: 'wrong_solution', verdict };
}

async function askAnnotation(
  ctx: RunContext,
  stage: ColdStartStage,
  { problem, seed, signal }: TaughtAnswer,
  solution: string,
): Promise<ChatCompletion | { readonly refusal: string }> {
  const { engine, template } = ctx.teacherOf(stage);
  const { model, maxTokens, temperature, topP } = stage.teacher;
  const prompt = renderAnnotationPrompt(template.text, problem.text, solution);
  const request = { model, prompt, n: 1, maxTokens, temperature, topP, seed };
  try {
    const [annotated] = await ctx.calls.run((own) => engine.chat(request, own), signal);
    return annotated!;
  } catch (error) {
    return { refusal: describeRefusal(error) };
  }
}

/** The filters of an annotated answer, in order; the first that objects gives the code. */
async function filterAnnotation(
  ctx: RunContext,
  binding: TemplateBinding,
  stage: ColdStartStage,
  { problem, signal }: TaughtAnswer,
  solution: string,
  annotated: ChatCompletion,
): Promise<FilterOutcome> {
  if (annotated.finish === 'length') return { code: 'truncated', verdict: null };
  const stripped = stripThinking(annotated.content);
  if (stripped.code !== null) return { code: stripped.code, verdict: null };
  const trace = canonicaliseTrace(stripped.content);
  const rules = { minBlocks: stage.minBlocks, promote: ctx.plan.formatPromote };
  const fault = checkAnnotation({ problem: problem.text, solution, trace }, rules);
  if (fault !== null) return { code: fault, verdict: null };
  return judgeTrace(ctx, binding, stage, { problem, trace, signal });
}

function addCounts(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
