import { describeYield } from '../../pipeline/cold-start/yield-report.ts';
import type { HeldOutSeries, ReportData, SeriesPoint, StageReport } from '../../report/report-data.ts';
import { renderEvaluations } from './render-evaluations.ts';
import { renderSparkline } from './sparkline.ts';
import { renderTable } from './table.ts';

/** Width of the small curves, in characters. */
const CURVE_WIDTH = 40;

/** The report as plain text for a terminal: what was learned, from what to what, with small curves. */
export function renderRunReport(report: ReportData): string {
  const sections = [renderHead(report), renderLearned(report), renderStages(report)];
  const { evaluations: figures, evaluationGaps: gaps } = report;
  if (figures.length + gaps.length > 0) {
    const table = figures.length === 0 ? [] : renderEvaluations(figures);
    sections.push(['Evaluation', ...[...table, ...gaps].map(indent)]);
  }
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function renderHead({ run, changedInputs }: ReportData): string[] {
  const minutes = (run.updatedAtMs - run.createdAtMs) / 60_000;
  const preset = run.preset === null ? '' : `, preset ${run.preset}`;
  const lines = [
    `Run ${run.id} "${run.name}"${preset}, seed ${run.seed}: ${run.status} after ${minutes.toFixed(1)} minutes`,
  ];
  if (run.message !== null) lines.push(run.message);
  for (const { file, bytes, sinceMs } of changedInputs) {
    const since = new Date(sinceMs).toISOString().slice(0, 16).replace('T', ' ');
    lines.push(`${file} changed under the run: since ${since} UTC it is read as it is now, ${bytes} bytes`);
  }
  return lines;
}

/** Held-out figures at the boundaries of the stages, with their curves between. */
function renderLearned(report: ReportData): string[] {
  const { labels, sets } = report.boundaries;
  if (sets.length === 0) return [];
  const rows = sets.flatMap(({ set, accuracy, validBlockFraction, standardError }, index) => {
    const error = standardError === null ? '' : `± ${(100 * standardError).toFixed(0)}`;
    return [
      [
        set,
        'right answer',
        ...accuracy.map(toPercent),
        `${describeGain(accuracy)} ${error}`.trim(),
        curveOf(report.heldOut[index]!, 'accuracy'),
      ],
      [
        '',
        'valid block',
        ...validBlockFraction.map(toPercent),
        describeGain(validBlockFraction),
        curveOf(report.heldOut[index]!, 'validBlockFraction'),
      ],
    ];
  });
  const columns = labels.map((_, index) => index + 2);
  return [
    'What was learned (held-out problems; share of sampled rollouts)',
    ...renderTable([['', '', ...labels, '', ''], ...rows], columns).map(indent),
  ];
}

function curveOf(series: HeldOutSeries, figure: 'accuracy' | 'validBlockFraction'): string {
  return series[figure].length > 2
    ? renderSparkline(
        series[figure].map(({ value }) => value),
        CURVE_WIDTH,
      )
    : '';
}

function toPercent(share: number | null): string {
  return share === null ? '-' : `${(100 * share).toFixed(0)} %`;
}

/** `+50 points` from the first to the last figure. */
function describeGain(shares: readonly (number | null)[]): string {
  const [first, last] = [shares[0], shares.at(-1)];
  if (shares.length < 2 || first == null || last == null) return '';
  const points = 100 * (last - first);
  return `${points < 0 ? '' : '+'}${points.toFixed(0)} points`;
}

function renderStages({ stages }: ReportData): string[] {
  return ['Stages', ...stages.flatMap((stage, index) => renderStage(stage, index + 1)).map(indent)];
}

function renderStage(report: StageReport, number: number): string[] {
  const { id, kind, status, state, curves } = report;
  const head = `${number}. ${id} (${kind}, ${status})`;
  if (report.yield !== null) {
    const failures = report.failures.map(({ code, count, message }) =>
      indent(`${code} ${count}, the last: ${message}`),
    );
    return [report.yield.attempts === 0 ? head : `${head}: ${describeYield(report.yield)}`, ...failures];
  }
  const lines = [`${head}${describeEnd(state)}`];
  for (const [key, label] of kind === 'sft' ? SFT_CURVES : RL_CURVES) {
    const series = curves[key];
    if (series !== undefined && series.length > 1) lines.push(renderCurveLine(label, series));
  }
  const pilot = state.pilot as { accuracy: number; minAccuracy: number } | null | undefined;
  if (pilot != null)
    lines.push(indent(`pilot before it: ${toPercent(pilot.accuracy)} right, ${toPercent(pilot.minAccuracy)} needed`));
  return lines;
}

function describeEnd({ steps, stoppedBy }: StageReport['state']): string {
  if (typeof steps !== 'number') return '';
  const reasons: Readonly<Record<string, string>> = {
    criterion: ', when its targets were met',
    'max-steps': ', its limit',
    epochs: '',
  };
  return `: ${steps} steps${reasons[String(stoppedBy)] ?? ''}`;
}

const SFT_CURVES = [['train/loss', 'loss']] as const;
const RL_CURVES = [
  ['reward/correct_fraction', 'right answer'],
  ['format/valid_block_fraction', 'valid block'],
] as const;

/** `  right answer  ▁▂▃▅▆▇█  0.42 -> 0.87` with the means of the first and last few steps. */
function renderCurveLine(label: string, series: readonly SeriesPoint[]): string {
  const values = series.map(({ value }) => value);
  const edge = Math.max(1, Math.min(5, Math.floor(values.length / 4)));
  const first = average(values.slice(0, edge));
  const last = average(values.slice(-edge));
  return indent(
    `${label.padEnd(12)} ${renderSparkline(values, CURVE_WIDTH).padEnd(CURVE_WIDTH)}  ${first.toFixed(2)} -> ${last.toFixed(2)}`,
  );
}

function indent(line: string): string {
  return line === '' ? '' : `  ${line}`;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
