import { createHash } from 'node:crypto';
import type { Problem } from '../../src/core/problem.ts';
import type { Connection } from './connection.ts';
import { fromTextCell, type TextCell, toTextCell } from './text-cell.ts';

/** Problems stored once each, whatever refers to them. */
export interface ProblemIndex {
  /** Key of the problem's row, made when missing. Inside a write transaction only. */
  keyOf(problem: Problem): number;
  /** Key of the problem's row; null when there is none. */
  find(problem: Problem): number | null;
  /** The problem of a key; throws where there is none (foreign keys make sure there is). */
  get(key: number): Problem;
}

interface ProblemRow {
  readonly source: TextCell;
  readonly id: TextCell;
  readonly text: TextCell;
  readonly answer: TextCell;
  readonly level: TextCell | null;
}

/** Rows are found by (source, id) and a digest of the rest: a text that changed under the same id is another row. */
export function openProblemIndex({ db, onUndone }: Connection): ProblemIndex {
  const insert = db.prepare(`INSERT INTO problems (source, id, digest, text, answer, level)
    VALUES (@source, @id, @digest, @text, @answer, @level) ON CONFLICT DO NOTHING`);
  const find = db
    .prepare<[TextCell, TextCell, Buffer], number>(
      'SELECT key FROM problems WHERE source = ? AND id = ? AND digest = ?',
    )
    .pluck();
  const select = db.prepare<[number], ProblemRow>('SELECT source, id, text, answer, level FROM problems WHERE key = ?');
  let keys = new WeakMap<Problem, number>();
  onUndone(() => {
    keys = new WeakMap();
  });

  const findKey = ({ source, id }: Problem, digest: Buffer) => find.get(toTextCell(source), toTextCell(id), digest);

  const lookUp = (problem: Problem): number => {
    const digest = digestProblem(problem);
    const found = findKey(problem, digest);
    if (found !== undefined) return found;
    const source = toTextCell(problem.source);
    const id = toTextCell(problem.id);
    const text = toTextCell(problem.text);
    const answer = toTextCell(problem.answer);
    const level = problem.level === undefined ? null : toTextCell(problem.level);
    return Number(insert.run({ source, id, digest, text, answer, level }).lastInsertRowid);
  };

  return {
    keyOf: (problem) => {
      const known = keys.get(problem);
      if (known !== undefined) return known;
      const key = lookUp(problem);
      keys.set(problem, key);
      return key;
    },
    find: (problem) => keys.get(problem) ?? findKey(problem, digestProblem(problem)) ?? null,
    get: (key) => toProblem(select.get(key)!),
  };
}

function digestProblem({ text, answer, level }: Problem): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([text, answer, level]))
    .digest();
}

function toProblem({ source, id, text, answer, level }: ProblemRow): Problem {
  const problem = {
    id: fromTextCell(id),
    source: fromTextCell(source),
    text: fromTextCell(text),
    answer: fromTextCell(answer),
  };
  return level === null ? problem : { ...problem, level: fromTextCell(level) };
}
