import type { RolloutFilter } from '../ports/run-store/listings.ts';
import type { ColdStartFunnel } from '../report/cold-start-funnel.ts';
import type { RunComparison } from '../report/compare-runs.ts';
import type { AttemptDetail } from '../report/describe-attempt.ts';
import type { RolloutDetail } from '../report/describe-rollout.ts';
import type { FileReport, PageOverview, RolloutPage } from '../report/page-data.ts';
import type { ProblemGrid } from '../report/problem-grid.ts';
import type { StoreReproduction } from '../report/reproduction.ts';

/** Where the page takes what it shows: from the server that it came from, or from the file that it is. */
export interface PageSource {
  readonly kind: 'live' | 'file';
  overview(): Promise<PageOverview>;
  /** A page of rollouts after the one of that id; null for the first page. */
  rollouts(filter: RolloutFilter, after: number | null): Promise<RolloutPage>;
  /** Null for a rollout that is not there; a file holds a sample only. */
  rollout(id: number): Promise<RolloutDetail | null>;
  grids(): Promise<readonly ProblemGrid[]>;
  funnels(): Promise<readonly ColdStartFunnel[]>;
  /** Answers of a teacher after the one of that id; with `code` the rejected ones of that code, without it the accepted ones. */
  attempts(stageIndex: number, code: string | null, after: number | null): Promise<readonly AttemptDetail[]>;
  /** This run beside another. A file knows one run. */
  compare(runId: string): Promise<RunComparison | null>;
  /** The runs of the store beside the paper; in a file as they were when it was written. */
  reproduction(): Promise<StoreReproduction>;
  /** Calls back whenever the store changed. Returns what ends it. */
  watch(changed: () => void): () => void;
  /** What a file does not hold, in one sentence; null for the live page. */
  readonly limits: string | null;
}

/** The data of a file, which stands in it as JSON; without it the page came from a server. */
export function openSource(): PageSource {
  const data = document.getElementById('data')?.textContent;
  if (data === undefined || data === null) return openLiveSource();
  return openFileSource(JSON.parse(data) as FileReport);
}

function openLiveSource(): PageSource {
  const token = new URLSearchParams(location.search).get('token') ?? '';
  const ask = async <T>(name: string, query: Readonly<Record<string, unknown>> = {}): Promise<T> => {
    const parameters = new URLSearchParams({ token });
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) parameters.set(key, String(value));
    }
    const response = await fetch(`/api/${name}?${parameters}`);
    if (response.status === 404) return null as T;
    if (!response.ok) throw new Error((await response.text()).trim());
    return (await response.json()) as T;
  };
  return {
    kind: 'live',
    limits: null,
    overview: () => ask('overview'),
    rollouts: (filter, after) => ask('rollouts', { ...filter, after }),
    rollout: (id) => ask('rollout', { id }),
    grids: () => ask('grids'),
    funnels: () => ask('funnels'),
    attempts: (stageIndex, code, after) => ask('attempts', { stageIndex, code, after }),
    compare: (run) => ask('compare', { run }),
    reproduction: () => ask('reproduction'),
    watch: (changed) => {
      const events = new EventSource(`/events?token=${encodeURIComponent(token)}`);
      events.onmessage = changed;
      return () => events.close();
    },
  };
}

function openFileSource(file: FileReport): PageSource {
  const { overview, samples, grids, funnels, attempts, totals } = file;
  const count = (value: number) => value.toLocaleString('en');
  const made = new Date(file.madeAtMs).toISOString().slice(0, 16).replace('T', ' ');
  return {
    kind: 'file',
    limits: `Written ${made} UTC. Counts are of the whole run; of its ${count(totals.rollouts)} rollouts ${count(samples.length)} are in this file. The others: parallel-r1 view ${overview.run.id}`,
    overview: async () => overview,
    rollouts: async (filter) => {
      const rows = samples.map(({ rollout }) => rollout).filter((rollout) => isLet(rollout, filter));
      return { rows, total: rows.length };
    },
    rollout: async (id) => samples.find(({ rollout }) => rollout.id === id) ?? null,
    grids: async () => grids,
    funnels: async () => funnels,
    attempts: async (stageIndex, code) =>
      attempts
        .filter((stage) => stage.stageIndex === stageIndex)
        .flatMap((stage) => stage.attempts)
        .filter(({ attempt }) => (code === null ? attempt.status === 'accepted' : attempt.code === code)),
    compare: async () => null,
    reproduction: async () => file.reproduction,
    watch: () => () => {},
  };
}

/** The same as the store does for a filter. */
function isLet(
  { problem, verdict, blocks, formatCode, ...rollout }: RolloutPage['rows'][number],
  filter: RolloutFilter,
) {
  const { correct, code, forked, problem: key, ...places } = filter;
  if (key !== undefined && problem.key !== key) return false;
  if (code !== undefined && formatCode !== code) return false;
  if (forked !== undefined && forked !== blocks > 0) return false;
  if (correct !== undefined && (verdict === null || correct !== (verdict.verdict === 'correct'))) return false;
  return Object.entries(places).every(
    ([field, value]) => value === undefined || rollout[field as keyof typeof rollout] === value,
  );
}
