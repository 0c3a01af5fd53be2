import type { FormatReport } from '../../core/format/format-report.ts';
import type { Problem } from '../../core/problem.ts';
import type { Trajectory } from '../../core/trajectory.ts';
import type { Verdict } from '../../core/verify/verdict.ts';
import { RunError } from '../../errors.ts';
import type { Binding, RunContext } from '../context.ts';
import { renderStudentPrompt, tokenizePrompt } from '../engine/tokenizer.ts';
import { rollOutGroup } from './roll-out-group.ts';
import { scoreTrajectories } from './score-trajectory.ts';
import { createRolloutIo, type SegmentEvent } from './trajectory-calls.ts';

export type Decoding = 'parallel' | 'sequential';

/** One question, answered once under the sampling settings of evaluations. */
export interface SolveRequest {
  readonly question: string;
  /** Reference answer; null: the answer is found and not judged. */
  readonly gold: string | null;
  /** `sequential` never forks. Both draw from the same seeds, so that they agree up to the first `<Parallel>`. */
  readonly decoding: Decoding;
  /** Name the engine knows the weights by. */
  readonly version: string;
  onSegment?(event: SegmentEvent): void;
}

/** How it was answered. */
export interface Solution {
  readonly decoding: Decoding;
  readonly trajectory: Trajectory;
  /** As the verifier found it; null when there is none, or when the budget cut the response off. */
  readonly answer: string | null;
  /** Null without a reference. */
  readonly verdict: Verdict | null;
  readonly format: FormatReport;
  /** From the first call sent to the last one answered. */
  readonly durationMs: number;
}

/**
 * Answers one question with the executor of rollouts and evaluations; stores nothing. Rejects with
 * `RunError` when the engine refuses the question for good.
 */
export async function solveProblem(ctx: RunContext, binding: Binding, request: SolveRequest): Promise<Solution> {
  const { question, gold, decoding, version, onSegment } = request;
  const plan = { ...ctx.plan, rollout: { ...ctx.plan.rollout, mode: decoding } };
  const io = createRolloutIo({ ...ctx, plan }, binding, plan.eval, { signal: ctx.signal });
  const promptIds = await tokenizePrompt(ctx, renderStudentPrompt(binding.template.text, question));
  const startedMs = ctx.clock.monotonic();
  const [outcome] = await rollOutGroup(onSegment === undefined ? io : { ...io, onSegment }, {
    promptIds,
    groupSize: 1,
    model: version,
    seedParts: [plan.seed, 'solve', question],
  });
  const durationMs = ctx.clock.monotonic() - startedMs;
  if (outcome === undefined || 'failure' in outcome) throw new RunError(outcome?.failure ?? 'nothing was sampled');
  const { trajectory } = outcome;
  const problem: Problem = { id: 'question', source: 'solve', text: question, answer: gold ?? '' };
  const [score] = await scoreTrajectories(ctx.verifier, plan, problem, [trajectory], ctx.signal);
  const { verdict, format } = score!;
  return {
    decoding,
    trajectory,
    answer: verdict.extracted,
    verdict: gold === null ? null : verdict,
    format,
    durationMs,
  };
}
