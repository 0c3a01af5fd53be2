/**
 * The format check on a response that comes in chunks:
 *  1. however a text is cut: the same violations in the same order, the same invalid prefix, the same report
 *  2. a violation comes with the unit that makes it certain
 *  3. the invalid prefix has no valid continuation, and every shorter prefix has one
 *  4. nothing throws, on any string; after finish nothing changes
 *  5. work grows with the length of the text only, whole or in single characters
 *  6. violations are bounded, whatever the text
 *  7. the early cold-start outputs give the same reports in pieces of any size
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { checkFormat, createFormatChecker } from '../../src/core/format/format-checker.ts';
import { type FormatMode, type FormatStrictness, LINT_CODES } from '../../src/core/format/format-report.ts';
import { arbitraryCut, arbitraryResponse, BLOCK, cutInto } from '../support/format-texts.ts';
import { NO_SAMPLES, readSharedRows } from '../support/shared-rows.ts';
import { countStringWork } from '../support/string-work.ts';

const MODES = ['strict', 'reference', 'algorithm1'] as const;

const open = (mode: FormatMode, strictness: Partial<FormatStrictness> = {}) =>
  createFormatChecker({ mode, source: { kind: 'text' }, strictness });

const arbitraryStrictness: fc.Arbitrary<Partial<FormatStrictness>> = fc.record(
  {
    emptyPath: fc.boolean(),
    duplicatePath: fc.boolean(),
    textBeforeSummary: fc.boolean(),
    promote: fc.subarray([...LINT_CODES]),
  },
  { requiredKeys: [] },
);

test('1: any cut equals the whole', () => {
  const cases = [arbitraryResponse, arbitraryCut, fc.constantFrom(...MODES), arbitraryStrictness] as const;
  fc.assert(
    fc.property(...cases, (text, cut, mode, strictness) => {
      const whole = open(mode, strictness);
      const atOnce = whole.push(text);
      const prefixBeforeEnd = whole.invalidPrefix;
      const report = whole.finish();
      const pieces = open(mode, strictness);
      const inTurn = cutInto(text, cut).flatMap((chunk) => pieces.push(chunk));
      assert.deepEqual(inTurn, atOnce);
      assert.equal(pieces.invalidPrefix, prefixBeforeEnd);
      assert.deepEqual(pieces.finish(), report);
      assert.deepEqual(report.violations.slice(0, atOnce.length), atOnce);
      assert.deepEqual(report, checkFormat(text, mode, strictness));
    }),
    { numRuns: 3000, seed: 3 },
  );
});

const P = '<Parallel><Path>a</Path><Path>b</Path></Parallel>';

/** What is pushed before, and the rest: its last character brings the violation. */
const MOMENTS: readonly (readonly [mode: FormatMode, before: string, last: string, code: string])[] = [
  ['strict', '<Parallel>', 'x', 'text_in_block'],
  ['strict', '<Parallel> <Pat', 'x', 'text_in_block'],
  ['strict', 'x</Pat', 'h>', 'stray_close'],
  ['strict', '<Parallel><Path>a</Path></Para', 'llel>', 'too_few_paths'],
  ['strict', '<Parallel><Path>a</Path><Path> a</Path', '>', 'duplicate_path'],
  ['strict', '<Parallel><Path> </Path', '>', 'empty_path'],
  ['strict', `${P} so <Summary`, '>', 'text_before_summary'],
  ['strict', `${P} so <Parallel`, '>', 'missing_summary'],
  ['strict', `${P}<Summary>\n</Summary`, '>', 'empty_summary'],
  ['reference', 'x</Pat', 'h>', 'unmatched_close'],
  ['reference', '<Summar', 'y>', 'summary_without_block'],
  ['algorithm1', '<Path>a</Summar', 'y>', 'unmatched_close'],
];

test('2: at once', () => {
  for (const [mode, before, last, code] of MOMENTS) {
    const checker = open(mode);
    assert.deepEqual(checker.push(before + last.slice(0, -1)), [], before);
    assert.deepEqual(
      checker.push(last.slice(-1)).map((violation) => violation.code),
      [code],
    );
    assert.equal(checker.violations.length, 1);
  }
});

test('2: promoted lints at once, the others at the end', () => {
  const momentOf = (text: string, code: (typeof LINT_CODES)[number]) => {
    const checker = open('strict', { promote: [code] });
    const found = [...text].findIndex((character) => checker.push(character).length > 0);
    const report = checker.finish();
    assert.deepEqual([report.valid, report.violations[0]?.code], [false, code]);
    return found < 0 ? 'end' : text.slice(0, found + 1);
  };
  assert.equal(momentOf('a <Path 1> b', 'lookalike_tag'), 'a <Path 1>');
  assert.equal(
    momentOf('Final Answer: 1\nFinal Answer: 2', 'multiple_final_answers'),
    'Final Answer: 1\nFinal Answer:',
  );
  const inside = BLOCK.replace('>s<', '>Final Answer: 1<');
  assert.equal(momentOf(`${inside} x`, 'final_answer_in_block'), inside.slice(0, inside.indexOf(':') + 1));
  assert.equal(
    momentOf('parallel pathology. parallel paths.', 'mentions_mechanism'),
    'parallel pathology. parallel paths.',
  );
  const twins = BLOCK.replace('>b<', '> a.<');
  assert.equal(momentOf(`${twins} x`, 'near_duplicate_paths'), twins);
  const loose = BLOCK.replace('><Path>', '> <Path>');
  assert.equal(momentOf(`${loose} x`, 'noncanonical_space'), loose.slice(0, loose.indexOf('<Path>') + 6));
  assert.equal(momentOf('x', 'no_block'), 'end');
  assert.equal(momentOf('x', 'no_final_answer'), 'end');
  assert.equal(momentOf('Final Answer: 1\nx', 'text_after_final_answer'), 'end');
  const early = `It is 42. ${BLOCK.replace('>s<', '>42<')}\nFinal Answer: 42`;
  assert.equal(momentOf(early, 'answer_before_block'), 'end');
});

