import type { ListedRollout } from '../ports/run-store/listings.ts';
import type { RolloutPurpose } from '../ports/run-store/rollouts.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import { type CountProblems, collectEvaluations } from './collect-evaluations.ts';
import { collectFunnels } from './page-data.ts';
import { openSeries } from './series.ts';

/** What a cell of a table holds. A number may be NaN or infinite. */
export type FigureCell = string | number | boolean | null;

/** One row; the keys are the columns, in order. */
export type FigureRow = Readonly<Record<string, FigureCell>>;

/** A table of figures of a run. Rows are read as they are asked for, a page at a time. */
export interface FigureTable {
  readonly columns: readonly string[];
  readonly rows: Iterable<FigureRow>;
}

/** Names of the tables. */
export type FigureTableName = 'series' | 'steps' | 'evaluations' | 'problems' | 'rollouts' | 'funnel';

/** What tables are made of. `countProblems` as in `collectReportData`. */
interface TableSource {
  readonly store: RunStore;
  readonly run: RunRecord;
  readonly countProblems: CountProblems;
}

/** The figures of a run as one table. Columns: docs/seeing-a-run.md. */
export async function openFigureTable(name: FigureTableName, source: TableSource): Promise<FigureTable> {
  switch (name) {
    case 'series':
      return { columns: ['stageIndex', 'step', 'globalStep', 'key', 'value', 'time'], rows: listSeries(source) };
    case 'steps':
      return openSteps(source);
    case 'evaluations':
      return openEvaluations(source);
    case 'problems':
      return { columns: PROBLEM_COLUMNS, rows: listProblems(source) };
    case 'rollouts':
      return { columns: ROLLOUT_COLUMNS, rows: listRollouts(source) };
    case 'funnel':
      return { columns: ['stage', 'level', 'code', 'attempts'], rows: listFunnel(source) };
  }
}

/** Steps of a run that are read at once. */
const PAGE_STEPS = 200;

/** One figure a row, the points that trackers get. `time` is in seconds since the epoch. */
function* listSeries({ store, run }: TableSource): Generator<FigureRow> {
  const series = openSeries(store, run.id, run.createdAtMs);
  for (let after: number | null = null; ; ) {
    const points = series.read(after, null, PAGE_STEPS);
    for (const { wallTimeMs, ...point } of points) yield { ...point, time: wallTimeMs / 1000 };
    if (points.length === 0) return;
    after = points.at(-1)!.globalStep;
  }
}

/** One step a row and one figure a column; null where a step has no such figure. */
function openSteps(source: TableSource): FigureTable {
  const keys = new Set<string>();
  for (const { key } of listSeries(source)) keys.add(String(key));
  const figures = [...keys].sort();
  const columns = ['stage', 'step', 'globalStep', 'time', ...figures];
  return { columns, rows: listSteps(source, columns) };
}

function* listSteps(source: TableSource, columns: readonly string[]): Generator<FigureRow> {
  const nameOf = nameStages(source);
  const empty: FigureRow = Object.fromEntries(columns.map((column) => [column, null]));
  let row: Record<string, FigureCell> = {};
  for (const { stageIndex, step, globalStep, time, key, value } of listSeries(source)) {
    if (row.globalStep !== globalStep) {
      if (row.globalStep !== undefined) yield row;
      row = { ...empty, stage: nameOf(Number(stageIndex)), step: step!, globalStep: globalStep!, time: time! };
    }
    row[String(key)] = value!;
  }
  if (row.globalStep !== undefined) yield row;
}

/**
 * One set a row, and one for each of its levels and subjects (`by`, `label`); figures within figures become columns with a
 * dot: `mean.low`. `twin` is the difference that forks make, where a set was answered without them too.
 */
async function openEvaluations({ store, run, countProblems }: TableSource): Promise<FigureTable> {
  const { figures, twins } = await collectEvaluations(store, run, countProblems);
  const rows = figures.flatMap(({ set, parts, ...figure }) => {
    const paired = twins.find((twin) => twin.set === set)?.paired ?? null;
    const twin = paired === null ? {} : { twin: { ...paired.difference, pValue: paired.pValue } };
    const whole = flatten({ set, by: null, label: null, ...figure, ...twin });
    return [whole, ...parts.map((part) => flatten({ set, ...part }))];
  });
  return { columns: [...new Set(rows.flatMap((row) => Object.keys(row)))], rows };
}

