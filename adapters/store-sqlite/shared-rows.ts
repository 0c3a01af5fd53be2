import { createHash } from 'node:crypto';
import type { Problem } from '../../src/core/problem.ts';
import type { Connection } from './connection.ts';
import { decodeIds } from './decode-pieces.ts';
import { encodeIds } from './encode-pieces.ts';
import { anyText, type Cell, describeTable, plain, toTextCell } from './table.ts';

/** Rows that many others refer to and that are stored once each: problems, and prompts as token ids. */
export interface SharedRows<T> {
  /** Key of the row, which is made when missing. Only inside a write transaction. */
  keyOf(value: T): number;
  /** Key of the row; null when there is none. */
  find(value: T): number | null;
  /** What the row of a key holds; throws where there is none (foreign keys make sure there is). */
  get(key: number): T;
}

/** How one kind of shared row is found, made and read. */
interface RowKind<T> {
  /** What tells rows apart: parameters of `find`. */
  identify(value: T): readonly Cell[];
  find(identity: readonly Cell[]): number | undefined;
  insert(value: T, identity: readonly Cell[]): number | bigint;
  /** Writes what the row lacks of the value. */
  refresh?(key: number, value: T): void;
  get(key: number): T;
}

type ProblemRow = Omit<Problem, 'level' | 'subject'> & {
  readonly level: string | null;
  readonly subject: string | null;
};

const PROBLEMS = describeTable<ProblemRow, { readonly digest: Buffer }>(
  'problems',
  {
    source: anyText('source'),
    id: anyText('id'),
    text: anyText('text'),
    answer: anyText('answer'),
    level: anyText('level'),
    subject: anyText('subject'),
  },
  { digest: plain('digest') },
);

/**
 * Problems are told apart by source, id and a digest of text, answer and level: a text that changed under the same id is
 * another row. Labels that were not read before are written into the row that is there, so that old and new runs still
 * answer the same problem.
 */
export function openProblemRows(connection: Connection): SharedRows<Problem> {
  const insert = connection.query(PROBLEMS.insert);
  const find = connection.queryValue<readonly Cell[], number>(
    'SELECT key FROM problems WHERE source = ? AND id = ? AND digest = ?',
  );
  const select = connection.query<[number], ProblemRow>(`SELECT ${PROBLEMS.columns} FROM problems WHERE key = ?`);
  const label = connection.query(
    'UPDATE problems SET level = coalesce(level, ?), subject = coalesce(subject, ?) WHERE key = ?',
  );
  return openSharedRows(connection, {
    identify: (problem) => [toTextCell(problem.source), toTextCell(problem.id), digestProblem(problem)],
    find: (identity) => find.get(...identity),
    insert: (problem) => {
      const { level = null, subject = null } = problem;
      const row = { ...problem, level, subject, digest: digestProblem(problem) };
      return insert.run(PROBLEMS.toCells(row)).lastInsertRowid;
    },
    refresh: (key, { level, subject }) => {
      if (subject === undefined && !isNumber(level)) return;
      label.run(toTextCell(level ?? null), toTextCell(subject ?? null), key);
    },
    get: (key) => {
      const { level, subject, ...problem } = PROBLEMS.fromCells(select.get(key)!);
      return { ...problem, ...(level === null ? {} : { level }), ...(subject === null ? {} : { subject }) };
    },
  });
}

/** Levels that are numbers were not read once: with them, the problems of older runs would be other ones. */
function digestProblem({ text, answer, level }: Problem): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([text, answer, isNumber(level) ? undefined : level]))
    .digest();
}

function isNumber(level: string | undefined): boolean {
  return level !== undefined && /^-?\d+(?:\.\d+)?$/.test(level);
}

/** Prompts as token ids: the rollouts of a group all begin with the same one. */
export function openEncodedPrompts(connection: Connection): SharedRows<readonly number[]> {
  const insert = connection.query('INSERT INTO encoded_prompts (digest, tokens, ids) VALUES (?, ?, ?)');
  const find = connection.queryValue<readonly Cell[], number>('SELECT key FROM encoded_prompts WHERE digest = ?');
  const select = connection.queryValue<[number], Buffer>('SELECT ids FROM encoded_prompts WHERE key = ?');
  const digest = (ids: readonly number[]) => createHash('sha256').update(encodeIds(ids)).digest();
  return openSharedRows(connection, {
    identify: (ids) => [digest(ids)],
    find: (identity) => find.get(...identity),
    insert: (ids, [digest]) => insert.run(digest, ids.length, encodeIds(ids)).lastInsertRowid,
    get: (key) => decodeIds(select.get(key)!),
  });
}

/** Remembers the keys of objects it has seen, until a transaction is undone that may have made them. */
function openSharedRows<T extends object>({ onStaleKeys }: Connection, kind: RowKind<T>): SharedRows<T> {
  let keys = new WeakMap<T, number>();
  onStaleKeys(() => {
    keys = new WeakMap();
  });
  return {
    keyOf: (value) => {
      const known = keys.get(value);
      if (known !== undefined) return known;
      const identity = kind.identify(value);
      const found = kind.find(identity);
      if (found !== undefined) kind.refresh?.(found, value);
      const key = found ?? Number(kind.insert(value, identity));
      keys.set(value, key);
      return key;
    },
    find: (value) => keys.get(value) ?? kind.find(kind.identify(value)) ?? null,
    get: kind.get,
  };
}
