import { checkAnswerLine } from '../core/answer.ts';
import { canonicaliseTrace, rewriteAnswerLine, stripThinking } from '../core/canonicalise.ts';
import type { ColdStartStage } from '../core/curriculum.ts';
import { countOpenTags } from '../core/format/find-tags.ts';
import { checkFormat } from '../core/format-check.ts';
import type { Problem } from '../core/problem.ts';
import { hashSeed } from '../core/rng.ts';
import type { Verdict } from '../core/verify/verdict.ts';
import type { ChatCompletion } from '../ports/engine.ts';
import type { AttemptRecord } from '../ports/run-store.ts';
import { tokenizePrompt, tokenizeText } from './bind-tokenizer.ts';
import { describeRefusal } from './calls.ts';
import type { Binding, RunContext } from './context.ts';
import { renderStudentPrompt } from './render-student-prompt.ts';
import { runAll } from './run-all.ts';
import { toVerifyOptions } from './score-trajectory.ts';

/** Tags are plain text here: a teacher's tokenizer need not know them. */
type TemplateBinding = Pick<Binding, 'template'>;

/** Yield of one cold-start stage: attempts per outcome. */
export interface YieldReport {
  readonly attempts: number;
  readonly accepted: number;
  /** Count per rejection code, most frequent first. */
  readonly rejected: readonly { readonly code: string; readonly count: number }[];
}

/**
 * Cold-start data by prompting: problem -> teacher -> strip thinking -> canonicalise -> format check ->
 * answer check -> row. Every attempt is stored with the code of the filter that stopped it; problems
 * that have their attempts in the store already are not asked again.
 */
export async function runColdStart(
  ctx: RunContext,
  binding: TemplateBinding,
  stage: ColdStartStage,
  stageIndex: number,
): Promise<YieldReport> {
  const problems = await ctx.problemsOf(stage.problems);
  const done = new Set<string>();
  for (const attempt of ctx.store.listAttempts(ctx.runId, stageIndex)) done.add(problemKey(attempt.problem));
  const open = problems.filter((problem) => !done.has(problemKey(problem)));
  const task = ctx.reporter.task(stage.id, problems.length, 'problems');
  let finished = problems.length - open.length;
  let accepted = 0;
  const attempt = async (problem: Problem, signal: AbortSignal) => {
    const attempts = await attemptProblem(ctx, binding, stage, problem, signal);
    // At once: a teacher's answer is paid for.
    ctx.store.saveAttempts(ctx.runId, stageIndex, attempts);
    finished += 1;
    accepted += attempts.filter(({ status }) => status === 'accepted').length;
    task.update(finished, `${accepted} rows accepted`);
  };
  await runAll(open, attempt, ctx.signal);
  const report = reportYield(ctx, stageIndex);
  task.finish(describeYield(report));
  return report;
}

/** Counts the stored attempts of a cold-start stage. */
export function reportYield(ctx: Pick<RunContext, 'store' | 'runId'>, stageIndex: number): YieldReport {
  const counts = ctx.store.countAttempts(ctx.runId, stageIndex);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const accepted = counts.filter(({ status }) => status === 'accepted').reduce((sum, { count }) => sum + count, 0);
  const rejected = counts
    .filter(({ status }) => status !== 'accepted')
    .map(({ code, count }) => ({ code: code ?? 'failed', count }))
    .sort((a, b) => b.count - a.count || a.code.localeCompare(b.code));
  return { attempts: total, accepted, rejected };
}

/** One line: `3,412 of 4,000 accepted (85.3 %); missing_summary 130, wrong_answer 98, ...` */
export function describeYield(report: YieldReport): string {
  const share = report.attempts === 0 ? 0 : (100 * report.accepted) / report.attempts;
  const top = report.rejected.slice(0, 4).map(({ code, count }) => `${code} ${count}`);
  const rest = report.rejected.slice(4).reduce((sum, { count }) => sum + count, 0);
  if (rest > 0) top.push(`others ${rest}`);
  const reasons = top.length > 0 ? `; rejected: ${top.join(', ')}` : '';
  return `${report.accepted} of ${report.attempts} accepted (${share.toFixed(1)} %)${reasons}`;
}

function problemKey(problem: Problem): string {
  return `${problem.source}\u0000${problem.id}`;
}

