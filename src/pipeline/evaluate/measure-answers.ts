import { AnswerTally, type TallyScene } from '../../core/analyses/answer-tally.ts';
import type { RolloutRecord } from '../../ports/run-store/rollouts.ts';

/** How the finished rollouts of a step or set think in parallel, by metric key (docs/analyses.md). Rollouts may come page by page. */
export function measureAnswers(rollouts: Iterable<RolloutRecord>, scene: TallyScene): Record<string, number> {
  const tally = new AnswerTally(scene);
  for (const { trajectory, problem, verdict } of rollouts) {
    if (trajectory !== null) tally.add({ trajectory, problem: problem.text, answer: verdict?.extracted ?? null });
  }
  return tally.figures();
}
