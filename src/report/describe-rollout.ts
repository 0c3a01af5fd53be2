import type { RunConfig } from '../config/schema.ts';
import { readStoredConfig } from '../config/stored.ts';
import type { RlStage } from '../core/curriculum.ts';
import { type EffectiveParallelism, measureTrajectory } from '../core/effective/effective-parallelism.ts';
import { checkFormat } from '../core/format/format-checker.ts';
import type { FormatReport } from '../core/format/format-report.ts';
import { buildDatums } from '../core/layout/build-datums.ts';
import { computeAdvantages, isInformativeGroup } from '../core/reward.ts';
import {
  countGeneratedTokens,
  countSegmentTokens,
  isAwaited,
  type Origin,
  renderResponseText,
  type Segment,
  type Trajectory,
} from '../core/trajectory.ts';
import { computeTrajectoryFigures, type TrajectoryFigures } from '../core/trajectory-figures.ts';
import type { Verdict } from '../core/verify/verdict.ts';
import type { ListedRollout } from '../ports/run-store/listings.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import { type Excerpt, quoteAt } from './excerpt.ts';

/**
 * One stored rollout, explained: what was asked, the tree of what was written and by whom, what was found wrong with its
 * form, the verdict, what the reward looked at, and what the trainer made of it. Plain data, like every report.
 */
export interface RolloutDetail {
  readonly runId: string;
  readonly stage: { readonly index: number; readonly id: string; readonly kind: string };
  readonly rollout: ListedRollout;
  /** In rendering order; empty for a rollout that failed. */
  readonly segments: readonly SegmentDetail[];
  /** The whole response, tags included. */
  readonly text: string;
  /** The end of sequence that the text ends with; null where it was cut off. */
  readonly ending: string | null;
  /** Null for a rollout that failed. */
  readonly figures: TrajectoryFigures | null;
  /** The format checked again, with the mode and the promoted lints of the run; null for a rollout that failed. */
  readonly format: FormatDetail | null;
  /** Which paths did work that the answer needed; null for a rollout that failed. */
  readonly effective: EffectiveParallelism | null;
  readonly trainer: TrainerDetail;
  /** All attempts of its group, this one among them, in order. */
  readonly group: readonly GroupMember[];
}

/** One segment: its place in the tree, and its tokens by origin. */
export interface SegmentDetail extends Pick<Segment, 'role' | 'block' | 'path' | 'stop' | 'flags' | 'seed'> {
  /** Tokens the model wrote, and all of them. */
  readonly generatedTokens: number;
  readonly tokens: number;
  /** Whether it is on the longest chain of tokens: the answer waited for it. */
  readonly isCritical: boolean;
  /** Mean log-prob of its sampled tokens; null where none is known. */
  readonly meanLogprob: number | null;
  readonly pieces: readonly PieceDetail[];
}

/** A run of tokens with one origin. */
export interface PieceDetail {
  readonly origin: Origin;
  readonly text: string;
  readonly ids: readonly number[];
  /** Text of each token; null where the vocabulary is not at hand. */
  readonly tokens: readonly string[] | null;
  /** Log-prob of each token; null where there are none, and for a single token that has none. */
  readonly logprobs: readonly (number | null)[] | null;
}

/** A format report whose violations are quoted. */
export interface FormatDetail extends Pick<FormatReport, 'mode' | 'valid'> {
  readonly violations: readonly QuotedViolation[];
  readonly lints: readonly QuotedViolation[];
}

/** A violation or lint with the text around it; without one where it is about the prompt. */
export interface QuotedViolation {
  readonly code: string;
  readonly at: number;
  readonly excerpt: Excerpt | null;
}

/** What the optimizer was given of this rollout, or why nothing. */
export interface TrainerDetail {
  /** Null where nothing was computed for it. */
  readonly advantage: number | null;
  readonly layout: string | null;
  /** What was sent: one entry per datum, in order. */
  readonly datums: readonly { readonly tokens: number; readonly lossTokens: number }[];
  /** One sentence, when nothing was sent. */
  readonly reason: string | null;
}

