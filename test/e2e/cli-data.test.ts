/**
 * Commands that need no model: check, verify, datasets.
 *  1. `check` on text: violations with code and offset on stdout, the tally on stderr; exit 1 when something is invalid
 *  2. `check --json`: one JSON object per response, with file, line, id, primary code, and nothing else on stdout
 *  3. `check` reads JSONL rows of every known key, several files, and stdin
 *  4. `verify` prints one verdict; exit 1 when the answer is not correct, end-of-sequence text is none of it
 *  5. `verify --jsonl`: one JSON line per row in order, ids echoed, `options` obeyed, from a file and from stdin
 *  6. a malformed row ends `check` and `verify` with 2 and names file and line
 *  7. `datasets generate` writes rows that `datasets check` and `generate` accept; the same seed gives the same bytes
 *  8. `datasets check` lists malformed rows, doubled ids and contradicting answers with their lines, exit 1; repeats are warnings
 *  9. `datasets list --json` names the sample sets
 * 10. a closed stdout ends the command quietly
 * 11. `check --promote` makes lints violations, once per option; an unknown lint is refused with the known ones
 * 12. `check` looks at what follows the thinking section, as `verify` does; places count from the beginning; one that never
 *     closes is invalid
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { LAUNCHER, runCli } from '../support/cli-process.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('data');
const VALID = '<Parallel><Path>a</Path><Path>b</Path></Parallel>\n<Summary>s</Summary>\nFinal Answer: 4';
const INVALID = '<Parallel><Path>a</Path></Parallel>\nFinal Answer: 4';

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function writeRows(name: string, rows: readonly unknown[]): string {
  return write(name, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

function parseLines(text: string) {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Runs a command with `input` on its stdin. */
async function runWithInput(args: readonly string[], input: string) {
  const child = spawn(process.execPath, [LAUNCHER, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code: code as number, stdout: Buffer.concat(chunks).toString() };
}

test('1: check text', async () => {
  const good = await runCli(['check', write('good.txt', VALID)]);
  assert.equal(good.code, 0, good.stderr);
  assert.equal(good.stdout, '');
  assert.match(good.stderr, /1 of 1 valid \(strict\)/);
  const file = write('bad.txt', INVALID);
  const bad = await runCli(['check', file]);
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /^\S+bad\.txt: too_few_paths at \d+\n/);
});

test('2: check as JSON', async () => {
  const rows = writeRows('rows.jsonl', [
    { id: 'a', text: VALID },
    { id: 7, text: INVALID },
  ]);
  const { code, stdout, stderr } = await runCli(['check', rows, '--json']);
  assert.equal(code, 1);
  assert.equal(stderr, '');
  const [first, second] = parseLines(stdout);
  assert.deepEqual([first.line, first.id, first.valid, first.blocks], [1, 'a', true, 1]);
  assert.deepEqual([second.line, second.id, second.valid], [2, 7, false]);
  assert.equal(second.violations[0].code, 'too_few_paths');
  assert.deepEqual([first.primary, second.primary], [null, 'too_few_paths']);
  assert.equal(typeof second.violations[0].at, 'number');
});

test('3: check keys, files and stdin', async () => {
  const keys = ['text', 'target', 'output', 'completion', 'answer'].map((key) => ({ [key]: VALID }));
  const rows = writeRows('keys.jsonl', [
    ...keys,
    {
      messages: [
        { role: 'user', content: INVALID },
        { role: 'assistant', content: VALID },
      ],
    },
  ]);
  const both = await runCli(['check', rows, write('plain.txt', VALID), '--mode', 'reference']);
  assert.equal(both.code, 0, both.stdout);
  assert.match(both.stderr, /7 of 7 valid \(reference\)/);
  const fromText = await runWithInput(['check', '-', '--json'], INVALID);
  assert.equal(JSON.parse(fromText.stdout).line, null);
  const fromRows = await runWithInput(['check', '-', '--json'], `${JSON.stringify({ text: VALID })}\n`);
  assert.deepEqual([JSON.parse(fromRows.stdout).line, fromRows.code], [1, 0]);
});

test('4: verify one', async () => {
  const right = await runCli(['verify', '--gold', '\\frac{1}{2}', '--answer', '0.5']);
  assert.equal(right.code, 0, right.stderr);
  assert.match(right.stdout, /^correct /);
  assert.equal((await runCli(['verify', '--gold', '4', '--answer', 'Final Answer: 4<|im_end|>\n'])).code, 0);
  const wrong = await runCli(['verify', '--gold', '1', '--answer', '2', '--json']);
  assert.equal(wrong.code, 1);
  assert.equal(JSON.parse(wrong.stdout).verdict, 'incorrect');
});

test('5: verify rows', async () => {
  const rows = [
    { id: 'x', gold: '4', answer: VALID },
    { gold: 4, answer: 'so the answer is 5' },
    { id: 3, gold: '1,234', answer: '\\boxed{1234}' },
    { id: 'loose', gold: '0.3333', answer: '1/3', options: { precision: 3 } },
    { id: 'tight', gold: '0.3333', answer: '1/3' },
  ];
  const { code, stdout, stderr } = await runCli(['verify', '--jsonl', writeRows('verify.jsonl', rows)]);
  assert.equal(code, 0, stderr);
  const verdicts = parseLines(stdout);
  assert.deepEqual(
    verdicts.map(({ id, verdict }) => [id, verdict]),
    [
      ['x', 'correct'],
      [undefined, 'incorrect'],
      [3, 'correct'],
      ['loose', 'correct'],
      ['tight', 'incorrect'],
    ],
  );
  for (const key of ['extracted', 'rule', 'reason', 'ms', 'verifier']) assert.ok(key in verdicts[0], key);
  const piped = await runWithInput(['verify', '--jsonl', '-'], rows.map((row) => JSON.stringify(row)).join('\n'));
  const withoutTime = (text: string) => parseLines(text).map(({ ms: _, ...verdict }) => verdict);
  assert.deepEqual(withoutTime(piped.stdout), withoutTime(stdout));
});

