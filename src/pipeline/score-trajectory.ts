import type { CurriculumPlan } from '../core/curriculum.ts';
import { countOpenTags } from '../core/format/find-tags.ts';
import type { FormatReport } from '../core/format/format-report.ts';
import { checkFormat } from '../core/format-check.ts';
import type { Problem } from '../core/problem.ts';
import type { RewardParts } from '../core/reward.ts';
import { countForks, renderResponseText, type Trajectory } from '../core/trajectory.ts';
import { VERIFIER, type Verdict } from '../core/verify/verdict.ts';
import { verify } from '../core/verify/verify.ts';

/** What one trajectory is worth, before any reward formula. */
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

/**
 * Format report, verdict and reward parts of a finished trajectory. One that was cut by its budget is
 * `unparsable` (reason `truncated`): half an answer line must never be taken for an answer.
 */
export function scoreTrajectory(plan: CurriculumPlan, problem: Problem, trajectory: Trajectory): Score {
  const text = renderScoredText(trajectory, plan.engine.eosTokens);
  const format = checkFormat(text, plan.formatMode);
  const verdict =
    trajectory.end === 'eos' ? verify(problem.answer, text, { mode: plan.verifyMode, structured: true }) : TRUNCATED;
  return {
    verdict,
    format,
    parts: {
      correct: verdict.verdict === 'correct',
      blocksInText: countOpenTags(text),
      blocksExecuted: countForks(trajectory),
      formatValid: format.valid,
    },
  };
}

const TRUNCATED: Verdict = {
  verdict: 'unparsable',
  rule: 'truncated',
  reason: 'truncated',
  extracted: null,
  verifier: VERIFIER,
};
