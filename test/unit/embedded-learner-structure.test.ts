/**
 * 1. Path isolation: a changed token in path 1 changes path 2 and the prefix by exactly 0, path 1 and the summary by
 *    more than 1e-4.
 * 2. Gradient isolation: with weights on path 1 only, a token that occurs only in path 2 gets gradient exactly 0.
 * 3. Path ids all 0 and positions 0..N-1 give the plain bits, log-probs and gradient.
 * 4. The second block's paths see the first block's paths.
 * 5. Swapping sibling paths keeps each path's log-probs within 1e-5.
 * 6. A sequence's log-probs do not depend on its batch, order included: bitwise, also beside structured ones.
 * 7. Weight 0 gives no gradient and no loss; a sequence sent twice gives twice the gradient.
 * 8. What the memory held before changes no bit; a run writes only into its own shard's region.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { LossSequence } from '../../adapters/embedded-lm/model/contract.ts';
import { buildShards, runShard } from '../../adapters/embedded-lm/model/learner/run-shard.ts';
import { createRng } from '../../src/core/rng.ts';
import { addWeights, drawSequence, drawTokens, layOutParallel, SMALL_SHAPE } from '../support/embedded-sequences.ts';
import { hashBits } from '../support/embedded-training.ts';
import { assertClose } from '../support/kernel-arena.ts';
import { type LearnerProbe, openLearnerProbe } from '../support/learner-probe.ts';

const CROSS_ENTROPY = { kind: 'cross_entropy' } as const;
const probe = openLearnerProbe(SMALL_SHAPE, 21);

type Range = readonly [number, number];

/** Largest difference of two sequences' log-probs over a range of positions. */
function differ(a: Float32Array, b: Float32Array, [start, end]: Range): number {
  let most = 0;
  for (let i = start; i < end; i += 1) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

/** One hash over log-probs, loss and gradient. */
function hashPass(learner: LearnerProbe, batch: readonly LossSequence[]): string {
  const { logprobs, lossSum, gradient } = learner.differentiate(batch, CROSS_ENTROPY);
  return hashBits(...logprobs, gradient, [lossSum]);
}

function drawParallel(seed: number, blocks: readonly (readonly number[])[], summaryLength = 3) {
  const parts = layOutParallel(4, blocks, summaryLength);
  const sequence = drawSequence(createRng(seed), SMALL_SHAPE, parts.positionIds.length);
  return { ...parts, sequence: { ...sequence, positionIds: parts.positionIds, attnPath: parts.attnPath } };
}

/** The same targets, one other input token. */
function changeToken(sequence: LossSequence, at: number): LossSequence {
  const tokens = sequence.tokens.with(at, (sequence.tokens[at]! + 1) % SMALL_SHAPE.usedVocab);
  return { ...sequence, tokens };
}

test('siblings and prefix do not see a path', () => {
  const { sequence, prefix, blocks, summary } = drawParallel(22, [[5, 7, 6]]);
  const [first, second, third] = blocks[0]!;
  const [before, after] = probe.score([sequence, changeToken(sequence, first![0])]);
  for (const range of [prefix, second!, third!]) assert.equal(differ(before!, after!, range), 0);
  for (const range of [first!, summary]) assert.ok(differ(before!, after!, range) > 1e-4);
});

test('a path passes no gradient to its sibling', () => {
  const { sequence, blocks } = drawParallel(23, [[5, 7]]);
  const [first, second] = blocks[0]!;
  const rare = SMALL_SHAPE.usedVocab - 1;
  const isIn = ([start, end]: Range, i: number) => i >= start && i < end;
  const tokens = sequence.tokens.map((token, i) => (i === second![0] + 1 ? rare : token === rare ? 0 : token));
  const rowOf = (range: Range) => {
    const weights = tokens.map((_, i) => (isIn(range, i) ? 1 : 0));
    const { gradient } = probe.differentiate([{ ...sequence, tokens, weights }], CROSS_ENTROPY);
    const at = probe.runtime.layout.embedding.offset + rare * SMALL_SHAPE.width;
    return gradient.subarray(at, at + SMALL_SHAPE.width);
  };
  assert.ok(rowOf(first!).every((v) => v === 0));
  assert.ok(
    rowOf(second!).some((v) => v !== 0),
    'the token has a gradient of its own',
  );
});

test('ids that say nothing give the plain bits', () => {
  const rng = createRng(24);
  const batch = [9, 17, 1].map((length) => addWeights(rng, drawSequence(rng, SMALL_SHAPE, length)));
  const structured = batch.map((sequence) => ({
    ...sequence,
    positionIds: sequence.tokens.map((_, i) => i),
    attnPath: sequence.tokens.map(() => 0),
  }));
  assert.equal(hashPass(probe, structured), hashPass(probe, batch));
});

test('a later block sees the paths of an earlier one', () => {
  // No trunk between the blocks, so that the change has no other way.
  const { sequence, blocks } = drawParallel(
    25,
    [
      [3, 4],
      [5, 3],
    ],
    0,
  );
  const [[first, second], later] = blocks as [Range[], Range[]];
  const [before, after] = probe.score([sequence, changeToken(sequence, first![0])]);
  assert.equal(differ(before!, after!, second!), 0);
  for (const range of later) assert.ok(differ(before!, after!, range) > 1e-4);
});

test('the order of siblings does not matter to them', () => {
  const rng = createRng(26);
  const [prefix, a, b] = [4, 6, 5].map((length) => drawTokens(rng, SMALL_SHAPE, length));
  const build = (paths: number[][]): LossSequence => {
    const { positionIds, attnPath } = layOutParallel(4, [paths.map(({ length }) => length)], 0);
    const tokens = [...prefix!, ...paths.flat()];
    // Each path's last target would be its sibling's first token: score every token against a fixed one instead.
    return { tokens, targets: tokens.map((token) => (token + 3) % SMALL_SHAPE.usedVocab), positionIds, attnPath };
  };
  const [ab, ba] = probe.score([build([a!, b!]), build([b!, a!])]);
  assertClose(ab!.subarray(4, 10), ba!.subarray(9, 15), 1e-5, 'first path');
  assertClose(ab!.subarray(10, 15), ba!.subarray(4, 9), 1e-5, 'second path');
});

test('log-probs do not depend on the batch', () => {
  const rng = createRng(27);
  const plain = Array.from({ length: 63 }, () => drawSequence(rng, SMALL_SHAPE, 1 + rng.nextInt(49)));
  const batch: LossSequence[] = [drawParallel(28, [[5, 7]]).sequence, ...plain];
  const together = probe.score(batch);
  const reversed = probe.score(batch.toReversed()).toReversed();
  batch.forEach((sequence, i) => {
    assert.deepEqual(reversed[i], together[i], `sequence ${i} in the other order`);
    if (i % 9 === 0) assert.deepEqual(probe.score([sequence])[0], together[i], `sequence ${i} alone`);
  });
});

test('weight 0 is nothing, twice is double', () => {
  const rng = createRng(29);
  const sequence = addWeights(rng, drawSequence(rng, SMALL_SHAPE, 21));
  const other = drawSequence(rng, SMALL_SHAPE, 13);
  const once = probe.differentiate([sequence], CROSS_ENTROPY);
  const twice = probe.differentiate([sequence, sequence], CROSS_ENTROPY);
  assert.deepEqual(
    twice.gradient,
    once.gradient.map((v) => 2 * v),
  );
  assert.equal(twice.lossSum, 2 * once.lossSum);
  const silent = { ...other, weights: other.tokens.map(() => 0) };
  const joined = probe.differentiate([sequence, other, sequence, silent], CROSS_ENTROPY);
  assertClose(joined.gradient, twice.gradient, 1e-6, 'beside silent ones');
  const nothing = probe.differentiate([silent], CROSS_ENTROPY);
  assert.equal(Math.abs(nothing.lossSum), 0);
  assert.ok(nothing.gradient.every((v) => v === 0));
});

test('what the memory held before changes no bit', () => {
  const rng = createRng(30);
  const batch = [5, 49, 2].map((length) => addWeights(rng, drawSequence(rng, SMALL_SHAPE, length)));
  batch.push(addWeights(rng, drawParallel(31, [[5, 7]]).sequence));
  const [clean, spoiled] = [0, Number.NaN].map((fill) => hashPass(openLearnerProbe(SMALL_SHAPE, 32, fill), batch));
  assert.equal(spoiled, clean);
});

test('a shard writes into its own region only', () => {
  const own = openLearnerProbe(SMALL_SHAPE, 33, 0.25);
  const { plan } = own.runtime;
  const rng = createRng(34);
  const sequences = Array.from({ length: 40 }, () => addWeights(rng, drawSequence(rng, SMALL_SHAPE, 49)));
  const before = own.runtime.floats.slice();
  for (const [index, end] of [plan.shards[1]!.gradient, plan.decoders[0]!.slotBase].entries()) {
    const start = plan.shards[index]!.gradient;
    before.set(own.runtime.floats.subarray(0, end / 4));
    runShard(own.runtime, index, plan.models[0]!.weights, buildShards(sequences, CROSS_ENTROPY)[index]!);
    const after = own.runtime.floats;
    const isOutside = (i: number) => i < start / 4 || i >= end / 4;
    const written = after.findIndex((v, i) => isOutside(i) && v !== before[i]);
    assert.equal(written, -1, `shard ${index} wrote at byte ${written * 4}`);
    before.set(after);
  }
});
