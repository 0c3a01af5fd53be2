import type { RunConfig } from '../config/schema.ts';
import { computeCost } from '../pipeline/cold-start/spending.ts';
import type { AttemptCount, AttemptTotals } from '../ports/run-store/attempts.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { StageRecord } from '../ports/run-store/runs.ts';

/** Where the answers of a teacher were lost on their way to a row, and what a row cost. */
export interface ColdStartFunnel {
  readonly stageIndex: number;
  readonly stageId: string;
  /** From all that was asked to what was accepted, in the order of the filters. */
  readonly levels: readonly FunnelLevel[];
  readonly totals: AttemptTotals;
  /** Tokens of prompts and answers, over accepted answers; null without one. */
  readonly tokensPerRow: number | null;
  /** US dollars over accepted answers; null without prices, or without one. */
  readonly usdPerRow: number | null;
}

/** Answers that got so far. */
export interface FunnelLevel {
  readonly name: 'asked' | 'ended' | 'well-formed' | 'right' | 'accepted';
  readonly attempts: number;
  /** What the level before lost on the way here, by code, most frequent first. */
  readonly lost: readonly { readonly code: string; readonly count: number }[];
}

/** Codes of answers that never ended as an answer. */
const NOT_ENDED: ReadonlySet<string> = new Set(['transport', 'truncated', 'thinking_unclosed', 'empty']);
/** Codes of answers that are wrong. */
const WRONG: ReadonlySet<string> = new Set(['wrong_answer', 'wrong_solution']);
/** Codes of right answers that could not be taken: too long for the student, or the annotation changed the solution. */
const NOT_TAKEN: ReadonlySet<string> = new Set([
  ...['untokenizable', 'too_long', 'text_changed', 'content_lost', 'content_added', 'paths_depend'],
  ...['gap_mismatch', 'label_mismatch', 'missing_eos', 'eos_inside'],
]);

/** The funnel of a cold-start stage; null where nothing was asked yet. `config` is null where it cannot be read. */
export function collectFunnel(
  store: RunStore,
  runId: string,
  { index, id }: Pick<StageRecord, 'index' | 'id'>,
  config: RunConfig | null,
): ColdStartFunnel | null {
  const counts = store.countAttempts(runId, index);
  const totals = store.measureAttempts(runId, index);
  if (totals.attempts === 0) return null;
  const levels = listLevels(counts, totals.attempts);
  const accepted = levels.at(-1)!.attempts;
  const stage = config?.stages[index];
  const prices = stage?.kind === 'cold-start' ? stage.teacher.prices : null;
  return {
    stageIndex: index,
    stageId: id,
    levels,
    totals,
    tokensPerRow: accepted === 0 ? null : (totals.promptTokens + totals.completionTokens) / accepted,
    usdPerRow: accepted === 0 || prices === null ? null : computeCost(totals, prices) / accepted,
  };
}

function listLevels(counts: readonly AttemptCount[], asked: number): FunnelLevel[] {
  const rejected = counts
    .filter(({ status }) => status !== 'accepted')
    .map(({ code, count }) => ({ code: code ?? 'transport', count }))
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
  const isMalformed = (code: string) => !NOT_ENDED.has(code) && !WRONG.has(code) && !NOT_TAKEN.has(code);
  const steps = [
    ['ended', (code: string) => NOT_ENDED.has(code)],
    ['well-formed', isMalformed],
    ['right', (code: string) => WRONG.has(code)],
    ['accepted', (code: string) => NOT_TAKEN.has(code)],
  ] as const;
  const levels: FunnelLevel[] = [{ name: 'asked', attempts: asked, lost: [] }];
  for (const [name, loses] of steps) {
    const lost = rejected.filter(({ code }) => loses(code));
    const attempts = levels.at(-1)!.attempts - lost.reduce((sum, { count }) => sum + count, 0);
    levels.push({ name, attempts, lost });
  }
  return levels;
}
