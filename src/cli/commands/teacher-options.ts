import type { Argv } from 'yargs';
import { takeOne } from '../take-one.ts';

/** Options that say who teaches, and what. */
export function addTeacherOptions<T>(yargs: Argv<T>) {
  return yargs
    .option('problems', {
      type: 'string',
      requiresArg: true,
      describe: 'JSONL file of {problem, answer}, or a set in a datasets folder; default: those of the recipe',
      coerce: takeOne('problems'),
    })
    .option('teacher', {
      type: 'string',
      requiresArg: true,
      array: true,
      describe: 'URL of the teacher, once per server; default: the engine. Without --engine, lengths are guessed',
    })
    .option('teacher-model', {
      type: 'string',
      requiresArg: true,
      describe: 'model of the teacher',
      coerce: takeOne('teacher-model'),
    });
}
