import { hash } from 'node:crypto';
import type { Problem } from '../core/problem.ts';
import { type AnswerKind, findAnswerKind } from '../core/problem-set/answer-kind.ts';
import { checkProblem, type ProblemCode } from '../core/problem-set/check-problem.ts';
import { parseProblemRow } from '../core/problem-set/problem-row.ts';
import { nameInput, readInputLines } from '../edge/jsonl.ts';

/** What can be wrong with a line, apart from the problem it holds. */
export type SetCode = ProblemCode | 'malformed_row' | 'same_id' | 'conflicting_answer' | 'duplicate_problem';

export interface LineNote {
  readonly line: number;
  readonly code: SetCode;
  readonly message: string;
}

/** What one file holds and what is wrong with it. */
export interface SetReport {
  readonly file: string;
  readonly problems: number;
  readonly repeated: RepeatCount;
  readonly answerKinds: Readonly<Partial<Record<AnswerKind, number>>>;
  /** Notes per code. */
  readonly counts: Readonly<Partial<Record<SetCode, number>>>;
  readonly faults: readonly LineNote[];
  readonly warnings: readonly LineNote[];
}

/** How many texts occur more than once. */
export interface RepeatCount {
  readonly distinct: number;
  /** Texts that occur more than once, the rows they take, and how many of them have several answers. */
  readonly texts: number;
  readonly rows: number;
  readonly conflicting: number;
}

/** Reads a file line by line and notes what is wrong. Memory grows with distinct problems, not with their length. */
export async function checkSet(file: string, maxLength: number): Promise<SetReport> {
  const name = nameInput(file);
  const notes = createNotes();
  const repeats = createRepeats();
  const ids = new Map<string, number>();
  const kinds = new Map<AnswerKind, number>();
  let problems = 0;
  for await (const { number: line, text } of readInputLines(file)) {
    const row = parseProblemRow(text, name, `line-${line}`);
    if ('fault' in row) {
      notes.add('fault', { line, code: 'malformed_row', message: row.fault });
      continue;
    }
    problems += 1;
    const { problem } = row;
    const sameId = ids.get(problem.id);
    if (sameId === undefined) ids.set(problem.id, line);
    else
      notes.add('fault', {
        line,
        code: 'same_id',
        message: `id ${JSON.stringify(problem.id)} is already used by line ${sameId}`,
      });
    for (const { severity, ...note } of repeats.add(problem, line)) notes.add(severity, { line, ...note });
    const { answer } = problem;
    for (const { severity, ...note } of checkProblem(
      { text: problem.text, answer, solution: readSolution(text) },
      maxLength,
    ))
      notes.add(severity, { line, ...note });
    const kind = findAnswerKind(answer);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return { file: name, problems, repeated: repeats.count(), answerKinds: Object.fromEntries(kinds), ...notes.finish() };
}

/** A worked solution is not part of a problem, but is checked where there is one. */
function readSolution(line: string): string | null {
  const { solution } = JSON.parse(line) as { solution?: unknown };
  return typeof solution === 'string' ? solution : null;
}

type Severity = 'fault' | 'warning';

function createNotes() {
  const lists: Record<Severity, LineNote[]> = { fault: [], warning: [] };
  const counts = new Map<SetCode, number>();
  return {
    add: (severity: Severity, note: LineNote) => {
      lists[severity].push(note);
      counts.set(note.code, (counts.get(note.code) ?? 0) + 1);
    },
    finish: () => ({ counts: Object.fromEntries(counts), faults: lists.fault, warnings: lists.warning }),
  };
}

interface Seen {
  readonly line: number;
  readonly answer: string;
  rows: number;
  conflicting: boolean;
}

type RepeatNote = { readonly severity: Severity } & Pick<LineNote, 'code' | 'message'>;

function createRepeats() {
  const texts = new Map<string, Seen>();
  return {
    add: ({ text, answer }: Problem, line: number): RepeatNote[] => {
      const key = hash('sha256', text, 'base64');
      const same = texts.get(key);
      if (same === undefined) {
        texts.set(key, { line, answer, rows: 1, conflicting: false });
        return [];
      }
      same.rows += 1;
      if (same.answer === answer)
        return [{ severity: 'warning', code: 'duplicate_problem', message: `same problem as line ${same.line}` }];
      same.conflicting = true;
      return [
        {
          severity: 'fault',
          code: 'conflicting_answer',
          message: `same problem as line ${same.line}, with another answer`,
        },
      ];
    },
    count: (): RepeatCount => {
      const repeated = [...texts.values()].filter(({ rows }) => rows > 1);
      return {
        distinct: texts.size,
        texts: repeated.length,
        rows: repeated.reduce((sum, { rows }) => sum + rows, 0),
        conflicting: repeated.filter(({ conflicting }) => conflicting).length,
      };
    },
  };
}
