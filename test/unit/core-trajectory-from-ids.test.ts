/**
 * Token ids of an SFT target to the segments a rollout would have made:
 *  1. a canonical target: segments, origins and texts; nothing is lost
 *  2. labels after <Path> are injected, ordinals beyond the labels have none
 *  3. a target without a block is one main segment; three paths and two blocks work
 *  4. the table of faults, with the index where each is seen
 *  5. any ids give a trajectory that renders to the same ids, or one fault inside them
 *  6. the codec of the dialect: what was parsed is printed and parsed to the same trajectory, labels or none
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  buildTrajectoryFromIds,
  createParallelR1Codec,
  type IdFault,
} from '../../src/core/layout/trajectory-from-ids.ts';
import { flattenResponse, renderResponseText, type Trajectory } from '../../src/core/trajectory.ts';
import { TAG_IDS } from '../support/core-trajectories.ts';

/** One letter per tag and plain tokens as digits: `P` <Parallel>, `Q` </Parallel>, `a`/`b` path, `s`/`t` summary, `n` gap, `e` eos. */
const LETTERS: Readonly<Record<string, number>> = { P: 1, Q: 2, a: 3, b: 4, s: 5, t: 6, n: 7, e: 8 };
const encode = (letters: string): number[] => [...letters].map((letter) => LETTERS[letter] ?? 100 + Number(letter));

function cut(letters: string, pathLabels: readonly (readonly number[])[] | null = null): Trajectory | IdFault {
  return buildTrajectoryFromIds([50], encode(letters), [...letters], TAG_IDS, { pathLabels });
}

function expectTrajectory(result: Trajectory | IdFault): Trajectory {
  assert.ok('segments' in result, JSON.stringify(result));
  return result;
}

const describe = (trajectory: Trajectory) =>
  trajectory.segments.map(({ role, block, path, pieces, stop }) => {
    const texts = pieces.map(({ text, origin }) => (origin === 'injected' ? `[${text}]` : text));
    return `${role} ${block}.${path} ${texts.join('')} ${stop}`;
  });

test('1: a canonical target', () => {
  const trajectory = expectTrajectory(cut('1Pa2ba34bQns5t6e'));
  assert.deepEqual(describe(trajectory), [
    'main 0.0 1P tag',
    'path 1.1 [a]2b tag',
    'path 1.2 [a]34b tag',
    'summary 1.0 [Qns]5t tag',
    'main 0.0 6e eos',
  ]);
  assert.equal(renderResponseText(trajectory), '1Pa2ba34bQns5t6e');
  assert.deepEqual(flattenResponse(trajectory).ids, encode('1Pa2ba34bQns5t6e'));
  assert.ok(trajectory.segments.every(({ weightsVersion }) => weightsVersion === null));
});

test('2: labels', () => {
  const labels = [encode('8'), encode('99')];
  const trajectory = expectTrajectory(cut('Pa81ba992ba3bQns5te', labels));
  assert.deepEqual(describe(trajectory).slice(1, 4), [
    'path 1.1 [a8]1b tag',
    'path 1.2 [a99]2b tag',
    'path 1.3 [a]3b tag',
  ]);
  assert.deepEqual(cut('Pa81ba982bQns5te', labels), { code: 'label_mismatch', at: 7 });
  assert.deepEqual(cut('Pab', labels), { code: 'label_mismatch', at: 2 });
});

test('3: other shapes', () => {
  assert.deepEqual(describe(expectTrajectory(cut('12e'))), ['main 0.0 12e eos']);
  const two = expectTrajectory(cut('Pa1ba2ba3bQns4t5Pa6ba7bQns8te'));
  assert.deepEqual(
    two.segments.map(({ role, block, path }) => `${role} ${block}.${path}`),
    [
      'main 0.0',
      'path 1.1',
      'path 1.2',
      'path 1.3',
      'summary 1.0',
      'main 0.0',
      'path 2.1',
      'path 2.2',
      'summary 2.0',
      'main 0.0',
    ],
  );
});

