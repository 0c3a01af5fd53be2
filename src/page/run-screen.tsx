import type { PageOverview, PageStage } from '../report/page-data.ts';
import { EvaluationTables } from './evaluation-tables.tsx';
import { type ChartSeries, LineChart } from './line-chart.tsx';
import { goTo, linkTo } from './route.ts';
import { layRunSteps, listHeldOutPoints, listPoints, type RunSteps } from './run-steps.ts';
import type { ScreenProps } from './screen-props.ts';
import { ThoughtPair } from './thought-pair.tsx';
import { count, duration, percent, plural, points, short } from './wording.ts';

/** Screen of the run: what was learned, the stages, and the curves of training. */
export function RunScreen({ overview, source }: Pick<ScreenProps, 'overview' | 'source'>) {
  const steps = layRunSteps(overview);
  return (
    <>
      <Headline overview={overview} />
      <Timeline overview={overview} />
      <EvaluationTables evaluations={overview.evaluations} twins={overview.twins} />
      <ThoughtPair overview={overview} source={source} />
      <Charts overview={overview} steps={steps} />
      <AllFigures stages={overview.stages} />
    </>
  );
}

function Headline({ overview }: { readonly overview: PageOverview }) {
  const { boundaries, stages } = overview;
  const rl = stages.filter(({ kind }) => kind === 'rl');
  const parallel = findEnds(rl, 'rollout/parallel_fraction');
  const last = rl.at(-1)?.curves;
  const all = last?.['rollout/mean_tokens']?.values.at(-1);
  const critical = last?.['rollout/mean_critical_tokens']?.values.at(-1);
  return (
    <section class="headline" aria-label="What was learned">
      {/* One moment alone has learned nothing; its figures stand below. */}
      {(boundaries.labels.length > 1 ? boundaries.sets : []).map(({ set, accuracy, validBlockFraction, gain }) => (
        <Figure
          key={set}
          name={`${set}: right answers`}
          from={percent(accuracy[0])}
          to={percent(accuracy.at(-1))}
          note={`${describeGain(accuracy)}${describeReach(gain)}; ${percent(validBlockFraction.at(-1))} with a well-formed block`}
        />
      ))}
      {parallel !== null && (
        <Figure
          name="answers that fork"
          from={percent(parallel.first)}
          to={percent(parallel.last)}
          note="share of training rollouts with at least one executed block"
        />
      )}
      {all != null && critical != null && critical > 0 && (
        <Figure
          name="shorter by forking"
          from={null}
          to={`${(all / critical).toFixed(2)}×`}
          note={`${short(all)} tokens, ${short(critical)} on the longest chain`}
        />
      )}
    </section>
  );
}

/** ` (41 to 58)`: the 95 % interval of a gain, in points. */
function describeReach(gain: PageOverview['boundaries']['sets'][number]['gain']): string {
  if (gain === null) return '';
  const { low, high } = gain.difference;
  return ` (${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)})`;
}

function Figure({
  name,
  from,
  to,
  note,
}: {
  readonly name: string;
  readonly from: string | null;
  readonly to: string;
  readonly note: string;
}) {
  return (
    <div class="card figure">
      <h2>{name}</h2>
      <p class="value">
        {from !== null && <span class="from">{from} → </span>}
        {to}
      </p>
      <p class="note">{note}</p>
    </div>
  );
}

function findEnds(stages: readonly PageStage[], key: string) {
  const values = stages.flatMap(({ curves }) => curves[key]?.values ?? []).filter((value) => value !== null);
  const [first, last] = [values[0], values.at(-1)];
  return first === undefined || last === undefined ? null : { first, last };
}

function describeGain(accuracy: readonly (number | null)[]): string {
  const [first, last] = [accuracy[0], accuracy.at(-1)];
  return first == null || last == null ? 'not measured' : points(last - first);
}

const STATUS: Readonly<Record<PageStage['status'], string>> = { done: '✓', running: '▶', pending: '·', refused: '✗' };

function Timeline({ overview: { run, stages, rollouts } }: { readonly overview: PageOverview }) {
  return (
    <section aria-label="Stages">
      <ol class="timeline">
        {stages.map((stage) => {
          const own = rollouts.filter(({ stageIndex, purpose }) => stageIndex === stage.index && purpose === 'train');
          const trained = own.reduce((sum, one) => sum + one.rollouts, 0);
          return (
            <li key={stage.id} class={`card stage ${stage.status}`}>
              <h3>
                <span aria-hidden="true">{STATUS[stage.status]}</span> {stage.id} <small>{stage.status}</small>
              </h3>
              <p class="note">{describeStage(stage)}</p>
              {describeTime(stage) !== null && <p class="note">{describeTime(stage)}</p>}
              {trained > 0 && (
                <a href={linkTo('trajectories', { stageIndex: stage.index, purpose: 'train' })}>
                  {plural(trained, 'rollout')}
                </a>
              )}
              {stage.kind === 'cold-start' && <a href={linkTo('cold-start')}>what was rejected</a>}
            </li>
          );
        })}
      </ol>
      {run.message !== null && <p class="card message">{run.message}</p>}
    </section>
  );
}

