import type { Problem } from '../../src/core/problem.ts';
import type {
  GroupOutcome,
  ListedAttempt,
  ListedProblem,
  ListedRollout,
  Page,
  RolloutFilter,
  StoredListings,
} from '../../src/ports/run-store/listings.ts';
import type { RolloutKey } from '../../src/ports/run-store/rollouts.ts';
import { ATTEMPTS, type AttemptRow, toAttempt } from './attempts-table.ts';
import type { Connection, Query } from './connection.ts';
import { ROLLOUTS, type RolloutRow, toReward } from './rollout-row.ts';
import { describeKey, explainRange, openSegments } from './rollouts-table.ts';
import { openEncodedPrompts, type SharedRows } from './shared-rows.ts';
import { fromTextCell, type Selection, type TextCell, toTextCell } from './table.ts';
import { toVerdict } from './verdict-columns.ts';

/**
 * Lists in pages, and single rows by id. A page of rollouts is two queries: the ids, which the index `rollouts_outcomes`
 * answers whatever the filter is, and then the rows of these ids alone.
 */
export function openListings(connection: Connection, problems: SharedRows<Problem>): StoredListings {
  const rollouts = openRolloutRows(connection, problems);
  return { ...rollouts, ...openGroupOutcomes(connection), ...openAttemptRows(connection, problems) };
}

const KEY = 'stage_index, purpose, step, group_index, sample';
const KEY_PARAMETERS = '@stageIndex, @purpose, @step, @group, @sample';

/** What each part of a filter asks of a row. The values are bound under the names of the fields. */
const CONDITIONS: Readonly<Record<keyof RolloutFilter, (filter: RolloutFilter) => string>> = {
  stageIndex: () => 'stage_index = @ofStageIndex',
  purpose: () => 'purpose = @ofPurpose',
  step: () => 'step = @ofStep',
  group: () => 'group_index = @ofGroup',
  set: () => 'set_name = @ofSet',
  problem: () => 'problem_key = @ofProblem',
  code: () => 'format_code = @ofCode',
  correct: ({ correct }) => (correct ? "verdict = 'correct'" : "verdict IN ('incorrect', 'unparsable')"),
  forked: ({ forked }) => (forked ? 'forks > 0' : 'forks = 0'),
};

function writeConditions(filter: RolloutFilter): string {
  const given = (Object.keys(CONDITIONS) as (keyof RolloutFilter)[]).filter((field) => filter[field] !== undefined);
  return ['run_id = @runId', ...given.map((field) => CONDITIONS[field](filter))].join(' AND ');
}

function bindFilter(runId: string, filter: RolloutFilter) {
  return {
    runId,
    ofStageIndex: filter.stageIndex,
    ofPurpose: filter.purpose,
    ofStep: filter.step,
    ofGroup: filter.group,
    ofSet: filter.set === undefined ? undefined : toTextCell(filter.set),
    ofProblem: filter.problem,
    ofCode: filter.code,
  };
}

/** A row as it is selected, with what a list shows beside it. */
type RowCells = Selection<RolloutRow> &
  RolloutKey &
  Pick<ListedRollout, 'id' | 'blocks' | 'policyTokens' | 'criticalTokens'> & { readonly runId: string };

type RolloutLists = Pick<
  StoredListings,
  'listRollouts' | 'countRollouts' | 'findRollout' | 'findProblemKey' | 'findProblems' | 'dataVersion'
>;

function openRolloutRows(connection: Connection, problems: SharedRows<Problem>): RolloutLists {
  const { db, file, read } = connection;
  const prompts = openEncodedPrompts(connection);
  const segments = openSegments(connection);
  const queries = new Map<string, Query<[object], never>>();
  /** Filters have few shapes; each is compiled once. */
  const ask = <Row>(sql: string): Query<[object], Row> => {
    const query = queries.get(sql) ?? connection.query<[object]>(sql);
    queries.set(sql, query);
    return query as Query<[object], Row>;
  };
  const selectRow = connection.query<[number], RowCells>(`SELECT id, run_id AS "runId", forks AS "blocks",
      policy_tokens AS "policyTokens", critical_tokens AS "criticalTokens", ${ROLLOUTS.columns}
    FROM rollouts WHERE id = ?`);
  const selectKey = connection.query<[number], RolloutKey>(
    `SELECT stage_index AS "stageIndex", purpose, step, group_index AS "group", sample FROM rollouts WHERE id = ?`,
  );
  const findProblem = (key: number): ListedProblem => ({ key, ...problems.get(key) });
  const selectKeys = connection.queryValue<[TextCell], number>('SELECT key FROM problems WHERE id = ? ORDER BY key');
  const countProblem = connection.queryValue<[number], number>('SELECT count(*) FROM problems WHERE key = ?');

  const listIds = (runId: string, filter: RolloutFilter, { after, size }: Page): number[] => {
    const from = after === null ? undefined : selectKey.get(after);
    const beyond = from === undefined ? '' : `AND (${KEY}) > (${KEY_PARAMETERS})`;
    const sql = `SELECT id FROM rollouts WHERE ${writeConditions(filter)} ${beyond} ORDER BY ${KEY} LIMIT @size`;
    const rows = ask<{ readonly id: number }>(sql).all({ ...bindFilter(runId, filter), ...from, size });
    return rows.map(({ id }) => id);
  };

  return {
    listRollouts: (runId, filter, page) =>
      read(() => listIds(runId, filter, page).flatMap((id) => toListed(selectRow.get(id), findProblem))),
    countRollouts: (runId, filter) =>
      read(() => {
        const sql = `SELECT count(*) AS count FROM rollouts WHERE ${writeConditions(filter)}`;
        return ask<{ readonly count: number }>(sql).get(bindFilter(runId, filter))!.count;
      }),
    findRollout: (id) =>
      read(() => {
        const cells = selectRow.get(id);
        if (cells === undefined) return null;
        const { runId, promptKey, end } = cells as RowCells & RolloutRow;
        return explainRange(
          () => ({
            runId,
            listed: toListed(cells, findProblem)[0]!,
            trajectory:
              end === null || promptKey === null
                ? null
                : { promptIds: prompts.get(promptKey), segments: segments.load(id), end },
          }),
          () => `${file}: ${describeKey(cells)} is damaged`,
        );
      }),
    findProblemKey: (runId, id) =>
      read(() => {
        const keys = selectKeys.all(toTextCell(id)!);
        return keys.find((problem) => listIds(runId, { problem }, { after: null, size: 1 }).length > 0) ?? null;
      }),
    findProblems: (keys) => read(() => keys.flatMap((key) => (countProblem.get(key) === 1 ? [findProblem(key)] : []))),
    dataVersion: () => read(() => db.pragma('data_version', { simple: true }) as number),
  };
}

