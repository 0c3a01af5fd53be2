/**
 * The text files a configuration names: prompt templates and sample problems.
 *
 *  1. every template is found by name, by name with version and by path, and holds one `{Problem}`
 *  2. the README of the folder is no template; an unknown name tells the known ones
 *  3. templates the presets name exist
 *  4. student and teacher templates name all six tags and the answer label; the problem comes last; no worked example
 *  5. the bare templates are the problem and nothing else
 *  6. the embedded teacher finds the problem, not something of the template, in the teacher prompt
 *  7. sample problems read without a fault, with distinct ids and texts, and their answers are right
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { createJsonlSource } from '../../adapters/source-jsonl/create-jsonl-source.ts';
import { readPromptTemplate } from '../../src/app/prompt-files.ts';
import { PRESET_NAMES, PRESETS } from '../../src/config/presets.ts';
import { checkFormat } from '../../src/core/format/format-checker.ts';
import { ANSWER_LABEL, TAGS } from '../../src/core/grammar.ts';
import type { Problem } from '../../src/core/problem.ts';
import { parseWordSum } from '../../src/core/word-sums/wording.ts';
import { UsageError } from '../../src/errors.ts';
import { renderStudentPrompt } from '../../src/pipeline/engine/tokenizer.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const read = (name: string) => readPromptTemplate(ROOT, name);

test('1. templates', () => {
  const files = readdirSync(join(ROOT, 'prompts')).filter((file) => file !== 'README.md');
  const names = [
    'adaptive-parallel-thinking.v1',
    'annotate.v1',
    'embedded-instructed.v1',
    'embedded.v1',
    'none.v1',
    'parallel-teacher.v1',
    'sequential.v1',
  ];
  assert.deepEqual(
    files.sort(),
    names.map((name) => `${name}.md`),
  );
  for (const name of names) {
    const template = read(name);
    assert.equal(template.text.split('{Problem}').length, 2, name);
    assert.match(template.hash, /^[0-9a-f]{64}$/);
    assert.equal(read(name.replace('.v1', '')).text, template.text);
    assert.equal(read(join(ROOT, 'prompts', `${name}.md`)).hash, template.hash);
  }
});

test('2. what is no template', () => {
  assert.throws(() => read('README'), {
    name: 'UsageError',
    message:
      /no prompt template "README"; known: adaptive-parallel-thinking, annotate, embedded, embedded-instructed, none, parallel-teacher, sequential,/,
  });
  assert.throws(() => read('./no-such-prompt.md'), UsageError);
});

test('3. templates of the presets', () => {
  for (const preset of PRESET_NAMES) {
    const { prompt, stages } = PRESETS[preset];
    const names = [prompt, ...stages.flatMap((stage) => (stage.kind === 'cold-start' ? [stage.prompt] : []))];
    for (const name of names) assert.match(read(name).text, /\{Problem\}/);
  }
});

test('4. parallel templates', () => {
  for (const name of ['adaptive-parallel-thinking', 'parallel-teacher']) {
    const { text } = read(name);
    for (const tag of TAGS) assert.ok(text.includes(tag), `${name} lacks ${tag}`);
    assert.ok(text.includes(ANSWER_LABEL), name);
    assert.ok(text.endsWith('Problem: {Problem}'), name);
    assert.equal(/Final Answer: \S/.test(text), false, name);
  }
  // The skeleton a teacher is shown must itself be what the checker wants.
  const skeleton = /<Parallel>\n[\s\S]*<\/Summary>\n/.exec(read('parallel-teacher').text)![0];
  assert.deepEqual(checkFormat(skeleton, 'strict').violations, []);
});

test('5. bare templates', () => {
  assert.equal(read('none').text, '{Problem}');
  assert.equal(read('embedded').text, '{Problem}');
  assert.match(read('sequential').text, /^\{Problem\}\n\n[^<>]*"Final Answer: "\.$/);
});

test('6. the embedded teacher reads the teacher prompt', () => {
  const { text } = read('parallel-teacher');
  const problem = 'Dan has 18 keys, then makes 31, then wins 45. How many in all?';
  assert.deepEqual(parseWordSum(renderStudentPrompt(text, problem))?.operands, [18, 31, 45]);
  assert.equal(parseWordSum(text), null);
});

/** Answers worked out anew, in the order of the files. */
const ANSWERS: Readonly<Record<string, readonly number[]>> = {
  'sample-easy': [
    14 * 12 - 131,
    18 * 5 + 34,
    48 * 7 + 48 / 2,
    (126 + 45) / 3,
    4 * 3 + 5 * 2,
    960 - 960 / 8 - 57,
    13 * (6 + 8) - 41,
    (9 * 16 * 3) / 4,
    250 - 4 * 35 - 20,
    19 * 60 + 40 + 128 - 21 * 60,
    24 * Math.ceil(500 / 24) - 500,
    9 * 4 - 3,
    Math.floor((84 + 79 + 95) / 6),
    (30 - 4 * 3) / 2,
    (80 * 85) / 100,
    (70 + 85) * 3,
    23 + 19 + 12 + (23 + 19) / 2,
    110 - 7 * 12,
    17 * 8 - 11 ** 2,
    Math.ceil(300 / 22),
  ],
  'sample-hard': [
    countUpTo(500, (n) => (n % 6 === 0) !== (n % 10 === 0)),
    Number(7n ** 2026n % 100n),
    220 - (10 + 4 + 1) - 5 * 4 * 3,
    (273 / 3 - 2) * (273 / 3 + 2),
    4 / (1 / 15 + 1 / 10),
    countUpTo(9999, (n) => /^(?=....$)1?2?3?4?5?6?7?8?9?$/.test(String(n))),
    17 ** 3 - 3 * 60 * 17,
    Math.hypot(20, 21),
    [0, 20, 40].reduce((ways, twenties) => ways + Math.floor((50 - twenties) / 10) + 1, 0),
    2 + 5 + 7 + 12 + 19 + 31 + 50 + 81 + 131 + 212,
    (2 ** 16 - 1) / (3 * 5 * 17),
    (60 * 0.5) / (1 / 6 + 1 / 9 - 1 / 18),
  ],
};

function countUpTo(last: number, matches: (n: number) => boolean): number {
  return Array.from({ length: last }, (_, i) => i + 1).filter(matches).length;
}

test('7. sample problems', async () => {
  const all: Problem[] = [];
  for (const [name, answers] of Object.entries(ANSWERS)) {
    const problems: Problem[] = [];
    for await (const problem of createJsonlSource(join(ROOT, 'datasets', 'samples', `${name}.jsonl`)).read())
      problems.push(problem);
    assert.deepEqual(
      problems.map(({ answer }) => answer),
      answers.map((answer) => String(Math.round(answer))),
      name,
    );
    all.push(...problems);
  }
  assert.equal(all.length, 32);
  assert.equal(new Set(all.map(({ id }) => id)).size, 32);
  assert.equal(new Set(all.map(({ text }) => text)).size, 32);
});
