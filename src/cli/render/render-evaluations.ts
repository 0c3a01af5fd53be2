import type { Evaluation } from '../../pipeline/evaluate/measure-evaluation.ts';
import { renderTable } from './table.ts';

/** The figures of an evaluation: one line per set, then pass, best and majority for every k. */
export function renderEvaluations(evaluations: readonly Evaluation[]): string[] {
  const head = [
    'set',
    'problems',
    'samples',
    'mean',
    '95 % interval',
    'valid',
    'parallel',
    'unparsable',
    'truncated',
    'tokens',
    'critical',
  ];
  const rows = evaluations.map((figures) => [
    figures.set,
    `${figures.problems}`,
    `${figures.samples}`,
    percent(figures.mean.mean),
    `${percent(figures.mean.low)} to ${percent(figures.mean.high)}`,
    percent(figures.formatValidFraction),
    percent(figures.parallelFraction),
    percent(figures.unparsableFraction),
    percent(figures.truncatedFraction),
    figures.meanTokens.toFixed(0),
    figures.meanCriticalTokens.toFixed(0),
  ]);
  const lines = renderTable([head, ...rows], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const perK = evaluations.flatMap(({ set, atK }) =>
    atK.map(({ k, pass, best, majority }) => [
      set,
      `k = ${k}`,
      `pass ${percent(pass)}`,
      `best ${percent(best)}`,
      `majority ${percent(majority)}`,
    ]),
  );
  return perK.length === 0 ? lines : [...lines, '', ...renderTable(perK)];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
