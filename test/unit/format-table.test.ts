/**
 * 1. The accept / reject table of the trajectory format: every row in all three checkers, with the primary
 *    code of the strict one and the place where it was seen.
 * 2. Lints never change the verdict.
 * 3. Strict accepts what the writer of canonical responses writes, and no checker throws on any text.
 * 4. Of the early cold-start outputs the reference accepts 341, Algorithm 1 340, strict 338; 338 hold a block.
 * 5. Canonicalising these changes all but the three without a block, is idempotent, and leaves the verdicts alone.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { canonicaliseResponse, rewriteAnswerLine } from '../../src/core/canonicalise.ts';
import { checkFormat } from '../../src/core/format/format-checker.ts';
import { TAGS } from '../../src/core/grammar.ts';
import { NO_SAMPLES, readSharedRows } from '../support/shared-rows.ts';

const P = '<Parallel><Path>a</Path><Path>b</Path></Parallel>';
const S = '\n<Summary>s</Summary>';
const B = P + S;

interface Row {
  readonly text: string;
  /** Primary code of the strict checker; null when it accepts. */
  readonly code: string | null;
  /** What stands at the offset of the primary code. */
  readonly at?: string;
  readonly reference: boolean;
  readonly algorithm1: boolean;
}

const accepted = (text: string): Row => ({ text, code: null, reference: true, algorithm1: true });
const rejected = (text: string, code: string, at: string, reference: boolean, algorithm1: boolean): Row => ({
  text,
  code,
  at,
  reference,
  algorithm1,
});

const THREE = '<Parallel><Path>a</Path><Path>b</Path><Path>c</Path></Parallel>';
const LOOSE = '<Parallel>\n<Path>a</Path>\n<Path>b</Path>\n</Parallel>\n\n<Summary>s</Summary>';

const ROWS: readonly (readonly [row: number, Row])[] = [
  [1, accepted(B)],
  [2, accepted('')],
  [2, accepted('no tags')],
  [3, accepted(`x ${B} y ${B} z`)],
  [4, accepted(THREE + S)],
  [5, accepted(LOOSE)],
  [6, rejected(`<Parallel><Path>a</Path></Parallel>${S}`, 'too_few_paths', '</Parallel>', false, true)],
  [7, rejected(`<Parallel></Parallel>${S}`, 'too_few_paths', '</Parallel>', false, true)],
  [8, rejected(P, 'missing_summary', '', false, true)],
  [9, rejected(`${P} x ${B}`, 'missing_summary', B, false, true)],
  [10, rejected('<Summary>s</Summary>', 'summary_outside_block', '<Summary>', false, true)],
  [
    11,
    rejected(
      '<Parallel><Path>a</Path><Path>b</Path><Summary>s</Summary></Parallel>',
      'summary_inside_block',
      '<Summary>s',
      false,
      true,
    ),
  ],
  [12, rejected(`${B}<Summary>again</Summary>`, 'summary_outside_block', '<Summary>again', false, true)],
  [13, rejected(`${P} Final Answer: 3 <Summary>t</Summary>`, 'text_before_summary', 'Final', true, true)],
  [14, rejected(B.replace('</Path><Path>', '</Path> or <Path>'), 'text_in_block', 'or <Path>', true, true)],
  [15, rejected(`${P}\n<Summary>s`, 'unclosed_summary', '<Summary>s', true, false)],
  [16, rejected(`${B}</Summary></Summary>`, 'stray_close', '</Summary></Summary>', true, false)],
  [17, rejected(`${B}</Path>`, 'stray_close', '</Path>', false, false)],
  [18, rejected(`${B}</Parallel>`, 'stray_close', '</Parallel>', false, false)],
  [18, rejected(`</Parallel>${B}`, 'stray_close', '</Parallel>', false, false)],
  [19, rejected(`<Path>x</Path>${B}`, 'path_outside_block', '<Path>x', true, true)],
  [20, rejected(`<Parallel><Path>a</Path><Path>b</Parallel>${S}`, 'tag_in_path', '</Parallel>', false, false)],
  [21, rejected(`${B} more <Parallel>`, 'unclosed_block', '<Parallel>', false, false)],
  [22, rejected('<Parallel><Path>a</Path><Path>b', 'unclosed_path', '<Path>b', false, false)],
  [23, rejected(B.replace('>a<', `>a ${B}<`), 'nested_block', B, true, true)],
  [24, rejected(B.replace('>s<', `>${B}<`), 'tag_in_summary', B, true, true)],
  [25, rejected(B.replace('>a<', '>a<Path>n</Path><'), 'nested_path', '<Path>n', true, true)],
  [26, rejected(`<Parallel><Path>a<Path>n</Path></Path></Parallel>${S}`, 'nested_path', '<Path>n', true, true)],
  [
    27,
    rejected(
      '<Parallel><Path></Path><Path></Path></Parallel>\n<Summary></Summary>',
      'empty_path',
      '<Path></Path><Path></Path>',
      true,
      true,
    ),
  ],
  [28, rejected(B.replace('>b<', '>a<'), 'duplicate_path', `<Path>a</Path></Parallel>`, true, true)],
  [29, rejected(`<Parallel><Path>a<Summary></Path>b</Summary></Parallel>`, 'tag_in_path', '<Summary>', false, false)],
  [30, accepted('<parallel><path>a</path></parallel>')],
];

