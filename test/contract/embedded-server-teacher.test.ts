/**
 * The rule-based teacher.
 *
 * 1. It names itself rule-based, answers only word sums, and says so of anything else.
 * 2. The same seed gives the same answers; choice i does not depend on n; other seeds give others.
 * 3. Each kind of answer is what its name says when the project's own checks look at it.
 * 4. Over many answers the shares are those of the mix, and the mix can be replaced.
 * 5. An unclosed thinking section and an answer beyond max_tokens end with finish reason `length`.
 * 6. A prompt that says nothing of `<Parallel>` gets sequential answers only, right and wrong for the same problems as one
 *    that does: `sequential.v1` and `parallel-teacher.v1` give rows for the same problems.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { type AnswerKind, DEFAULT_TEACHER_MIX, planAnswer } from '../../adapters/embedded-lm/server/teacher.ts';
import { checkAnswerLine } from '../../src/core/answer.ts';
import { canonicaliseResponse, stripThinking } from '../../src/core/canonicalise.ts';
import { checkFormat } from '../../src/core/format/format-checker.ts';
import { generateWordSums } from '../../src/core/word-sums/generate.ts';
import {
  renderDirectSolution,
  renderInTurnSolution,
  solveSum,
  writeDirectSolution,
  writeParallelSolution,
} from '../../src/core/word-sums/solutions.ts';
import { parseWordSum } from '../../src/core/word-sums/wording.ts';
import { renderStudentPrompt } from '../../src/pipeline/engine/tokenizer.ts';
import { send, startOnUnigram, type Wire } from '../support/embedded-requests.ts';

const PROBLEMS = generateWordSums({ seed: 1, level: 'easy', count: 40, split: 'train' });

/** The shortest prompt that asks for blocks. */
function withTags(problem: string): string {
  return `<Parallel> ${problem}`;
}

async function ask(url: string, content: string, options: Wire = {}): Promise<Wire[]> {
  const body = { model: 'embedded-teacher', messages: [{ role: 'user', content }], ...options };
  const answer = await send(`${url}/v1/chat/completions`, body);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.choices;
}

test('it knows word sums only', async (t) => {
  const { url } = await startOnUnigram(t);
  const [choice] = await ask(url, 'Prove that there are infinitely many primes.');
  assert.match(choice.message.content, /rule-based teacher, not a language model/);
  const around = await ask(url, `Use <Parallel> here.\nProblem: ${PROBLEMS[0]!.text}\nEnd with an answer.`, {
    seed: 1,
  });
  assert.deepEqual(around, await ask(url, withTags(PROBLEMS[0]!.text), { seed: 1 }));
});

test('answers follow the seed', async (t) => {
  const { url } = await startOnUnigram(t);
  const texts = async (seed: number, n: number) =>
    (await ask(url, withTags(PROBLEMS[1]!.text), { seed, n })).map(({ message }) => message.content);
  const long = await texts(5, 12);
  assert.deepEqual(await texts(5, 4), long.slice(0, 4));
  assert.ok(new Set(long).size > 1);
  assert.notDeepEqual(await texts(6, 12), long);
});

/** What the checks of the project say of an answer that was asked for by kind. */
const CODES: Readonly<
  Record<Exclude<AnswerKind, 'good_parallel' | 'good_direct' | 'wrong_answer' | 'unclosed_thinking'>, string>
> = {
  missing_summary: 'missing_summary',
  one_path: 'too_few_paths',
  unclosed_path: 'nested_path',
  text_in_block: 'text_in_block',
  empty_path: 'empty_path',
};

test('kinds are what they are called', async (t) => {
  for (const kind of Object.keys(DEFAULT_TEACHER_MIX.kinds) as AnswerKind[]) {
    const none = Object.fromEntries(Object.keys(DEFAULT_TEACHER_MIX.kinds).map((other) => [other, 0]));
    const teacherMix = { kinds: { ...none, [kind]: 1 } as Record<AnswerKind, number>, thinkingShare: 0.5 };
    const { url } = await startOnUnigram(t, { teacherMix });
    for (const { text, answer } of PROBLEMS.slice(0, 12)) {
      const [choice] = await ask(url, withTags(text), { seed: 3 });
      const { content, code } = stripThinking(choice.message.content);
      const { operands } = parseWordSum(text)!;
      if (kind === 'unclosed_thinking') {
        assert.deepEqual([code, choice.finish_reason], ['thinking_unclosed', 'length']);
        continue;
      }
      const response = canonicaliseResponse(content);
      const report = checkFormat(response, 'strict');
      const stated = /Final Answer: (\d+)$/.exec(response)?.[1];
      if (kind === 'good_parallel') assert.equal(response, writeParallelSolution(operands));
      else if (kind === 'good_direct') assert.equal(response, writeDirectSolution(operands));
      else if (kind !== 'wrong_answer') assert.equal(report.violations[0]?.code, CODES[kind], response);
      assert.equal(stated === answer, kind !== 'wrong_answer', response);
      if (kind === 'wrong_answer') assert.equal(report.violations.length, 0);
    }
  }
});

