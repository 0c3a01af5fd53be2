import { checkAnnotation } from '../../core/annotation/check-annotation.ts';
import { checkAnswerLine } from '../../core/answer.ts';
import { canonicaliseResponse, stripThinking } from '../../core/canonicalise.ts';
import type { Verdict } from '../../core/verify/verdict.ts';
import type { ChatCompletion } from '../../ports/engine.ts';
import type { RunContext } from '../context.ts';
import { type CallFailure, toCallFailure } from '../engine/calls.ts';
import { renderAnnotationPrompt } from '../engine/tokenizer.ts';
import {
  describeUnfinished,
  type FilteredAnswer,
  type FilterOutcome,
  filterResponse,
  type TaughtAnswer,
  type Teaching,
  toFiltered,
  verifyResponse,
} from './filter-answer.ts';

/**
 * The second half of making a row by annotation: verify a sequential solution, have the teacher turn
 * independent stretches of it into blocks, check that it did only that. `raw` is the annotated answer as it
 * came, null when the solution was not worth annotating; `reasoning` is the sequential answer as it came;
 * token counts are those of both calls. Thinking on a separate channel is not kept.
 */
export async function annotateSolution(teaching: Teaching, taught: TaughtAnswer): Promise<FilteredAnswer> {
  const { content: reasoning, promptTokens, completionTokens } = taught.answer;
  const kept = { raw: null, reasoning, promptTokens, completionTokens };
  const solved = await checkSolution(teaching.ctx, taught);
  if ('code' in solved) return toFiltered(kept, solved);
  const asked = await askAnnotation(teaching, taught, solved.solution);
  if ('code' in asked) {
    const failed = { status: 'failed', code: asked.code, target: null, verdict: null, extracted: null } as const;
    return { ...kept, ...failed, raw: asked.message };
  }
  const spent = {
    raw: asked.content,
    reasoning,
    promptTokens: addCounts(promptTokens, asked.promptTokens),
    completionTokens: addCounts(completionTokens, asked.completionTokens),
  };
  return toFiltered(spent, await filterAnnotation(teaching, taught, solved.solution, asked));
}

/** A solution that is complete, well-formed and right; or the code of what is wrong with it. */
async function checkSolution(
  ctx: RunContext,
  { problem, answer, round }: TaughtAnswer,
): Promise<{ readonly solution: string } | { readonly code: string; readonly verdict: Verdict | null }> {
  if (answer.finish === 'length') return { code: 'truncated', verdict: null };
  const { content: solution, code } = stripThinking(answer.content);
  const fault = code ?? checkAnswerLine(solution);
  if (fault !== null) return { code: fault, verdict: null };
  const verdict = await verifyResponse(ctx, problem, solution, round.signal);
  return verdict.verdict === 'correct' ? { solution } : { code: 'wrong_solution', verdict };
}

async function askAnnotation(
  { stage, teacher, fitAnswer }: Teaching,
  { problem, index, seed, round }: TaughtAnswer,
  solution: string,
): Promise<ChatCompletion | CallFailure> {
  const { engine, calls, template } = teacher;
  const { model, topP } = stage.teacher;
  const { temperature } = round;
  const prompt = renderAnnotationPrompt(template.text, problem.text, solution);
  const request = { model, prompt, n: 1, maxTokens: fitAnswer(prompt), temperature, topP, seed };
  try {
    const [annotated] = await round.answers.recall(`annotate ${index}`, () =>
      calls.run((own) => engine.chat(request, own), round.signal),
    );
    const unfinished = describeUnfinished(annotated!);
    return unfinished === null ? annotated! : { code: 'unfinished', message: unfinished };
  } catch (error) {
    return toCallFailure(error);
  }
}

/** The filters of an annotated answer, in order; the first that objects gives the code. */
async function filterAnnotation(
  teaching: Teaching,
  { problem, round }: TaughtAnswer,
  solution: string,
  annotated: ChatCompletion,
): Promise<FilterOutcome> {
  if (annotated.finish === 'length') return { code: 'truncated', verdict: null };
  const stripped = stripThinking(annotated.content);
  if (stripped.code !== null) return { code: stripped.code, verdict: null };
  const response = canonicaliseResponse(stripped.content);
  const rules = { minBlocks: teaching.stage.minBlocks, promote: teaching.ctx.plan.formatPromote };
  const fault = checkAnnotation({ problem: problem.text, solution, annotated: response }, rules);
  if (fault !== null) return { code: fault, verdict: null };
  return filterResponse(teaching, { problem, response, signal: round.signal });
}

function addCounts(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
