import type { CurriculumPlan } from '../../core/curriculum.ts';
import { measureTrajectory } from '../../core/effective/effective-parallelism.ts';
import { checkFormat } from '../../core/format/format-checker.ts';
import type { FormatReport } from '../../core/format/format-report.ts';
import { countOpenTags } from '../../core/format/tag-stream.ts';
import type { Problem } from '../../core/problem.ts';
import type { RewardParts } from '../../core/reward.ts';
import { countForks, renderResponseText, type Trajectory } from '../../core/trajectory.ts';
import { VERIFIER, type Verdict } from '../../core/verify/verdict.ts';
import type { VerifyOptions } from '../../core/verify/verify.ts';
import type { Judgement, Verifier, VerifyCase } from '../../ports/verifier.ts';

/** What is known about one trajectory before any reward formula is applied. */
export interface Score {
  readonly verdict: Verdict;
  readonly format: FormatReport;
  readonly parts: RewardParts;
}

/** Response text without the end-of-sequence token. */
export function renderScoredText(trajectory: Trajectory, eosTexts: readonly string[]): string {
  const text = renderResponseText(trajectory);
  const ending = eosTexts.find((eos) => text.endsWith(eos));
  return ending === undefined ? text : text.slice(0, -ending.length);
}

/** How the answers of a run are judged: as trajectories, by the policy of rewards. */
export function toVerifyOptions({ verifyMode }: Pick<CurriculumPlan, 'verifyMode'>): VerifyOptions {
  return { mode: verifyMode, structured: true };
}

/**
 * Verdicts on finished trajectories, in order. One that its budget cut off is `unparsable` (reason `truncated`):
 * half an answer line must never be taken for an answer.
 */
export async function judgeTrajectories(
  verifier: Verifier,
  plan: CurriculumPlan,
  rollouts: readonly { readonly problem: Problem; readonly trajectory: Trajectory }[],
  signal?: AbortSignal,
): Promise<Verdict[]> {
  const options = toVerifyOptions(plan);
  const whole = rollouts.filter(({ trajectory }) => trajectory.end === 'eos');
  const cases = whole.map(({ problem, trajectory }): VerifyCase => {
    return { gold: problem.answer, text: renderScoredText(trajectory, plan.engine.eosTokens), options };
  });
  const judgements = (await verifier.verify(cases, signal)).values();
  return rollouts.map(({ trajectory }) => (trajectory.end === 'eos' ? toVerdict(judgements.next().value!) : TRUNCATED));
}

function toVerdict({ verdict, rule, reason, extracted, verifier }: Judgement): Verdict {
  return { verdict, rule, reason, extracted, verifier };
}

/** Format report, verdict and reward parts of finished trajectories of one problem, in order. */
export async function scoreTrajectories(
  verifier: Verifier,
  plan: CurriculumPlan,
  problem: Problem,
  trajectories: readonly Trajectory[],
  signal?: AbortSignal,
): Promise<Score[]> {
  const rollouts = trajectories.map((trajectory) => ({ problem, trajectory }));
  const verdicts = await judgeTrajectories(verifier, plan, rollouts, signal);
  return trajectories.map((trajectory, k) => toScore(plan, problem, trajectory, verdicts[k]!));
}

function toScore(plan: CurriculumPlan, problem: Problem, trajectory: Trajectory, verdict: Verdict): Score {
  const text = renderScoredText(trajectory, plan.engine.eosTokens);
  const { formatMode, formatPromote } = plan;
  const context = { problem: problem.text, answer: verdict.extracted };
  const format = checkFormat(text, formatMode, { promote: formatPromote, prompt: problem.text });
  return {
    verdict,
    format,
    parts: {
      correct: verdict.verdict === 'correct',
      blocksInText: countOpenTags(text),
      blocksExecuted: countForks(trajectory),
      blocksEffective: measureTrajectory(trajectory, context, plan.effective).earning,
      formatValid: format.valid,
    },
  };
}

/** The verdict on an answer that was cut off. */
export const TRUNCATED: Verdict = {
  verdict: 'unparsable',
  rule: 'truncated',
  reason: 'truncated',
  extracted: null,
  verifier: VERIFIER,
};
