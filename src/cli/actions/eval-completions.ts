import { basename } from 'node:path';
import { openVerifyPool } from '../../../adapters/verify-pool/open-verify-pool.ts';
import { parseCompletions } from '../../core/problem-set/completion-row.ts';
import { VERIFIER } from '../../core/verify/verdict.ts';
import { nameInput, readJsonRows } from '../../edge/jsonl.ts';
import { SourceError, UsageError } from '../../errors.ts';
import {
  compareCompletions,
  type PlacedCompletion,
  type ScoredCompletions,
  scoreCompletions as score,
} from '../../pipeline/evaluate/score-completions.ts';
import type { ArgsOf } from '../command.ts';
import type { evalCommand } from '../commands/training.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { measureScreen, printJson, printLine, tell } from '../output.ts';
import { describeDifference } from '../render/describe-difference.ts';
import { renderEvaluations, renderRuleComparisons } from '../render/render-evaluations.ts';
import { wrapText } from '../render/wrap-text.ts';

type EvalArgs = ArgsOf<typeof evalCommand>;

/** `eval --from-jsonl`: figures of completions from elsewhere; of several files, each further one against the first. */
export async function scoreCompletions(args: EvalArgs): Promise<number> {
  refuseOthers(args);
  const { fromJsonl: files, json, seed = 7 } = args;
  using interrupt = listenForInterrupt((message) => tell(args, message));
  await using verifier = openVerifyPool({ threads: 2 });
  const names = nameFiles(files);
  const scored: ScoredCompletions[] = [];
  for (const [i, file] of files.entries())
    scored.push(await score(verifier, readCompletions(file, names[i]!), seed, interrupt.signal));
  const evaluations = scored.flatMap((one) => one.evaluations);
  const rules = scored.flatMap((one) => one.rules);
  const comparisons = scored.slice(1).map((one, i) => {
    return { first: names[0]!, second: names[i + 1]!, ...compareCompletions(scored[0]!, one, seed) };
  });
  if (json) {
    printJson({ verifier: VERIFIER, evaluations, rules, comparisons });
    return 0;
  }
  for (const line of renderEvaluations(evaluations)) printLine(line);
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

/** Files by their stems, or as they were typed where two are the same. */
function nameFiles(files: readonly string[]): string[] {
  const stems = files.map((file) => basename(nameInput(file)).replace(/\.jsonl$/, ''));
  return new Set(stems).size === stems.length ? stems : [...files];
}

async function* readCompletions(file: string, name: string): AsyncGenerator<PlacedCompletion> {
  let rows = 0;
  for await (const { line, row } of readJsonRows(file)) {
    const parsed = parseCompletions(row);
    if ('fault' in parsed) throw new SourceError(`${nameInput(file)}:${line}: ${parsed.fault}`);
    rows += 1;
    for (const one of parsed.completions) yield { ...one, set: one.task === null ? name : `${name}/${one.task}`, line };
  }
  if (rows === 0) throw new SourceError(`${nameInput(file)} is empty: one JSON object per line is expected`);
}
