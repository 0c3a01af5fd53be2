/**
 * The analyses of a step, against values worked out by hand:
 *  1. parallel ratio in the text and executed, blocks and paths of an answer, positions
 *  2. lengths by role in generated tokens; paths that were given up count nowhere
 *  3. self-parallelism is the mean of T_join / D over answers; the surprisal that of sampled tokens with a log-prob
 *  4. similarity of paths is BLEU of every pair in both directions: the values of sacrebleu, 1 for equal texts
 *  5. hostile paths cost no more than their bounds allow
 *  6. copies of an earlier path, and blocks without two paths that count
 *  7. a block is opened after the answer was known when the text before it holds the value as a whole word, and the
 *     problem does not
 *  8. what cannot be measured is left out: no block, no log-probs, no token id of the tag
 *  9. page by page gives what all at once gives
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { AnswerTally, type TalliedAnswer } from '../../src/core/analyses/answer-tally.ts';
import { measureSimilarity } from '../../src/core/analyses/path-similarity.ts';
import { DEFAULT_EFFECTIVE_THRESHOLDS } from '../../src/core/effective/effective-parallelism.ts';
import type { Origin, Segment, Trajectory } from '../../src/core/trajectory.ts';
import { executeText } from '../support/executed-trace.ts';
import { countStringWork } from '../support/string-work.ts';

/** `<Parallel>` is token 1, and of every piece the log-probs are -0.5. */
const PARALLEL = 1;

function segment(
  role: Segment['role'],
  path: number,
  pieces: readonly (readonly [origin: Origin, ids: readonly number[]])[],
  stop: Segment['stop'] = 'tag',
): Segment {
  return {
    ...{ role, block: role === 'main' ? 0 : 1, path, stop, flags: [], seed: 1, weightsVersion: 'w' },
    pieces: pieces.map(([origin, ids]) => ({
      ...{ ids, text: ids.map((id) => ` w${id}`).join(''), origin },
      logprobs: origin === 'policy' ? ids.map(() => -0.5) : null,
    })),
  };
}

const respond = (...segments: Segment[]): Trajectory => ({ promptIds: [50], segments, end: 'eos' });

/**
 * Twenty tokens. Main 4 with the tag at index 3; paths of 2 and 6 sampled tokens, each behind one injected tag; one given
 * up; a summary of 3 behind one injected; main 2.
 */
const FORKED = respond(
  segment('main', 0, [['policy', [10, 11, 12, PARALLEL]]]),
  segment('path', 1, [
    ['injected', [3]],
    ['policy', [20, 21]],
  ]),
  segment('path', 2, [
    ['injected', [3]],
    ['policy', [30, 31, 32, 33, 34, 35]],
  ]),
  segment('path', 3, [], 'abort'),
  segment('summary', 0, [
    ['injected', [2]],
    ['policy', [40, 41, 42]],
  ]),
  segment('main', 0, [['policy', [60, 61]]]),
);

/** Five tokens, an inert tag at index 2. */
const INERT = respond(segment('main', 0, [['policy', [10, 11, PARALLEL, 12, 13]]]));

const PLAIN = respond(segment('main', 0, [['policy', [10, 11, 12]]]));

function tally(answers: readonly (Trajectory | TalliedAnswer)[], parallelOpen: number | null = PARALLEL) {
  const all = new AnswerTally({ parallelOpen, thresholds: DEFAULT_EFFECTIVE_THRESHOLDS });
  for (const one of answers) all.add('trajectory' in one ? one : { trajectory: one, problem: 'w1', answer: null });
  return all.figures();
}

function near(value: number | undefined, wanted: number): void {
  assert.ok(value !== undefined && Math.abs(value - wanted) < 1e-12, `${value}, wanted ${wanted}`);
}

test('1: ratio, blocks, positions', () => {
  const figures = tally([FORKED, INERT, PLAIN, PLAIN]);
  assert.equal(figures['rollout/parallel_text_fraction'], 0.5);
  assert.equal(figures['rollout/parallel_fraction'], 0.25);
  assert.equal(figures['block/per_answer'], 0.25);
  assert.equal(figures['block/paths'], 2);
  near(figures['block/position_first'], 3 / 20);
  near(figures['block/position_text_first'], (3 / 20 + 2 / 5) / 2);
});

test('2: lengths', () => {
  const figures = tally([FORKED, INERT]);
  assert.equal(figures['rollout/main_tokens'], (6 + 5) / 2);
  assert.equal(figures['block/path_tokens'], 4);
  assert.equal(figures['block/summary_tokens'], 3);
});

test('3: self-parallelism and surprisal', () => {
  // T_join is 6 + 8 + 3 = 17, D is 6 + 6 + 3 = 15.
  near(tally([FORKED, PLAIN])['rollout/self_parallelism'], (17 / 15 + 1) / 2);
  near(tally([FORKED])['rollout/surprisal'], 0.5);
  const other = respond({
    ...segment('main', 0, []),
    pieces: [{ ids: [10, 11, 12], text: '', logprobs: [-2, Number.NaN, 0], origin: 'policy' }],
  });
  // 17 tokens of 0.5, one of 2, one of 0; the one without a log-prob does not count.
  near(tally([FORKED, other])['rollout/surprisal'], 10.5 / 19);
});

