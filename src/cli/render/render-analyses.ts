import type { AnalysisSeries, RunAnalyses } from '../../report/run-analyses.ts';
import { renderSparkline } from './sparkline.ts';
import { renderTable } from './table.ts';
import { wrapText } from './wrap-text.ts';

/** Columns that labels, first and last value need beside a curve. */
const BESIDE_CURVE = 50;

/** The analyses of a run as small curves with their first and last value. */
export function renderAnalyses({ training, sets, lackingSteps }: RunAnalyses, columns: number): string[] {
  const sections = [
    ...(training.length === 0 ? [] : [{ title: 'Training', figures: training }]),
    ...sets.map(({ set, figures }) => ({ title: `Evaluations of ${set}`, figures })),
  ];
  const lines = sections.flatMap(({ title, figures }) => [title, ...renderSeries(figures, columns), '']);
  if (lines.length === 0) lines.push('no RL step and no evaluation has been stored yet', '');
  if (lackingSteps > 0) {
    const note = `${lackingSteps} steps and evaluations were stored without these figures: parallel-r1 analyse adds them`;
    lines.push(...wrapText(note, columns), '');
  }
  return lines.slice(0, -1);
}

function renderSeries(figures: readonly AnalysisSeries[], columns: number): string[] {
  const width = Math.max(8, Math.min(40, columns - BESIDE_CURVE));
  const rows = figures.map(({ label, unit, points }) => {
    const values = points.map(({ value }) => value);
    const curve = values.length > 2 ? renderSparkline(values, width) : '';
    return [label, curve, write(values[0]!, unit), values.length > 1 ? `-> ${write(values.at(-1)!, unit)}` : ''];
  });
  return renderTable(rows, [2]).map((line) => `  ${line}`);
}

function write(value: number, unit: AnalysisSeries['unit']): string {
  if (!Number.isFinite(value)) return '-';
  switch (unit) {
    case 'share':
      return `${(100 * value).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`;
    case 'tokens':
      return value.toFixed(value < 1000 ? 1 : 0);
    case 'nats':
      return value === 0 ? '0' : value.toPrecision(2);
    default:
      return value.toFixed(2);
  }
}
