import { openVerifyPool } from '../../../adapters/verify-pool/open-verify-pool.ts';
import { findCompletions, readCompletions } from '../../app/read-completions.ts';
import { VERIFIER } from '../../core/verify/verdict.ts';
import { toPlainText } from '../../edge/terminal-text.ts';
import { UsageError } from '../../errors.ts';
import type { OwnScoreComparison } from '../../pipeline/evaluate/compare-own-scores.ts';
import {
  compareCompletions,
  type ScoredCompletions,
  scoreCompletions as score,
} from '../../pipeline/evaluate/score-completions.ts';
import type { ArgsOf } from '../command.ts';
import type { evalCommand } from '../commands/training.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { measureScreen, printJson, printLine, tell } from '../output.ts';
import { describeDifference } from '../render/describe-difference.ts';
import { renderEvaluations, renderRuleComparisons } from '../render/render-evaluations.ts';
import { renderTable } from '../render/table.ts';
import { wrapText } from '../render/wrap-text.ts';

type EvalArgs = ArgsOf<typeof evalCommand>;

/** `eval --from-jsonl`: figures of completions from elsewhere; of several files, each further one against the first. */
export async function scoreCompletions(args: EvalArgs): Promise<number> {
  refuseOthers(args);
  const { json, seed = 7 } = args;
  const sources = findCompletions(args.fromJsonl);
  using interrupt = listenForInterrupt((message) => tell(args, message));
  await using verifier = openVerifyPool({ threads: 2 });
  const scored: ScoredCompletions[] = [];
  for (const source of sources) scored.push(await score(verifier, readCompletions(source), seed, interrupt.signal));
  const evaluations = scored.flatMap((one) => one.evaluations);
  const rules = scored.flatMap((one) => one.rules);
  const own = scored.flatMap((one) => one.own);
  const comparisons = scored.slice(1).map((one, i) => {
    return { first: sources[0]!.name, second: sources[i + 1]!.name, ...compareCompletions(scored[0]!, one, seed) };
  });
  if (json) {
    printJson({ verifier: VERIFIER, evaluations, own, rules, comparisons });
    return 0;
  }
  for (const line of renderEvaluations(evaluations)) printLine(line);
  if (own.length > 0) {
    printLine('');
    for (const line of renderOwnScores(own)) printLine(line);
  }
  for (const { first, second, paired } of comparisons) {
    const said =
      paired === null
        ? `${second} and ${first} name no problem in common`
        : `${second} against ${first}: ${describeDifference(paired)} over ${paired.difference.problems} problems; ${paired.won} won, ${paired.lost} lost, ${paired.same} the same`;
    printLine('');
    for (const line of wrapText(said, measureScreen())) printLine(line);
  }
  if (rules.some(({ differences }) => differences > 0)) {
    printLine('');
    for (const line of renderRuleComparisons(rules)) printLine(line);
  }
  return 0;
}

/** Nothing is sampled, so that what says how would silently do nothing. */
function refuseOthers(args: EvalArgs): void {
  const given = [
    ...args.overrides.map(({ flag }) => flag).filter((flag) => flag !== '--seed'),
    ...(args.from === undefined ? [] : ['--from']),
    ...(args.sequential ? ['--sequential'] : []),
  ];
  if (given[0] !== undefined)
    throw new UsageError(`--from-jsonl scores completions that are there already; ${given[0]} does not go with it`);
}

/** Lines that are shown. */
const SHOWN_LINES = 10;

/** What the files say of their answers, beside what we say. */
function renderOwnScores(own: readonly OwnScoreComparison[]): string[] {
  const rows = own.map(({ set, name, rows: count, mean, right, differences }) => [
    ...[set, toPlainText(name), `${count}`, mean.toFixed(3), right.toFixed(3), `${differences ?? '-'}`],
  ]);
  const sentences = own.flatMap(({ set, name, differences, lines }) => {
    if (differences === null || differences === 0) return [];
    const more = lines.length > SHOWN_LINES ? ' and more' : '';
    return `${set}, ${toPlainText(name)}: not our verdict in ${lines.length === 1 ? 'line' : 'lines'} ${lines.slice(0, SHOWN_LINES).join(', ')}${more}`;
  });
  return [
    ...renderTable([['scores in', 'name', 'rows', 'their mean', 'right by us', 'differ'], ...rows], [2, 3, 4, 5]),
    ...(sentences.length === 0 ? [] : ['', ...sentences.flatMap((one) => wrapText(one, measureScreen()))]),
  ];
}
