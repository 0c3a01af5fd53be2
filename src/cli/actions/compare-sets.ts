import { UsageError } from '../../errors.ts';
import { findOverlap, type OverlapSide } from '../../problem-sets/find-overlap.ts';
import type { DatasetsArgs } from '../datasets-args.ts';
import { printJson, printLine, tell } from '../output.ts';

/** `datasets overlap A B`: problems that both files have. An overlap is data and no failure. */
export async function compareSets(args: DatasetsArgs): Promise<number> {
  const [a, b, ...more] = args.names;
  if (a === undefined || b === undefined || more.length > 0)
    throw new UsageError('datasets overlap compares two files: datasets overlap A B');
  const overlap = await findOverlap(a, b);
  if (args.json) printJson(overlap);
  else for (const { kind, lineA, lineB } of overlap.pairs) printLine(`${kind.padEnd(10)} ${a}:${lineA} ${b}:${lineB}`);
  if (overlap.morePairs > 0) tell(args, `${overlap.morePairs} more pairs are not listed`);
  tell(args, `${describeSide(overlap.a)}\n${describeSide(overlap.b)}`);
  return 0;
}

function describeSide({ file, problems, shared }: OverlapSide): string {
  const { exact, normalised, near } = shared;
  return `${file}: ${exact + normalised} of ${problems} problems are in the other (${exact} word for word), ${near} more differ in signs only`;
}