/** An attempt of the same group, in short. */
export interface GroupMember
  extends Pick<
    ListedRollout,
    'id' | 'sample' | 'end' | 'formatValid' | 'formatCode' | 'blocks' | 'policyTokens' | 'criticalTokens'
  > {
  readonly verdict: Verdict['verdict'] | null;
  readonly extracted: string | null;
  readonly reward: number | null;
  readonly advantage: number | null;
}

/** The text of a token, or null where the vocabulary is not at hand. */
export type TextOfToken = (id: number) => string;

/** More members of a group than this are not listed beside a rollout. */
const MAX_GROUP = 1024;

/** Explains the rollout of that id; null when the store has none. `textOfToken` is null where the vocabulary is not at hand. */
export function describeRollout(store: RunStore, id: number, textOfToken: TextOfToken | null): RolloutDetail | null {
  const found = store.findRollout(id);
  if (found === null) return null;
  const { runId, listed, trajectory } = found;
  const run = store.getRun(runId)!;
  const { stageIndex, purpose, step, group } = listed;
  const stage = store.listStages(runId).find(({ index }) => index === stageIndex)!;
  const members = store.listRollouts(runId, { stageIndex, purpose, step, group }, { after: null, size: MAX_GROUP });
  const config = readStoredConfig(run);
  const advantages = creditMembers(members, config, stageIndex);
  return {
    runId,
    stage: { index: stage.index, id: stage.id, kind: stage.kind },
    rollout: listed,
    segments: trajectory === null ? [] : describeSegments(trajectory, textOfToken),
    text: trajectory === null ? '' : renderResponseText(trajectory),
    ending: trajectory === null ? null : findEnding(renderResponseText(trajectory), config),
    figures: trajectory === null ? null : computeTrajectoryFigures(trajectory),
    format: trajectory === null ? null : describeFormat(listed, trajectory, config),
    effective: trajectory === null ? null : measureWork(listed, trajectory, config),
    trainer: describeTrainer(listed, trajectory, config, advantages),
    group: members.map((member) => toGroupMember(member, advantages?.get(member.id) ?? null)),
  };
}

function toGroupMember(member: ListedRollout, advantage: number | null): GroupMember {
  const { id, sample, end, formatValid, formatCode, blocks, policyTokens, criticalTokens, verdict, reward } = member;
  return {
    ...{ id, sample, end, formatValid, formatCode, blocks, policyTokens, criticalTokens, advantage },
    verdict: verdict?.verdict ?? null,
    extracted: verdict?.extracted ?? null,
    reward: reward?.value ?? null,
  };
}

function describeSegments({ segments }: Trajectory, textOfToken: TextOfToken | null): SegmentDetail[] {
  const longest = findLongestPaths(segments);
  return segments.map((segment) => {
    const { role, block, path, stop, flags, seed, pieces } = segment;
    const sampled = pieces.flatMap(({ logprobs }) => logprobs ?? []).filter(Number.isFinite);
    return {
      ...{ role, block, path, stop, flags, seed },
      generatedTokens: countGeneratedTokens(segment),
      tokens: countSegmentTokens(segment),
      isCritical: role !== 'path' || longest.has(segment),
      meanLogprob: sampled.length === 0 ? null : sampled.reduce((sum, one) => sum + one, 0) / sampled.length,
      pieces: pieces.map(({ origin, text, ids, logprobs }) => ({
        ...{ origin, text, ids },
        tokens: textOfToken === null ? null : ids.map(textOfToken),
        logprobs: logprobs?.map((value) => (Number.isFinite(value) ? value : null)) ?? null,
      })),
    };
  });
}

/** The path of each block that the summary waited for longest; the first of equals. */
function findLongestPaths(segments: readonly Segment[]): ReadonlySet<Segment> {
  const longest = new Map<number, Segment>();
  for (const segment of segments) {
    if (segment.role !== 'path' || !isAwaited(segment)) continue;
    const known = longest.get(segment.block);
    if (known === undefined || countGeneratedTokens(segment) > countGeneratedTokens(known)) {
      longest.set(segment.block, segment);
    }
  }
  return new Set(longest.values());
}