function describeStage({ kind, status, state, yield: outcome }: PageStage): string {
  if (outcome !== null) {
    return `${count(outcome.accepted)} of ${count(outcome.attempts)} answers accepted`;
  }
  const { steps, stoppedBy, pilot } = state as {
    steps?: number;
    stoppedBy?: string;
    pilot?: { accuracy: number; minAccuracy: number } | null;
  };
  if (typeof steps !== 'number') {
    if (kind === 'eval') return 'evaluation';
    return status === 'pending' ? 'not begun' : 'under way';
  }
  const end: Readonly<Record<string, string>> = {
    criterion: ', until its targets were met',
    'max-steps': ', its limit',
  };
  const before = pilot == null ? '' : `; pilot: ${percent(pilot.accuracy)} right, ${percent(pilot.minAccuracy)} needed`;
  return `${plural(steps, 'step')}${end[String(stoppedBy)] ?? ''}${before}`;
}

const PARTS = [
  ['rollouts', 'time/rollout_s'],
  ['updates', 'time/update_s'],
  ['hand-over', 'time/hand_over_s'],
] as const;

/** What the time of a stage went to; a thinned curve holds means, so that steps times the mean is the sum. */
function describeTime({ state, curves }: PageStage): string | null {
  const { steps } = state as { steps?: number };
  const parts = PARTS.flatMap(([name, key]) => {
    const values = (curves[key]?.values ?? []).filter((value) => value !== null);
    if (values.length === 0 || typeof steps !== 'number') return [];
    const seconds = (steps * values.reduce((sum, value) => sum + value, 0)) / values.length;
    return [`${name} ${duration(1000 * seconds)}`];
  });
  return parts.length === 0 ? null : parts.join(', ');
}

/** A chart of training metrics: its lines, and how they are written. */
interface MetricChart {
  readonly title: string;
  readonly note: string;
  readonly lines: readonly (readonly [name: string, key: string, over?: string])[];
  readonly format: (value: number) => string;
  readonly range?: { readonly low?: number; readonly high?: number };
}

const SHARE = { low: 0, high: 1 };

