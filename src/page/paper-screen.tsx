import type {
  ComparedCurve,
  ComparedRow,
  OurRow,
  OurSet,
  ReproducedExperiment,
  Reproduction,
} from '../report/reproduction.ts';
import { LineChart } from './line-chart.tsx';
import type { ScreenProps } from './screen-props.ts';
import { useLoaded } from './use-loaded.ts';
import { count, percent, plural, showText } from './wording.ts';

/** Screen of the paper: its tables and curves with what the runs of the store came to beside them. */
export function PaperScreen({ overview, source }: ScreenProps) {
  // Only runs that are done stand beside the paper; a step of one that is not changes nothing here.
  const done = [overview.run, ...overview.runs].filter(({ status }) => status === 'done').map(({ id }) => id);
  const { value, error } = useLoaded('reproduction', done.join(' '), () => source.reproduction());
  if (error !== null) return <p class="card message">{error}</p>;
  if (value === undefined) return <p class="note">Reading the runs of the store…</p>;
  const { carriesOver, experiment, tables, curves } = value;
  const shared = findShared(tables);
  return (
    <>
      <section class="card">
        <h2>Beside the paper</h2>
        <p>{carriesOver}</p>
        {hasOurs(value) ? <WhichRuns experiment={experiment} shared={shared} /> : <Nothing />}
      </section>
      {tables.map(({ table, rows }) => (
        <ComparedTable key={table.id} {...{ title: table.title, rows, shared, runId: overview.run.id }} />
      ))}
      <section class="charts" aria-label="Curves">
        {curves.map((one) => (
          <ComparedChart key={one.curve.id} {...one} />
        ))}
      </section>
    </>
  );
}

function hasOurs({ tables, curves }: Reproduction): boolean {
  return (
    tables.some(({ rows }) => rows.some(({ ours }) => ours !== null)) ||
    curves.some(({ points }) => points.some(({ ours }) => ours !== null))
  );
}

function Nothing() {
  return (
    <p>
      Nothing in this store stands beside the paper yet: <code>parallel-r1 experiment all --seeds 5</code> runs what
      does.
    </p>
  );
}

/** Changed settings that are named; the others are counted. */
const MAX_CHANGES = 6;

function WhichRuns({
  experiment,
  shared,
}: {
  readonly experiment: ReproducedExperiment | null;
  readonly shared: readonly string[];
}) {
  return (
    <>
      {experiment !== null && (
        <p>
          {plural(experiment.arms, 'arm')} of the newest experiment, {experiment.seeds.length === 1 ? 'seed' : 'seeds'}{' '}
          {experiment.seeds.join(', ')}: <bdi>{showText(describeRecipe(experiment))}</bdi>
          {experiment.others > 0 &&
            `. ${plural(experiment.others, 'run')} of other recipes left out: parallel-r1 reproduce --preset NAME or --config FILE shows them`}
        </p>
      )}
      {shared.length > 0 && (
        <p class="note">
          What differs in every row: <bdi>{showText(shared.join('; '))}</bdi>
        </p>
      )}
    </>
  );
}

function describeRecipe({ preset, changes }: ReproducedExperiment): string {
  if (preset === null) return 'a recipe of your own';
  if (changes.length === 0) return `preset ${preset}`;
  const rest = changes.length - MAX_CHANGES;
  return `preset ${preset} with other ${changes.slice(0, MAX_CHANGES).join(', ')}${rest > 0 ? ` and ${count(rest)} more` : ''}`;
}

/** What differs in all rows that were run: said once. */
function findShared(tables: Reproduction['tables']): string[] {
  const [first, ...others] = tables.flatMap(({ rows }) => rows.flatMap(({ ours }) => (ours === null ? [] : [ours])));
  return first === undefined ? [] : first.differs.filter((one) => others.every(({ differs }) => differs.includes(one)));
}

const WITH_BLOCK = 'with a block';
/** Columns of the paper after those of its sets. */
const OF_PAPER = ['average', WITH_BLOCK] as const;
/** Columns of one of our sets. */
const OF_OURS = ['set', 'right', '95 % interval', 'n'] as const;

interface ComparedTableProps {
  readonly title: string;
  readonly rows: readonly ComparedRow[];
  readonly shared: readonly string[];
  readonly runId: string;
}

