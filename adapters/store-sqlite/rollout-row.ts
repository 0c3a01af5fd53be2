import { countCriticalTokens, countForks, countPolicyTokens } from '../../src/core/trajectory.ts';
import type { RolloutRecord } from '../../src/ports/run-store.ts';
import { fromNullableTextCell, type TextCell, toNullableTextCell } from './text-cell.ts';

/** A rollout's row without what other tables hold (problem, prompt ids, segments), as read back. */
export interface RolloutRow {
  readonly id: number;
  readonly stageIndex: number;
  readonly purpose: RolloutRecord['purpose'];
  readonly step: number;
  readonly group: number;
  readonly sample: number;
  readonly problemKey: number;
  readonly weightsVersion: string;
  readonly promptKey: number | null;
  readonly end: NonNullable<RolloutRecord['trajectory']>['end'] | null;
  readonly failure: TextCell | null;
  readonly verdict: NonNullable<RolloutRecord['verdict']>['verdict'] | null;
  readonly rule: string;
  readonly reason: string | null;
  readonly extracted: TextCell | null;
  readonly verifier: string;
  readonly formatMode: RolloutRecord['formatMode'];
  readonly formatValid: number;
  readonly formatCode: string | null;
  readonly reward: number;
  readonly rewardMode: NonNullable<RolloutRecord['reward']>['mode'] | null;
  readonly rewardCorrect: number;
  readonly rewardFormatValid: number;
  readonly blocksInText: number;
  readonly blocksExecuted: number;
  readonly durationMs: number;
}

/** Columns of `RolloutRow` as a SELECT list. */
export const ROLLOUT_COLUMNS = `id, stage_index AS stageIndex, purpose, step, group_index AS "group", sample,
  problem_key AS problemKey, weights_version AS weightsVersion, prompt_key AS promptKey, end_reason AS "end", failure,
  verdict, verdict_rule AS rule, verdict_reason AS reason, extracted, verifier, format_mode AS formatMode,
  format_valid AS formatValid, format_code AS formatCode, reward, reward_mode AS rewardMode,
  reward_correct AS rewardCorrect, reward_format_valid AS rewardFormatValid, blocks_in_text AS blocksInText,
  blocks_executed AS blocksExecuted, duration_ms AS durationMs`;

/** Inserts `toRolloutCells` plus the references to other tables; the first row under a key stays. */
export const INSERT_ROLLOUT = `INSERT INTO rollouts (run_id, stage_index, purpose, step, group_index, sample, problem_key,
    weights_version, prompt_key, end_reason, failure, verdict, verdict_rule, verdict_reason, extracted, verifier,
    format_mode, format_valid, format_code, reward, reward_mode, reward_correct, reward_format_valid, blocks_in_text,
    blocks_executed, forks, policy_tokens, critical_tokens, duration_ms, saved_at_ms)
  VALUES (@runId, @stageIndex, @purpose, @step, @group, @sample, @problemKey,
    @weightsVersion, @promptKey, @end, @failure, @verdict, @rule, @reason, @extracted, @verifier,
    @formatMode, @formatValid, @formatCode, @reward, @rewardMode, @rewardCorrect, @rewardFormatValid, @blocksInText,
    @blocksExecuted, @forks, @policyTokens, @criticalTokens, @durationMs, @savedAtMs)
  ON CONFLICT (run_id, stage_index, purpose, step, group_index, sample) DO NOTHING`;

/** The columns that follow from the record alone. */
export function toRolloutCells(record: RolloutRecord) {
  const { stageIndex, purpose, step, group, sample, weightsVersion, trajectory, verdict, reward } = record;
  const { formatMode, formatCode, durationMs } = record;
  return {
    ...{ stageIndex, purpose, step, group, sample, weightsVersion, formatMode, formatCode, durationMs },
    end: trajectory?.end ?? null,
    failure: toNullableTextCell(record.failure),
    verdict: verdict?.verdict ?? null,
    rule: verdict?.rule ?? null,
    reason: verdict?.reason ?? null,
    extracted: toNullableTextCell(verdict?.extracted ?? null),
    verifier: verdict?.verifier ?? null,
    formatValid: Number(record.formatValid),
    reward: reward?.value ?? null,
    rewardMode: reward?.mode ?? null,
    rewardCorrect: reward === null ? null : Number(reward.correct),
    rewardFormatValid: reward === null ? null : Number(reward.formatValid),
    blocksInText: reward?.blocksInText ?? null,
    blocksExecuted: reward?.blocksExecuted ?? null,
    forks: trajectory === null ? 0 : countForks(trajectory),
    policyTokens: trajectory === null ? 0 : countPolicyTokens(trajectory),
    criticalTokens: trajectory === null ? 0 : countCriticalTokens(trajectory),
  };
}

/** The record of a row, given what other tables hold. */
export function toRollout(row: RolloutRow, parts: Pick<RolloutRecord, 'problem' | 'trajectory'>): RolloutRecord {
  const { stageIndex, purpose, step, group, sample, weightsVersion, formatMode, formatCode, durationMs } = row;
  return {
    ...{ stageIndex, purpose, step, group, sample, weightsVersion, formatMode, formatCode, durationMs },
    ...parts,
    failure: fromNullableTextCell(row.failure),
    verdict: toVerdict(row),
    formatValid: row.formatValid === 1,
    reward: toReward(row),
  };
}

function toVerdict({ verdict, rule, reason, extracted, verifier }: RolloutRow): RolloutRecord['verdict'] {
  return verdict === null ? null : { verdict, rule, reason, extracted: fromNullableTextCell(extracted), verifier };
}

function toReward(row: RolloutRow): RolloutRecord['reward'] {
  const { reward: value, rewardMode: mode, blocksInText, blocksExecuted } = row;
  if (mode === null) return null;
  const correct = row.rewardCorrect === 1;
  return { value, mode, correct, formatValid: row.rewardFormatValid === 1, blocksInText, blocksExecuted };
}
