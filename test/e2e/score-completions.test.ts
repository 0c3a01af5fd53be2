/**
 * `eval --from-jsonl`, through the command line:
 *  1. completions of one file: our verdicts with intervals, one line of figures for each task; thinking is not read, a
 *     failed call counts for nothing, an answer that was cut off is none
 *  2. two files of the same problems are compared, problem by problem; where a file has several tasks, the same id in two of
 *     them is two problems
 *  3. --json is one document with figures, the files' own scores, rule differences and comparisons
 *  4. a row that cannot be read is named with its line, exit code 2; so is an empty file, a document over many lines, a last line
 *     that breaks off, a damaged parquet file
 *  5. a folder stands for the completions in it, under its name
 *  6. lighteval's parquet: all texts of a row, several references of which each will do; its scores beside our verdicts
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { runCli } from '../support/cli-process.ts';
import { type LightevalDetail, toDetailsFile } from '../support/lighteval-details.ts';
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
  row(1, '<think>2? no</think>Final Answer: 1', { reward: 1 }),
  row(1, 'so \\boxed{1}', { reward: 0 }),
  row(2, 'Final Answer: 3'),
  row(2, 'Final Answer: 2', { is_truncated: true }),
  row(3, '', { completion: [], error: { error: 'TimeoutError' }, reward: 0 }),
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
  const { evaluations, own, rules, comparisons } = JSON.parse(stdout);
  assert.deepEqual(
    evaluations.map(({ set, problems }: { set: string; problems: number }) => [set, problems]),
    [
      ['first/sums', 3],
      ['second/sums', 3],
    ],
  );
  assert.equal(rules[0].differing[0].place.line, 2);
  // The failed call has a score too, which is nothing a model is to blame for.
  const score = { set: 'first/sums', name: 'reward', rows: 2, mean: 0.5, right: 1, differences: 1, lines: [2] };
  assert.deepEqual(own, [score]);
  const [{ first: one, second: other, paired }] = comparisons;
  assert.deepEqual([one, other, paired.difference.problems, paired.won, paired.same], ['first', 'second', 2, 1, 1]);
  assert.deepEqual([paired.onlyFirst, paired.onlySecond], [['3'], ['4']]);

  const both = write('both.jsonl', [row(1, 'Final Answer: 1'), row(1, 'Final Answer: 2', { task: 'more' })]);
  const mixed = await runCli(['eval', '--from-jsonl', first, '--from-jsonl', both, '--json']);
  const [between] = JSON.parse(mixed.stdout).comparisons;
  assert.deepEqual([between.paired.difference.problems, between.paired.onlySecond], [1, ['more, 1']]);
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
  const writeText = (name: string, text: string | Buffer) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  await refuse(writeText('settings.json', '{\n  "a": 1\n}\n'), /settings\.json: one JSON document over many lines/);
  const whole = readFileSync(first, 'utf8');
  await refuse(
    writeText('torn.jsonl', whole.slice(0, -9)),
    /torn\.jsonl:6: .*; it is the last line: .* take the line out$/m,
  );
  const damaged = toDetailsFile('t|0', [detail]).subarray(0, -20);
  await refuse(writeText('damaged.parquet', damaged), /damaged\.parquet cannot be read as parquet: /);
});

test('5: a folder', async () => {
  const run = join(folder, 'a-run');
  mkdirSync(join(run, 'configs'), { recursive: true });
  const refused = await runCli(['eval', '--from-jsonl', run]);
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /a-run: there is no traces\.jsonl, .* in this folder: name the folder that does, or a file$/m,
  );
  write('a-run/results.jsonl', [row(1, 'Final Answer: 1')]);
  const { code, stdout, stderr } = await runCli(['eval', '--from-jsonl', run]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^a-run\/sums +1 +1 +100\.0 % /m);
});

const detail: LightevalDetail = {
  ...{ id: '0', query: 'Half of seven?', choices: ['7/2', '3', '4'], golds: [0, 2], level: '1' },
  ...{ texts: ['Final Answer: 4', 'so \\boxed{3.5}', 'Final Answer: 3'], score: 1 / 3 },
};

test('6: lighteval', async () => {
  const run = join(folder, '2026-01-31T10-20-30.123456');
  mkdirSync(run);
  const other = { ...detail, choices: ['5'], golds: [0], texts: ['Final Answer: 5'], score: 0 };
  const save = (name: string, bytes: Buffer) =>
    writeFileSync(join(run, `details_${name}_${run.slice(-26)}.parquet`), bytes);
  save('sums|0', toDetailsFile('sums|0', [detail]));
  save('more|0', toDetailsFile('more|0', [other]));
  const { code, stdout, stderr } = await runCli(['eval', '--from-jsonl', run, '--json']);
  assert.equal(code, 0, stderr);
  const { evaluations, own, rules } = JSON.parse(stdout);
  const read = (one: { set: string; tally: { samples: number; correct: number } }) => [one.set, one.tally];
  const [more, sums] = evaluations.map(read);
  assert.deepEqual(
    [more[0], sums[0]],
    ['more|0', 'sums|0'].map((task) => `2026-01-31T10-20-30.123456/${task}`),
  );
  assert.deepEqual([more[1].correct, sums[1].samples, sums[1].correct], [1, 3, 2]);
  const { mean, right, differences } = own.find(({ set }: { set: string }) => set === sums[0]);
  assert.deepEqual([mean.toFixed(3), right.toFixed(3), differences], ['0.333', '0.667', null]);
  assert.equal(rules[1].differing[0].gold, '7/2 or 4');
  const file = join(run, `details_sums|0_${run.slice(-26)}.parquet`);
  const alone = await runCli(['eval', '--from-jsonl', file]);
  assert.match(alone.stdout, /^2026-01-31T10-20-30\.123456\/sums\|0 +avg +1 +0\.333 +0\.667 +-$/m);
});
