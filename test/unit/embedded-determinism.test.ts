/**
 * 1. One, two and three threads give identical hashes of weights, log-probs and samples; so do two runs.
 * 2. The hash of a short recorded run is the same on every platform and Node version.
 * 3. Snapshot isolation: a completion under way while the model is trained, its snapshot taken back and the room
 *    given out again equals one left in peace.
 * 4. Sampling meanwhile changes no bit of training.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { DEFAULT_SHAPE, type EmbeddedLm, type EmbeddedLmError } from '../../adapters/embedded-lm/model/contract.ts';
import { openEmbeddedLm } from '../../adapters/embedded-lm/model/open-embedded-lm.ts';
import { createRng } from '../../src/core/rng.ts';
import { drawTokens, layOutParallel, SMALL_SHAPE } from '../support/embedded-sequences.ts';
import {
  ADAM,
  drawTrainingBatch,
  hashBits,
  pickBits,
  publishModel,
  toRequest,
  trainSteps,
} from '../support/embedded-training.ts';

const CROSS_ENTROPY = { kind: 'cross_entropy' } as const;

/** Trains on flat and structured sequences, samples from the result, and hashes everything. */
async function hashRun(threads: number): Promise<{ readonly weights: string; readonly samples: string }> {
  const lm = await openEmbeddedLm({ shape: SMALL_SHAPE, threads, capacity: { kvSlots: 24 } });
  try {
    const model = lm.createModel(101);
    await trainSteps(lm, model, 102, 6);
    const { positionIds, attnPath } = layOutParallel(
      4,
      [
        [5, 7],
        [3, 3],
      ],
      2,
    );
    const [long] = drawTrainingBatch(lm, 103, 1);
    const tokens = drawTokens(createRng(104), SMALL_SHAPE, positionIds.length);
    const structured = { tokens, targets: tokens, positionIds, attnPath, weights: tokens.map(() => 0.1) };
    // A second request before the step, so that the order in which sums are made counts.
    await lm.forwardBackward(model, drawTrainingBatch(lm, 105, 4), CROSS_ENTROPY);
    const { logprobs } = await lm.forwardBackward(model, [structured, long!], CROSS_ENTROPY);
    await lm.optimStep(model, ADAM);
    await publishModel(lm, model, 's');
    const prompts = [structured, { tokens: tokens.slice(0, 9) }, { tokens: tokens.slice(0, 5) }];
    const samples = await Promise.all(
      prompts.map(({ tokens: prompt, ...rest }, seed) => {
        const structure = 'positionIds' in rest ? { positionIds, attnPath } : {};
        return lm.sample(toRequest({ prompt, seed, n: 10, temperature: [1, 0.7, 0][seed]!, ...structure }));
      }),
    );
    const { weights, moment1, moment2 } = await lm.exportState(model);
    return {
      weights: hashBits(weights, moment1, moment2, ...logprobs),
      samples: hashBits(samples.flat().map(pickBits)),
    };
  } finally {
    await lm.close();
  }
}

/** Recorded on Linux x64, Node 24. A change here means that old runs no longer reproduce. */
const GOLDEN = {
  weights: 'fc92919ca70df1af239ed7e1e05f953a236cf7a146c6c88109bb261e97d203bb',
  samples: 'c119637216f28d509098a63626c335a93abac4653c9d196cf33e05b5363b8e7d',
};

test('threads, runs and platforms give one result', async () => {
  for (const threads of [1, 2, 2, 3]) {
    const hashes = await hashRun(threads);
    assert.equal(hashes.weights, GOLDEN.weights, `weights on ${threads} threads`);
    assert.equal(hashes.samples, GOLDEN.samples, `samples on ${threads} threads`);
  }
});

/** A request that takes many decode steps: long completions that nothing stops. */
const LONG = toRequest({
  prompt: drawTokens(createRng(111), DEFAULT_SHAPE, 12),
  n: 64,
  maxTokens: 140,
  stopTokenIds: [],
});

/** Publishes other weights until no room is left; says how many there was room for. */
async function fillSnapshots(lm: EmbeddedLm, prefix: string): Promise<number> {
  for (let count = 0; ; count += 1) {
    try {
      await lm.publish(`${prefix}-${count}`, new Float32Array(lm.parameterCount).fill(Number.NaN));
    } catch (error) {
      assert.equal((error as EmbeddedLmError).code, 'capacity');
      return count;
    }
  }
}

test('a completion keeps the weights it began with', async () => {
  const lm = await openEmbeddedLm({
    shape: DEFAULT_SHAPE,
    threads: 2,
    capacity: { maxModels: 1, maxSnapshots: 3, kvSlots: 128 },
  });
  try {
    const model = lm.createModel(112);
    await publishModel(lm, model, 's');
    const quiet = await lm.sample(LONG);
    const start = await lm.exportState(model);
    await trainSteps(lm, model, 113, 2);
    const trained = hashBits((await lm.exportState(model)).weights);
    await lm.importState(model, start, false);

    let isDone = false;
    const disturbed = lm.sample(LONG).finally(() => {
      isDone = true;
    });
    lm.unpublish('s');
    assert.equal(await fillSnapshots(lm, 'meanwhile'), 2, 'the room of the snapshot in use is not given out');
    await trainSteps(lm, model, 113, 2);
    assert.equal(isDone, false, 'the training fell into the completion');
    assert.equal(hashBits((await disturbed).map(pickBits)), hashBits(quiet.map(pickBits)));
    assert.equal(hashBits((await lm.exportState(model)).weights), trained, 'sampling did not disturb the training');
    assert.equal(await fillSnapshots(lm, 'later'), 1, 'its room is free when it is done');
  } finally {
    await lm.close();
  }
});
