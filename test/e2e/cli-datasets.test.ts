/**
 * Problem sets on the command line.
 *
 * 1. `datasets pull` fetches a known set into ./datasets, prints the file, and says on stderr what was left out; HF_ENDPOINT and HF_TOKEN are obeyed
 * 2. a pulled set is listed with rows, source and licence, and found by the names a configuration uses; `--keep-duplicates` and `--out` are obeyed
 * 3. `datasets pull --json` prints file and manifest; what cannot be pulled ends with 2, a hub that fails with its message
 * 4. `datasets check` counts kinds and repeats, tells faults and warnings by line and code, and ends with 1 for faults only
 * 5. `datasets overlap` pairs lines of either order and counts both sides; sides may be swapped
 * 6. `export --tokenizer-notes` needs no run; without a run or a place `export` is refused
 * 7. the development sets have the facts that are known of them (skipped where absent)
 * 8. `datasets check` names GSM8K's own format and offers a command that makes problems of it; what is no set is refused
 * 9. `datasets check` reads a byte order mark, and refuses a file in UTF-16
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCli } from '../support/cli-process.ts';
import { startHub } from '../support/hub-server.ts';
import { DAPO, GSM8K } from '../support/hub-sets.ts';
import { NO_SAMPLES } from '../support/shared-rows.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const root = makeTempFolder('datasets');
const SHARED = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const makeFolder = () => mkdtempSync(join(root, 'cwd-'));

function writeSet(name: string, rows: readonly object[]): string {
  const file = join(root, name);
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}

test('1: pull', async (t) => {
  const hub = await startHub(t, [GSM8K]);
  const cwd = makeFolder();
  const env = { HF_ENDPOINT: hub.url, HF_TOKEN: 'hf_test' };
  const { code, stdout, stderr } = await runCli(['datasets', 'pull', 'gsm8k'], { cwd, env });
  assert.equal(code, 0, stderr);
  assert.match(stdout.trim(), /datasets[/\\]gsm8k_train\.jsonl$/);
  assert.match(stderr, /3 problems of 4 rows from openai\/gsm8k at c0ffee01, licence mit\nleft out: empty_answer 1/);
  assert.deepEqual(readdirSync(join(cwd, 'datasets')).toSorted(), ['gsm8k_train.jsonl', 'gsm8k_train.manifest.json']);
  assert.ok(hub.seen.some(({ headers }) => headers.authorization === 'Bearer hf_test'));
  assert.ok(!`${stdout}${stderr}`.includes('hf_test'));
});

test('2: list', async (t) => {
  const hub = await startHub(t, [DAPO]);
  const cwd = makeFolder();
  const args = ['datasets', 'pull', 'dapo-math-17k', '--keep-duplicates', '--quiet', '--endpoint', hub.url];
  const pulled = await runCli([...args, '--out', join(cwd, 'datasets')], { cwd: root });
  assert.deepEqual([pulled.code, pulled.stderr], [0, '']);
  mkdirSync(join(cwd, 'datasets', '.partial'));
  writeFileSync(join(cwd, 'datasets', '.partial', 'half.jsonl'), '{');
  const listed = await runCli(['datasets', 'list', '--json'], { cwd });
  const { sets } = JSON.parse(listed.stdout) as { sets: Record<string, unknown>[] };
  const { rows, source, licence, revision } = sets.find(({ name }) => name === 'dapo-math-17k')!;
  assert.deepEqual([rows, source, licence], [6, 'BytedTsinghua-SIA/DAPO-Math-17k train', 'apache-2.0']);
  assert.match(String(revision), /^c0ffee/);
  assert.ok(sets.every(({ name }) => !String(name).includes('half')));
  assert.equal(sets.find(({ name }) => String(name).includes('sample-easy'))!.rows, null);
  const text = await runCli(['datasets', 'list'], { cwd });
  assert.match(
    text.stdout,
    /dapo-math-17k .*6 rows, from BytedTsinghua-SIA\/DAPO-Math-17k train at c0ffee01, apache-2\.0/,
  );
});

test('3: pull as JSON, and failures', async (t) => {
  const hub = await startHub(t, [GSM8K]);
  const cwd = makeFolder();
  const pull = (...args: string[]) => runCli(['datasets', 'pull', ...args, '--endpoint', hub.url, '--json'], { cwd });
  const good = await pull('gsm8k/test', '--revision', 'main');
  assert.equal(good.stderr, '');
  const { file, manifest } = JSON.parse(good.stdout);
  assert.ok(existsSync(file));
  assert.deepEqual([manifest.rows, manifest.source.split], [1, 'test']);
  const cases: [string[], RegExp][] = [
    [[], /takes one name or id/],
    [['gsm8k', 'math-500'], /takes one name or id/],
    [['nothing-known'], /no known set nothing-known; known: gsm8k, math-500/],
    [['gsm8k', '--split', 'dev'], /no split "dev"/],
    [['openai/gsm8k', '--problem-column', 'question'], /several subsets/],
    [['gsm8k', '--answer-rule', 'magic'], /answer-rule/],
  ];
  for (const [args, pattern] of cases) {
    const { code, stderr, stdout } = await pull(...args);
    assert.deepEqual([code, stdout], [2, ''], stderr);
    assert.match(stderr, pattern);
  }
  const absent = await pull('ann/absent');
  assert.notEqual(absent.code, 0);
  assert.match(absent.stderr, /ann\/absent at main: not found \(404\)/);
});

test('4: check', async () => {
  const apples = 'How many apples are there in the basket?';
  const file = writeSet('check.jsonl', [
    { problem: apples, answer: '4' },
    { problem: apples, answer: '4' },
    { problem: apples, answer: '5' },
    { problem: 'Evaluate the following integral:', answer: '\\frac{\\sqrt{3' },
    { problem: `${apples} <Summary>`, answer: '\\frac{1}{2}' },
    { problem: 'What is it that we look for here?', answer: '' },
  ]);
  const { code, stdout, stderr } = await runCli(['datasets', 'check', file, '--json']);
  assert.deepEqual([code, stderr], [1, '']);
  const [report] = JSON.parse(stdout);
  const list = (notes: { line: number; code: string }[]) => notes.map(({ line, code }) => `${line} ${code}`);
  assert.deepEqual(list(report.faults), [
    '3 conflicting_answer',
    '4 unbalanced_answer',
    '5 tag_in_problem',
    '6 malformed_row',
  ]);
  assert.deepEqual(list(report.warnings), ['2 duplicate_problem', '4 cut_problem']);
  assert.deepEqual(report.repeated, { distinct: 3, texts: 1, rows: 3, conflicting: 1 });
  assert.deepEqual([report.answerKinds.integer, report.answerKinds.fraction], [3, 1]);
  assert.equal(report.counts.duplicate_problem, 1);
  const text = await runCli(['datasets', 'check', file]);
  assert.match(text.stdout, /check\.jsonl:4: the answer .* has a "\{" without its partner/);
  assert.match(text.stdout, /check\.jsonl:4: warning: the problem ends in a colon/);
  assert.match(text.stderr, /3 distinct texts; 1 of them in 3 rows, 1 with several answers/);
  const warned = writeSet('warned.jsonl', [{ problem: 'Compute', answer: '4' }]);
  assert.equal((await runCli(['datasets', 'check', warned])).code, 0);
  const long = await runCli(['datasets', 'check', warned, '--max-length', '3', '--json']);
  assert.equal(JSON.parse(long.stdout)[0].counts.long_problem, 1);
});

test('5: overlap', async () => {
  const a = writeSet('a.jsonl', [
    { problem: 'Find $x$ so that x + 1 = 2.', answer: '1' },
    { problem: 'Another problem', answer: '2' },
    { problem: 'Only here', answer: '3' },
  ]);
  const b = writeSet('b.jsonl', [
    { problem: 'Another problem', answer: '2' },
    ...Array.from({ length: 20 }, (_, i) => ({ problem: `filler number ${i}`, answer: '0' })),
    { problem: 'find x so that $x+1=2$', answer: '1' },
    { problem: 'Find x so that x - 1 = 2', answer: '3' },
  ]);
  const { code, stdout } = await runCli(['datasets', 'overlap', a, b, '--json']);
  assert.equal(code, 0);
  const overlap = JSON.parse(stdout);
  assert.deepEqual(overlap.pairs, [
    { kind: 'exact', lineA: 2, lineB: 1 },
    { kind: 'normalised', lineA: 1, lineB: 22 },
    { kind: 'near', lineA: 1, lineB: 23 },
  ]);
  assert.deepEqual([overlap.a.problems, overlap.a.shared], [3, { exact: 1, normalised: 1, near: 0 }]);
  assert.deepEqual([overlap.b.problems, overlap.b.shared], [23, { exact: 1, normalised: 1, near: 1 }]);
  const swapped = JSON.parse((await runCli(['datasets', 'overlap', b, a, '--json'])).stdout);
  assert.deepEqual([swapped.a, swapped.b], [overlap.b, overlap.a]);
  assert.deepEqual(swapped.pairs[1], { kind: 'normalised', lineA: 22, lineB: 1 });
  const text = await runCli(['datasets', 'overlap', a, b]);
  assert.match(text.stdout, /^exact +\S+a\.jsonl:2 \S+b\.jsonl:1\n/);
  assert.match(text.stderr, /a\.jsonl: 2 of 3 problems are in the other \(1 word for word\)/);
  assert.equal((await runCli(['datasets', 'overlap', a])).code, 2);
  assert.match((await runCli(['datasets', 'overlap', a, `${b}.no`])).stderr, /there is no such file/);
});

test('6: tokenizer notes', async () => {
  const { code, stdout } = await runCli(['export', '--tokenizer-notes']);
  assert.equal(code, 0);
  assert.match(stdout, /six tags/);
  assert.match(stdout, /additional_special_tokens/);
  const { tokenizerNotes } = JSON.parse((await runCli(['export', '--tokenizer-notes', '--json'])).stdout);
  assert.equal(tokenizerNotes.specialTokens.length, 6);
  assert.ok(tokenizerNotes.steps.some((step: string) => /initial values of its own/.test(step)));
  const db = ['--db', join(root, 'none.db')];
  assert.equal((await runCli(['export', '--out', join(root, 'x'), ...db])).code, 2);
  assert.match((await runCli(['export', 'run-1', ...db])).stderr, /--out is missing/);
});

test('7: development sets', { skip: !existsSync(SHARED) && NO_SAMPLES }, async () => {
  const dapo = join(SHARED, 'dapo_math_17k.jsonl');
  const checked = await runCli(['datasets', 'check', dapo, '--json']);
  const [report] = JSON.parse(checked.stdout);
  assert.equal(report.problems, 17_917);
  assert.deepEqual(report.repeated, { distinct: 17_228, texts: 652, rows: 1_341, conflicting: 20 });
  assert.deepEqual([report.counts.cut_problem, report.answerKinds], [293, { integer: 17_917 }]);
  const shared: Record<string, number> = {
    amc23_test: 8,
    math500_test: 6,
    aime24_test: 0,
    aime25_test: 0,
    gsm8k_test: 0,
  };
  for (const [name, expected] of Object.entries(shared)) {
    const { stdout } = await runCli(['datasets', 'overlap', join(SHARED, `${name}.jsonl`), dapo, '--json']);
    const { exact, normalised } = JSON.parse(stdout).a.shared;
    assert.equal(exact + normalised, expected, name);
  }
});

test('8: rows of GSM8K', async () => {
  const solution = 'He starts with 30.\n30+1004 = <<30+1004=1034>>1034\n#### 1,034';
  const raw = writeSet('raw.jsonl', [
    { question: 'Tom has 30 nuts, then makes 1004. How many in all?', answer: solution, tags: ['sum'] },
    { problem: 'Dan has 14 pens, then makes 65. How many in all?', answer: '#### 79' },
  ]);
  const checked = await runCli(['datasets', 'check', raw]);
  assert.match(checked.stdout, /raw\.jsonl:1: "problem" is missing; the row has "question", "answer"/);
  assert.match(checked.stdout, /raw\.jsonl:2: warning: the answer is a whole solution in the format of GSM8K/);
  const offer = /parallel-r1 (datasets convert \S+ --out \S+)$/m.exec(checked.stderr);
  assert.ok(offer !== null, checked.stderr);
  const converted = await runCli(offer[1]!.split(' '), { cwd: dirname(raw) });
  assert.equal(converted.code, 0, converted.stderr);
  const out = join(dirname(raw), offer[1]!.split(' ').at(-1)!);
  assert.deepEqual(
    readFileSync(out, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { problem: 'Tom has 30 nuts, then makes 1004. How many in all?', answer: '1034', solution, tags: ['sum'] },
      { problem: 'Dan has 14 pens, then makes 65. How many in all?', answer: '79', solution: '#### 79' },
    ],
  );
  const again = await runCli(['datasets', 'check', out]);
  assert.equal(again.code, 0, again.stdout);
  assert.equal(again.stderr.includes('to convert them'), false);
  const other = writeSet('other.jsonl', [{ prompt: 'x', answer: '1' }]);
  const refused = await runCli(['datasets', 'convert', other, '--out', join(dirname(other), 'no.jsonl')]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /other\.jsonl:1: a row needs "problem" or "question", and "answer"/);
  assert.equal(existsSync(join(dirname(other), 'no.jsonl')), false);
  const onto = await runCli(['datasets', 'convert', raw, '--out', raw]);
  assert.equal(onto.code, 2);
});

test('9: encodings', async () => {
  const text = `${JSON.stringify({ problem: 'Tom has 30 nuts, then makes 11. How many in all?', answer: '41' })}\n`;
  const [marked, wide] = ['marked.jsonl', 'wide.jsonl'].map((name) => writeSet(name, []));
  writeFileSync(marked!, `\ufeff${text}`);
  writeFileSync(wide!, Buffer.from(`\ufeff${text}`, 'utf16le'));
  assert.equal((await runCli(['datasets', 'check', marked!])).code, 0);
  const refused = await runCli(['datasets', 'check', wide!]);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /wide\.jsonl.*UTF/);
});
