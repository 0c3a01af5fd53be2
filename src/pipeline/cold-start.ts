import { canonicaliseTrace, stripThinking } from '../core/canonicalise.ts';
import type { ColdStartStage } from '../core/curriculum.ts';
import { countOpenTags } from '../core/format/find-tags.ts';
import { checkFormat } from '../core/format-check.ts';
import type { Problem } from '../core/problem.ts';
import { hashSeed } from '../core/rng.ts';
import type { AttemptRecord } from '../ports/run-store.ts';
import { annotateSolution } from './annotate-solution.ts';
import { isSettledBy, listAskedProblems } from './asked-problems.ts';
import { describeRefusal } from './calls.ts';
import type { RunContext } from './context.ts';
import {
  type FilterOutcome,
  type Judgement,
  judgeTrace,
  type TaughtAnswer,
  type TemplateBinding,
  toJudgement,
} from './judge-trace.ts';
import { renderStudentPrompt } from './render-student-prompt.ts';
import { runAll } from './run-all.ts';
import { problemKey } from './select-rows.ts';
import { BudgetSpent, TokenBudget } from './token-budget.ts';

/** Yield of one cold-start stage: attempts per outcome. */
export interface YieldReport {
  readonly attempts: number;
  readonly accepted: number;
  /** Count per rejection code, most frequent first. */
  readonly rejected: readonly { readonly code: string; readonly count: number }[];
}

/**
 * Cold-start data. By prompting: problem -> teacher -> strip thinking -> canonicalise -> format check ->
 * answer check -> row. By annotation: see `annotateSolution`. Every attempt is stored with the code of the
 * filter that stopped it; what has its attempts in the store already is not asked again.
 */
export async function runColdStart(
  ctx: RunContext,
  binding: TemplateBinding,
  stage: ColdStartStage,
  stageIndex: number,
): Promise<YieldReport> {
  const { samplesPerProblem, retries = 0, budgetTokens = null } = stage;
  const budget = new TokenBudget(budgetTokens);
  const problems = (await ctx.problemsOf(stage.problems)).slice(0, stage.limit ?? undefined);
  const asked = listAskedProblems(budget.watch(ctx.store.listAttempts(ctx.runId, stageIndex)), samplesPerProblem);
  const open = problems.filter((problem) => {
    const before = asked.get(problemKey(problem));
    return before === undefined || (!before.isSettled && before.rounds <= retries);
  });
  const task = ctx.reporter.task(stage.id, problems.length, 'problems');
  let finished = problems.length - open.length;
  let accepted = 0;
  const attempt = async (problem: Problem, signal: AbortSignal) => {
    for (let round = asked.get(problemKey(problem))?.rounds ?? 0; round <= retries; round += 1) {
      if (budget.isSpent) return;
      const attempts = await attemptProblem(ctx, binding, stage, { problem, round, signal });
      // At once: a teacher's answer is paid for.
      ctx.store.saveAttempts(ctx.runId, stageIndex, attempts);
      budget.add(attempts);
      accepted += attempts.filter(({ status }) => status === 'accepted').length;
      if (isSettledBy(attempts)) break;
    }
    finished += 1;
    task.update(finished, `${accepted} rows accepted`);
  };
  await runAll(open, attempt, ctx.signal, () => widthOf(ctx));
  const report = reportYield(ctx, stageIndex);
  task.finish(describeYield(report));
  if (finished < problems.length) {
    const left = problems.length - finished;
    const spent = `the budget of ${budgetTokens} tokens is used up (${budget.used} so far), ${left} problems are left`;
    throw new BudgetSpent(`${stage.id}: ${spent}; go on with resume --budget-tokens MORE`);
  }
  return report;
}

/** Problems at work for each call that may be in flight: a few more, so that calls keep coming while answers are judged. */
const PROBLEMS_PER_CALL = 1.25;

/**
 * How many problems may be at work. Were all begun at once, the calls that judging takes would queue behind the
 * questions of all others, and a finished answer would reach the store only after the last question.
 */
function widthOf({ calls }: Pick<RunContext, 'calls'>): number {
  return Math.ceil(PROBLEMS_PER_CALL * calls.stats().limit);
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

/** One round of questions about a problem, from 0. */
interface Round {
  readonly problem: Problem;
  readonly round: number;
  readonly signal: AbortSignal;
}

async function attemptProblem(
  ctx: RunContext,
  binding: TemplateBinding,
  stage: ColdStartStage,
  { problem, round, signal }: Round,
): Promise<AttemptRecord[]> {
  const { engine, template, solutionTemplate } = ctx.teacherOf(stage);
  const judgeAnswer = solutionTemplate === null ? judge : annotateSolution;
  const seed = hashSeed(ctx.plan.seed, stage.id, problem.source, problem.id, ...(round === 0 ? [] : [round]));
  const firstSample = round * stage.samplesPerProblem;
  const { model, maxTokens, temperature, topP } = stage.teacher;
  const prompt = renderStudentPrompt((solutionTemplate ?? template).text, problem.text);
  const request = { model, prompt, n: stage.samplesPerProblem, maxTokens, temperature, topP, seed };
  const base = { problem, seed, promptHash: template.hash };
  try {
    const answers = await ctx.calls.run((own) => engine.chat(request, own), signal);
    return await Promise.all(
      answers.map(async (answer, sample) => ({
        ...base,
        sample: firstSample + sample,
        ...(await judgeAnswer(ctx, binding, stage, { problem, answer, seed: hashSeed(seed, sample), signal })),
      })),
    );
  } catch (error) {
    const raw = describeRefusal(error);
    const failed = { status: 'failed', code: 'transport', raw, reasoning: null, target: null } as const;
    return [
      {
        ...base,
        sample: firstSample,
        ...failed,
        verdict: null,
        extracted: null,
        promptTokens: null,
        completionTokens: null,
      },
    ];
  }
}

async function judge(
  ctx: RunContext,
  binding: TemplateBinding,
  stage: ColdStartStage,
  taught: TaughtAnswer,
): Promise<Judgement> {
  const { promptTokens, completionTokens, reasoning, content } = taught.answer;
  const outcome = await filterAnswer(ctx, binding, stage, taught);
  return toJudgement({ raw: content, reasoning, promptTokens, completionTokens }, outcome);
}

/** The filters of method 4.3, in order; the first that objects gives the code. */
async function filterAnswer(
  ctx: RunContext,
  binding: TemplateBinding,
  stage: ColdStartStage,
  { problem, answer, signal }: TaughtAnswer,
): Promise<FilterOutcome> {
  const reject = (code: string) => ({ code, verdict: null });
  if (answer.finish === 'length') return reject('truncated');
  const stripped = stripThinking(answer.content);
  if (stripped.code !== null) return reject(stripped.code);
  const trace = canonicaliseTrace(stripped.content);
  const { formatMode, formatPromote } = ctx.plan;
  const format = checkFormat(trace, formatMode, { promote: formatPromote, prompt: problem.text });
  const fault = format.violations[0];
  if (fault !== undefined) return reject(fault.code);
  if (countOpenTags(trace) < stage.minBlocks) return reject('no_block');
  return judgeTrace(ctx, binding, stage, { problem, trace, signal });
}
