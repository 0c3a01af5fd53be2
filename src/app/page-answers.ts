import { VOCABULARIES } from '../../adapters/embedded-lm/tokenizer.ts';
import { readStoredConfig } from '../config/stored.ts';
import type { AttemptFilter, RolloutFilter } from '../ports/run-store/listings.ts';
import type { RolloutPurpose } from '../ports/run-store/rollouts.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import { countProblems } from '../problem-sets/resolve-problems.ts';
import { compareRuns } from '../report/compare-runs.ts';
import { describeAttempt } from '../report/describe-attempt.ts';
import { describeRollout, type TextOfToken } from '../report/describe-rollout.ts';
import { collectFunnels, collectOverview, type RolloutPage } from '../report/page-data.ts';
import { collectProblemGrid } from '../report/problem-grid.ts';
import { PROMETHEUS_TYPE, renderPrometheusText } from '../report/prometheus-text.ts';
import { readLiveStatus } from './live-status.ts';
import { reproduceStore } from './reproduce-store.ts';

/** Rollouts, and answers of a teacher, on one page of a list. */
const ROLLOUTS_PER_PAGE = 100;
const ATTEMPTS_PER_PAGE = 20;

/** What the page asks about a run, by name. Undefined where there is no such thing. */
export function createPageAnswers(store: RunStore, runId: string) {
  const readRun = () => readLiveRun(store, runId);
  const answers: Readonly<Record<string, (query: URLSearchParams) => unknown>> = {
    overview: () => collectOverview(store, readRun(), countProblems),
    rollouts: (query): RolloutPage => {
      const filter = readFilter(query);
      const rows = store.listRollouts(runId, filter, { after: readNumber(query, 'after'), size: ROLLOUTS_PER_PAGE });
      return { rows, total: store.countRollouts(runId, filter) };
    },
    rollout: (query) => {
      const found = describeRollout(store, readNumber(query, 'id') ?? -1, findVocabulary(readRun()));
      return found?.runId === runId ? found : undefined;
    },
    grids: () => (['eval', 'train', 'pilot'] as const).flatMap((one) => collectProblemGrid(store, runId, one) ?? []),
    funnels: () => collectFunnels(store, readRun()),
    attempts: (query) => {
      const code = query.get('code');
      const filter: AttemptFilter = code === null ? { status: 'accepted' } : { code };
      const page = { after: readNumber(query, 'after'), size: ATTEMPTS_PER_PAGE };
      const config = readStoredConfig(readRun());
      return store
        .pageAttempts(runId, readNumber(query, 'stageIndex') ?? -1, filter, page)
        .map((attempt) => describeAttempt(attempt, config));
    },
    compare: (query) => {
      const other = store.getRun(query.get('run') ?? '');
      return other === null ? undefined : compareRuns(store, other, readRun());
    },
    reproduction: () => reproduceStore(store),
  };
  return async (name: string, query: URLSearchParams): Promise<unknown> =>
    Object.hasOwn(answers, name) ? await answers[name]!(query) : undefined;
}

/** A run as it stands now. */
function readLiveRun(store: RunStore, runId: string): RunRecord {
  return readLiveStatus(store, [store.getRun(runId)!])[0]!;
}

/** The run for Prometheus, with the status it has now. */
export function createPageMetrics(store: RunStore, runId: string) {
  const read = () => renderPrometheusText(store, readLiveRun(store, runId));
  return { type: PROMETHEUS_TYPE, read };
}

/** The vocabulary of the embedded model; that of a server is not at hand without asking it. */
export function findVocabulary(run: RunRecord): TextOfToken | null {
  const config = readStoredConfig(run);
  if (config?.engine.kind !== 'embedded') return null;
  const vocabulary = VOCABULARIES[config.embedded.family];
  // Ids of another vocabulary than that of this version: the number has to do.
  return (id) => vocabulary[id] ?? `#${id}`;
}

function readNumber(query: URLSearchParams, name: string): number | null {
  const value = query.get(name);
  return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : null;
}

function readFilter(query: URLSearchParams): RolloutFilter {
  const [stageIndex, step, group, problem] = ['stageIndex', 'step', 'group', 'problem'].map((name) =>
    readNumber(query, name),
  );
  const [purpose, set, code, correct, forked] = ['purpose', 'set', 'code', 'correct', 'forked'].map((name) =>
    query.get(name),
  );
  return {
    ...(stageIndex == null ? {} : { stageIndex }),
    ...(step == null ? {} : { step }),
    ...(group == null ? {} : { group }),
    ...(problem == null ? {} : { problem }),
    ...(purpose == null ? {} : { purpose: purpose as RolloutPurpose }),
    ...(set == null ? {} : { set }),
    ...(code == null ? {} : { code }),
    ...(correct == null ? {} : { correct: correct === 'true' }),
    ...(forked == null ? {} : { forked: forked === 'true' }),
  };
}
