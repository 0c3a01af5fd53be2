import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/run-record.ts';
import { toPlainText } from '../../edge/terminal-text.ts';
import { UsageError } from '../../errors.ts';
import { compareRuns, type RunComparison, type SetComparison } from '../../report/compare-runs.ts';
import type { ArgsOf } from '../command.ts';
import type { compareCommand } from '../commands/run-views.ts';
import { measureScreen, printJson, printLine } from '../output.ts';
import { describeDifference, writePercent } from '../render/describe-difference.ts';
import { renderTable } from '../render/table.ts';
import { wrapText } from '../render/wrap-text.ts';

/** `compare`: every further run against the first. */
export function compareStoredRuns({ db, runs, json }: ArgsOf<typeof compareCommand>): number {
  if (runs.length < 2)
    throw new UsageError('compare needs two runs or more, by id or name; list them with: parallel-r1 runs');
  using store = openRunStore(db, { readonly: true });
  const [first, ...others] = runs.map((id) => findRun(store, id));
  const comparisons = others.map((other) => compareRuns(store, first!, other));
  if (json) printJson(comparisons);
  else
    for (const line of comparisons.flatMap((one, i) => [...(i === 0 ? [] : ['']), ...renderComparison(one)]))
      printLine(line);
  return 0;
}

/** Problems of each direction that are named. */
const NAMED = 3;

function renderComparison({ first, second, sets, settings }: RunComparison): string[] {
  const columns = measureScreen();
  const name = ({ id, name: label }: RunComparison['first']) => `${id} "${label}"`;
  const settingRows = settings.map((one) => [one.path, one.first ?? '-', one.second ?? '-']);
  return [
    ...wrapText(`From ${name(first)} to ${name(second)}`, columns),
    '',
    ...(sets.length === 0
      ? ['They have no evaluation set in common.']
      : sets.flatMap((set) => [...renderSet(set, columns), ''])),
    settings.length === 0 ? 'Their settings are the same.' : `Settings that differ (${settings.length})`,
    ...renderTable(settingRows).flatMap((line) => wrapText(`  ${line}`, columns)),
  ];
}

function renderSet(
  { set, first, second, difference, pValue, won, lost, same, onlyFirst, onlySecond, examples }: SetComparison,
  columns: number,
): string[] {
  const apart =
    onlyFirst + onlySecond === 0 ? '' : `; ${onlyFirst} and ${onlySecond} problems only one of them has are left out`;
  const example = ({ problem, first: a, second: b }: SetComparison['examples'][number]) =>
    `  ${writePercent(a)} -> ${writePercent(b)}  ${toPlainText(problem.text).replaceAll('\n', ' ')}`.slice(
      0,
      columns - 1,
    );
  const gained = examples.filter((one) => one.second > one.first).slice(0, NAMED);
  const dropped = examples.filter((one) => one.second < one.first).slice(-NAMED);
  return [
    ...wrapText(
      `${set}: ${writePercent(first)} -> ${writePercent(second)} right, ${describeDifference({ difference, pValue })} over ${difference.problems} problems${apart}`,
      columns,
    ),
    `  ${won} problems won, ${lost} lost, ${same} the same`,
    ...[...gained, ...dropped].map(example),
  ];
}
