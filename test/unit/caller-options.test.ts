/**
 * Callers without types, who mistype an option or leave one out:
 *  1. an unknown option is refused with the one that was probably meant, or with all there are
 *  2. missing options and values of another kind are refused by name; what may be left out may also be null
 *  3. the format check refuses modes, switches, sources and lints that do not exist, and judges by no other rule
 *  4. configurations, stores and reporters refuse theirs
 *  5. every option that the types know is taken
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { findOptionFault } from '../../src/core/options.ts';
import * as library from '../../src/index.ts';

const KNOWN = { file: 'text', rows: 'number?', done: 'function?', mode: ['a', 'b'] } as const;

const faultOf = (given: unknown) => findOptionFault('act', given, KNOWN);

/** The message of what is thrown: one line. */
function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof TypeError || error instanceof library.UsageError, String(error));
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  }
  return assert.fail('it was taken');
}

test('1: unknown options', () => {
  assert.equal(faultOf({ fiel: 'x' }), 'act: there is no option "fiel"; did you mean file?');
  assert.equal(faultOf({ file: 'x', zzzz: 1 }), 'act: there is no option "zzzz"; known: file, rows, done, mode');
  for (const given of [null, undefined, 'x', 7, []])
    assert.equal(faultOf(given), 'act: options are an object with file, rows, done, mode');
});

test('2: values', () => {
  assert.equal(faultOf({}), 'act: file is missing');
  assert.equal(faultOf({ file: null }), 'act: file is missing');
  assert.equal(faultOf({ file: 7 }), 'act: file must be text');
  assert.equal(faultOf({ file: 'x', rows: '7' }), 'act: rows must be a number');
  assert.equal(faultOf({ file: 'x', mode: 'c' }), 'act: mode must be one of a, b');
  assert.equal(faultOf({ file: 'x', rows: null, done: undefined, mode: 'b' }), null);
});

/** The library as a caller without types has it. */
const loose = library as unknown as Readonly<Record<string, (...given: unknown[]) => unknown>>;

test('3: format', () => {
  const { checkFormat, checkIdsFormat, createFormatChecker } = loose;
  const tags = { open: 1 };
  assert.match(
    refusalOf(() => checkFormat!('x')),
    /^checkFormat: the mode must be one of strict, reference, algorithm1$/,
  );
  assert.match(
    refusalOf(() => checkFormat!('x', 'lax')),
    /^checkFormat: the mode must be one of/,
  );
  assert.match(
    refusalOf(() => checkFormat!('x', 'toString')),
    /^checkFormat: the mode must be one of/,
  );
  assert.match(
    refusalOf(() => checkFormat!(7, 'strict')),
    /^checkFormat: the response must be text$/,
  );
  assert.match(
    refusalOf(() => checkFormat!('x', 'strict', { promt: '' })),
    /did you mean prompt\?$/,
  );
  assert.match(
    refusalOf(() => checkFormat!('x', 'strict', { emptyPath: 'no' })),
    /emptyPath must be true or false$/,
  );
  assert.match(
    refusalOf(() => checkFormat!('x', 'strict', { promote: ['lookalike'] })),
    /^checkFormat: promote: there is no lint "lookalike"; known: tag_in_prompt, /,
  );
  assert.match(
    refusalOf(() => checkIdsFormat!([], 'strict', tags, { nearDuplicatePaths: true })),
    /there is no option/,
  );
  assert.match(
    refusalOf(() =>
      createFormatChecker!({
        mode: 'strict',
        source: { kind: 'ids', tags },
        strictness: { promote: ['lookalike_tag'] },
      }),
    ),
    /there is no lint "lookalike_tag"; known: tag_in_prompt, no_block, noncanonical_space$/,
  );
  assert.match(
    refusalOf(() => createFormatChecker!({ mode: 'strict' })),
    /^createFormatChecker: source is missing$/,
  );
  assert.match(
    refusalOf(() => createFormatChecker!({ mode: 'strict', source: { kind: 'words' } })),
    /source\.kind must be/,
  );
});

test('4: the rest', () => {
  const { loadRunConfig, openRunStore, createLineReporter } = loose;
  assert.match(
    refusalOf(() => loadRunConfig!({ presets: 'seen' })),
    /^loadRunConfig: .*did you mean preset\?$/,
  );
  assert.match(
    refusalOf(() => openRunStore!('x.db', { readOnly: true })),
    /^openRunStore: .*did you mean readonly\?$/,
  );
  assert.match(
    refusalOf(() => createLineReporter!({})),
    /^createLineReporter: write is missing$/,
  );
});

test('5: what exists', () => {
  const strictness = {
    ...{ emptyPath: true, duplicatePath: true, textBeforeSummary: true, tagInPrompt: true },
    ...{ answerBeforeBlock: true, nearDuplicatePaths: true, promote: library.LINT_CODES },
  };
  assert.equal(library.checkFormat('x', 'strict', { ...strictness, prompt: 'p' }).valid, false);
  const checker = library.createFormatChecker({ mode: 'strict', source: { kind: 'text', prompt: 'p' }, strictness });
  assert.deepEqual(checker.push('x'), []);
  assert.equal(library.loadRunConfig({ preset: null, sets: [], overrides: [] }).preset, 'embedded');
});