function describeFormat(
  { problem, formatMode }: ListedRollout,
  trajectory: Trajectory,
  config: RunConfig | null,
): FormatDetail {
  const whole = renderResponseText(trajectory);
  // The end of sequence is not part of what is judged.
  const text = whole.slice(0, whole.length - (findEnding(whole, config)?.length ?? 0));
  const promote = config?.format.promote ?? [];
  return quoteFormat(checkFormat(text, formatMode, { promote, prompt: problem.text }), text);
}

/** A report on a text, each violation with what stands around it. */
export function quoteFormat({ mode, valid, violations, lints }: FormatReport, text: string): FormatDetail {
  const quote = ({ code, at }: { readonly code: string; readonly at: number }): QuotedViolation => ({
    ...{ code, at },
    // The offset of this one is in the prompt.
    excerpt: code === 'tag_in_prompt' ? null : quoteAt(text, at),
  });
  return { mode, valid, violations: violations.map(quote), lints: lints.map(quote) };
}

function findEnding(text: string, config: RunConfig | null): string | null {
  return config?.engine.eosTokens.find((eos) => text.endsWith(eos)) ?? null;
}

function measureWork(
  { problem, verdict }: ListedRollout,
  trajectory: Trajectory,
  config: RunConfig | null,
): EffectiveParallelism {
  const context = { problem: problem.text, answer: verdict?.extracted ?? null };
  return measureTrajectory(trajectory, context, config?.effective);
}

function findRlStage(config: RunConfig | null, stageIndex: number): RlStage | null {
  const stage = config?.stages[stageIndex];
  return stage?.kind === 'rl' ? stage : null;
}

/** Advantage of each training rollout of a group by its id, as its step computed them; null for other rollouts. */
function creditMembers(
  members: readonly ListedRollout[],
  config: RunConfig | null,
  stageIndex: number,
): ReadonlyMap<number, number> | null {
  const stage = findRlStage(config, stageIndex);
  if (stage === null || members[0]?.purpose !== 'train') return null;
  const finished = members.flatMap(({ id, end, reward }) => (end === null || reward === null ? [] : [{ id, reward }]));
  const rewards = finished.map(({ reward }) => reward);
  if (!isInformativeGroup(rewards.map(({ value }) => value))) return new Map(finished.map(({ id }) => [id, 0]));
  const advantages = computeAdvantages(rewards, stage.advantage);
  return new Map(finished.map(({ id }, i) => [id, advantages[i]!]));
}

function describeTrainer(
  { id, purpose }: ListedRollout,
  trajectory: Trajectory | null,
  config: RunConfig | null,
  advantages: ReadonlyMap<number, number> | null,
): TrainerDetail {
  const advantage = advantages?.get(id) ?? null;
  const layout = config?.training.layout ?? null;
  const nothing = (reason: string): TrainerDetail => ({ advantage, layout, datums: [], reason });
  if (purpose !== 'train')
    return nothing(purpose === 'eval' ? 'nothing: an evaluation does not train' : 'nothing: a pilot does not train');
  if (trajectory === null) return nothing('nothing: the rollout failed');
  if (config === null || layout === null) return nothing('unknown: this version cannot read the settings of the run');
  if (advantage === null) return nothing('nothing: the rollout has no reward');
  if (advantage === 0) return nothing('nothing: its advantage is 0, as where all rewards of a group are equal');
  const datums = buildDatums(trajectory, config.training.layout, { kind: 'rl', advantage, scale: 1 });
  return {
    advantage,
    layout,
    datums: datums.map(({ tokens, advantages: perToken = [] }) => ({
      tokens: tokens.length + 1,
      lossTokens: perToken.filter((value) => value !== 0).length,
    })),
    reason: datums.length === 0 ? 'nothing: none of its tokens has a log-prob' : null,
  };
}
