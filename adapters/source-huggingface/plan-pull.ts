import { UsageError } from '../../src/errors.ts';
import { type AnswerRule, type ColumnMap, USUAL_COLUMNS } from './column-map.ts';
import { KNOWN_SETS } from './known-sets.ts';

/** What the user asked for. */
export interface PullWish {
  /** A short name (`gsm8k`, `gsm8k/test`) or an id on the hub (`owner/name`). */
  readonly set: string;
  readonly split: string | null;
  readonly subset: string | null;
  readonly problemColumn: string | null;
  readonly answerColumn: string | null;
  readonly answerRule: AnswerRule | null;
}

/** What is to be pulled. */
export interface PullPlan {
  /** Name of the files to be written, without ending. */
  readonly name: string;
  readonly id: string;
  readonly subset: string | null;
  /** Whether all subsets are wanted when none is named. */
  readonly allSubsets: boolean;
  readonly split: string | null;
  readonly columns: ColumnMap;
}

/** Finds the set and its columns. Throws `UsageError` for a name that is not that of a set. */
export function planPull(wish: PullWish): PullPlan {
  return overrideColumns(planKnownSet(wish) ?? planHubSet(wish), wish);
}

function planKnownSet({ set, split, subset }: PullWish): PullPlan | null {
  const [name, ...rest] = set.split('/') as [string, ...string[]];
  if (!Object.hasOwn(KNOWN_SETS, name)) return null;
  const known = KNOWN_SETS[name]!;
  const inName = rest.join('/');
  const wanted = split ?? (inName === '' ? known.splits[0] : inName);
  if (!known.splits.includes(wanted) || (inName !== '' && inName !== wanted))
    throw new UsageError(`${name} has no split ${JSON.stringify(wanted)}; it has ${known.splits.join(', ')}`);
  const parts = [name, subset === known.subset ? null : subset, known.splits.length > 1 ? wanted : null];
  return {
    name: parts.filter((part) => part !== null).join('_'),
    id: known.id,
    subset: subset ?? known.subset,
    allSubsets: true,
    split: wanted,
    columns: known.columns,
  };
}

const NAME_PART = /^[A-Za-z0-9][\w.-]*$/;

function planHubSet({ set, split, subset }: PullWish): PullPlan {
  const parts = set.split('/');
  if (parts.length > 2 || set.length > 200 || !parts.every((part) => NAME_PART.test(part)))
    throw new UsageError(
      `${JSON.stringify(set)} is neither a known set (${Object.keys(KNOWN_SETS).join(', ')}) nor an id like owner/name`,
    );
  if (parts.length === 1)
    throw new UsageError(
      `there is no known set ${set}; known: ${Object.keys(KNOWN_SETS).join(', ')}; others by their id: owner/name`,
    );
  for (const [option, value] of Object.entries({ split, subset })) {
    if (value !== null && !NAME_PART.test(value))
      throw new UsageError(
        `--${option} is ${JSON.stringify(value)}; letters, digits, dot, hyphen and underscore are expected`,
      );
  }
  const name = [...parts, subset, split].filter((part) => part !== null).join('_');
  return { name, id: set, subset, allSubsets: false, split, columns: USUAL_COLUMNS };
}

function overrideColumns(plan: PullPlan, { problemColumn, answerColumn, answerRule }: PullWish): PullPlan {
  const { columns } = plan;
  const problem = problemColumn === null ? columns.problem : [problemColumn];
  const answer = (answerColumn === null ? columns.answer : [{ path: answerColumn, rule: 'column' as const }]).map(
    (place) => (answerRule === null ? place : { ...place, rule: answerRule }),
  );
  const unwrap = problemColumn === null ? columns.unwrap : null;
  return { ...plan, columns: { ...columns, problem, answer, unwrap } };
}
