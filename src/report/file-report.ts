import { readStoredConfig } from '../config/stored.ts';
import type { ListedRollout, RolloutFilter } from '../ports/run-store/listings.ts';
import type { RolloutStep } from '../ports/run-store/rollouts.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import type { Thought } from './choose-thought.ts';
import type { ColdStartFunnel } from './cold-start-funnel.ts';
import type { CountProblems } from './collect-evaluations.ts';
import { describeAttempt } from './describe-attempt.ts';
import { describeRollout, type PieceDetail, type RolloutDetail, type TextOfToken } from './describe-rollout.ts';
import { collectFunnels, collectOverview, type FileReport, type StageAttempts } from './page-data.ts';
import { collectProblemGrid, type ProblemGrid } from './problem-grid.ts';
import type { StoreReproduction } from './reproduction.ts';

/** How a file is made. */
export interface FileReportOptions {
  readonly madeAtMs: number;
  readonly textOfToken: TextOfToken | null;
  readonly countProblems: CountProblems;
  /** The store beside the paper. */
  readonly reproduction: StoreReproduction;
}

/** Most rollouts whose text is in the file. */
const MAX_SAMPLES = 300;

/** Characters of JSON that all samples may take together, and one of them with its tokens, and without. */
const SAMPLES_BUDGET = 1_200_000;
const TOKENS_BUDGET = 16_000;

/** Longest text of a piece, and of a teacher's answer; the rest is left out and said to be. */
const MAX_TEXT = 6_000;

/** Attempts in the file, per code and in all. */
const ATTEMPTS_PER_CODE = 4;
const MAX_ATTEMPTS = 60;

/** Everything counted, and a bounded sample of what was written: the best, the worst and the most changed of each stage. */
export async function collectFileReport(
  store: RunStore,
  run: RunRecord,
  { madeAtMs, textOfToken, countProblems, reproduction }: FileReportOptions,
): Promise<FileReport> {
  const overview = await collectOverview(store, run, countProblems);
  const purposes = ['eval', 'train', 'pilot'] as const;
  const grids = purposes.flatMap((purpose) => collectProblemGrid(store, run.id, purpose) ?? []);
  const funnels = collectFunnels(store, run);
  const samples: RolloutDetail[] = [];
  let characters = 0;
  for (const id of chooseRollouts(store, run.id, overview.thought, grids)) {
    const detail = describeRollout(store, id, textOfToken);
    if (detail === null) continue;
    const short = shortenDetail(detail);
    const size = JSON.stringify(short).length;
    if (characters + size > SAMPLES_BUDGET) continue;
    characters += size;
    samples.push(short);
  }
  return {
    ...{ madeAtMs, overview, grids, funnels, samples, reproduction },
    attempts: funnels.map((funnel) => sampleAttempts(store, run, funnel)),
    totals: {
      rollouts: overview.rollouts.reduce((sum, { rollouts }) => sum + rollouts, 0),
      attempts: funnels.reduce((sum, { totals }) => sum + totals.attempts, 0),
    },
  };
}

/** Ids of the sampled rollouts in the order of their worth: what tells most comes first, should the file fill up. */
function chooseRollouts(
  store: RunStore,
  runId: string,
  thought: Thought | null,
  grids: readonly ProblemGrid[],
): number[] {
  const chosen = new Set(thought === null ? [] : [thought.before.rollout, thought.after.rollout]);
  const take = (filter: RolloutFilter, size: number) => {
    for (const { id } of store.listRollouts(runId, filter, { after: null, size })) chosen.add(id);
  };
  for (const step of spreadSteps(store.listRolloutSteps(runId))) {
    const { stageIndex, purpose } = step;
    const at = { stageIndex, purpose, step: step.step };
    take({ ...at, correct: false, forked: true }, 3);
    take({ ...at, correct: true, forked: true }, 3);
    take({ ...at, correct: false, forked: false }, 1);
    take({ ...at, correct: true, forked: false }, 1);
  }
  for (const grid of grids) for (const id of listTurns(store, runId, grid)) chosen.add(id);
  return [...chosen].slice(0, MAX_SAMPLES);
}

