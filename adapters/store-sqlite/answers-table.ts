import type { AnswerRecord, StoredAnswers } from '../../src/ports/run-store/answers.ts';
import type { Connection } from './connection.ts';
import { describeTable, plain } from './table.ts';

const ANSWERS = describeTable<AnswerRecord, { readonly runId: string; readonly stageIndex: number }>(
  'answers',
  { owner: plain('owner'), call: plain('call'), answer: plain('answer') },
  { runId: plain('run_id'), stageIndex: plain('stage_index') },
);

/** Answers that nothing finished holds yet. */
export function openAnswersTable(connection: Connection): StoredAnswers {
  const insert = connection.query(`${ANSWERS.insert} ON CONFLICT DO NOTHING`);
  const select = connection.query<[string, number, string], AnswerRecord>(
    `SELECT ${ANSWERS.columns} FROM answers WHERE run_id = ? AND stage_index = ? AND owner = ? ORDER BY id`,
  );
  const selectAny = connection.query<[string, number], unknown>(
    'SELECT 1 FROM answers WHERE run_id = ? AND stage_index = ? LIMIT 1',
  );
  const remove = connection.query('DELETE FROM answers WHERE run_id = ? AND stage_index = ? AND owner = ?');
  return {
    saveAnswers: (runId, stageIndex, answers) =>
      connection.write(() => {
        for (const answer of answers) insert.run(ANSWERS.toCells({ ...answer, runId, stageIndex }));
      }),
    hasAnswers: (runId, stageIndex) => connection.read(() => selectAny.get(runId, stageIndex) !== undefined),
    loadAnswers: (runId, stageIndex, owner) =>
      connection.read(() => select.all(runId, stageIndex, owner).map(ANSWERS.fromCells)),
    dropAnswers: (runId, stageIndex, owners) =>
      connection.write(() => {
        for (const owner of owners) remove.run(runId, stageIndex, owner);
      }),
  };
}
