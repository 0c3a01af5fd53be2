/**
 * Switches of the format check:
 *  1. empty paths, equal paths and text before the summary: on in strict and off in the others, and each can be turned
 *  2. a fault that is switched off leaves its block well-formed
 *  3. every lint can be promoted by name: then it is a violation at the same place and no lint, in every mode
 *  4. the switches of lints are promotions
 *  5. a tag in the prompt: its place in the prompt, with the first chunk; without a prompt there is none
 *  6. in the other modes a switch adds to the fault of the bracket matcher, however many faults they do not report
 *  7. the codes of the answer line count in the order of the cold-start filters
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { checkAnswerLine } from '../../src/core/answer.ts';
import { type CheckFormatOptions, checkFormat, createFormatChecker } from '../../src/core/format/format-checker.ts';
import { LINT_CODES, type LintCode } from '../../src/core/format/format-report.ts';
import { BLOCK } from '../support/format-texts.ts';

const MODES = ['strict', 'reference', 'algorithm1'] as const;
const codesOf = (text: string, mode: (typeof MODES)[number], options: CheckFormatOptions = {}) =>
  checkFormat(text, mode, options).violations.map(({ code }) => code);

const SWITCHES = [
  ['emptyPath', 'empty_path', BLOCK.replace('>a<', '> <')],
  ['duplicatePath', 'duplicate_path', BLOCK.replace('>b<', '> a<')],
  ['textBeforeSummary', 'text_before_summary', BLOCK.replace('\n', '\nso ')],
] as const;

for (const [name, code, text] of SWITCHES) {
  test(`1: ${name}`, () => {
    assert.deepEqual(codesOf(text, 'strict'), [code]);
    assert.deepEqual(codesOf(text, 'strict', { [name]: false }), []);
    for (const mode of ['reference', 'algorithm1'] as const) {
      assert.deepEqual(codesOf(text, mode), []);
      assert.deepEqual(codesOf(text, mode, { [name]: true }), [code]);
      assert.deepEqual(codesOf(BLOCK, mode, { [name]: true }), []);
    }
  });

  test(`2: ${name} off`, () => {
    assert.equal(checkFormat(text, 'strict').blocks.length, 0);
    assert.equal(checkFormat(text, 'strict', { [name]: false }).blocks.length, 1);
  });
}

const END = '\nFinal Answer: 42';

/** A text with each lint, and what stands where it is seen. */
const LINTS: readonly (readonly [code: Exclude<LintCode, 'tag_in_prompt'>, text: string, at: string])[] = [
  ['no_block', `so${END}`, 'so'],
  ['noncanonical_space', BLOCK.replace('><Path>', '> <Path>') + END, ' <Path>'],
  ['lookalike_tag', `a <path> ${BLOCK}${END}`, '<path>'],
  ['no_final_answer', BLOCK, ''],
  ['no_final_answer', `${BLOCK}\nFinal Answer:\n`, 'Final Answer:\n'],
  ['multiple_final_answers', `Final Answer: 1 ${BLOCK}${END}`, 'Final Answer: 42'],
  ['final_answer_in_block', BLOCK.replace('>s<', '>Final Answer: 42<'), 'Final Answer: 42<'],
  ['text_after_final_answer', `${BLOCK}${END}\nbye`, 'bye'],
  ['answer_before_block', `It is 42. ${BLOCK.replace('>s<', '>42<')}${END}`, '<Parallel>'],
  ['near_duplicate_paths', BLOCK.replace('>b<', '>a!<') + END, 'a!'],
  ['order_words_in_path', BLOCK.replace('>b<', '>as in the first path<') + END, 'first path'],
  ['mentions_mechanism', `Parallel thinking helps. ${BLOCK}${END}`, 'Parallel thinking'],
];