test('the table covers its thirty rows', () => {
  assert.equal(new Set(ROWS.map(([row]) => row)).size, 30);
});

for (const [number, row] of ROWS) {
  test(`row ${number}: ${JSON.stringify(row.text.slice(0, 60))}`, () => {
    const strict = checkFormat(row.text, 'strict');
    assert.equal(strict.valid, row.code === null);
    assert.equal(strict.violations[0]?.code ?? null, row.code);
    if (row.at !== undefined) {
      const at = strict.violations[0]!.at;
      assert.ok(
        row.text.startsWith(row.at, at),
        `offset ${at} points at ${JSON.stringify(row.text.slice(at, at + 20))}`,
      );
    }
    assert.equal(checkFormat(row.text, 'reference').valid, row.reference, 'reference');
    assert.equal(checkFormat(row.text, 'algorithm1').valid, row.algorithm1, 'algorithm1');
  });
}

test('lints leave a text valid', () => {
  const codesOf = (text: string) => checkFormat(text, 'strict').lints.map(({ code }) => code);
  assert.ok(!codesOf(LOOSE).includes('noncanonical_space'), 'tags on lines of their own');
  for (const odd of [LOOSE.replace('\n<Path>', ' <Path>'), LOOSE.replace('\n\n<Summary>', '<Summary>')])
    assert.ok(codesOf(odd).includes('noncanonical_space'), odd);
  const alike = [
    '<parallel><path>a</path>',
    '&lt;Path&gt;',
    '\\<Path\\>',
    '<\\/Path>',
    '＜Ｐａｔｈ＞',
    '<Раth>',
    '<P\u200bath>',
    '<Summary id="1">',
  ];
  for (const text of alike) assert.ok(codesOf(text).includes('lookalike_tag'), text);
  for (const text of ['a path > b', '<pathology>', 'x < path', '<b>', B])
    assert.ok(!codesOf(text).includes('lookalike_tag'), text);
  assert.ok(codesOf('no tags').includes('no_block'));
  assert.ok(codesOf('no tags').includes('no_final_answer'));
  assert.ok(!codesOf(`${B}\n\nFinal Answer: 3`).includes('no_final_answer'));
});

test('no checker throws, whatever the tags stand among', () => {
  const piece = fc.oneof(
    fc.constantFrom(...TAGS),
    fc.string({ maxLength: 8 }),
    fc.constantFrom('\n', ' ', '<', 'Final Answer:'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('');
      for (const mode of ['strict', 'reference', 'algorithm1'] as const) {
        const report = checkFormat(text, mode);
        assert.equal(report.valid, report.violations.length === 0);
      }
      const canonical = canonicaliseResponse(text);
      assert.equal(canonicaliseResponse(canonical), canonical);
    }),
    { numRuns: 300, seed: 11 },
  );
});

interface TeacherRow {
  readonly answer: string;
  readonly output: string;
}

const teacher = readSharedRows<TeacherRow>('data/pr1_parallel_gsm8k_sft_341.jsonl');

test('the early cold-start outputs are accepted as counted', { skip: teacher === null && NO_SAMPLES }, () => {
  const outputs = teacher!.map(({ output }) => output);
  const accepts = (mode: 'strict' | 'reference' | 'algorithm1') =>
    outputs.filter((output) => checkFormat(output, mode).valid).length;
  assert.equal(outputs.length, 341);
  assert.equal(accepts('reference'), 341);
  assert.equal(accepts('algorithm1'), 340);
  assert.equal(accepts('strict'), 338);
  assert.equal(outputs.filter((output) => output.includes('<Parallel>')).length, 338);
  const codes = outputs.flatMap((output) => checkFormat(output, 'strict').violations[0]?.code ?? []);
  assert.deepEqual(codes.toSorted(), ['text_before_summary', 'text_in_block', 'unclosed_summary']);
});

test('canonicalising them changes what the rules name', { skip: teacher === null && NO_SAMPLES }, () => {
  let unchanged = 0;
  let rewritten = 0;
  for (const { answer, output } of teacher!) {
    const tight = canonicaliseResponse(output, { gap: 'keep' });
    if (tight === output) unchanged += 1;
    if (rewriteAnswerLine(tight, answer) !== tight) rewritten += 1;
    const canonical = rewriteAnswerLine(canonicaliseResponse(output), answer);
    assert.equal(canonicaliseResponse(canonical), canonical);
    assert.equal(canonical.replace(/\s/g, '').length <= output.replace(/\s/g, '').length + answer.length, true);
    const [before, after] = [checkFormat(output, 'strict'), checkFormat(canonical, 'strict')];
    assert.equal(after.valid, before.valid);
  }
  assert.equal(unchanged, 3);
  assert.equal(rewritten, 48);
});
