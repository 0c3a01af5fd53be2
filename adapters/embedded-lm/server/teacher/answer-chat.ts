import { parseWordSum } from '../../../../src/core/word-sums/wording.ts';
import type { TeacherMix } from './mix.ts';
import { planAnswer } from './plan-answer.ts';
import { writeAnswer } from './write-answer.ts';

/** What the teacher says to a message it has no rule for. */
export const NO_WORD_SUM =
  'I am a rule-based teacher, not a language model, and I only know word sums such as ' +
  '"Dan has 18 keys, then makes 31. How many in all?". This message holds none.';

/** Token counts of the teacher are an estimate: it has no tokenizer. */
const CHARS_PER_TOKEN = 4;

export interface TeacherAnswer {
  readonly content: string;
  readonly finish: 'stop' | 'length';
  /** Estimated from the length of the text. */
  readonly tokens: number;
}

/** Answers the last word sum in a message by rule, as the mix and the seed have it; cut off at `maxTokens`. */
export function answerAsTeacher(request: {
  readonly message: string;
  readonly seed: number;
  readonly index: number;
  readonly maxTokens: number;
  readonly mix: TeacherMix;
}): TeacherAnswer {
  const sum = parseWordSum(request.message);
  if (sum === null) return cut(NO_WORD_SUM, 'stop', request.maxTokens);
  const plan = planAnswer(request.mix, { seed: request.seed, index: request.index, operands: sum.operands });
  const finish = plan.kind === 'unclosed_thinking' ? 'length' : 'stop';
  return cut(writeAnswer(sum.operands, plan), finish, request.maxTokens);
}

function cut(text: string, finish: TeacherAnswer['finish'], maxTokens: number): TeacherAnswer {
  const tokens = Math.ceil(text.length / CHARS_PER_TOKEN);
  if (tokens <= maxTokens) return { content: text, finish, tokens };
  return { content: text.slice(0, maxTokens * CHARS_PER_TOKEN), finish: 'length', tokens: maxTokens };
}