for (const [code, text, at] of LINTS) {
  test(`3: ${code}`, () => {
    const plain = checkFormat(text, 'strict');
    const lint = plain.lints.find((one) => one.code === code);
    assert.ok(plain.valid && lint !== undefined, JSON.stringify(plain));
    assert.equal(text.slice(lint.at, lint.at + at.length), at);
    if (at === '') assert.equal(lint.at, text.length);
    for (const mode of MODES) {
      const promoted = checkFormat(text, mode, { promote: [code] });
      assert.deepEqual(promoted.violations, [{ code, at: lint.at }], mode);
      assert.equal(promoted.valid, false);
      assert.ok(!promoted.lints.some((one) => one.code === code));
    }
    assert.deepEqual(codesOf(BLOCK + END, 'strict', { promote: [code] }), []);
  });
}

test('3: every lint has a text', () => {
  const covered = new Set<string>(LINTS.map(([code]) => code));
  assert.deepEqual(
    LINT_CODES.filter((code) => !covered.has(code)),
    ['tag_in_prompt'],
  );
});

test('4: switches of lints', () => {
  const textOf = (code: LintCode) => LINTS.find(([one]) => one === code)![1];
  const early = textOf('answer_before_block');
  assert.deepEqual(codesOf(early, 'strict', { answerBeforeBlock: true }), ['answer_before_block']);
  assert.deepEqual(codesOf(early, 'strict', { answerBeforeBlock: false }), []);
  const near = textOf('near_duplicate_paths');
  assert.deepEqual(codesOf(near, 'strict', { nearDuplicatePaths: true }), ['near_duplicate_paths']);
  assert.deepEqual(codesOf(BLOCK, 'reference', { prompt: 'a <Path>', tagInPrompt: true }), ['tag_in_prompt']);
});

test('5: a tag in the prompt', () => {
  const prompt = 'What does <Summary> mean? <Path>';
  const report = checkFormat(BLOCK, 'strict', { prompt });
  assert.equal(report.valid, true);
  assert.deepEqual(report.lints[0], { code: 'tag_in_prompt', at: 10 });
  assert.ok(
    !checkFormat(prompt, 'algorithm1', { tagInPrompt: true }).violations.some(({ code }) => code === 'tag_in_prompt'),
  );
  const checker = createFormatChecker({
    mode: 'strict',
    source: { kind: 'text', prompt },
    strictness: { tagInPrompt: true },
  });
  assert.equal(checker.invalidPrefix, 0);
  assert.deepEqual(checker.push(''), [{ code: 'tag_in_prompt', at: 10 }]);
  assert.deepEqual(checker.push('x'), []);
});

test('6: beside the bracket matchers', () => {
  const twins = BLOCK.replace('>b<', '>a<');
  const options = { duplicatePath: true, promote: ['lookalike_tag'] } as const;
  assert.deepEqual(codesOf(`${twins}<path>`, 'reference', options), ['duplicate_path', 'lookalike_tag']);
  assert.deepEqual(codesOf(`${twins}</Path><Parallel>`, 'algorithm1', options), ['duplicate_path', 'unmatched_close']);
  assert.deepEqual(codesOf('</Summary>'.repeat(80) + twins, 'reference', options), ['duplicate_path']);
});

test('7: the answer line', () => {
  const inside = BLOCK.replace('>s<', '>Final Answer: 1<');
  assert.equal(checkAnswerLine(BLOCK + END), null);
  assert.equal(checkAnswerLine(`${BLOCK}\n**Final Answer:** 42\n`), null);
  assert.equal(checkAnswerLine(BLOCK), 'no_final_answer');
  assert.equal(checkAnswerLine(inside), 'final_answer_in_block');
  assert.equal(checkAnswerLine(inside + END), 'multiple_final_answers');
  assert.equal(checkAnswerLine(`${BLOCK}\n**Final Answer:** \n`), 'no_final_answer');
  assert.equal(checkAnswerLine(`${BLOCK}${END}\nbye`), 'text_after_final_answer');
});
