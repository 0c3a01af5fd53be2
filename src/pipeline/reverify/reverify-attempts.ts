import { canonicaliseResponse, rewriteAnswerLine, stripThinking } from '../../core/canonicalise.ts';
import { boundTokens, LONGEST_FRAME_TOKENS } from '../../core/token-bound.ts';
import type { Verdict } from '../../core/verify/verdict.ts';
import type { AttemptRecord, AttemptRevision } from '../../ports/run-store/attempts.ts';
import { renderStudentPrompt } from '../engine/tokenizer.ts';
import { toVerifyOptions } from '../rollout/score-trajectory.ts';
import { isSameVerdict, type ReverifiedBatch, type ReverifyContext, type VerdictChange } from './verdict-change.ts';

/** Attempts held in memory and sent to the verifier at once. */
const ATTEMPTS_AT_ONCE = 256;

/** Judges again those cold-start answers of one stage that had got as far as the verifier. */
export async function* reverifyAttempts(
  ctx: ReverifyContext,
  stageIndex: number,
  apply: boolean,
): AsyncGenerator<ReverifiedBatch> {
  let batch: AttemptRecord[] = [];
  for (const attempt of ctx.store.listAttempts(ctx.runId, stageIndex)) {
    if (wasJudged(attempt)) batch.push(attempt);
    if (batch.length < ATTEMPTS_AT_ONCE) continue;
    yield await reverifyAttemptBatch(ctx, stageIndex, batch, apply);
    batch = [];
  }
  if (batch.length > 0) yield await reverifyAttemptBatch(ctx, stageIndex, batch, apply);
}

/** Code of an attempt that turned out to be correct and whose length was never measured. */
const NOW_CORRECT = 'now_correct';

/** Codes of the verifier and the filters after it; an answer stopped by an earlier filter was never judged. */
const CODES_AFTER_VERDICT: ReadonlySet<string> = new Set(['wrong_answer', 'untokenizable', 'too_long', NOW_CORRECT]);

function wasJudged({ raw, code }: AttemptRecord): boolean {
  return raw !== null && (code === null || CODES_AFTER_VERDICT.has(code));
}

async function reverifyAttemptBatch(
  ctx: ReverifyContext,
  stageIndex: number,
  attempts: readonly AttemptRecord[],
  apply: boolean,
): Promise<ReverifiedBatch> {
  const options = toVerifyOptions(ctx.plan);
  const responses = attempts.map(({ raw }) => canonicaliseResponse(stripThinking(raw!).content));
  const cases = attempts.map(({ problem }, k) => ({ gold: problem.answer, text: responses[k]!, options }));
  const judgements = await ctx.verifier.verify(cases, ctx.signal);
  const revisions: AttemptRevision[] = [];
  const changes: VerdictChange[] = [];
  for (const [k, attempt] of attempts.entries()) {
    const { ms: _, ...after } = judgements[k]!;
    if (isSameVerdict(attempt.verdict, after)) continue;
    const { problem, sample, verdict: before } = attempt;
    const next = decideOutcome(ctx, stageIndex, attempt, responses[k]!, after);
    revisions.push({ stageIndex, problem, sample, verdict: after, ...next });
    const outcome = { before: attempt.code ?? 'accepted', after: next.code ?? 'accepted' };
    changes.push({ place: { kind: 'attempt', stageIndex, problem, sample }, before, after, reward: null, outcome });
  }
  if (apply && revisions.length > 0) ctx.store.reviseVerdicts(ctx.runId, { rollouts: [], attempts: revisions });
  return { judged: attempts.length, changes, figures: [] };
}

/**
 * What becomes of an attempt. One that turns out correct is accepted if it is certainly short enough; counting its
 * tokens would need the engine, so others are only marked.
 */
function decideOutcome(
  ctx: ReverifyContext,
  stageIndex: number,
  attempt: AttemptRecord,
  response: string,
  { verdict }: Verdict,
): Pick<AttemptRecord, 'status' | 'code' | 'target'> {
  if (verdict !== 'correct') return { status: 'rejected', code: 'wrong_answer', target: null };
  const { status, code, target, problem } = attempt;
  if (code !== 'wrong_answer' && code !== NOW_CORRECT) return { status, code, target };
  const written = rewriteAnswerLine(response, problem.answer);
  const stage = ctx.plan.stages[stageIndex];
  const isShort =
    stage?.kind === 'cold-start' &&
    ctx.studentTemplate !== null &&
    boundTokens(renderStudentPrompt(ctx.studentTemplate, problem.text) + written) + LONGEST_FRAME_TOKENS <=
      stage.maxTargetTokens;
  return isShort
    ? { status: 'accepted', code: null, target: written }
    : { status: 'rejected', code: NOW_CORRECT, target: null };
}