/** Moments that are sampled of each stage and purpose. */
const MOMENTS = 5;

/** First, last and equally spread steps of each stage and purpose. */
function spreadSteps(steps: readonly RolloutStep[]): RolloutStep[] {
  const parts = Map.groupBy(steps, ({ stageIndex, purpose }) => `${stageIndex}/${purpose}`);
  return [...parts.values()].flatMap((part) => {
    const count = Math.min(MOMENTS, part.length);
    return Array.from({ length: count }, (_, i) => part[Math.round((i * (part.length - 1)) / Math.max(1, count - 1))]!);
  });
}

/** Problems of each kind whose first and last answer are sampled. */
const TURNS_PER_KIND = 6;

/** The first and the last answer to the most telling problems of a grid. */
function* listTurns(store: RunStore, runId: string, { purpose, columns, rows }: ProblemGrid): Iterable<number> {
  for (const ofKind of Map.groupBy(rows, ({ kind }) => kind).values()) {
    for (const { problem, rollouts } of ofKind.slice(0, TURNS_PER_KIND)) {
      const asked = columns.filter((_, i) => rollouts[i]! > 0);
      for (const { stageIndex, fromStep, toStep } of new Set([asked[0]!, asked.at(-1)!])) {
        // A column of several steps: the problem was asked in one of them, mostly.
        const [step] = fromStep === toStep ? [fromStep] : [];
        const filter = { stageIndex, purpose, problem: problem.key, ...(step === undefined ? {} : { step }) };
        yield* store.listRollouts(runId, filter, { after: null, size: 2 }).map(({ id }: ListedRollout) => id);
      }
    }
  }
}

/** The detail with less: rounded log-probs, no ids of tokens where they would take much, long texts cut. */
function shortenDetail(detail: RolloutDetail): RolloutDetail {
  const tokens = detail.segments.reduce((sum, segment) => sum + segment.tokens, 0);
  const withTokens = tokens * 24 <= TOKENS_BUDGET;
  return {
    ...detail,
    text: '',
    segments: detail.segments.map((segment) => ({
      ...segment,
      pieces: segment.pieces.map((piece) => shortenPiece(piece, withTokens)),
    })),
  };
}

function shortenPiece({ origin, text, ids, tokens, logprobs }: PieceDetail, withTokens: boolean): PieceDetail {
  const round = (value: number | null) => (value === null ? null : Number(value.toFixed(3)));
  return {
    ...{ origin, text: cutText(text) },
    ids: withTokens && tokens === null ? ids : [],
    tokens: withTokens ? tokens : null,
    logprobs: withTokens ? (logprobs?.map(round) ?? null) : null,
  };
}

/** The beginning of a text, and how much is missing. */
function cutText(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  return `${text.slice(0, MAX_TEXT).toWellFormed()} […${(text.length - MAX_TEXT).toLocaleString('en')} more characters are not in this file]`;
}

/** Attempts of every code, the most frequent ones first, and accepted ones. */
function sampleAttempts(store: RunStore, run: RunRecord, { stageIndex, levels }: ColdStartFunnel): StageAttempts {
  const config = readStoredConfig(run);
  const codes = levels.flatMap(({ lost }) => lost).sort((a, b) => b.count - a.count);
  const page = { after: null, size: ATTEMPTS_PER_CODE };
  const accepted = store.pageAttempts(run.id, stageIndex, { status: 'accepted' }, page);
  const rejected = codes.flatMap(({ code }) => store.pageAttempts(run.id, stageIndex, { code }, page));
  const attempts = [...accepted, ...rejected].slice(0, MAX_ATTEMPTS);
  return {
    stageIndex,
    attempts: attempts.map((attempt) => ({
      // Offsets are those in the whole text.
      ...describeAttempt(attempt, config),
      attempt: {
        ...attempt,
        raw: attempt.raw === null ? null : cutText(attempt.raw),
        reasoning: attempt.reasoning === null ? null : cutText(attempt.reasoning),
        target: attempt.target === null ? null : cutText(attempt.target),
      },
    })),
  };
}
