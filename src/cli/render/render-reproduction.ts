import type { PaperRow } from '../../experiments/paper-tables.ts';
import { PAPER_SETS } from '../../experiments/paper-tables.ts';
import type { OurRow, OurSet, Reproduction } from '../../report/reproduction.ts';
import { renderTable } from './table.ts';
import { wrapText } from './wrap-text.ts';

/** The lines for a terminal of so many columns. */
export function renderReproduction({ carriesOver, tables, curves }: Reproduction, columns: number): string[] {
  return [
    ...wrapText(carriesOver, columns),
    ...tables.flatMap(({ table, rows }) => [
      '',
      table.title,
      ...rows.flatMap(({ paper, ours }) => renderRow(paper, ours, columns)),
    ]),
    ...curves.flatMap(({ curve, points }) => [
      '',
      ...wrapText(curve.title, columns),
      ...renderTable(
        [
          ['  of training', 'paper', 'ours'],
          ...points.map(({ share, paper, ours }) => [
            `  ${(100 * share).toFixed(0)} %`,
            paper.toFixed(2),
            ours === null ? '-' : ours.toFixed(2),
          ]),
        ],
        [0, 1, 2],
      ),
    ]),
  ];
}

function renderRow(paper: PaperRow, ours: OurRow | null, columns: number): string[] {
  return [
    ...wrapText(`  ${paper.label}`, columns),
    ...wrapText(`    paper: ${describePaper(paper)}`, columns),
    ...wrapText(`    ours: ${ours === null ? 'not run' : describeOurs(ours)}`, columns),
    ...(ours === null ? [] : wrapText(`    differs: ${ours.differs.join('; ')}`, columns)),
  ];
}

function describePaper({ accuracies, average, parallelRatio }: PaperRow): string {
  const sets = PAPER_SETS.map((set) => `${set} ${accuracies[set].toFixed(1)}`).join(', ');
  return `${sets}; average ${average.toFixed(1)}${parallelRatio === null ? '' : `; ${parallelRatio.toFixed(1)} % with a block`}`;
}

function describeOurs({ sets, parallelRatio }: OurRow): string {
  const blocks = parallelRatio === null ? '' : `; ${percent(parallelRatio)} % with a block`;
  return `${sets.map(describeSet).join('; ')}${blocks}`;
}

function describeSet({ set, accuracy, over, problems, seeds }: OurSet): string {
  const n = over === 'seeds' ? `${seeds} seeds x ${problems} problems` : `${problems} problems, one seed`;
  return `${set} ${percent(accuracy.mean)} (${percent(accuracy.low)} to ${percent(accuracy.high)}, ${n})`;
}

function percent(value: number): string {
  return (100 * value).toFixed(1);
}

/** The same as a Markdown document. */
export function writeReproductionMarkdown({ carriesOver, tables, curves }: Reproduction): string {
  const lines = [
    carriesOver,
    ...tables.flatMap(({ table, rows }) => [
      '',
      `## ${table.title}`,
      '',
      '| row | paper | ours, with 95 % interval and n | what differs |',
      '| --- | --- | --- | --- |',
      ...rows.map(
        ({ paper, ours }) =>
          `| ${paper.label} | ${describePaper(paper)} | ${ours === null ? 'not run' : describeOurs(ours)} | ${ours?.differs.join('; ') ?? ''} |`,
      ),
    ]),
    ...curves.flatMap(({ curve, points }) => [
      '',
      `## ${curve.title}`,
      '',
      '| of training | paper | ours |',
      '| --- | --- | --- |',
      ...points.map(
        ({ share, paper, ours }) =>
          `| ${(100 * share).toFixed(0)} % | ${paper.toFixed(2)} | ${ours === null ? 'not run' : ours.toFixed(2)} |`,
      ),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}