function flatten(value: object, path = ''): FigureRow {
  const cells = Object.entries(value).map(([key, item]: [string, unknown]) => {
    const name = path === '' ? key : `${path}.${key}`;
    return item !== null && typeof item === 'object' ? flatten(item, name) : { [name]: (item ?? null) as FigureCell };
  });
  return Object.assign({}, ...cells);
}

const PROBLEM_COLUMNS = ['stage', 'purpose', 'step', 'set', 'source', 'problem', 'rollouts', 'correct', 'forked'];

const PURPOSES: readonly RolloutPurpose[] = ['eval', 'train', 'pilot'];

/** One group of rollouts a row: what became of a problem at a step. */
function* listProblems(source: TableSource): Generator<FigureRow> {
  const { store, run } = source;
  const nameOf = nameStages(source);
  for (const purpose of PURPOSES) {
    for (const group of store.listGroupOutcomes(run.id, purpose)) {
      const { stageIndex, step, set, rollouts, correct, forked } = group;
      const [problem] = store.findProblems([group.problem]);
      yield {
        ...{ stage: nameOf(stageIndex), purpose, step, set },
        ...{ source: problem?.source ?? null, problem: problem?.id ?? null, rollouts, correct, forked },
      };
    }
  }
}

/** Rollouts read at a time. */
const PAGE_ROLLOUTS = 1_000;

const ROLLOUT_COLUMNS = [
  ...['id', 'stage', 'purpose', 'step', 'group', 'sample', 'set', 'source', 'problem', 'wanted', 'answer'],
  ...['verdict', 'rule', 'reason', 'reward', 'formatValid', 'formatCode', 'end', 'failure', 'blocks'],
  ...['tokens', 'criticalTokens', 'durationMs', 'weightsVersion'],
];

/** One rollout a row, without its text. */
function* listRollouts(source: TableSource): Generator<FigureRow> {
  const { store, run } = source;
  const nameOf = nameStages(source);
  for (let after: number | null = null; ; ) {
    const page: ListedRollout[] = store.listRollouts(run.id, {}, { after, size: PAGE_ROLLOUTS });
    for (const { id, purpose, step, group, sample, set, problem, verdict, reward, ...rollout } of page) {
      yield {
        ...{ id, stage: nameOf(rollout.stageIndex), purpose, step, group, sample, set },
        ...{ source: problem.source, problem: problem.id, wanted: problem.answer, answer: verdict?.extracted ?? null },
        ...{ verdict: verdict?.verdict ?? null, rule: verdict?.rule ?? null, reason: verdict?.reason ?? null },
        ...{ reward: reward?.value ?? null, formatValid: rollout.formatValid, formatCode: rollout.formatCode },
        ...{ end: rollout.end, failure: rollout.failure, blocks: rollout.blocks },
        ...{ tokens: rollout.policyTokens, criticalTokens: rollout.criticalTokens },
        ...{ durationMs: rollout.durationMs, weightsVersion: rollout.weightsVersion },
      };
    }
    if (page.length < PAGE_ROLLOUTS) return;
    after = page.at(-1)!.id;
  }
}

/** One level a row with what reached it, and one row for each code that was lost on the way there. */
function* listFunnel({ store, run }: TableSource): Generator<FigureRow> {
  for (const { stageId, levels } of collectFunnels(store, run)) {
    for (const { name, attempts, lost } of levels) {
      for (const { code, count } of lost) yield { stage: stageId, level: name, code, attempts: count };
      yield { stage: stageId, level: name, code: null, attempts };
    }
  }
}

function nameStages({ store, run }: TableSource): (index: number) => string {
  const names = new Map(store.listStages(run.id).map(({ index, id }) => [index, id]));
  return (index) => names.get(index) ?? `${index}`;
}
