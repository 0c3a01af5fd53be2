/**
 * The rules for an annotated solution (core/annotation):
 *  1. texts as teachers write them, each with the code it must get; white space, list labels, thousands
 *     separators and a repeated trunk sentence are no fault
 *  2. every number of a stretch must be in its block; taken out of an accepted annotation, each gives `content_lost`
 *  3. every word of the trunk must stay; taken out of an accepted annotation, each gives `text_changed` (next to a
 *     block it counts as part of the stretch)
 *  4. minBlocks counts, and 0 still asks for one block; a promoted lint rejects with its own name
 *  5. blocks without text between them stand for one stretch
 *  6. a text of many equal words ends in bounded time
 *  7. real responses, whose paths were put in a row to make a sequential solution: of those that are well-formed and name
 *     no other path 97 % pass; `paths_depend` finds the one whose second path goes on from the first
 *  8. problem and solution are put into a template literally, each once
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { alignTrunk } from '../../src/core/annotation/align-trunk.ts';
import { checkAnnotation, hasDependentPath } from '../../src/core/annotation/check-annotation.ts';
import { collectNumbers } from '../../src/core/annotation/list-terms.ts';
import { canonicaliseResponse } from '../../src/core/canonicalise.ts';
import { checkFormat } from '../../src/core/format/format-checker.ts';
import { renderAnnotatePrompt } from '../../src/core/prompt.ts';

const PROBLEM =
  'A bakery sells 24 loaves a day at $3 each and 45 rolls a day at 2 dollars each. Rent takes 62 dollars a day. What is left?';

const SOLUTION = `We need the income of a day.

1. The loaves bring 24 × 3 = 72 dollars a day.
2. The rolls bring 45 × 2 = 90 dollars a day.

So the income is 72 + 90 = 162 dollars.
Then the rent goes off: 162 - 62 = 100.

Final Answer: 100`;

const LOAVES = 'The loaves bring 24 × 3 = 72 dollars a day.';
const ROLLS = 'The rolls bring 45 × 2 = 90 dollars a day.';
const SUMMARY = 'The loaves bring 72 dollars and the rolls 90.';
const HEAD = 'We need the income of a day.\n\n';
const MIDDLE = '\n\nSo the income is 72 + 90 = 162 dollars.';
const TAIL = `${MIDDLE}\nThen the rent goes off: 162 - 62 = 100.\n\nFinal Answer: 100`;

function block(paths: readonly string[], summary = SUMMARY): string {
  return `<Parallel>\n${paths.map((path) => `<Path>\n${path}\n</Path>`).join('\n')}\n</Parallel>\n<Summary>\n${summary}\n</Summary>`;
}

const GOOD = HEAD + block([LOAVES, ROLLS]) + TAIL;

const RULES = { minBlocks: 1, promote: [] } as const;

function check(annotated: string, { problem = PROBLEM, solution = SOLUTION, rules = RULES as object } = {}) {
  return checkAnnotation({ problem, solution, annotated: canonicaliseResponse(annotated) }, { ...RULES, ...rules });
}

const CASES: readonly (readonly [name: string, code: string | null, annotated: string])[] = [
  ['two lines became two paths', null, GOOD],
  ['other line breaks in the trunk', null, GOOD.replace('\n\nSo the', ' So the').replace('\nThen', '\n\n  Then')],
  ['a fact repeated so that a path stands alone', null, GOOD.replace(ROLLS, `A bakery sells 45 rolls. ${ROLLS}`)],
  ['the first path with a name for its number', null, GOOD.replace('24 × 3', '24 × 3.00')],
  ['the solution as it was', 'no_block', SOLUTION],
  ['a word corrected in the trunk', 'text_changed', GOOD.replace('goes off', 'is taken off')],
  ['a sentence that leads into the block', 'text_changed', GOOD.replace(HEAD, `${HEAD}Let us look at both.\n`)],
  ['the end left out', 'text_changed', GOOD.replace('\nThen the rent goes off: 162 - 62 = 100.', '')],
  ['a remark after the answer', 'text_changed', `${GOOD}\nI inserted one block.`],
  [
    'the stretch stands there twice',
    'text_changed',
    GOOD.replace('<Parallel>', `1. ${LOAVES}\n2. ${ROLLS}\n<Parallel>`),
  ],
  ['a block that replaces nothing', 'text_changed', SOLUTION.replace('\nThen', `\n${block([LOAVES, ROLLS])}\nThen`)],
  ['a number of the stretch is gone', 'content_lost', GOOD.replace('45 × 2 = 90', 'twice the count = 90')],
  ['another wording altogether', 'content_lost', HEAD + block(['24 × 3 = 72', '45 × 2 = 90'], 'sums: 72, 90') + TAIL],
  [
    'a path made up',
    'content_added',
    GOOD.replace(
      '</Parallel>',
      '<Path>Alternatively, imagine someone counting coins quickly near midnight without anybody noticing</Path></Parallel>',
    ),
  ],
  ['a path that names another', 'paths_depend', GOOD.replace(ROLLS, `${ROLLS} Unlike the first path.`)],
  [
    'a step that needs the one before it',
    'paths_depend',
    `${HEAD}1. ${LOAVES}\n2. ${ROLLS}\n\n${block(
      ['So the income is 72 + 90 = 162 dollars.', 'Then the rent goes off: 162 - 62 = 100.'],
      'The income is 162 and 100 dollars stay.',
    )}\n\nFinal Answer: 100`,
  ],
  ['one path', 'too_few_paths', HEAD + block([`${LOAVES} ${ROLLS}`]) + TAIL],
  ['no summary', 'missing_summary', GOOD.replace(/<Summary>.*<\/Summary>/s, '')],
  ['a block in a path', 'nested_block', GOOD.replace(ROLLS, block([LOAVES, ROLLS]))],
];

for (const [name, code, annotated] of CASES) {
  test(`1: ${name}`, () => {
    assert.equal(check(annotated), code);
  });
}

test('1: a trunk sentence that the stretch holds too', () => {
  const solution = 'Then 12 + 31 = 43. Then 15 + 26 = 41. Then 43 + 41 = 84.\nFinal Answer: 84';
  const problem = 'What is 12 plus 31 plus 15 plus 26?';
  const first = block(['12 + 31 = 43.', 'Then 15 + 26 = 41.'], 'Then 43 and 41.');
  assert.equal(check(`Then ${first} Then 43 + 41 = 84.\nFinal Answer: 84`, { problem, solution }), null);
});

test('1: a solution with formulas', () => {
  const problem = 'How many of the \\(2^{10}\\) words of 10 bits hold exactly 2 or exactly 9 ones?';
  const cases = [
    'With exactly 2 ones there are \\[\\binom{10}{2} = \\frac{10 \\cdot 9}{2} = 45\\] words.',
    'With exactly 9 ones the one zero can stand anywhere, so there are \\(\\binom{10}{9} = 10\\) words.',
  ] as const;
  const head = 'We count each number of ones for itself.\n\n';
  const tail = '\n\nTogether these are \\(45 + 10 = \\boxed{55}\\) words.\n\nFinal Answer: 55';
  const solution = `${head}**Step 1:** ${cases[0]}\n\n**Step 2:** ${cases[1]}${tail}`;
  const annotated = head + block(cases, 'There are 45 words of the one sort and 10 of the other.') + tail;
  assert.equal(check(annotated, { problem, solution }), null);
  assert.equal(check(annotated.replace('boxed{55}', 'boxed{56}'), { problem, solution }), 'text_changed');
  assert.equal(check(annotated.replaceAll('45', 'some'), { problem, solution }), 'text_changed');
});

test('1: numbers', () => {
  assert.deepEqual([...collectNumbers('1,250.50 and 1{,}250.5 and 36.00')], ['1250.5', '36']);
  assert.deepEqual([...collectNumbers('1. one\n  2) two\n**Step 3:** see Case 4\nx = 5.\n')], ['5']);
  assert.deepEqual([...collectNumbers('(1,2) \\frac{7}{8}')], ['1', '2', '7', '8']);
});

test('1: values of a sibling', () => {
  assert.ok(hasDependentPath('', ['15 × 4 = 60', '60 - 12 = 48']));
  assert.ok(!hasDependentPath('60 of them', ['15 × 4 = 60', '60 - 12 = 48']), 'known before');
  assert.ok(!hasDependentPath('', ['15 × 4 = 60', '12 × 5 is $60, and 60 - 12 = 48']), 'found again');
  assert.ok(!hasDependentPath('', ['6 / 3 = 2', '2 × 7 = 14']), 'one digit');
});

test('2: each number of the stretch', () => {
  for (const number of ['24', '45']) {
    assert.equal(check(GOOD.replaceAll(number, 'some')), 'content_lost', number);
  }
  for (const number of ['72', '90']) {
    const [before, rest] = GOOD.split('<Parallel>');
    const [inside, after] = rest!.split('</Summary>');
    const lost = `${before}<Parallel>${inside!.replaceAll(number, 'some')}</Summary>${after}`;
    assert.equal(check(lost), 'content_lost', number);
  }
});

test('3: each word of the trunk', () => {
  const [from, to] = [GOOD.indexOf('<Parallel>'), GOOD.indexOf('</Summary>') + '</Summary>'.length];
  let tried = 0;
  for (const { 0: word, index } of GOOD.matchAll(/\S+/g)) {
    if (index + word.length > from && index < to) continue;
    const without = GOOD.slice(0, index) + GOOD.slice(index + word.length);
    // Next to the block a word that is left out counts as part of the stretch; then the block must hold it.
    const isNext = index + word.length === from - 2 || index === to + 2;
    tried += 1;
    if (!isNext) assert.equal(check(without), 'text_changed', word);
  }
  assert.ok(tried > 20);
});

test('4: minBlocks and promotion', () => {
  assert.equal(check(GOOD, { rules: { minBlocks: 2 } }), 'no_block');
  assert.equal(check(SOLUTION, { rules: { minBlocks: 0 } }), 'no_block');
  const spoken = GOOD.replaceAll('We need', 'With parallel thinking we need');
  const solution = SOLUTION.replace('We need', 'With parallel thinking we need');
  assert.equal(check(spoken, { solution }), null);
  assert.equal(check(spoken, { solution, rules: { promote: ['mentions_mechanism'] } }), 'mentions_mechanism');
});

test('5: neighbouring blocks', () => {
  const halves = (sentence: string) => block([sentence, `Check: ${sentence}`], sentence);
  assert.equal(check(`${HEAD}${halves(LOAVES)}\n\n${halves(ROLLS)}${TAIL}`), null);
});

test('6: bounded', () => {
  const words = 'so '.repeat(4000);
  const trunk = Array.from({ length: 40 }, () => 'so');
  assert.equal(
    alignTrunk(words, trunk, () => false),
    'refused',
  );
  assert.equal(
    alignTrunk(words, [...trunk, 'end'], () => true),
    'changed',
  );
});

const RESPONSES = join(import.meta.dirname, '../../../shared/data/pr1_parallel_gsm8k_sft_341.jsonl');
const skip = existsSync(RESPONSES) ? false : 'the sample data are not here';

/** The response with the paths of each block, one after the other, in the place of the block. */
function unfold(response: string): string {
  let end = 0;
  let text = '';
  for (const { open, paths, summary } of checkFormat(response, 'strict').blocks) {
    text += response.slice(end, open) + paths.map(([from, to]) => response.slice(from, to).trim()).join('\n\n');
    end = summary[1] + '</Summary>'.length;
  }
  return text + response.slice(end);
}

