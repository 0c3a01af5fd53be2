import type { Estimate } from '../../core/statistics/estimate-mean.ts';
import { assumeDifferenceSpread, planComparison, statePower } from '../../core/statistics/power.ts';
import { toPlainText } from '../../edge/terminal-text.ts';
import type { RuleComparison, RuleDifference } from '../../pipeline/evaluate/compare-rules.ts';
import type { Evaluation, TwinComparison } from '../../pipeline/evaluate/measure-evaluation.ts';
import { describeDifference, writePercent } from './describe-difference.ts';
import { renderTable } from './table.ts';
import { wrapText } from './wrap-text.ts';

const SENTENCE_COLUMNS = 78;

/** The difference that the statement of power is about, and the correlation of two runs over problems that it assumes. */
const WANTED_DIFFERENCE = 0.05;
const CORRELATION = 0.8;

/**
 * The figures of an evaluation: right answers with their interval, what became of the samples, levels and subjects, every k,
 * what forks are good for, and what the figures can tell.
 */
export function renderEvaluations(evaluations: readonly Evaluation[], twins: readonly TwinComparison[] = []): string[] {
  // Of twins the comparison says what there is to say.
  const own = evaluations.filter(({ set }) => twins.every(({ twin }) => twin !== set));
  return [
    ...renderMeans(evaluations),
    '',
    ...renderOutcomes(evaluations),
    ...spaced(renderParts(own)),
    ...spaced(renderFiguresAt(evaluations)),
    ...spaced(twins.flatMap(renderTwin)),
    ...spaced(own.flatMap(statePowerOf).flatMap((sentence) => wrapText(sentence, SENTENCE_COLUMNS))),
  ];
}

function renderMeans(evaluations: readonly Evaluation[]): string[] {
  const head = ['set', 'problems', 'samples', 'right', '95 % interval', 'parallel', 'tokens', 'critical path'];
  const rows = evaluations.map((figures) => [
    figures.set,
    `${figures.problems}`,
    describeSamples(figures),
    figures.mean === null ? '-' : writePercent(figures.mean.mean),
    figures.mean === null ? '-' : describeInterval(figures.mean),
    writePercent(figures.parallelFraction),
    figures.meanTokens?.toFixed(0) ?? '-',
    figures.meanCriticalTokens?.toFixed(0) ?? '-',
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

function renderParts(evaluations: readonly Evaluation[]): string[] {
  const rows = evaluations.flatMap(({ set, parts }) =>
    parts.map(({ by, label, problems, tally, mean }) => [
      set,
      by,
      toPlainText(label),
      `${problems}`,
      `${tally.samples}`,
      mean === null ? '-' : writePercent(mean.mean),
      mean === null ? '-' : describeInterval(mean),
    ]),
  );
  if (rows.length === 0) return [];
  return renderTable([['set', 'by', '', 'problems', 'samples', 'right', '95 % interval'], ...rows], [3, 4, 5, 6]);
}

/** What forks did to the answers, under the same seeds. */
function renderTwin({ set, twin, paired, spread }: TwinComparison): string[] {
  if (paired === null) return [];
  const { first, second, difference, won, lost, same } = paired;
  const head = `${set} against ${twin}: ${writePercent(second)} with forks, ${writePercent(first)} without: ${describeDifference(paired)} over ${difference.problems} problems; ${won} won, ${lost} lost, ${same} the same.`;
  const plan =
    spread === null
      ? null
      : planComparison({
          spread,
          problems: difference.problems,
          difference: WANTED_DIFFERENCE,
          power: 0.8,
          level: 0.95,
        });
  return wrapText(plan === null ? head : `${head} ${statePower(plan)}`, SENTENCE_COLUMNS);
}

/** The two rules side by side, and the first answers on which they differ. */
export function renderRuleComparisons(comparisons: readonly RuleComparison<{ readonly problem: string }>[]): string[] {
  const rows = comparisons.map(({ set, judged, ours, reference, differences }) => [
    set,
    `${judged}`,
    writePercent(ours / judged),
    writePercent(reference / judged),
    `${differences}`,
  ]);
  const shown = comparisons.flatMap(({ set, differing }) => differing.map((one) => ({ set, ...one }))).slice(0, SHOWN);
  const differing = comparisons.reduce((sum, { differences }) => sum + differences, 0);
  const more = differing > shown.length ? [`${differing - shown.length} more: --json lists them`] : [];
  return [
    ...renderTable([['answers of', 'judged', 'right', "by the reference's rule", 'differ'], ...rows], [1, 2, 3, 4]),
    ...spaced([...shown.flatMap(renderDifference), ...more]),
  ];
}

/** Answers that are shown. */
const SHOWN = 10;

function renderDifference({
  set,
  place,
  gold,
  ours,
  reference,
}: { readonly set: string } & RuleDifference<{ readonly problem: string; readonly rollout?: number }>): string[] {
  const where = place.rollout === undefined ? '' : `, rollout ${place.rollout}`;
  const quote = (text: string | null) =>
    text === null ? 'no answer' : toPlainText(text).replaceAll('\n', ' ').slice(0, 40);
  const line = `${set}, problem ${toPlainText(place.problem)}${where}, wanted ${quote(gold)}: ${ours.verdict} (${quote(ours.extracted)}; ${ours.rule}), by the reference ${reference.verdict} (${quote(reference.extracted)})`;
  return wrapText(line, SENTENCE_COLUMNS);
}

function renderFiguresAt(evaluations: readonly Evaluation[]): string[] {
  const rows = evaluations.flatMap(({ set, atK }) =>
    atK
      .filter(({ k }) => k > 1)
      .map(({ k, pass, passAll, best, majority }) => [
        set,
        `${k}`,
        ...[pass, passAll, best, majority].map((estimate) => (estimate === null ? '-' : writePercent(estimate.mean))),
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
  return `${writePercent(low)} to ${writePercent(high)}`;
}
