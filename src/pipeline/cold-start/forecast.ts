import type { ColdStartStage } from '../../core/curriculum.ts';
import type { AttemptTotals } from '../../ports/run-store/attempts.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';
import { computeCost } from './spending.ts';

/** What a cold-start stage will still take, judging by earlier attempts of the same teacher. */
export interface Forecast {
  readonly problems: number;
  /** Problems that will get an accepted answer. */
  readonly rows: number;
  readonly tokens: number;
  /** US dollars; null without prices. */
  readonly usd: number | null;
  /** Null where there were too few attempts to measure time. */
  readonly ms: number | null;
  /** The attempts it is based on. */
  readonly basis: { readonly attempts: number; readonly runId: string };
}

/** Fewer attempts say nothing about the rest. */
const MIN_ATTEMPTS = 5;

/** What the forecast is for. */
interface ForecastRequest {
  /** Null: the run is not in the store yet. */
  readonly runId: string | null;
  readonly stageIndex: number;
  readonly stage: ColdStartStage;
  /** Problems of the stage, those asked already included. */
  readonly problems: number;
}

/**
 * The forecast of a stage, from its own attempts when there are enough, else from the newest run in the store that
 * asked the same teacher in the same way; null without one, and when nothing is left.
 */
export function forecastColdStart(store: RunStore, request: ForecastRequest): Forecast | null {
  const { runId, stageIndex, stage } = request;
  const own = runId === null ? null : store.measureAttempts(runId, stageIndex);
  const left = request.problems - (own?.problems ?? 0);
  if (left <= 0) return null;
  const basis =
    own !== null && own.attempts >= MIN_ATTEMPTS ? { runId: runId!, totals: own } : findBasis(store, runId, stage);
  if (basis === null) return null;
  const { totals } = basis;
  const scale = left / totals.problems;
  const use = {
    promptTokens: totals.promptTokens * scale,
    completionTokens: totals.completionTokens * scale,
  };
  const { prices = null } = stage.teacher;
  return {
    problems: left,
    rows: Math.round(totals.acceptedProblems * scale),
    tokens: Math.round(use.promptTokens + use.completionTokens),
    usd: prices === null ? null : computeCost(use, prices),
    ms: totals.activeMs > 0 ? totals.activeMs * scale : null,
    basis: { attempts: totals.attempts, runId: basis.runId },
  };
}

/** One line for the reporter. */
export function describeForecast({ problems, rows, tokens, usd, ms, basis }: Forecast): string {
  const parts = [`about ${describeCount(tokens)} tokens`];
  if (usd !== null) parts.push(`$${usd.toFixed(2)}`);
  if (ms !== null) parts.push(describeDuration(ms));
  parts.push(`${rows} rows`);
  return `forecast for ${problems} problems: ${parts.join(', ')} (from ${basis.attempts} attempts of run ${basis.runId})`;
}

function findBasis(
  store: RunStore,
  runId: string | null,
  stage: ColdStartStage,
): { readonly runId: string; readonly totals: AttemptTotals } | null {
  for (const run of store.listRuns()) {
    if (run.id === runId) continue;
    const { stages } = JSON.parse(run.configJson) as { readonly stages?: readonly Partial<ColdStartStage>[] };
    const index = stages?.findIndex((other) => isAlike(other, stage)) ?? -1;
    if (index < 0) continue;
    const totals = store.measureAttempts(run.id, index);
    if (totals.attempts >= MIN_ATTEMPTS) return { runId: run.id, totals };
  }
  return null;
}

/** Asked the same teacher in the same way. */
function isAlike(other: Partial<ColdStartStage>, stage: ColdStartStage): boolean {
  return (
    other.kind === 'cold-start' &&
    other.teacher?.model === stage.teacher.model &&
    (other.method ?? 'prompt') === (stage.method ?? 'prompt') &&
    other.samplesPerProblem === stage.samplesPerProblem
  );
}

function describeCount(count: number): string {
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} million`;
  return count >= 1e4 ? `${Math.round(count / 1e3)} thousand` : String(count);
}

function describeDuration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return `${Math.max(1, Math.round(ms / 1000))} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