test('6: malformed rows', async () => {
  const broken = write('broken.jsonl', '{"gold": "1", "answer": "1"}\n{"gold": "1"\n');
  const verified = await runCli(['verify', '--jsonl', broken]);
  assert.equal(verified.code, 2);
  assert.match(verified.stderr, /broken\.jsonl:2: not valid JSON/);
  assert.equal(parseLines(verified.stdout).length, 1);
  const checked = await runCli(['check', writeRows('empty-row.jsonl', [{ text: VALID }, { note: 'x' }])]);
  assert.equal(checked.code, 2);
  assert.match(checked.stderr, /empty-row\.jsonl:2: none of target, text, .*; the row has note/);
});

test('7: datasets generate', async () => {
  const args = ['datasets', 'generate', '--level', 'hard', '--split', 'heldout', '--count', '5', '--seed', '3'];
  const printed = await runCli(args);
  assert.equal(printed.code, 0, printed.stderr);
  assert.equal(parseLines(printed.stdout).length, 5);
  const out = join(folder, 'sums.jsonl');
  const written = await runCli([...args, '--out', out, '--json']);
  assert.equal(JSON.parse(written.stdout).problems, 5);
  assert.equal(readFileSync(out, 'utf8'), printed.stdout);
  assert.equal((await runCli(['datasets', 'check', out])).code, 0);
  for (const level of ['totals', 'chain', 'check']) {
    const one = await runCli(['datasets', 'generate', '--level', level, '--count', '3']);
    assert.deepEqual(
      parseLines(one.stdout).map((row) => row.level),
      [level, level, level],
    );
  }
  const unknown = await runCli(['datasets', 'generate', '--level', 'medium']);
  assert.equal(unknown.code, 2);
  assert.match(
    unknown.stderr,
    /--level is "medium"; it must be easy, hard, totals, chain, check, or a number of operands from 2 to 8/,
  );
  const tooMany = await runCli(['datasets', 'generate', '--level', 'check', '--count', '5001']);
  assert.equal(tooMany.code, 2);
  assert.match(tooMany.stderr, /--count is 5001; level check has lists of at most 5000/);
});

test('8: datasets check', async () => {
  const file = write(
    'set.jsonl',
    '{"id": 1, "problem": "How many apples are there?", "answer": "1"}\n{"id": 1, "problem": "How many pears are there?", "answer": "1"}\n{"problem": "How many apples are there?", "answer": "2"}\n{"problem": "How many pears are there?", "answer": "1"}\nnonsense\n',
  );
  const { code, stdout } = await runCli(['datasets', 'check', file, '--json']);
  assert.equal(code, 1);
  const [report] = JSON.parse(stdout);
  assert.deepEqual(
    report.faults.map(({ line }: { line: number }) => line),
    [2, 3, 5],
  );
  assert.deepEqual(
    report.warnings.map(({ line }: { line: number }) => line),
    [4],
  );
});

test('9: datasets list', async () => {
  const { code, stdout } = await runCli(['datasets', 'list', '--json']);
  assert.equal(code, 0);
  const { sets, families } = JSON.parse(stdout);
  assert.ok(Array.isArray(sets));
  assert.equal(families[0].name, 'word-sums');
});

test('10: closed stdout', async () => {
  const child = spawn(process.execPath, [LAUNCHER, 'datasets', 'generate', '--count', '20000'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const [code, signal] = await once(child, 'close');
  assert.deepEqual([code, signal, stderr], [0, null, '']);
});

test('11: check --promote', async () => {
  const file = write('lints.txt', `a <Path 1> ${VALID}\nthe end`);
  assert.equal((await runCli(['check', file])).code, 0);
  const promote = ['--promote', 'lookalike_tag', '--promote', 'text_after_final_answer'];
  const { code, stdout } = await runCli(['check', ...promote, file, '--json']);
  assert.equal(code, 1);
  const [row] = parseLines(stdout);
  assert.equal(row.primary, 'lookalike_tag');
  assert.deepEqual(
    row.violations.map((violation: { code: string }) => violation.code),
    ['lookalike_tag', 'text_after_final_answer'],
  );
  assert.deepEqual(row.lints, []);
  const unknown = await runCli(['check', file, '--promote', 'lookalike']);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /promote is "?lookalike"?; it must be one of tag_in_prompt, .*lookalike_tag/);
});

test('12: thinking sections', async () => {
  const block = '<Parallel><Path>a</Path></Parallel>';
  const rows = writeRows('thinking.jsonl', [
    { text: `<think>${block}\nFinal Answer: 5</think>\n${VALID}` },
    { text: `<think>hm</think>\n${INVALID}` },
    { text: `<think>${VALID}` },
  ]);
  const { code, stdout } = await runCli(['check', rows, '--json']);
  const [good, bad, open] = parseLines(stdout);
  assert.equal(code, 1);
  assert.deepEqual([good.valid, good.blocks], [true, 1]);
  const [plain] = parseLines((await runWithInput(['check', '-', '--json'], INVALID)).stdout);
  assert.equal(bad.violations[0].at, plain.violations[0].at + '<think>hm</think>\n'.length);
  assert.deepEqual([open.valid, open.primary], [false, 'thinking_unclosed']);
});
