/**
 * `eval --from-jsonl`, through the command line:
 *  1. completions of one file: our verdicts with intervals, one line of figures for each task; thinking is not read, a
 *     failed call counts for nothing, an answer that was cut off is none
 *  2. two files of the same problems are compared, problem by problem
 *  3. --json is one document with figures, rule differences and comparisons
 *  4. a row that cannot be read is named with its line, exit code 2; so is an empty file
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { runCli } from '../support/cli-process.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('score-completions');

function write(name: string, rows: readonly object[]): string {
  const file = join(folder, name);
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}

/** A row as verifiers writes it. */
function row(id: number, text: string, over: object = {}) {
  const completion = [{ role: 'assistant', content: text }];
  return { example_id: id, task: 'sums', prompt: [], completion, answer: `${id}`, is_truncated: false, ...over };
}

const first = write('first.jsonl', [
  row(1, '<think>2? no</think>Final Answer: 1'),
  row(1, 'so \\boxed{1}'),
  row(2, 'Final Answer: 3'),
  row(2, 'Final Answer: 2', { is_truncated: true }),
  row(3, '', { completion: [], error: { error: 'TimeoutError' } }),
  row(3, 'I cannot tell'),
]);
const second = write('second.jsonl', [row(1, 'Final Answer: 1'), row(2, 'Final Answer: 2'), row(4, 'Final Answer: 4')]);

test('1: one file', async () => {
  const { code, stdout, stderr } = await runCli(['eval', '--from-jsonl', first]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /first\/sums +3 +1 to 2 +33\.3 % /);
  // All, right, wrong, no answer, errored, cut off.
  assert.match(stdout, /first\/sums +6 +2 +\d +\d +1 +1 +0/);
  assert.match(
    stdout.replaceAll('\n', ' '),
    /first\/sums, problem 1, wanted 1: correct \(1; .* by the reference unparsable/,
  );
});

test('2+3: two files', async () => {
  const { code, stdout, stderr } = await runCli(['eval', '--from-jsonl', first, '--from-jsonl', second, '--json']);
  assert.equal(code, 0, stderr);
  const { evaluations, rules, comparisons } = JSON.parse(stdout);
  assert.deepEqual(
    evaluations.map(({ set, problems }: { set: string; problems: number }) => [set, problems]),
    [
      ['first/sums', 3],
      ['second/sums', 3],
    ],
  );
  assert.equal(rules[0].differing[0].place.line, 2);
  const [{ first: one, second: other, paired }] = comparisons;
  assert.deepEqual([one, other, paired.difference.problems, paired.won, paired.same], ['first', 'second', 2, 1, 1]);
  assert.deepEqual([paired.onlyFirst, paired.onlySecond], [['3'], ['4']]);
});

test('4: what cannot be read', async () => {
  const refuse = async (file: string, line: RegExp) => {
    const { code, stdout, stderr } = await runCli(['eval', '--from-jsonl', file]);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, line);
  };
  await refuse(
    write('odd.jsonl', [row(1, 'x'), { score: 1 }]),
    /odd\.jsonl:2: there is no completion .*; it has "score"/,
  );
  await refuse(write('empty.jsonl', []), /empty\.jsonl is empty/);
  await refuse(join(folder, 'none.jsonl'), /none\.jsonl/);
});
