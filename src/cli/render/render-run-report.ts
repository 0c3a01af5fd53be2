import { describeYield } from '../../pipeline/cold-start/yield-report.ts';
import type { BoundaryFigures, HeldOutSeries, ReportData, SeriesPoint, StageReport } from '../../report/report-data.ts';
import { renderEvaluations } from './render-evaluations.ts';
import { renderSparkline } from './sparkline.ts';
import { renderTable } from './table.ts';
import { measureColumns, wrapText } from './wrap-text.ts';

/** Width of the small curves, in characters. */
const CURVE_WIDTH = 40;

/** The report as plain text for a terminal: what was learned, from what to what, with small curves where there is room. */
export function renderRunReport(report: ReportData, columns: number): string {
  const sections = [renderHead(report, columns), renderLearned(report, columns), renderStages(report, columns)];
  const { evaluations: figures, twins, evaluationGaps: gaps } = report;
  if (figures.length + gaps.length > 0) {
    const table = figures.length === 0 ? [] : renderEvaluations(figures, twins);
    sections.push(['Evaluation', ...[...table, ...gaps].map(indent)]);
  }
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function renderHead({ run, changedInputs }: ReportData, columns: number): string[] {
  const minutes = (run.updatedAtMs - run.createdAtMs) / 60_000;
  const preset = run.preset === null ? '' : `, preset ${run.preset}`;
  const lines = wrapText(
    `Run ${run.id} "${run.name}"${preset}, seed ${run.seed}: ${run.status} after ${minutes.toFixed(1)} minutes`,
    columns,
  );
  if (run.message !== null) lines.push(...wrapText(run.message, columns));
  for (const { file, bytes, sinceMs } of changedInputs) {
    const since = new Date(sinceMs).toISOString().slice(0, 16).replace('T', ' ');
    const line = `${file} changed under the run: since ${since} UTC it is read as it is now, ${bytes} bytes`;
    lines.push(...wrapText(line, columns));
  }
  return lines;
}

/** Held-out figures at the boundaries of the stages; curves, then the middle ones, then the table are left out where they do not fit. */
function renderLearned(report: ReportData, columns: number): string[] {
  const { labels, sets } = report.boundaries;
  // What was only evaluated has learned nothing, and its figures stand below.
  if (sets.length === 0 || report.stages.every(({ kind }) => kind === 'eval')) return [];
  const curves = sets.map((_, index) => report.heldOut[index]!);
  const all = labels.map((_, index) => index);
  const tables = [
    renderFigures(report.boundaries, all, curves),
    renderFigures(report.boundaries, all, null),
    renderFigures(report.boundaries, [...new Set([0, labels.length - 1])], null),
  ];
  const isFitting = (lines: readonly string[]) => lines.every((line) => measureColumns(line) + 2 <= columns);
  return [
    ...wrapText(
      'What was learned: held-out problems, share of sampled answers; in brackets the 95 % interval of a gain. A valid block is a fork in perfect form.',
      columns,
    ),
    ...(tables.find(isFitting) ?? listFigures(report.boundaries, columns - 2)).map(indent),
  ];
}

function renderFigures(
  { labels, sets }: ReportData['boundaries'],
  moments: readonly number[],
  curves: readonly HeldOutSeries[] | null,
): string[] {
  const rows = sets.flatMap(({ set, accuracy, validBlockFraction, gain }, index) => {
    const points = describeGain(accuracy);
    const right = gain === null || points === '' ? points : `${points} (${describeInterval(gain)})`;
    const curve = (figure: 'accuracy' | 'validBlockFraction') =>
      curves === null ? '' : curveOf(curves[index]!, figure);
    const pick = (shares: readonly (number | null)[]) => moments.map((moment) => toPercent(shares[moment] ?? null));
    return [
      [set, 'right answer', ...pick(accuracy), right, curve('accuracy')],
      ['', 'valid block', ...pick(validBlockFraction), describeGain(validBlockFraction), curve('validBlockFraction')],
    ];
  });
  const right = moments.map((_, index) => index + 2);
  return renderTable([['', '', ...moments.map((moment) => labels[moment]!), '', ''], ...rows], right);
}

/** The first and last figures as lines, for a terminal that no table fits into. */
function listFigures({ labels, sets }: ReportData['boundaries'], columns: number): string[] {
  const describe = (name: string, shares: readonly (number | null)[], error = '') =>
    wrapText(
      `${name} ${toPercent(shares[0] ?? null)} -> ${toPercent(shares.at(-1) ?? null)} ${describeGain(shares)}${error}`,
      columns - 2,
    ).map(indent);
  return [
    ...wrapText(`from ${labels[0]} to ${labels.at(-1)}`, columns),
    ...sets.flatMap(({ set, accuracy, validBlockFraction, gain }) => [
      ...wrapText(set, columns),
      ...describe('right answer', accuracy, gain === null ? '' : ` (${describeInterval(gain)})`),
      ...describe('valid block', validBlockFraction),
    ]),
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

/** `41 to 58`: the 95 % interval of a gain, in points. */
function describeInterval({ difference: { low, high } }: NonNullable<BoundaryFigures['gain']>): string {
  return `${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)}`;
}

/** `+50 points` from the first to the last figure. */
function describeGain(shares: readonly (number | null)[]): string {
  const [first, last] = [shares[0], shares.at(-1)];
  if (shares.length < 2 || first == null || last == null) return '';
  const points = 100 * (last - first);
  return `${points < 0 ? '' : '+'}${points.toFixed(0)} points`;
}

function renderStages({ stages }: ReportData, columns: number): string[] {
  return ['Stages', ...stages.flatMap((stage, index) => renderStage(stage, index + 1, columns - 2)).map(indent)];
}

function renderStage(report: StageReport, number: number, columns: number): string[] {
  const { id, kind, status, state, curves } = report;
  const head = `${number}. ${id} (${kind}, ${status})`;
  if (report.yield !== null) {
    const line = report.yield.attempts === 0 ? head : `${head}: ${describeYield(report.yield)}`;
    const failures = report.failures.flatMap(({ code, count, message }) =>
      hang(wrapText(`${code} ${count}, the last: ${message}`, columns - 5)).map(indent),
    );
    return [...hang(wrapText(line, columns - 3)), ...failures];
  }
  const lines = hang(wrapText(`${head}${describeEnd(state)}`, columns - 3));
  const width = Math.max(8, Math.min(CURVE_WIDTH, columns - 38));
  for (const [key, label] of kind === 'sft' ? SFT_CURVES : RL_CURVES) {
    const series = curves[key];
    if (series !== undefined && series.length > 1) lines.push(renderCurveLine(label, series, width));
  }
  const pilot = state.pilot as { accuracy: number; minAccuracy: number } | null | undefined;
  if (pilot != null)
    lines.push(
      ...wrapText(
        `pilot before it (a trial on held-out problems): ${toPercent(pilot.accuracy)} right, ${toPercent(pilot.minAccuracy)} needed`,
        columns - 2,
      ).map(indent),
    );
  const parallel = describeParallel(curves);
  if (parallel !== null) lines.push(...wrapText(parallel, columns - 2).map(indent));
  return lines;
}

/** How much of the last step was thought in parallel, and what that saved. */
function describeParallel(curves: StageReport['curves']): string | null {
  const last = (key: string) => curves[key]?.at(-1)?.value;
  const [forked, all, critical] = [
    'rollout/parallel_fraction',
    'rollout/mean_tokens',
    'rollout/mean_critical_tokens',
  ].map(last);
  if (forked === undefined || all === undefined || critical === undefined || critical === 0) return null;
  return `last step: ${toPercent(forked)} fork; ${all.toFixed(0)} tokens, ${critical.toFixed(0)} on the longest chain (${(all / critical).toFixed(2)}x shorter)`;
}

/** Further lines stand under the text of the first, behind its number. */
function hang(lines: readonly string[]): string[] {
  return lines.map((line, i) => (i === 0 ? line : `   ${line}`));
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
function renderCurveLine(label: string, series: readonly SeriesPoint[], width: number): string {
  const values = series.map(({ value }) => value);
  const edge = Math.max(1, Math.min(5, Math.floor(values.length / 4)));
  const first = average(values.slice(0, edge));
  const last = average(values.slice(-edge));
  return indent(
    `${label.padEnd(12)} ${renderSparkline(values, width).padEnd(width)}  ${first.toFixed(2)} -> ${last.toFixed(2)}`,
  );
}

function indent(line: string): string {
  return line === '' ? '' : `  ${line}`;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
