import { openSolveRun, type SolveRecipe, type SolveRun } from '../../app/open-solve-run.ts';
import { UsageError } from '../../errors.ts';
import { type Decoding, type Solution, solveProblem } from '../../pipeline/rollout/solve.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJson, printLine, tell } from '../output.ts';
import { loadSolveRecipe, type SolveArgs } from '../recipe/load-solve-recipe.ts';
import { selectReporter, wantsColour } from '../select-reporter.ts';
import { compareSolutions, describeSolution, renderComparison, toSolutionJson } from '../solve/describe-solution.ts';
import { createPaint } from '../solve/render-thought.ts';
import { openLineView, openLiveView, openSilentView, type ThoughtView } from '../solve/thought-view.ts';

/** `solve`: a wrong answer is data, so that exit code 0 says "answered". */
export async function solve(args: SolveArgs): Promise<number> {
  const question = args.question.trim();
  if (question === '') throw new UsageError('the question is empty');
  const recipe = loadSolveRecipe(args);
  using reporter = selectReporter(args);
  using interrupt = listenForInterrupt((message) => tell(args, message));
  tell(args, describeModel(recipe));
  await using run = await openSolveRun(recipe, { db: args.db, reporter, signal: interrupt.signal });
  if (!args.json) printLine(question);
  const parallel = await solveOnce(run, args, question, 'parallel');
  const sequential = args.sequential ? await solveOnce(run, args, question, 'sequential') : null;
  if (args.json) printJson(toJson(args, question, recipe, run, parallel, sequential));
  else if (sequential !== null) for (const line of ['', ...renderComparison(parallel, sequential)]) printLine(line);
  return 0;
}

function describeModel({ weights, config }: SolveRecipe): string {
  if (weights === null) return `${config.engine.model} at ${config.engine.urls.join(', ')} answers`;
  if (weights.run === null)
    return 'the weights that come with the package answer: what "parallel-r1 run" ends with; it trains your own';
  return `the weights of run ${weights.run.id} "${weights.run.name}" answer`;
}

async function solveOnce(run: SolveRun, args: SolveArgs, question: string, decoding: Decoding): Promise<Solution> {
  const { ctx, binding, version } = run;
  if (!args.json) printLine(args.sequential ? `\n${decoding}` : '');
  const solution = await showWhile(openView(run, args), (view) =>
    solveProblem(ctx, binding, {
      question,
      gold: args.answer ?? null,
      decoding,
      version,
      onSegment: (event) => view.accept(event),
    }),
  );
  if (!args.json) for (const line of ['', ...describeSolution(solution)]) printLine(line);
  return solution;
}

async function showWhile<T>(view: ThoughtView, work: (view: ThoughtView) => Promise<T>): Promise<T> {
  using open = view;
  return await work(open);
}

function openView({ ctx }: SolveRun, { json }: SolveArgs): ThoughtView {
  if (json) return openSilentView();
  const { stdout } = process;
  const isLive = stdout.isTTY && process.env.TERM !== 'dumb';
  const options = { clock: ctx.clock, eosTexts: ctx.plan.engine.eosTokens };
  return isLive
    ? openLiveView(stdout, { ...options, paint: createPaint(wantsColour()) })
    : openLineView(printLine, options);
}

function toJson(
  args: SolveArgs,
  question: string,
  { config, weights }: SolveRecipe,
  { version }: SolveRun,
  parallel: Solution,
  sequential: Solution | null,
) {
  return {
    question,
    reference: args.answer ?? null,
    model: { base: config.engine.model, version, run: weights?.run?.id ?? null },
    seed: config.run.seed,
    temperature: config.eval.temperature,
    solutions: [parallel, ...(sequential === null ? [] : [sequential])].map(toSolutionJson),
    comparison: sequential === null ? null : compareSolutions(parallel, sequential),
  };
}