test('7: real responses', { skip }, () => {
  const rows = readFileSync(RESPONSES, 'utf8').trimEnd().split('\n');
  const refused: string[] = [];
  let tried = 0;
  for (const { id, problem, output } of rows.map((row) => JSON.parse(row))) {
    const response = canonicaliseResponse(output);
    const { valid, blocks } = checkFormat(response, 'strict', { promote: ['order_words_in_path'] });
    if (!valid || blocks.length === 0) continue;
    tried += 1;
    const code = check(response, { problem, solution: unfold(response) });
    if (code !== null) refused.push(`${id} ${code}`);
  }
  assert.ok(tried > 300);
  assert.ok(refused.includes('pr1-sft-281 paths_depend'));
  assert.ok(refused.every((line) => line.endsWith(' paths_depend')));
  assert.ok(refused.length <= 0.035 * tried, `${refused.length} of ${tried}`);
});

test('8: the prompt', () => {
  const text = renderAnnotatePrompt('P {Problem} S {Solution}', '$& {Solution}', '$1 {Problem}');
  assert.deepEqual(text, { text: 'P $& {Solution} S $1 {Problem}' });
  const rendered = renderAnnotatePrompt('{Problem}', 'a', 'b');
  assert.ok('fault' in rendered);
  assert.match(rendered.fault, /holds no \{Solution\}/);
});