/** What makes a response valid that ends in main text, a path, a block, after `</Parallel>`, in a summary. */
const ENDINGS = [
  '',
  'u</Path><Path>v</Path></Parallel>\n<Summary>s</Summary>',
  '<Path>u</Path><Path>v</Path></Parallel>\n<Summary>s</Summary>',
  '\n<Summary>s</Summary>',
  's</Summary>',
];

test('3: the invalid prefix', () => {
  const unit = fc.constantFrom(...BLOCK.split(/(?<=>)|(?=<)/), '<Path>', ' ', '\n', 'so ');
  const units = fc.oneof(
    fc.array(unit, { maxLength: 20 }),
    fc
      .tuple(fc.array(unit, { maxLength: 3 }), fc.nat(16))
      .map(([rest, from]) => [...BLOCK.split(/(?<=>)|(?=<)/).slice(0, from), ...rest]),
  );
  let lost = 0;
  fc.assert(
    fc.property(units, arbitraryResponse, (parts, rest) => {
      const checker = open('strict');
      let prefix = '';
      for (const part of parts) {
        prefix += part;
        checker.push(part);
        const isValid = (ending: string) => checkFormat(prefix + ending, 'strict').valid;
        if (checker.invalidPrefix === null) assert.ok(ENDINGS.some(isValid), prefix);
        else assert.ok(![...ENDINGS, rest].some(isValid), prefix);
      }
      if (checker.invalidPrefix !== null) lost += 1;
    }),
    { numRuns: 400, seed: 5 },
  );
  assert.ok(lost > 100, `${lost}`);
  const waiting = open('strict');
  assert.deepEqual(waiting.push(`${P}\nSo `), []);
  assert.equal(waiting.invalidPrefix, P.length + 2);
  const broken = open('strict');
  broken.push(`${P}<Summax so`);
  assert.equal(broken.invalidPrefix, `${P}<Summax`.length, 'until the x it could have been the summary');
  const missed = open('reference');
  assert.deepEqual(missed.push(`${P}x${P}`), []);
  assert.equal(missed.invalidPrefix, `${P}x<Parallel>`.length);
  assert.equal(missed.finish().violations[0]?.code, 'missing_summary');
});

test('4: nothing throws', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 12 })), fc.constantFrom(...MODES), (chunks, mode) => {
      const checker = open(mode, { promote: LINT_CODES });
      for (const chunk of chunks) checker.push(chunk);
      const report = checker.finish();
      assert.deepEqual(checker.push('</Path><Path>'), []);
      assert.equal(checker.finish(), report);
      assert.deepEqual(checker.violations, report.violations);
    }),
    { numRuns: 300, seed: 7 },
  );
});

/** Repeated, each is meant to make some part of the check look back over and over. */
const HOSTILE = [
  ...[
    '<',
    '</',
    '<Parallel>',
    '<Path>',
    '<Path>x',
    '</Summary>',
    '<Summary>',
    '< path ',
    '<path \n',
    'Final Answer: 1 ',
  ],
  ...[
    'final answer   ',
    ' ',
    '\n',
    'a',
    'parallel ',
    'parallel paths ',
    'is 1 ',
    '**',
    '<Parallel><Path>1</Path>',
    BLOCK,
  ],
  ...['<Path>a</Path>', 'first path ', '<Parallel> ', `${P} `, '</Parallel>'],
];

test('5: linear work', () => {
  for (const unit of HOSTILE) {
    for (const [start, end] of [
      ['', ''],
      ['<Parallel>', ''],
      [P, ''],
      ['<Parallel><Path>', '</Path><Path>b</Path></Parallel>\n<Summary>s</Summary>is 1\nFinal Answer: 1'],
    ]) {
      const measure = (length: number, size: number) => {
        const text = start + unit.repeat(length / unit.length) + end;
        return countStringWork(() => {
          const checker = open('strict', { promote: LINT_CODES });
          for (const chunk of cutInto(text, [size])) checker.push(chunk);
          checker.finish();
        });
      };
      for (const size of [1, 1000]) {
        const [once, twice] = [measure(1000, size), measure(2000, size)];
        assert.ok(twice < 2.2 * once + 4000, `${JSON.stringify(unit)} by ${size}: ${once}, then ${twice}`);
        assert.ok(twice < 1000 * 2000, `${JSON.stringify(unit)} by ${size}: ${twice}`);
      }
    }
  }
});

test('6: bounded violations', () => {
  for (const mode of MODES) {
    const checker = open(mode, { emptyPath: true, duplicatePath: true, promote: LINT_CODES });
    let pushed = 0;
    for (let k = 0; k < 3000; k += 1) pushed += checker.push('</Path><Path 1><Parallel><Path></Path>').length;
    const { violations } = checker.finish();
    assert.ok(pushed <= violations.length && violations.length <= 50 + 1 + LINT_CODES.length, `${violations.length}`);
  }
});

const teacher = readSharedRows<{ readonly output: string }>('data/pr1_parallel_gsm8k_sft_341.jsonl');

test('7: early cold-start outputs in pieces', { skip: teacher === null && NO_SAMPLES }, () => {
  for (const mode of MODES) {
    teacher!.forEach(({ output }, index) => {
      const checker = open(mode);
      for (const chunk of cutInto(output, [(index % 13) + 1])) checker.push(chunk);
      const report = checker.finish();
      assert.equal(report.source, 'text');
      assert.deepEqual(report, checkFormat(output, mode));
    });
  }
});