test('shares are those of the mix', async (t) => {
  const { url } = await startOnUnigram(t);
  const counts: Record<string, number> = {};
  let thinking = 0;
  for (const { text } of PROBLEMS) {
    const { operands } = parseWordSum(text)!;
    const choices = await ask(url, withTags(text), { seed: 11, n: 50 });
    choices.forEach(({ message }, index) => {
      const plan = planAnswer(DEFAULT_TEACHER_MIX, { seed: 11, index, operands });
      counts[plan.kind] = (counts[plan.kind] ?? 0) + 1;
      assert.equal(message.content.startsWith('<think>'), plan.hasThinking);
      if (plan.hasThinking) thinking += 1;
      const { content } = stripThinking(message.content);
      if (plan.kind === 'good_parallel') assert.equal(canonicaliseResponse(content), writeParallelSolution(operands));
    });
  }
  const total = PROBLEMS.length * 50;
  for (const [kind, share] of Object.entries(DEFAULT_TEACHER_MIX.kinds)) {
    const tolerance = 4 * Math.sqrt((share * (1 - share)) / total);
    assert.ok(Math.abs((counts[kind] ?? 0) / total - share) < tolerance, `${kind}: ${counts[kind]} of ${total}`);
  }
  assert.ok(Math.abs(thinking / total - 0.2) < 0.036, `${thinking} with thinking`);
});

test('cut off answers say so', async (t) => {
  const { url } = await startOnUnigram(t);
  const [choice] = await ask(url, PROBLEMS[2]!.text, { seed: 1, max_tokens: 3 });
  assert.deepEqual([choice.finish_reason, choice.message.content.length], ['length', 12]);
});

/** What the cold-start filters say of an answer: its row, or null where they turn it down. */
function filterContent(raw: string, finish: string, problem: { text: string; answer: string }): string | null {
  const { content, code } = stripThinking(raw);
  const response = canonicaliseResponse(content);
  if (finish === 'length' || code !== null || checkFormat(response, 'strict').violations.length > 0) return null;
  return checkAnswerLine(response) === null && response.endsWith(`Final Answer: ${problem.answer}`) ? response : null;
}

test('a prompt without tags gets sequential answers, for the same problems', async (t) => {
  const { url } = await startOnUnigram(t);
  const render = (name: string, text: string) =>
    renderStudentPrompt(readFileSync(new URL(`../../prompts/${name}.md`, import.meta.url), 'utf8'), text);
  let rows = 0;
  let inTurn = 0;
  for (const problem of PROBLEMS) {
    const choose = async (name: string) =>
      (await ask(url, render(name, problem.text), { seed: 4, n: 20 })).map(({ message, finish_reason }) =>
        filterContent(message.content, finish_reason, problem),
      );
    const [parallel, sequential] = [await choose('parallel-teacher.v1'), await choose('sequential.v1')];
    assert.deepEqual(
      sequential.map((row) => row !== null),
      parallel.map((row) => row !== null),
    );
    const kept = sequential.filter((row) => row !== null);
    const solutions = solveSum({ kind: 'sum', ...parseWordSum(problem.text)! });
    const ways = [renderDirectSolution(solutions), renderInTurnSolution(solutions)];
    for (const row of kept) assert.ok(ways.includes(row), row);
    rows += kept.length;
    inTurn += kept.filter((row) => row === ways[1]).length;
  }
  assert.ok(rows > 0.75 * 20 * PROBLEMS.length, `${rows} rows`);
  assert.ok(inTurn > 0.5 * rows && inTurn < 0.7 * rows, `${inTurn} of ${rows} rows take the sum apart`);
});