test('4: faults', () => {
  const rows: [letters: string, code: string, at: number][] = [
    ['', 'missing_eos', 0],
    ['12', 'missing_eos', 2],
    ['1e2', 'eos_inside', 1],
    ['1ee', 'eos_inside', 1],
    ['1a2', 'path_outside_block', 1],
    ['1s2', 'summary_outside_block', 1],
    ['1b', 'stray_close', 1],
    ['1Q', 'stray_close', 1],
    ['1t', 'stray_close', 1],
    ['1P', 'unclosed_block', 1],
    ['1Pe', 'unclosed_block', 2],
    ['Pa1ba2b', 'unclosed_block', 7],
    ['Pa1ba2be', 'unclosed_block', 7],
    ['P1a', 'text_in_block', 1],
    ['Pa1bna2bQns3te', 'text_in_block', 4],
    ['PPa', 'nested_block', 1],
    ['Pa1bPa', 'nested_block', 4],
    ['Pa1bs2t', 'summary_inside_block', 4],
    ['Pa1bb', 'stray_close', 4],
    ['Pa1bt', 'stray_close', 4],
    ['PQns1te', 'too_few_paths', 1],
    ['Pa1bQns2te', 'too_few_paths', 4],
    ['Pa1', 'unclosed_path', 3],
    ['Pa1e', 'unclosed_path', 3],
    ['Pa1Pa', 'nested_block', 3],
    ['Pa1a', 'nested_path', 3],
    ['Pa1Q', 'tag_in_path', 3],
    ['Pa1s', 'tag_in_path', 3],
    ['Pa1t', 'tag_in_path', 3],
    ['Pa1ba2bQ3e', 'missing_summary', 8],
    ['Pa1ba2bQe', 'missing_summary', 8],
    ['Pa1ba2bQPa1ba2bQns4te', 'missing_summary', 8],
    ['Pa1ba2bQs3te', 'gap_mismatch', 8],
    ['Pa1ba2bQnns3te', 'gap_mismatch', 8],
    ['Pa1ba2bQns3', 'unclosed_summary', 11],
    ['Pa1ba2bQns3e', 'unclosed_summary', 11],
    ['Pa1ba2bQns3Pa', 'tag_in_summary', 11],
    ['Pa1ba2bQns3b', 'tag_in_summary', 11],
    ['Pa1ba2bQns3t4', 'missing_eos', 13],
  ];
  for (const [letters, code, at] of rows) assert.deepEqual(cut(letters), { code, at }, letters);
});

test('5: any ids', () => {
  const letter = fc.constantFrom(...'PPQaabbstne12');
  const block = fc.constantFrom('Pa1ba2bQns3t', 'Pa1bQns2t', 'Pa1ba2b', '');
  const letters = fc
    .array(fc.oneof(letter, block), { maxLength: 12 })
    .chain((parts) => fc.constantFrom(parts.join(''), `${parts.join('')}e`));
  fc.assert(
    fc.property(letters, (text) => {
      const result = cut(text);
      if ('segments' in result) assert.deepEqual(flattenResponse(result).ids, encode(text));
      else assert.ok(result.at >= 0 && result.at <= text.length, `${text}: ${JSON.stringify(result)}`);
    }),
    { numRuns: 2000 },
  );
});

test('6: the codec', () => {
  const path = fc.stringMatching(/^[0-9]{1,3}$/).map((content) => `a${content}b`);
  const labelled = fc.stringMatching(/^[0-9]{1,3}$/);
  const main = fc.stringMatching(/^[0-9]{0,3}$/);
  const summary = fc.stringMatching(/^[0-9]{1,2}$/).map((content) => `ns${content}t`);
  const plain = fc.tuple(main, fc.array(path, { minLength: 2, maxLength: 4 }), summary);
  const withLabels = fc.tuple(main, fc.tuple(labelled, labelled), summary);
  const blocks = fc.array(plain, { maxLength: 3 }).map((all) => all.map(([m, p, s]) => `${m}P${p.join('')}Q${s}`));
  const labelBlocks = fc
    .array(withLabels, { maxLength: 3 })
    .map((all) => all.map(([m, [a, b], s]) => `${m}Pa8${a}ba9${b}bQ${s}`));
  for (const [source, pathLabels] of [
    [blocks, null],
    [labelBlocks, [[108], [109]]],
  ] as const) {
    const codec = createParallelR1Codec(TAG_IDS, { pathLabels });
    fc.assert(
      fc.property(source, main, (parts, end) => {
        const ids = encode(`${parts.join('')}${end}e`);
        const trajectory = expectTrajectory(codec.parse([50], ids));
        assert.equal(trajectory.segments.filter(({ role }) => role === 'summary').length, parts.length);
        assert.deepEqual(codec.print(trajectory), ids);
        assert.deepEqual(codec.parse([50], codec.print(trajectory)), trajectory);
      }),
    );
  }
});
