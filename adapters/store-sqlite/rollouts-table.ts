import type { Problem } from '../../src/core/problem.ts';
import { countSegmentTokens, type Segment } from '../../src/core/trajectory.ts';
import { StoreError } from '../../src/errors.ts';
import type {
  RolloutKey,
  RolloutRecord,
  RolloutSetCount,
  RolloutStep,
  RolloutSummary,
  StoredRollouts,
} from '../../src/ports/run-store/rollouts.ts';
import type { Connection } from './connection.ts';
import { decodePieces } from './decode-pieces.ts';
import { encodePieces } from './encode-pieces.ts';
import { ROLLOUTS, type RolloutRow, toRollout, toRolloutRow } from './rollout-row.ts';
import { openEncodedPrompts, type SharedRows } from './shared-rows.ts';
import { describeTable, fromTextCell, plain, type Selection, type TextCell, toTextCell } from './table.ts';

type SelectedRollout = Selection<RolloutRow> & RolloutKey & { readonly rolloutId: number };

const OF_STEP = 'run_id = @runId AND stage_index = @stageIndex AND purpose = @purpose AND step = @step';

type OverviewMethods = Pick<StoredRollouts, 'countRolloutSets' | 'summarizeRollouts' | 'listRolloutSteps'>;
type RolloutMethods = Pick<StoredRollouts, 'saveRollouts' | 'loadRollouts' | 'pageRollouts'> & OverviewMethods;

/** Rollouts with their segments and prompts. The first one stored under a key stays. */
export function openRolloutsTable(connection: Connection, problems: SharedRows<Problem>): RolloutMethods {
  const { file, nowMs } = connection;
  const prompts = openEncodedPrompts(connection);
  const segments = openSegments(connection);
  const insert = connection.query(`${ROLLOUTS.insert}
    ON CONFLICT (run_id, stage_index, purpose, step, group_index, sample) DO NOTHING`);
  const select = (where: string) =>
    connection.query<[object], SelectedRollout>(`SELECT id AS "rolloutId", ${ROLLOUTS.columns} FROM rollouts
      WHERE ${where} ORDER BY group_index, sample`);
  const selectStep = select(OF_STEP);
  const selectSet = select(`${OF_STEP} AND set_name = @set`);
  const selectPage = connection.query<
    [object],
    SelectedRollout
  >(`SELECT id AS "rolloutId", ${ROLLOUTS.columns} FROM rollouts
      WHERE ${OF_STEP} AND (group_index, sample) > (@group, @sample) ORDER BY group_index, sample LIMIT @size`);

  const save = (runId: string, record: RolloutRecord, savedAtMs: number) => {
    const { problem, trajectory } = record;
    const problemKey = problems.keyOf(problem);
    const promptKey = trajectory === null ? null : prompts.keyOf(trajectory.promptIds);
    const row = { ...toRolloutRow(record), problemKey, promptKey, runId, savedAtMs };
    const { changes, lastInsertRowid } = insert.run(ROLLOUTS.toCells(row));
    if (changes > 0 && trajectory !== null) segments.insert(Number(lastInsertRowid), trajectory.segments);
  };

  /** Problems and prompts recur within a step: each is read and decoded once. */
  const createLoader = () => {
    const getProblem = memoize(problems.get);
    const getPrompt = memoize(prompts.get);
    return (selected: SelectedRollout): RolloutRecord => {
      const row = ROLLOUTS.fromCells(selected);
      const { end, promptKey } = row;
      const trajectory =
        end === null || promptKey === null
          ? null
          : { promptIds: getPrompt(promptKey), segments: segments.load(selected.rolloutId), end };
      return toRollout(row, { problem: getProblem(row.problemKey), trajectory });
    };
  };

  const loadAll = (rows: readonly SelectedRollout[]): RolloutRecord[] => {
    const load = createLoader();
    return rows.map((row) =>
      explainRange(
        () => load(row),
        () => `${file}: ${describeKey(row)} is damaged`,
      ),
    );
  };

  return {
    saveRollouts: (runId, rollouts) => {
      const savedAtMs = nowMs();
      connection.write(() => {
        for (const rollout of rollouts) {
          explainRange(
            () => save(runId, rollout, savedAtMs),
            () => `${file}: ${describeKey(rollout)} cannot be stored`,
          );
        }
      });
    },
    loadRollouts: (runId, stageIndex, purpose, step, set) =>
      connection.read(() => {
        const key = { runId, stageIndex, purpose, step };
        return loadAll(set === undefined ? selectStep.all(key) : selectSet.all({ ...key, set: toTextCell(set) }));
      }),
    pageRollouts: function* (runId, stageIndex, purpose, step, size) {
      let last = { group: -1, sample: -1 };
      for (;;) {
        const page = connection.read(() =>
          loadAll(selectPage.all({ runId, stageIndex, purpose, step, ...last, size })),
        );
        if (page.length > 0) yield page;
        if (page.length < size) return;
        const { group, sample } = page.at(-1)!;
        last = { group, sample };
      }
    },
    ...openOverviews(connection),
  };
}

