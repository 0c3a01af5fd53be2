import type { Estimate } from '../../core/statistics/estimate-mean.ts';
import { assumeDifferenceSpread, planComparison, statePower } from '../../core/statistics/power.ts';
import type { Evaluation } from '../../pipeline/evaluate/measure-evaluation.ts';
import { renderTable } from './table.ts';
import { wrapText } from './wrap-text.ts';

const SENTENCE_COLUMNS = 78;

/** The difference that the statement of power is about, and the correlation of two runs over problems that it assumes. */
const WANTED_DIFFERENCE = 0.05;
const CORRELATION = 0.8;

/** The figures of an evaluation: right answers with their interval, what became of the samples, every k, and what they can tell. */
export function renderEvaluations(evaluations: readonly Evaluation[]): string[] {
  return [
    ...renderMeans(evaluations),
    '',
    ...renderOutcomes(evaluations),
    ...spaced(renderFiguresAt(evaluations)),
    ...spaced(evaluations.flatMap(statePowerOf).flatMap((sentence) => wrapText(sentence, SENTENCE_COLUMNS))),
  ];
}

function renderMeans(evaluations: readonly Evaluation[]): string[] {
  const head = ['set', 'problems', 'samples', 'right', '95 % interval', 'parallel', 'tokens', 'critical path'];
  const rows = evaluations.map((figures) => [
    figures.set,
    `${figures.problems}`,
    describeSamples(figures),
    figures.mean === null ? '-' : percent(figures.mean.mean),
    figures.mean === null ? '-' : describeInterval(figures.mean),
    percent(figures.parallelFraction),
    figures.meanTokens.toFixed(0),
    figures.meanCriticalTokens.toFixed(0),
  ]);
  return renderTable([head, ...rows], [1, 2, 3, 4, 5, 6, 7]);
}

function describeSamples({ fewestSamples, mostSamples }: Evaluation): string {
  return fewestSamples === mostSamples ? `${fewestSamples}` : `${fewestSamples} to ${mostSamples}`;
}

/** Right, wrong, no answer and errored add up to all samples; the last two columns are facts about finished ones. */
function renderOutcomes(evaluations: readonly Evaluation[]): string[] {
  const head = ['samples of', 'all', 'right', 'wrong', 'no answer', 'errored', 'cut off', 'format invalid'];
  const rows = evaluations.map(({ set, tally }) => [
    set,
    ...[tally.samples, tally.correct, tally.wrong, tally.unanswered, tally.errored].map(String),
    `${countAll(tally.truncated)}`,
    `${countAll(tally.formatInvalid)}`,
  ]);
  return renderTable([head, ...rows], [1, 2, 3, 4, 5, 6, 7]);
}

function countAll({ correct, wrong, unanswered }: Evaluation['tally']['truncated']): number {
  return correct + wrong + unanswered;
}

function renderFiguresAt(evaluations: readonly Evaluation[]): string[] {
  const rows = evaluations.flatMap(({ set, atK }) =>
    atK
      .filter(({ k }) => k > 1)
      .map(({ k, pass, passAll, best, majority }) => [
        set,
        `${k}`,
        ...[pass, passAll, best, majority].map((estimate) => (estimate === null ? '-' : percent(estimate.mean))),
        pass === null ? '-' : describeInterval(pass),
      ]),
  );
  if (rows.length === 0) return [];
  return renderTable(
    [['set', 'k', 'pass@k', 'pass^k', 'best@k', 'majority@k', '95 % of pass@k'], ...rows],
    [1, 2, 3, 4, 5, 6],
  );
}

/** What a second run on the same problems could tell; nothing where one sample a problem shows no scatter. */
function statePowerOf({ set, spread, problems, fewestSamples }: Evaluation): string[] {
  if (spread === null) return [];
  const plan = planComparison({
    spread: assumeDifferenceSpread(spread, fewestSamples, CORRELATION),
    problems,
    difference: WANTED_DIFFERENCE,
    power: 0.8,
    level: 0.95,
  });
  return plan === null
    ? []
    : [`${set}, beside a second run whose problems correlate by ${CORRELATION} with these: ${statePower(plan)}`];
}

function spaced(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

function describeInterval({ low, high }: Estimate): string {
  return `${percent(low)} to ${percent(high)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