function ComparedTable({ title, rows, shared, runId }: ComparedTableProps) {
  const sets = Object.keys(rows[0]?.paper.accuracies ?? {});
  return (
    <section class="card beside">
      <h2>{title}</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th rowSpan={2} scope="col">
                row
              </th>
              <th colSpan={sets.length + 2} scope="colgroup">
                paper, %
              </th>
              <th colSpan={5} scope="colgroup" class="ours">
                ours
              </th>
              <th rowSpan={2} scope="col">
                what differs
              </th>
            </tr>
            <tr>
              {[...sets, ...OF_PAPER, ...OF_OURS, WITH_BLOCK].map((name, i) => (
                <th key={i} scope="col" class={name === OF_OURS[0] ? 'ours' : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          {rows.map((row) => (
            <RowLines key={row.paper.label} {...{ row, sets, shared, runId }} />
          ))}
        </table>
      </div>
    </section>
  );
}

interface RowLinesProps {
  readonly row: ComparedRow;
  readonly sets: readonly string[];
  readonly shared: readonly string[];
  readonly runId: string;
}

/**
 * A row of the paper, with one line for each of our sets. On a phone it is a card with the paper on the left and ours on the
 * right: every cell carries the name of its column (page.css).
 */
function RowLines({ row: { paper, ours, filledBy }, sets, shared, runId }: RowLinesProps) {
  const accuracies: Readonly<Record<string, number>> = paper.accuracies;
  const lines = ours?.sets.length ?? 1;
  const published = [
    ...sets.map((set) => ({ name: set, value: accuracies[set]! })),
    { name: OF_PAPER[0], value: paper.average },
    { name: OF_PAPER[1], value: paper.parallelRatio },
  ];
  const [first, ...rest] = ours?.sets ?? [];
  return (
    <tbody>
      <tr>
        <th scope="row" rowSpan={lines}>
          {paper.label}
          {ours !== null && (
            <small>
              {ours.ranAs}
              {ours.runIds.includes(runId) && ', with this run'}
            </small>
          )}
        </th>
        {published.map(({ name, value }) => (
          <td key={name} rowSpan={lines} class="paper" data-column={name}>
            {value === null ? '–' : value.toFixed(1)}
          </td>
        ))}
        {ours === null || first === undefined ? (
          <td colSpan={6} class="ours not-run">
            not run
            {filledBy !== null && (
              <>
                : <code>parallel-r1 experiment {filledBy}</code>
              </>
            )}
          </td>
        ) : (
          <>
            <SetCells {...first} />
            <td rowSpan={lines} class="of-all" data-column={WITH_BLOCK}>
              {percent(ours.parallelRatio, 1)}
            </td>
            <td rowSpan={lines} class="differs" data-column="what differs">
              <bdi>{showText(listOwn(ours, shared))}</bdi>
            </td>
          </>
        )}
      </tr>
      {rest.map((one) => (
        <tr key={one.set}>
          <SetCells {...one} />
        </tr>
      ))}
    </tbody>
  );
}

function SetCells({ set, accuracy: { mean, low, high }, over, problems, seeds }: OurSet) {
  return (
    <>
      <td class="ours" data-column={OF_OURS[0]}>
        <bdi>{showText(set)}</bdi>
      </td>
      <td data-column={OF_OURS[1]}>
        <b>{percent(mean, 1)}</b>
      </td>
      <td data-column={OF_OURS[2]}>
        {percent(low, 1)} to {percent(high, 1)}
      </td>
      <td data-column={OF_OURS[3]}>
        {over === 'seeds'
          ? `${count(seeds)} seeds × ${plural(problems, 'problem')}`
          : `${plural(problems, 'problem')}, one seed`}
      </td>
    </>
  );
}

function listOwn({ differs }: OurRow, shared: readonly string[]): string {
  const own = differs.filter((one) => !shared.includes(one));
  return own.length === 0 ? 'as above' : own.join('; ');
}

function ComparedChart({ curve, points, filledBy }: ComparedCurve) {
  const isRun = points.some(({ ours }) => ours !== null);
  const toPoints = (which: 'paper' | 'ours') =>
    points.map((point) => ({ x: Math.round(100 * point.share), y: point[which] }));
  return (
    <LineChart
      title={curve.title}
      note={
        isRun
          ? 'At the same share of the training: what the paper shows, read off its figure, and the mean of our runs at the nearest step.'
          : `What the paper shows, read off its figure. Ours is not run: parallel-r1 experiment ${filledBy}`
      }
      series={[
        { name: 'paper', points: toPoints('paper') },
        ...(isRun ? [{ name: 'ours', points: toPoints('ours') }] : []),
      ]}
      format={percent}
      range={{ low: 0 }}
      dividers={[{ x: 0, label: 'share of the training' }]}
      axis="of the training"
      nameX={(x) => `${x} %`}
      open={null}
    />
  );
}
