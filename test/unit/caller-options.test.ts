/**
 * Callers without types, who mistype an option or leave one out:
 *  1. an unknown option is refused with the one that was probably meant, or with all there are
 *  2. missing options and values of another kind are refused by name; what may be left out may also be null
 *  3. the format check refuses modes, switches, sources and lints that do not exist, and judges by no other rule
 *  4. configurations, stores and reporters refuse theirs
 *  5. every option that the types know is taken
 *  6. the statistics refuse options, methods and figures that do not exist, and samples that lack a field
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

const SAMPLE = { problem: 'a', answer: '7', correct: true, errored: false, truncated: false, formatValid: true };

test('6: statistics', () => {
  const { measureSamples, compareSamples, estimateMean, comparePaired, planComparison, createRng } = loose;
  const taken = [
    { ...SAMPLE, seed: 4 },
    { ...SAMPLE, correct: false, answer: null },
  ];
  measureSamples!(taken, { seed: 1, level: 0.9, method: 't', errored: 'wrong', ks: [1] });
  assert.match(
    refusalOf(() => measureSamples!(taken, { sed: 1 })),
    /no option "sed"; did you mean seed/,
  );
  assert.match(
    refusalOf(() => measureSamples!(taken, {})),
    /measureSamples: seed is missing/,
  );
  assert.match(
    refusalOf(() => measureSamples!(taken, { seed: 1, method: 'wilson' })),
    /method must be one of bounded/,
  );
  const refuses = (sample: object, message: RegExp) =>
    assert.match(
      refusalOf(() => measureSamples!([SAMPLE, sample], { seed: 1 })),
      message,
    );
  refuses({ ...SAMPLE, correct: 'yes' }, /sample 1: correct must be true or false/);
  refuses({ ...SAMPLE, problem: undefined }, /sample 1: problem is missing/);
  refuses({ ...SAMPLE, answer: undefined }, /sample 1: answer is missing; it is null where none was found/);

  compareSamples!(taken, taken, { seed: 1, figure: 'pass', k: 2 });
  assert.match(
    refusalOf(() => compareSamples!(taken, taken, { seed: 1, figure: 'passs' })),
    /figure must be one of mean/,
  );
  const rng = (createRng as (seed: number) => object)(1);
  const means = { method: 'bounded', level: 0.95, rng };
  estimateMean!([0.5], { ...means, range: [0, 1] });
  assert.match(
    refusalOf(() => estimateMean!([0.5], { ...means, method: 'wald', range: [0, 1] })),
    /method must be one of/,
  );
  assert.match(
    refusalOf(() => estimateMean!([0.5], means)),
    /estimateMean: range is missing/,
  );
  comparePaired!([{ problem: 'a', value: 1 }], [{ problem: 'a', value: 0 }], means);
  assert.match(
    refusalOf(() => comparePaired!([], [], { ...means, rng: undefined })),
    /comparePaired: rng is missing/,
  );
  const spread = { variance: 0.1, samples: 1, basis: 'assumed', parts: null };
  planComparison!({ spread, problems: 30, difference: 0.1, power: 0.8, level: 0.95 });
  assert.match(
    refusalOf(() => planComparison!({ spread, problem: 30, difference: 0.1, power: 0.8, level: 0.95 })),
    /no option "problem"; did you mean problems/,
  );
});
