import type { ListedProblem, StoredListings } from '../ports/run-store/listings.ts';
import type { RolloutPurpose, RolloutStep } from '../ports/run-store/rollouts.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';

/** Which problems are answered right when: problems down, steps across, for one purpose of rollouts. */
export interface ProblemGrid {
  readonly purpose: RolloutPurpose;
  readonly columns: readonly GridColumn[];
  /** The most telling problems of each kind, at most `MAX_ROWS` of one; a problem of two kinds is there once. */
  readonly rows: readonly GridRow[];
  /** Problems of the whole run. */
  readonly problems: number;
  readonly kinds: Readonly<Record<GridKind, number>>;
}

/** Neighbouring steps of one stage. */
export interface GridColumn {
  readonly stageIndex: number;
  readonly fromStep: number;
  readonly toStep: number;
}

/**
 * `still-wrong`: no right answer in its last column, nor ever. `regressed`: its last column is worse than its best one by a
 * quarter or more. `variable`: its columns scatter, and it is neither. `solved`: the rest.
 */
export type GridKind = 'still-wrong' | 'regressed' | 'variable' | 'solved';

/** One problem. */
export interface GridRow {
  readonly problem: ListedProblem;
  readonly set: string | null;
  readonly kind: GridKind;
  /** Share of right answers per column; null where it was not asked. */
  readonly right: readonly (number | null)[];
  /** Answers per column. */
  readonly rollouts: readonly number[];
}

/** Most columns of a grid; neighbouring steps of a stage share one where there are more. */
const MAX_COLUMNS = 40;

/** Most rows of each kind. */
const MAX_ROWS = 40;

/** A fall from the best column that counts as a regression. */
const MIN_FALL = 0.25;

/** Standard deviation of the columns from which a problem is variable. */
const MIN_SCATTER = 0.15;

/** The grid of one purpose; null where the run has no such rollouts. Reads counts only, never a rollout. */
export function collectProblemGrid(store: RunStore, runId: string, purpose: RolloutPurpose): ProblemGrid | null {
  const columns = layColumns(store.listRolloutSteps(runId).filter((step) => step.purpose === purpose));
  if (columns.length === 0) return null;
  const tallies = tallyProblems(store, runId, purpose, columns);
  const kinds: Record<GridKind, number> = { 'still-wrong': 0, regressed: 0, variable: 0, solved: 0 };
  const ranked: Record<GridKind, RankedProblem[]> = { 'still-wrong': [], regressed: [], variable: [], solved: [] };
  for (const [key, tally] of tallies) {
    const { kind, rank } = judgeProblem(tally);
    kinds[kind] += 1;
    keepBest(ranked[kind], { key, tally, kind, rank });
  }
  const kept = Object.values(ranked).flat();
  const problems = new Map(store.findProblems(kept.map(({ key }) => key)).map((problem) => [problem.key, problem]));
  return {
    ...{ purpose, columns, kinds },
    problems: tallies.size,
    rows: kept.map(({ key, tally, kind }) => ({
      problem: problems.get(key)!,
      set: tally.set,
      kind,
      right: listShares(tally),
      rollouts: [...tally.rollouts],
    })),
  };
}

/** Steps as columns, in order; each stage gets columns in proportion to its steps, and at least one. */
function layColumns(steps: readonly RolloutStep[]): GridColumn[] {
  const perStage = Map.groupBy(steps, ({ stageIndex }) => stageIndex);
  const width = Math.max(1, Math.ceil(steps.length / Math.max(1, MAX_COLUMNS - perStage.size)));
  const columns: GridColumn[] = [];
  for (const [stageIndex, ofStage] of perStage) {
    for (let from = 0; from < ofStage.length; from += width) {
      const part = ofStage.slice(from, from + width);
      columns.push({ stageIndex, fromStep: part[0]!.step, toStep: part.at(-1)!.step });
    }
  }
  return columns;
}

/** Right answers and answers of one problem per column. */
interface ProblemTally {
  set: string | null;
  readonly correct: Uint32Array;
  readonly rollouts: Uint32Array;
}

function tallyProblems(
  store: StoredListings,
  runId: string,
  purpose: RolloutPurpose,
  columns: readonly GridColumn[],
): ReadonlyMap<number, ProblemTally> {
  const tallies = new Map<number, ProblemTally>();
  // Groups come in the order of the columns.
  let column = 0;
  for (const group of store.listGroupOutcomes(runId, purpose)) {
    while (column < columns.length && !holdsStep(columns[column]!, group)) column += 1;
    if (column === columns.length) break;
    let tally = tallies.get(group.problem);
    if (tally === undefined) {
      const { length } = columns;
      tally = { set: group.set, correct: new Uint32Array(length), rollouts: new Uint32Array(length) };
      tallies.set(group.problem, tally);
    }
    tally.correct[column]! += group.correct;
    tally.rollouts[column]! += group.rollouts;
  }
  return tallies;
}

function holdsStep(column: GridColumn, { stageIndex, step }: Pick<RolloutStep, 'stageIndex' | 'step'>): boolean {
  return column.stageIndex === stageIndex && column.fromStep <= step && step <= column.toStep;
}

function listShares({ correct, rollouts }: ProblemTally): (number | null)[] {
  return Array.from(rollouts, (count, i) => (count === 0 ? null : correct[i]! / count));
}

/** What a problem is, and how strong an example of that. */
function judgeProblem(tally: ProblemTally): { readonly kind: GridKind; readonly rank: number } {
  const shares = listShares(tally).filter((share) => share !== null);
  const last = shares.at(-1) ?? 0;
  const best = Math.max(0, ...shares);
  if (best === 0) return { kind: 'still-wrong', rank: tally.rollouts.reduce((sum, count) => sum + count, 0) };
  if (best - last >= MIN_FALL) return { kind: 'regressed', rank: best - last };
  const scatter = computeScatter(shares);
  return scatter >= MIN_SCATTER ? { kind: 'variable', rank: scatter } : { kind: 'solved', rank: shares.length };
}

function computeScatter(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

interface RankedProblem {
  readonly key: number;
  readonly tally: ProblemTally;
  readonly kind: GridKind;
  readonly rank: number;
}

/** Keeps the list sorted by falling rank and at its size; the one that came first wins a tie. */
function keepBest(list: RankedProblem[], candidate: RankedProblem): void {
  if (list.length === MAX_ROWS && list.at(-1)!.rank >= candidate.rank) return;
  const place = list.findIndex(({ rank }) => rank < candidate.rank);
  list.splice(place < 0 ? list.length : place, 0, candidate);
  if (list.length > MAX_ROWS) list.pop();
}
