import { extractGsm8kAnswer } from '../core/problem-set/gsm8k-answer.ts';
import { nameInput, readCell, readJsonRows } from '../edge/jsonl.ts';
import { WholeFile } from '../edge/whole-file.ts';
import { SourceError } from '../errors.ts';

/** What was written. */
export interface ConvertedSet {
  readonly file: string;
  readonly problems: number;
  /** Rows whose answer was a worked solution; the others had a plain answer, which stays. */
  readonly solutions: number;
}

/**
 * Makes problems of GSM8K's own rows, `{question, answer: "... #### 42"}` or the same with `problem`: the final answer
 * becomes the answer, the worked solution stays beside it as `solution`, other keys stay. Rejects with `SourceError` at the
 * first row that has no problem or no answer; `out` is written as a whole or not at all.
 */
export async function convertSet(file: string, out: string): Promise<ConvertedSet> {
  using target = new WholeFile(out);
  let problems = 0;
  let solutions = 0;
  for await (const { line, row } of readJsonRows(file)) {
    const { question, ...rest } = row;
    const problem = readCell(row, 'problem') ?? readCell(row, 'question');
    const answer = readCell(row, 'answer');
    if (problem === null || answer === null)
      throw new SourceError(
        `${nameInput(file)}:${line}: a row needs "problem" or "question", and "answer"; it has ${Object.keys(row).slice(0, 8).join(', ')}`,
      );
    const final = extractGsm8kAnswer(answer);
    const converted = final === null ? { answer } : { answer: final, solution: answer };
    // A question beside a problem is another column.
    const others = row.problem === undefined || question === undefined ? rest : row;
    target.write(`${JSON.stringify({ ...others, problem, ...converted })}\n`);
    problems += 1;
    if (final !== null) solutions += 1;
  }
  if (problems === 0) throw new SourceError(`${nameInput(file)}: the file has no rows`);
  target.finish();
  return { file: out, problems, solutions };
}