const CHARTS: readonly MetricChart[] = [
  {
    title: 'Thinks in parallel',
    note: 'Share of training rollouts that forked, and that did so in valid form.',
    lines: [
      ['forked', 'rollout/parallel_fraction'],
      ['valid block', 'format/valid_block_fraction'],
      ['effective', 'parallel/effective_fraction'],
    ],
    format: percent,
    range: SHARE,
  },
  {
    title: 'Where the first block begins',
    note: 'Share of the response that stands before it, and of blocks opened when the answer stood there: late ones verify.',
    lines: [
      ['first block', 'block/position_first'],
      ['answer known before', 'block/answer_known_fraction'],
    ],
    format: percent,
    range: SHARE,
  },
  {
    title: 'Blocks and paths',
    note: 'Executed blocks of an answer, paths of a block, and tokens of all paths over those of the longest chain.',
    lines: [
      ['blocks an answer', 'block/per_answer'],
      ['paths a block', 'block/paths'],
      ['self-parallelism', 'rollout/self_parallelism'],
    ],
    format: short,
    range: { low: 0 },
  },
  {
    title: 'What paths hold',
    note: 'How alike the paths of a block are (BLEU), blocks whose paths end in different numbers, blocks without two paths that count.',
    lines: [
      ['alike', 'parallel/path_similarity'],
      ['disagree', 'parallel/disagreement_fraction'],
      ['redundant', 'parallel/redundant_block_fraction'],
    ],
    format: percent,
    range: SHARE,
  },
  {
    title: 'Length by role',
    note: 'Sampled tokens: main text of an answer, one path, one summary.',
    lines: [
      ['main text', 'rollout/main_tokens'],
      ['a path', 'block/path_tokens'],
      ['a summary', 'block/summary_tokens'],
    ],
    format: short,
    range: { low: 0 },
  },
  {
    title: 'Surprisal',
    note: 'Mean of −log p over sampled tokens, in nats; at temperature 1 and top-p 1 an estimate of the entropy.',
    lines: [['surprisal', 'rollout/surprisal']],
    format: short,
    range: { low: 0 },
  },
  {
    title: 'Longest chain over all tokens',
    note: 'Of 100 sampled tokens so many lie on the longest chain; the others cost no time.',
    lines: [['longest chain', 'rollout/mean_critical_tokens', 'rollout/mean_tokens']],
    format: percent,
  },
  {
    title: 'Right answers in training',
    note: 'Share of the rollouts of a step whose answer is right, and of groups that the optimizer can learn from.',
    lines: [
      ['right', 'reward/correct_fraction'],
      ['informative groups', 'train/informative_fraction'],
    ],
    format: percent,
    range: SHARE,
  },
  {
    title: 'Length',
    note: 'Sampled tokens of a rollout, mean of a step.',
    lines: [
      ['all tokens', 'rollout/mean_tokens'],
      ['longest chain', 'rollout/mean_critical_tokens'],
    ],
    format: short,
    range: { low: 0 },
  },
  {
    title: 'Cut off, unreadable, clipped',
    note: 'Shares of rollouts that hit their budget or hold no answer, and of tokens whose ratio was clipped.',
    lines: [
      ['cut off', 'rollout/truncated_fraction'],
      ['no answer', 'verdict/unparsable_fraction'],
      ['clipped', 'train/clip_fraction'],
    ],
    format: (value) => percent(value, 1),
    range: { low: 0 },
  },
  {
    title: 'Engine and trainer disagree',
    note: 'Mean difference of the log-probs that the engine reported and the trainer computed; near 0 is sound.',
    lines: [['mismatch', 'mismatch/mean']],
    format: short,
    range: { low: 0 },
  },
  {
    title: 'Loss',
    note: 'Training loss per token: cross entropy in SFT, the policy loss in RL.',
    lines: [['loss', 'train/loss']],
    format: short,
  },
  {
    title: 'Time of a step',
    note: 'Seconds per step, by what they were spent on.',
    lines: [
      ['rollouts', 'time/rollout_s'],
      ['update', 'time/update_s'],
      ['hand-over of weights', 'time/hand_over_s'],
    ],
    format: (value) => `${short(value)} s`,
    range: { low: 0 },
  },
];

function Charts({ overview, steps }: { readonly overview: PageOverview; readonly steps: RunSteps }) {
  const { heldOut, stages } = overview;
  const openStep = (purpose: 'train' | 'eval') => (x: number) => {
    const { stageIndex, step } = steps.find(x);
    goTo(linkTo('trajectories', { stageIndex, purpose, step }));
  };
  const accuracy = heldOut.map(({ set, accuracy: of, low, high }) => ({
    name: set,
    points: listHeldOutPoints(of, steps, { low, high }),
  }));
  return (
    <section class="charts" aria-label="Curves">
      <LineChart
        title="Right answers to held-out problems"
        note="Share of sampled answers that are right, with 95 % bands over problems."
        series={accuracy.filter(hasPoints)}
        format={percent}
        range={SHARE}
        dividers={steps.dividers}
        nameX={steps.name}
        open={openStep('eval')}
      />
      {CHARTS.map(({ title, note, lines, format, range = {} }) => (
        <LineChart
          key={title}
          title={title}
          note={note}
          series={lines
            .map(([name, key, over]) => ({ name, points: listPoints(stages, steps, key, over) }))
            .filter(hasPoints)}
          format={format}
          range={range}
          dividers={steps.dividers}
          nameX={steps.name}
          open={title === 'Loss' ? null : openStep('train')}
        />
      ))}
    </section>
  );
}

function hasPoints({ points: list }: ChartSeries): boolean {
  return list.length > 1;
}

/** Every metric with its first and last value, per stage. */
function AllFigures({ stages }: { readonly stages: readonly PageStage[] }) {
  const rows = stages.flatMap(({ id, curves }) =>
    Object.entries(curves).map(([key, { values }]) => ({ id, key, first: values[0], last: values.at(-1) })),
  );
  if (rows.length === 0) return null;
  return (
    <details class="card figures">
      <summary>All {count(rows.length)} figures of training</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">stage</th>
              <th scope="col">figure</th>
              <th scope="col">first step</th>
              <th scope="col">last step</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id, key, first, last }) => (
              <tr key={`${id} ${key}`}>
                <td>{id}</td>
                <th scope="row">{key}</th>
                <td>{short(first)}</td>
                <td>{short(last)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
