import { useState } from 'preact/hooks';
import type { GridColumn, GridKind, GridRow, ProblemGrid } from '../report/problem-grid.ts';
import { goTo, linkTo } from './route.ts';
import type { ScreenProps } from './screen-props.ts';
import { useLoaded } from './use-loaded.ts';
import { count, percent, showText } from './wording.ts';

const PURPOSES = { eval: 'held-out problems', train: 'training problems', pilot: 'problems of pilots' } as const;

const KINDS: Readonly<Record<GridKind, string>> = {
  'still-wrong': 'never right',
  regressed: 'was better before',
  variable: 'changed most',
  solved: 'right, or on its way',
};

/** Screen of problems: which are right when, the most telling ones first; a cell opens its rollouts. */
export function ProblemsScreen({ overview, source, version }: ScreenProps) {
  const { value: grids, error } = useLoaded('grids', version, () => source.grids());
  const [purpose, setPurpose] = useState<ProblemGrid['purpose'] | null>(null);
  if (error !== null) return <p class="card message">{error}</p>;
  if (grids === undefined) return <p class="note">Counting…</p>;
  const grid = grids.find((one) => one.purpose === purpose) ?? grids[0];
  if (grid === undefined) return <p class="card">There are no rollouts yet.</p>;
  const nameStage = (index: number) => overview.stages.find((stage) => stage.index === index)?.id ?? `${index}`;
  return (
    <section class="card problems">
      <h2>Which problems are answered right, and when</h2>
      <p class="note">
        Each row is a problem, each column a step; a cell is the share of right answers. The most telling problems of
        each kind are shown. Arrow keys move, Enter opens the rollouts behind a cell.
      </p>
      <div class="choices">
        {grids.map((one) => (
          <button key={one.purpose} type="button" aria-pressed={one === grid} onClick={() => setPurpose(one.purpose)}>
            {PURPOSES[one.purpose]} ({count(one.problems)})
          </button>
        ))}
      </div>
      <div class="maps">
        {(Object.keys(KINDS) as GridKind[]).map((kind) => (
          <HeatMap key={`${grid.purpose} ${kind}`} grid={grid} kind={kind} nameStage={nameStage} />
        ))}
      </div>
    </section>
  );
}

function HeatMap({
  grid,
  kind,
  nameStage,
}: {
  readonly grid: ProblemGrid;
  readonly kind: GridKind;
  readonly nameStage: (index: number) => string;
}) {
  const rows = grid.rows.filter((row) => row.kind === kind);
  const [place, setPlace] = useState<readonly [row: number, column: number]>([0, 0]);
  if (rows.length === 0) return null;
  const { columns, purpose, kinds } = grid;
  const move = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    };
    const by = moves[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const clamp = (value: number, length: number) => Math.max(0, Math.min(length - 1, value));
    const next = [clamp(place[0] + by[0], rows.length), clamp(place[1] + by[1], columns.length)] as const;
    setPlace(next);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-cell="${next.join('-')}"]`)?.focus();
  };
  return (
    <section>
      <h3>
        {KINDS[kind]}{' '}
        <small>
          {rows.length < kinds[kind] ? `${count(rows.length)} of ${count(kinds[kind])}` : count(kinds[kind])}
        </small>
      </h3>
      <div class="scroll">
        <table class="heat" onKeyDown={move}>
          <thead>
            <tr>
              <th scope="col">problem</th>
              {columns.map((column, i) => (
                <th
                  scope="col"
                  key={nameColumn(column, nameStage)}
                  class={columns[i - 1]?.stageIndex === column.stageIndex ? '' : 'first'}
                >
                  <small>{columns[i - 1]?.stageIndex === column.stageIndex ? '' : nameStage(column.stageIndex)}</small>
                  {column.toStep}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, y) => (
              <tr key={row.problem.key}>
                <th scope="row">
                  <a
                    href={linkTo('trajectories', { problem: row.problem.key, purpose })}
                    title={showText(row.problem.text)}
                  >
                    <bdi>{showText(row.problem.text.slice(0, 120))}</bdi>
                  </a>
                </th>
                {columns.map((column, x) => (
                  <HeatCell
                    key={nameColumn(column, nameStage)}
                    {...{ row, column, purpose }}
                    index={x}
                    cell={`${y}-${x}`}
                    isReached={place[0] === y && place[1] === x}
                    label={`${nameColumn(column, nameStage)}`}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface HeatCellProps {
  readonly row: GridRow;
  readonly column: GridColumn;
  readonly purpose: ProblemGrid['purpose'];
  readonly index: number;
  readonly cell: string;
  readonly isReached: boolean;
  readonly label: string;
}

function HeatCell({ row, column, purpose, index, cell, isReached, label }: HeatCellProps) {
  const share = row.right[index];
  if (share == null) return <td class="none" />;
  const { stageIndex, fromStep, toStep } = column;
  const address = linkTo('trajectories', {
    ...{ problem: row.problem.key, purpose, stageIndex },
    step: fromStep === toStep ? fromStep : null,
  });
  return (
    <td class={`h${Math.round(share * 10)}`}>
      <a
        href={address}
        data-cell={cell}
        tabIndex={isReached ? 0 : -1}
        aria-label={`${label}: ${percent(share)} of ${count(row.rollouts[index]!)} right`}
        title={`${label}: ${percent(share)} of ${count(row.rollouts[index]!)} right`}
        onFocus={(event) => event.currentTarget.scrollIntoView({ block: 'nearest', inline: 'nearest' })}
        onKeyDown={(event) => {
          if (event.key === 'Enter') goTo(address);
        }}
      >
        {Math.round(share * 100)}
      </a>
    </td>
  );
}

function nameColumn({ stageIndex, fromStep, toStep }: GridColumn, nameStage: (index: number) => string): string {
  return `${nameStage(stageIndex)}, ${fromStep === toStep ? `step ${fromStep}` : `steps ${fromStep} to ${toStep}`}`;
}
