import type { ColdStartStage } from '../../core/curriculum.ts';
import type { Problem } from '../../core/problem.ts';
import type { AttemptRecord } from '../../ports/run-store/attempts.ts';
import type { RunContext, Teacher } from '../context.ts';
import { countAtWork } from '../engine/calls.ts';
import { AnswerLog } from '../rollout/answer-log.ts';
import { runAll } from '../run-all.ts';
import type { StageRun } from '../stage-run.ts';
import { attemptProblem } from './attempt-problem.ts';
import { createLengthCheck } from './check-length.ts';
import type { Teaching } from './filter-answer.ts';
import { createAnswerFit } from './fit-answer.ts';
import { describeForecast, forecastColdStart } from './forecast.ts';
import { RefusalWatch } from './refusal-watch.ts';
import { RetryMetrics } from './retry-metrics.ts';
import { BudgetSpent, Spending } from './spending.ts';
import { describeYield, NothingAccepted, reportYield, type YieldReport } from './yield-report.ts';

/**
 * Cold-start data. By prompting: problem -> teacher -> strip thinking -> canonicalise -> format check ->
 * answer check -> row. By annotation: see `annotateSolution`. Every attempt is stored with the code of the
 * filter that stopped it. Problems whose attempts are in the store are not asked again, nor are questions that were
 * answered before the process was killed. Problems are streamed: only those in progress are in memory.
 */
export async function runColdStart(run: StageRun<ColdStartStage>): Promise<YieldReport> {
  const { ctx, stage, index } = run;
  const { studentTemplate } = ctx;
  const teacher = ctx.teacherOf(stage);
  savePrompts(run, teacher);
  const checkLength = createLengthCheck(ctx, stage, studentTemplate);
  const fitAnswer = await createAnswerFit(ctx, stage, teacher);
  const lesson = new Lesson({ ctx, stage, teacher, studentTemplate, checkLength, fitAnswer }, index);
  const total = await countProblems(ctx, stage);
  tellForecast(run, total);
  const task = ctx.reporter.task(stage.id, total, 'problems');
  let finished = 0;
  const work = async (problem: Problem, signal: AbortSignal) => {
    if (!(await lesson.teach(problem, signal))) return;
    finished += 1;
    task.update(finished, lesson.describe());
  };
  await runAll(
    takeWhile(listProblems(ctx, stage), () => !lesson.spending.isSpent),
    work,
    ctx.signal,
    () => countAtWork(teacher),
  );
  const report = reportYield(ctx, index);
  task.finish(`${describeYield(report)}${lesson.retries.describe()}`);
  if (lesson.spending.isSpent && finished < total) {
    const left = `${stage.id}: ${lesson.spending.describeEnd(total - finished)}`;
    throw report.accepted === 0 ? new NothingAccepted(`${left}; nothing was accepted`) : new BudgetSpent(left);
  }
  return report;
}

/** The questions of one stage. */
class Lesson {
  readonly spending: Spending;
  readonly retries: RetryMetrics;
  readonly #teaching: Teaching;
  readonly #stageIndex: number;
  readonly #answers: AnswerLog;
  readonly #isNew: boolean;
  readonly #refusals: RefusalWatch;
  #accepted = 0;

  constructor(teaching: Teaching, stageIndex: number) {
    const { store, runId } = teaching.ctx;
    const before = store.measureAttempts(runId, stageIndex);
    this.#teaching = teaching;
    this.#stageIndex = stageIndex;
    this.#answers = new AnswerLog(teaching.ctx, stageIndex);
    this.#isNew = before.attempts === 0;
    this.#refusals = new RefusalWatch(teaching.stage, before.acceptedProblems > 0);
    this.spending = new Spending(teaching.stage, before);
    this.retries = new RetryMetrics(teaching.ctx, stageIndex, teaching.teacher.calls);
  }

  /** Asks until the problem has a row, was refused for good, or has had all its rounds. False: the budget ended first. */
  async teach(problem: Problem, signal: AbortSignal): Promise<boolean> {
    const { ctx, stage } = this.#teaching;
    const { retries = 0, retryTemperature = null } = stage;
    const known = this.#isNew ? [] : ctx.store.findAttempts(ctx.runId, this.#stageIndex, problem);
    if (isSettledBy(known)) return true;
    for (let round = countRounds(known, stage); round <= retries; round += 1) {
      if (this.spending.isSpent) return false;
      const temperature = round === 0 ? stage.teacher.temperature : (retryTemperature ?? stage.teacher.temperature);
      const answers = this.#answers.open(problem.source, problem.id, problem.text, round);
      const attempts = await attemptProblem(this.#teaching, problem, { round, temperature, answers, signal });
      await answers.settle(() => {
        ctx.store.saveAttempts(ctx.runId, this.#stageIndex, attempts);
        this.retries.save();
      });
      this.spending.add(attempts);
      this.#accepted += attempts.filter(({ status }) => status === 'accepted').length;
      this.#refusals.add(attempts);
      if (isSettledBy(attempts)) break;
    }
    return true;
  }

  /** How far the stage has got, for the progress line. */
  describe(): string {
    const { usd } = this.spending;
    return `${this.#accepted} rows accepted${usd === null ? '' : `, $${usd.toFixed(2)}`}`;
  }
}

/** Whether attempts leave nothing to retry: another seed does not help a request the server refuses. */
function isSettledBy(attempts: readonly Pick<AttemptRecord, 'status'>[]): boolean {
  return attempts.some(({ status }) => status !== 'rejected');
}

/** Number of rounds that have been asked. */
function countRounds(
  known: readonly Pick<AttemptRecord, 'sample'>[],
  { samplesPerProblem }: Pick<ColdStartStage, 'samplesPerProblem'>,
): number {
  return known.reduce((rounds, { sample }) => Math.max(rounds, Math.floor(sample / samplesPerProblem) + 1), 0);
}

/** The stage's problems, one after the other. */
async function* listProblems(ctx: RunContext, { problems, limit }: ColdStartStage): AsyncGenerator<Problem> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  for await (const problem of ctx.readProblems(problems)) {
    yield problem;
    left -= 1;
    if (left <= 0) return;
  }
}

/** Reads them all before the first answer is paid for, so that a bad row far down is reported at once. */
async function countProblems(ctx: RunContext, { problems, limit }: ColdStartStage): Promise<number> {
  return Math.min(limit ?? Number.POSITIVE_INFINITY, await ctx.countProblems(problems));
}

async function* takeWhile<T>(items: AsyncIterable<T>, goesOn: () => boolean): AsyncGenerator<T> {
  for await (const item of items) {
    if (!goesOn()) return;
    yield item;
  }
}

/** Records the templates the teacher is asked with before the first question. */
function savePrompts({ ctx, stage }: StageRun, { template, solutionTemplate }: Teacher): void {
  ctx.store.savePrompt(ctx.runId, `teacher:${stage.id}`, template);
  if (solutionTemplate !== null) ctx.store.savePrompt(ctx.runId, `solution:${stage.id}`, solutionTemplate);
}

function tellForecast({ ctx, stage, index }: StageRun<ColdStartStage>, total: number): void {
  const forecast = forecastColdStart(ctx.store, { runId: ctx.runId, stageIndex: index, stage, problems: total });
  if (forecast !== null) ctx.reporter.info(describeForecast(forecast));
}
