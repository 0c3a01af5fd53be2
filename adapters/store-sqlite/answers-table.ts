import type { AnswerRecord, RunStore } from '../../src/ports/run-store.ts';
import type { Connection } from './connection.ts';

type AnswerMethods = Pick<RunStore, 'saveAnswers' | 'hasAnswers' | 'loadAnswers' | 'dropAnswers'>;

/** Answers that nothing finished holds yet. */
export function openAnswersTable(connection: Connection): AnswerMethods {
  const { db } = connection;
  const insert = db.prepare(`INSERT INTO answers (run_id, stage_index, owner, call, answer)
    VALUES (@runId, @stageIndex, @owner, @call, @answer) ON CONFLICT DO NOTHING`);
  const select = db.prepare<[string, number, string], AnswerRecord>(
    'SELECT owner, call, answer FROM answers WHERE run_id = ? AND stage_index = ? AND owner = ? ORDER BY id',
  );
  const selectAny = db.prepare('SELECT 1 FROM answers WHERE run_id = ? AND stage_index = ? LIMIT 1');
  const remove = db.prepare('DELETE FROM answers WHERE run_id = ? AND stage_index = ? AND owner = ?');
  return {
    saveAnswers: (runId, stageIndex, answers) =>
      connection.write(() => {
        for (const answer of answers) insert.run({ ...answer, runId, stageIndex });
      }),
    hasAnswers: (runId, stageIndex) => connection.read(() => selectAny.get(runId, stageIndex) !== undefined),
    loadAnswers: (runId, stageIndex, owner) => connection.read(() => select.all(runId, stageIndex, owner)),
    dropAnswers: (runId, stageIndex, owners) =>
      connection.write(() => {
        for (const owner of owners) remove.run(runId, stageIndex, owner);
      }),
  };
}
