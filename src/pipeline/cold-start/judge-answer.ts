import { canonicaliseTrace, stripThinking } from '../../core/canonicalise.ts';
import { countOpenTags } from '../../core/format/find-tags.ts';
import { checkFormat } from '../../core/format-check.ts';
import { type FilterOutcome, type Judgement, judgeTrace, type TaughtAnswer, toJudgement } from './judge-trace.ts';
import type { Teaching } from './teaching.ts';

/** Judges an answer in which the teacher was asked to think in parallel itself. */
export async function judgeAnswer(teaching: Teaching, taught: TaughtAnswer): Promise<Judgement> {
  const { promptTokens, completionTokens, reasoning, content } = taught.answer;
  const outcome = await filterAnswer(teaching, taught);
  return toJudgement({ raw: content, reasoning, promptTokens, completionTokens }, outcome);
}

/** The filters of method 4.3, in order; the first that objects gives the code. */
async function filterAnswer(teaching: Teaching, { problem, answer, round }: TaughtAnswer): Promise<FilterOutcome> {
  const reject = (code: string) => ({ code, verdict: null });
  if (answer.finish === 'length') return reject('truncated');
  const stripped = stripThinking(answer.content);
  if (stripped.code !== null) return reject(stripped.code);
  const trace = canonicaliseTrace(stripped.content);
  const { formatMode, formatPromote } = teaching.ctx.plan;
  const format = checkFormat(trace, formatMode, { promote: formatPromote, prompt: problem.text });
  const fault = format.violations[0];
  if (fault !== undefined) return reject(fault.code);
  if (countOpenTags(trace) < teaching.stage.minBlocks) return reject('no_block');
  return judgeTrace(teaching, { problem, trace, signal: round.signal });
}
