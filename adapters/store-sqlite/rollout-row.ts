import type { Reward } from '../../src/core/reward.ts';
import { countCriticalTokens, countForks, countPolicyTokens, type Trajectory } from '../../src/core/trajectory.ts';
import type { RolloutKey, RolloutRecord } from '../../src/ports/run-store/rollouts.ts';
import { anyText, type Columns, describeTable, flag, plain } from './table.ts';
import { NO_VERDICT, toVerdict, VERDICT_COLUMNS, type VerdictRow } from './verdict-columns.ts';

/** A reward as columns; all null where there is none. */
interface RewardRow {
  readonly reward: number | null;
  readonly rewardMode: Reward['mode'] | null;
  readonly rewardCorrect: boolean | null;
  readonly rewardFormatValid: boolean | null;
  readonly blocksInText: number | null;
  readonly blocksExecuted: number | null;
  readonly blocksEffective: number | null;
}

/** What a rollout and its row have in common. */
type SharedFields = Omit<RolloutRecord, 'problem' | 'trajectory' | 'verdict' | 'reward'>;

/** A rollout without what other tables hold (problem, prompt ids, segments), to which it refers. */
export interface RolloutRow extends SharedFields, VerdictRow, RewardRow {
  readonly problemKey: number;
  /** Null together with `end`: the rollout has no trajectory. */
  readonly promptKey: number | null;
  readonly end: Trajectory['end'] | null;
}

/** What is written beside it: its run, its time, and counts for those who query the file directly. */
interface RolloutNotes {
  readonly runId: string;
  readonly forks: number;
  readonly policyTokens: number;
  readonly criticalTokens: number;
  readonly savedAtMs: number;
}

/** Where a rollout is found within its run. */
export const ROLLOUT_KEY: Columns<RolloutKey> = {
  stageIndex: plain('stage_index'),
  purpose: plain('purpose'),
  step: plain('step'),
  group: plain('group_index'),
  sample: plain('sample'),
};

/** The table of rollouts. What a rollout refers to is in tables of its own. */
export const ROLLOUTS = describeTable<RolloutRow, RolloutNotes>(
  'rollouts',
  {
    ...ROLLOUT_KEY,
    set: anyText('set_name'),
    problemKey: plain('problem_key'),
    weightsVersion: plain('weights_version'),
    promptKey: plain('prompt_key'),
    end: plain('end_reason'),
    failure: anyText('failure'),
    ...VERDICT_COLUMNS,
    formatMode: plain('format_mode'),
    formatValid: flag('format_valid'),
    formatCode: plain('format_code'),
    reward: plain('reward'),
    rewardMode: plain('reward_mode'),
    rewardCorrect: flag('reward_correct'),
    rewardFormatValid: flag('reward_format_valid'),
    blocksInText: plain('blocks_in_text'),
    blocksExecuted: plain('blocks_executed'),
    blocksEffective: plain('blocks_effective'),
    durationMs: plain('duration_ms'),
  },
  {
    runId: plain('run_id'),
    forks: plain('forks'),
    policyTokens: plain('policy_tokens'),
    criticalTokens: plain('critical_tokens'),
    savedAtMs: plain('saved_at_ms'),
  },
);

/** The columns that follow from the record alone. */
export function toRolloutRow({ problem: _, trajectory, verdict, reward, ...shared }: RolloutRecord) {
  return {
    ...shared,
    ...(verdict ?? NO_VERDICT),
    ...countTokens(trajectory),
    end: trajectory?.end ?? null,
    reward: reward?.value ?? null,
    rewardMode: reward?.mode ?? null,
    rewardCorrect: reward?.correct ?? null,
    rewardFormatValid: reward?.formatValid ?? null,
    blocksInText: reward?.blocksInText ?? null,
    blocksExecuted: reward?.blocksExecuted ?? null,
    blocksEffective: reward?.blocksEffective ?? null,
  };
}

function countTokens(trajectory: Trajectory | null) {
  if (trajectory === null) return { forks: 0, policyTokens: 0, criticalTokens: 0 };
  return {
    forks: countForks(trajectory),
    policyTokens: countPolicyTokens(trajectory),
    criticalTokens: countCriticalTokens(trajectory),
  };
}

/** The record of a row, given what other tables hold. */
export function toRollout(row: RolloutRow, parts: Pick<RolloutRecord, 'problem' | 'trajectory'>): RolloutRecord {
  const { stageIndex, purpose, step, group, sample, set, failure, weightsVersion } = row;
  const { formatMode, formatValid, formatCode, durationMs } = row;
  return {
    ...{ stageIndex, purpose, step, group, sample, set, failure, weightsVersion },
    ...{ formatMode, formatValid, formatCode, durationMs },
    ...parts,
    verdict: toVerdict(row),
    reward: toReward(row),
  };
}

/** The reward that the columns hold. */
export function toReward(row: RewardRow): Reward | null {
  const { reward, rewardMode: mode, rewardCorrect, rewardFormatValid, blocksInText, blocksExecuted } = row;
  const { blocksEffective } = row;
  if (mode === null) return null;
  return {
    value: reward!,
    mode,
    correct: rewardCorrect!,
    formatValid: rewardFormatValid!,
    blocksInText: blocksInText!,
    blocksExecuted: blocksExecuted!,
    blocksEffective,
  };
}