/** The row as it is listed; nothing for one that was deleted meanwhile. */
function toListed(cells: RowCells | undefined, findProblem: (key: number) => ListedProblem): ListedRollout[] {
  if (cells === undefined) return [];
  const { id, blocks, policyTokens, criticalTokens } = cells;
  const row = ROLLOUTS.fromCells(cells);
  const { stageIndex, purpose, step, group, sample, set, failure, weightsVersion } = row;
  const { formatMode, formatValid, formatCode, durationMs, end } = row;
  return [
    {
      ...{ id, stageIndex, purpose, step, group, sample, set, failure, weightsVersion },
      ...{ formatMode, formatValid, formatCode, durationMs, end, blocks, policyTokens, criticalTokens },
      problem: findProblem(row.problemKey),
      verdict: toVerdict(row),
      reward: toReward(row),
    },
  ];
}

/** Groups read at a time. */
const GROUPS_PER_PAGE = 4_000;

interface GroupCells extends Omit<GroupOutcome, 'set'> {
  readonly group: number;
  readonly set: TextCell | null;
}

function openGroupOutcomes({ query, queryValue, read }: Connection): Pick<StoredListings, 'listGroupOutcomes'> {
  const selectStages = queryValue<[string, string], number>(
    'SELECT DISTINCT stage_index FROM rollout_counts WHERE run_id = ? AND purpose = ? ORDER BY stage_index',
  );
  const select = query<[object], GroupCells>(`SELECT stage_index AS stageIndex, step, group_index AS "group",
      min(problem_key) AS problem, min(set_name) AS "set", count(*) AS rollouts,
      sum(verdict IS 'correct') AS correct, sum(forks > 0) AS forked
    FROM rollouts WHERE run_id = @runId AND stage_index = @stageIndex AND purpose = @purpose
      AND (step, group_index) > (@step, @group)
    GROUP BY step, group_index ORDER BY step, group_index LIMIT ${GROUPS_PER_PAGE}`);
  return {
    *listGroupOutcomes(runId, purpose) {
      for (const stageIndex of read(() => selectStages.all(runId, purpose))) {
        let last: Pick<GroupCells, 'step' | 'group'> = { step: -1, group: -1 };
        for (let isWhole = false; !isWhole; ) {
          const page = read(() => select.all({ runId, purpose, stageIndex, step: last.step, group: last.group }));
          for (const { group: _, set, ...outcome } of page) yield { ...outcome, set: fromTextCell(set) };
          isWhole = page.length < GROUPS_PER_PAGE;
          last = page.at(-1) ?? last;
        }
      }
    },
  };
}

function openAttemptRows(
  { query, read }: Connection,
  problems: SharedRows<Problem>,
): Pick<StoredListings, 'pageAttempts'> {
  // The plus signs keep SQLite from sorting by an index: in the order of ids a page ends where it is full.
  const select = query<[object], Selection<AttemptRow> & { readonly attemptId: number }>(
    `SELECT id AS "attemptId", ${ATTEMPTS.columns} FROM attempts
    WHERE id > @after AND +run_id = @runId AND +stage_index = @stageIndex
      AND (@status IS NULL OR status = @status) AND (@code IS NULL OR code = @code) ORDER BY id LIMIT @size`,
  );
  return {
    pageAttempts: (runId, stageIndex, { status = null, code = null }, { after, size }) =>
      read(() =>
        select.all({ runId, stageIndex, status, code, after: after ?? 0, size }).map(
          ({ attemptId, ...cells }): ListedAttempt => ({
            id: attemptId,
            ...toAttempt(ATTEMPTS.fromCells(cells as Selection<AttemptRow>), problems),
          }),
        ),
      ),
  };
}