interface SegmentRow extends Omit<Segment, 'pieces' | 'flags'> {
  readonly flags: string;
  readonly packed: Buffer;
}

interface SegmentNotes {
  readonly rolloutId: number;
  readonly ordinal: number;
  readonly tokens: number;
}

const SEGMENTS = describeTable<SegmentRow, SegmentNotes>(
  'segments',
  {
    role: plain('role'),
    block: plain('block'),
    path: plain('path'),
    stop: plain('stop'),
    flags: plain('flags'),
    seed: plain('seed'),
    weightsVersion: plain('weights_version'),
    packed: plain('pieces'),
  },
  { rolloutId: plain('rollout_id'), ordinal: plain('ordinal'), tokens: plain('tokens') },
);

/** Segments of rollouts, one row each, in rendering order. Both functions throw `RangeError` from the codec. */
export function openSegments(connection: Connection) {
  const insert = connection.query(SEGMENTS.insert);
  const select = connection.query<[number], Selection<SegmentRow>>(
    `SELECT ${SEGMENTS.columns} FROM segments WHERE rollout_id = ? ORDER BY ordinal`,
  );
  return {
    insert: (rolloutId: number, segments: readonly Segment[]): void => {
      segments.forEach((segment, ordinal) => {
        const { pieces, flags, ...shared } = segment;
        const row = { ...shared, flags: flags.join(' '), packed: encodePieces(pieces) };
        insert.run(SEGMENTS.toCells({ ...row, rolloutId, ordinal, tokens: countSegmentTokens(segment) }));
      });
    },
    load: (rolloutId: number): Segment[] =>
      select.all(rolloutId).map((selected) => {
        const { flags, packed, ...shared } = SEGMENTS.fromCells(selected);
        const names = flags === '' ? [] : (flags.split(' ') as Segment['flags'][number][]);
        return { ...shared, flags: names, pieces: decodePieces(packed) };
      }),
  };
}

/** Overviews of the rollouts of a run, without reading any rollout. */
function openOverviews(connection: Connection): OverviewMethods {
  const countSets = connection.query<[object], { set: TextCell | null; groups: number }>(`SELECT set_name AS "set",
      count(DISTINCT group_index) AS groups
    FROM rollouts WHERE ${OF_STEP} GROUP BY set_name ORDER BY min(group_index)`);
  const summarize = connection.query<[string], RolloutSummary>(`SELECT stage_index AS stageIndex, purpose,
      sum(rollouts) AS rollouts, sum(failed) AS failed, sum(correct) AS correct, sum(unparsable) AS unparsable,
      sum(format_valid) AS formatValid, sum(forked) AS forked
    FROM rollout_counts WHERE run_id = ? GROUP BY stage_index, purpose ORDER BY stage_index, purpose`);
  const selectSteps = connection.query<[string], RolloutStep>(
    `SELECT stage_index AS stageIndex, purpose, step FROM rollout_counts WHERE run_id = ?
    ORDER BY stage_index, purpose, step`,
  );
  return {
    countRolloutSets: (runId, stageIndex, purpose, step) =>
      connection.read(() =>
        countSets
          .all({ runId, stageIndex, purpose, step })
          .map(({ set, groups }): RolloutSetCount => ({ set: fromTextCell(set), groups })),
      ),
    summarizeRollouts: (runId) => connection.read(() => summarize.all(runId)),
    listRolloutSteps: (runId) => connection.read(() => selectSteps.all(runId)),
  };
}

function memoize<T>(read: (key: number) => T): (key: number) => T {
  const known = new Map<number, T>();
  return (key) => {
    const value = known.has(key) ? (known.get(key) as T) : read(key);
    known.set(key, value);
    return value;
  };
}

/** Names a rollout in a message. */
export function describeKey({ stageIndex, purpose, step, group, sample }: RolloutKey): string {
  return `${purpose} rollout of stage ${stageIndex}, step ${step}, group ${group}, sample ${sample}`;
}

/** The codec's `RangeError` as a `StoreError` that says which rollout. */
export function explainRange<T>(work: () => T, describe: () => string): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new StoreError(`${describe()}: ${error.message}`, { cause: error });
    throw error;
  }
}
