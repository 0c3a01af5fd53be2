import { UsageError } from '../../src/errors.ts';

/** `column`: the cell; `after-hashes`: what follows the last `####`, without commas; `last-boxed`: the last `\boxed{}`. */
export type AnswerRule = 'column' | 'after-hashes' | 'last-boxed';

/** Where the answer is. A path is a column name and the way inside its cell, joined by dots (`prompt.0.content`). */
export interface AnswerPlace {
  readonly path: string;
  readonly rule: AnswerRule;
}

/** Where the parts of a problem are in a row of someone else's set. */
export interface ColumnMap {
  /** Alternatives; the first whose column the file has is read. */
  readonly problem: readonly string[];
  readonly answer: readonly AnswerPlace[];
  /** How the first and the last paragraph begin where they are instructions rather than the problem; null when there are none. */
  readonly unwrap: { readonly first: string; readonly last: string } | null;
  /** Our key and the path it is copied from, where present. */
  readonly keep: Readonly<Record<string, string>>;
}

/** The columns chosen for one file. */
export interface SettledColumns {
  readonly problem: string;
  readonly answer: AnswerPlace;
  readonly unwrap: ColumnMap['unwrap'];
  readonly keep: Readonly<Record<string, string>>;
}

/** Columns to try for a set that is not in the table: the names most sets use. */
export const USUAL_COLUMNS: ColumnMap = {
  problem: ['problem', 'question', 'Problem', 'Question', 'prompt.0.content', 'prompt'],
  answer: [
    { path: 'answer', rule: 'column' },
    { path: 'Answer', rule: 'column' },
    { path: 'final_answer', rule: 'column' },
    { path: 'reward_model.ground_truth', rule: 'column' },
    { path: 'solution', rule: 'last-boxed' },
  ],
  unwrap: null,
  keep: { solution: 'solution', subject: 'subject', level: 'level' },
};

/** Column a path begins with. */
export function nameColumn(path: string): string {
  return path.split('.')[0]!;
}

/** Chooses among the alternatives by the columns a file has. Throws `UsageError` that names them. */
export function settleColumns(map: ColumnMap, columns: readonly string[], file: string): SettledColumns {
  const has = (path: string) => columns.includes(nameColumn(path));
  const problem = map.problem.find(has);
  const answer = map.answer.find(({ path }) => has(path));
  if (problem === undefined || answer === undefined) {
    const missing = problem === undefined ? '--problem-column' : '--answer-column';
    throw new UsageError(
      `${file} has the columns ${columns.map((name) => JSON.stringify(name.slice(0, 40))).join(', ')}: say which to read with ${missing}`,
    );
  }
  const keep = Object.entries(map.keep).filter(([, path]) => has(path));
  return { problem, answer, unwrap: map.unwrap, keep: Object.fromEntries(keep) };
}

/** What `path` leads to inside a row; undefined when it leads nowhere. */
export function readPath(row: Readonly<Record<string, unknown>>, path: string): unknown {
  // A column may have a dot in its own name.
  if (Object.hasOwn(row, path)) return row[path];
  return path.split('.').reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Record<string, unknown>)[key];
  }, row);
}