async function attemptProblem(
  ctx: RunContext,
  binding: TemplateBinding,
  stage: ColdStartStage,
  problem: Problem,
  signal: AbortSignal,
): Promise<AttemptRecord[]> {
  const { engine, template } = ctx.teacherOf(stage);
  const seed = hashSeed(ctx.plan.seed, stage.id, problem.source, problem.id);
  const { model, maxTokens, temperature, topP } = stage.teacher;
  const prompt = renderStudentPrompt(template.text, problem.text);
  const request = { model, prompt, n: stage.samplesPerProblem, maxTokens, temperature, topP, seed };
  const base = { problem, seed, promptHash: template.hash };
  try {
    const answers = await ctx.calls.run((own) => engine.chat(request, own), signal);
    return await Promise.all(
      answers.map(async (answer, sample) => ({
        ...base,
        sample,
        ...(await judge(ctx, binding, stage, { problem, answer, signal })),
      })),
    );
  } catch (error) {
    const raw = describeRefusal(error);
    const failed = { status: 'failed', code: 'transport', raw, reasoning: null, target: null } as const;
    return [
      { ...base, sample: 0, ...failed, verdict: null, extracted: null, promptTokens: null, completionTokens: null },
    ];
  }
}

type Judgement = Omit<AttemptRecord, 'problem' | 'sample' | 'seed' | 'promptHash'>;

/** A teacher's answer to a problem. */
interface TaughtAnswer {
  readonly problem: Problem;
  readonly answer: ChatCompletion;
  readonly signal: AbortSignal;
}

async function judge(
  ctx: RunContext,
  binding: TemplateBinding,
  stage: ColdStartStage,
  taught: TaughtAnswer,
): Promise<Judgement> {
  const { promptTokens, completionTokens, reasoning, content } = taught.answer;
  const outcome = await filterAnswer(ctx, binding, stage, taught);
  const { verdict } = outcome;
  const extracted = verdict?.extracted ?? null;
  const kept = { raw: content, reasoning, promptTokens, completionTokens, verdict, extracted };
  if ('code' in outcome) return { ...kept, status: 'rejected', code: outcome.code, target: null };
  return { ...kept, status: 'accepted', code: null, target: outcome.target };
}

/** The verdict is null when an earlier filter objected. */
type FilterOutcome =
  | { readonly code: string; readonly verdict: Verdict | null }
  | { readonly target: string; readonly verdict: Verdict };

/** The filters of method 4.3, in order; the first that objects gives the code. */
async function filterAnswer(
  ctx: RunContext,
  binding: TemplateBinding,
  stage: ColdStartStage,
  { problem, answer, signal }: TaughtAnswer,
): Promise<FilterOutcome> {
  const reject = (code: string, verdict: Verdict | null = null) => ({ code, verdict });
  if (answer.finish === 'length') return reject('truncated');
  const stripped = stripThinking(answer.content);
  if (stripped.code !== null) return reject(stripped.code);
  const trace = canonicaliseTrace(stripped.content);
  const { formatMode, formatPromote } = ctx.plan;
  const format = checkFormat(trace, formatMode, { promote: formatPromote, prompt: problem.text });
  const fault = format.violations[0];
  if (fault !== undefined) return reject(fault.code);
  if (countOpenTags(trace) < stage.minBlocks) return reject('no_block');
  const answerFault = checkAnswerLine(trace);
  if (answerFault !== null) return reject(answerFault);
  const options = toVerifyOptions(ctx.plan);
  const [verdict] = await ctx.verifier.verify([{ gold: problem.answer, text: trace, options }], signal);
  if (verdict!.verdict !== 'correct') return reject('wrong_answer', verdict);
  const target = rewriteAnswerLine(trace, problem.answer);
  const length = await countTokens(ctx, binding, problem, target);
  if (length === null) return reject('untokenizable', verdict);
  if (length > stage.maxTargetTokens) return reject('too_long', verdict);
  return { target, verdict: verdict! };
}

/** Tokens of prompt and target; null when the student's tokenizer refuses the text. */
async function countTokens(
  ctx: RunContext,
  binding: TemplateBinding,
  problem: Problem,
  target: string,
): Promise<number | null> {
  try {
    const prompt = await tokenizePrompt(ctx, renderStudentPrompt(binding.template.text, problem.text));
    const ids = await tokenizeText(ctx, target);
    return prompt.length + ids.length + 1;
  } catch (error) {
    describeRefusal(error);
    return null;
  }
}
