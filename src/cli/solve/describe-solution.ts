import { countGeneratedTokens } from '../../core/trajectory.ts';
import { computeTrajectoryFigures, type TrajectoryFigures } from '../../core/trajectory-figures.ts';
import { toPlainText } from '../../edge/terminal-text.ts';
import type { Solution } from '../../pipeline/rollout/solve.ts';
import { renderTable } from '../render/table.ts';
import { describeMs, describeTokens } from './describe-node.ts';

/** A solution in two lines: the answer with its verdict, and what it took. */
export function describeSolution(solution: Solution): string[] {
  const { trajectory, durationMs } = solution;
  const figures = computeTrajectoryFigures(trajectory);
  const shape = figures.blocks.length === 0 ? 'no fork' : `self-parallelism ${figures.selfParallelism.toFixed(2)}`;
  return [
    describeAnswer(solution),
    `${describeTokens(figures.totalTokens)}, ${figures.criticalTokens.toLocaleString('en')} on the critical path (${shape}), ${describeMs(durationMs)}`,
  ];
}

function describeAnswer({ answer, verdict, trajectory, format }: Solution): string {
  const found = answer === null ? 'no answer found' : `answer ${toPlainText(answer).replaceAll('\n', ' ')}`;
  const cut = trajectory.end === 'length' ? ', cut by its budget' : '';
  const judged = verdict === null ? '' : `, ${verdict.verdict} (rule ${verdict.rule})`;
  const fault = format.violations[0];
  return `${found}${judged}${cut}${fault === undefined ? '' : `, format fault ${fault.code}`}`;
}

/** How much faster parallel decoding was; each figure is sequential over parallel, one rollout each. */
export interface Comparison {
  /** Tokens on the critical path, sequential over parallel, under the same weights. */
  readonly tokenSpeedUp: number;
  /** Wall-clock time, sequential over parallel, on this machine at this load. */
  readonly wallClockSpeedUp: number;
}

/** Compares a parallel solution with the sequential one of the same question. */
export function compareSolutions(parallel: Solution, sequential: Solution): Comparison {
  const critical = (one: Solution) => computeTrajectoryFigures(one.trajectory).criticalTokens;
  return {
    tokenSpeedUp: critical(sequential) / Math.max(1, critical(parallel)),
    wallClockSpeedUp: sequential.durationMs / Math.max(Number.EPSILON, parallel.durationMs),
  };
}

/** The two side by side, and the gain. */
export function renderComparison(parallel: Solution, sequential: Solution): string[] {
  const { tokenSpeedUp, wallClockSpeedUp } = compareSolutions(parallel, sequential);
  const rows = [parallel, sequential].map((one) => {
    const { totalTokens, criticalTokens } = computeTrajectoryFigures(one.trajectory);
    const answer = one.answer === null ? '-' : toPlainText(one.answer).replaceAll('\n', ' ');
    return [one.decoding, answer, String(totalTokens), String(criticalTokens), describeMs(one.durationMs)];
  });
  return [
    ...renderTable([['', 'answer', 'tokens', 'critical path', 'time'], ...rows], [2, 3, 4]),
    `sequential / parallel: critical path ${tokenSpeedUp.toFixed(2)}, time ${wallClockSpeedUp.toFixed(2)} (one rollout each)`,
  ];
}

/** A solution as JSON. Texts are as the engine gave them, tags included. */
export function toSolutionJson({ decoding, trajectory, answer, verdict, format, durationMs }: Solution) {
  const { blocks, ...figures }: TrajectoryFigures = computeTrajectoryFigures(trajectory);
  return {
    decoding,
    answer,
    verdict: verdict === null ? null : { verdict: verdict.verdict, rule: verdict.rule, reason: verdict.reason },
    formatValid: format.valid,
    formatCode: format.violations[0]?.code ?? null,
    end: trajectory.end,
    durationMs,
    ...figures,
    blocks,
    segments: trajectory.segments.map((segment) => ({
      role: segment.role,
      block: segment.block,
      path: segment.path,
      text: segment.pieces.map(({ text }) => text).join(''),
      generatedTokens: countGeneratedTokens(segment),
      stop: segment.stop,
      flags: segment.flags,
      seed: segment.seed,
    })),
  };
}