test('4: similarity', () => {
  const alike = (a: string, b: string) => measureSimilarity([a, b])!;
  near(alike('the barns hold 48 cows in all', 'the barns hold 48 cows and the meadow 10'), 0.4541614753899518);
  near(
    alike('12 plus 13 makes 25 and 25 doubled is 50', 'double 12 is 24 and double 13 is 26 which makes 50 in all'),
    0.04423381848995282,
  );
  near(alike('one two', 'two one five six'), 0.22504448446217135);
  assert.equal(alike('Count  the cows.', 'count the cows'), 1);
  assert.equal(alike('a b c', 'd e f'), 0);
  assert.equal(alike('', ''), 1);
  assert.equal(alike('', 'a'), 0);
  assert.equal(measureSimilarity(['alone']), null);
  near(measureSimilarity(['a b c', 'a b c', 'd e f'])!, 1 / 3);
  const text = fc.array(fc.constantFrom('add', '12', 'cows', 'all'), { maxLength: 12 }).map((words) => words.join(' '));
  fc.assert(
    fc.property(text, text, (a, b) => {
      const value = alike(a, b);
      assert.ok(value >= 0 && value <= 1 + 1e-12);
      near(alike(b, a), value);
      near(alike(a, a), 1);
    }),
  );
});

test('5: hostile paths', () => {
  const paths = (count: number, words: number) =>
    Array.from({ length: count }, (_, k) =>
      Array.from({ length: words }, (_, i) => `w${(i * (k + 3)) % 997}`).join(' '),
    );
  const few = countStringWork(() => measureSimilarity(paths(8, 2_048)));
  const many = countStringWork(() => measureSimilarity(paths(64, 2_048)));
  assert.ok(many <= few * 1.01, `${many} of ${few}`);
});

const PROBLEM = 'Add 12 and 13, then double the sum. What is it?';
const SUM = '12 + 13 = 25 and 25 * 2 = 50';
const DOUBLED = 'double each: 12 * 2 = 24, 13 * 2 = 26, so 24 + 26 = 50';
const write = (before: string, paths: readonly string[]): TalliedAnswer => ({
  trajectory: executeText(
    `${before} <Parallel>${paths.map((path) => `<Path>${path}</Path>`).join('')}</Parallel>\n<Summary>The sum 25 doubled is 50, and 24 + 26 = 50 too.</Summary>\nFinal Answer: 50`,
  ),
  problem: PROBLEM,
  answer: '50',
});

test('6: copies and redundant blocks', () => {
  const figures = tally([write('Add.', [SUM, DOUBLED]), write('Add.', [SUM, ` ${SUM}!`, SUM])]);
  assert.equal(figures['parallel/duplicate_path_fraction'], 2 / 3, 'of three later paths two stand before');
  assert.equal(figures['parallel/redundant_block_fraction'], 0.5);
});

test('7: the answer was known', () => {
  const known = (before: string, over: Partial<TalliedAnswer> = {}) =>
    tally([{ ...write(before, [SUM, DOUBLED]), ...over }])['block/answer_known_fraction'];
  assert.equal(known('It is 50.'), 1);
  assert.equal(known('Add.'), 0);
  assert.equal(known('It is 150 or 500.'), 0, 'part of another number');
  assert.equal(known('It is 50.', { problem: `${PROBLEM} Not 50.` }), undefined, 'the problem says it');
  assert.equal(known('It is 50.', { answer: null }), undefined);
  assert.equal(known('It is 50.', { answer: '$' }), undefined, 'an answer without a word or number');
  const twice = write('Add.', [SUM, DOUBLED]).trajectory.segments;
  const again = twice.map((one) => (one.block === 1 ? { ...one, block: 2 } : one));
  const both = { promptIds: [1], segments: [...twice.slice(0, -1), ...again], end: 'eos' } as const;
  assert.equal(known('', { trajectory: both }), 0.5, 'the first block finds it, the second one checks it');
});

test('8: left out', () => {
  const serial = tally([PLAIN]);
  assert.deepEqual(Object.keys(serial).sort(), [
    'block/per_answer',
    'parallel/effective_fraction',
    'rollout/main_tokens',
    'rollout/parallel_fraction',
    'rollout/parallel_text_fraction',
    'rollout/self_parallelism',
    'rollout/surprisal',
  ]);
  const silent = tally([{ ...PLAIN, segments: PLAIN.segments.map((one) => stripLogprobs(one)) }], null);
  assert.equal(silent['rollout/surprisal'], undefined);
  assert.equal(silent['rollout/parallel_text_fraction'], undefined);
  assert.deepEqual(tally([]), {});
});

function stripLogprobs(one: Segment): Segment {
  return { ...one, pieces: one.pieces.map((piece) => ({ ...piece, logprobs: null })) };
}

test('9: pages', () => {
  const answers = [FORKED, INERT, write('Add.', [SUM, DOUBLED]), PLAIN];
  const paged = new AnswerTally({ parallelOpen: PARALLEL, thresholds: DEFAULT_EFFECTIVE_THRESHOLDS });
  for (const one of answers) {
    paged.add('trajectory' in one ? one : { trajectory: one, problem: 'w1', answer: null });
    paged.figures();
  }
  assert.deepEqual(paged.figures(), tally(answers));
});
