/**
 * 1. After updates the sampler's log-probs are the learner's, at temperature 1 and 0.7 (raw log-probs), greedy and
 *    with top-p, plain and after a structured prompt.
 * 2. Forked decode: paths sampled from the prefix alone score the same inside the joint structured sequence.
 * 3. Siblings from a bare prefix are equal under greedy decoding; a forced label tells them apart.
 * 4. Batch invariance: alone, in company of 64, in another order: the same bits; also with cache hits, and choice i
 *    does not depend on n.
 * 5. First tokens are distributed as the learner says, at temperature 1 and 0.7 and cut by top-p.
 * 6. A stop token ends a choice and is part of it; a choice without one has maxTokens tokens.
 * 7. A tiny temperature is greedy.
 * 8. Keys cached under other weights are not used; a slot used again forgets the path ids it held.
 */
import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import type { SampleRequest } from '../../adapters/embedded-lm/model/contract.ts';
import { openEmbeddedLm } from '../../adapters/embedded-lm/model/open-embedded-lm.ts';
import { createRng, shuffle } from '../../src/core/rng.ts';
import { drawTokens, layOutParallel, SMALL_SHAPE } from '../support/embedded-sequences.ts';
import { pickBits, publishModel, toRequest, toScoreSequence, trainSteps } from '../support/embedded-training.ts';

const lm = await openEmbeddedLm({ shape: SMALL_SHAPE, threads: 2, capacity: { kvSlots: 48 } });
after(() => lm.close());
const model = lm.createModel(41);
await trainSteps(lm, model, 42, 8);
await publishModel(lm, model, 's');

/** Largest difference between what the sampler reported and what the learner says of the same tokens. */
async function compareWithLearner(requests: readonly SampleRequest[], learner = { lm, model }): Promise<number> {
  const sampled = await Promise.all(requests.map((request) => learner.lm.sample(request)));
  const pairs = requests.flatMap((request, i) => sampled[i]!.map((choice) => ({ request, choice })));
  const sequences = pairs.map(({ request, choice }) => toScoreSequence(request, choice));
  const { logprobs } = await learner.lm.forward(learner.model, sequences);
  let most = 0;
  pairs.forEach(({ request, choice }, i) => {
    const learnt = logprobs[i]!.subarray(request.prompt.length - 1);
    assert.equal(choice.logprobs.length, choice.ids.length);
    assert.equal(learnt.length, choice.ids.length);
    choice.logprobs.forEach((logprob, t) => {
      assert.ok(logprob <= 0);
      most = Math.max(most, Math.abs(logprob - learnt[t]!));
    });
  });
  return most;
}

test('sampler and learner agree', async () => {
  const rng = createRng(43);
  const settings = [{ temperature: 1 }, { temperature: 0.7 }, { temperature: 0 }, { temperature: 1, topP: 0.8 }];
  for (const setting of settings) {
    const requests = Array.from({ length: 10 }, (_, i) =>
      toRequest({ prompt: drawTokens(rng, SMALL_SHAPE, 1 + ((i * 5) % 27)), n: 4, seed: i, ...setting }),
    );
    const difference = await compareWithLearner(requests);
    assert.ok(difference < 1e-4, `${JSON.stringify(setting)}: ${difference}`);
  }
});

test('sampler and learner agree after a structured prompt', async () => {
  const rng = createRng(44);
  const requests = [
    [[3, 4]],
    [
      [2, 5],
      [3, 1, 2],
    ],
  ].map((blocks, i) => {
    const { positionIds, attnPath } = layOutParallel(5, blocks, 2);
    return toRequest({
      prompt: drawTokens(rng, SMALL_SHAPE, positionIds.length),
      positionIds,
      attnPath,
      n: 4,
      seed: i,
    });
  });
  const difference = await compareWithLearner(requests);
  assert.ok(difference < 1e-4, `${difference}`);
  const [structured] = await lm.sample(requests[0]!);
  const { positionIds, attnPath, ...flat } = requests[0]!;
  const [plain] = await lm.sample(flat);
  assert.notDeepEqual(structured!.logprobs, plain!.logprobs, 'the structure has an effect');
});

test('forked paths score the same inside the joint sequence', async () => {
  const rng = createRng(45);
  const prefix = drawTokens(rng, SMALL_SHAPE, 6);
  const starts = [3, 4].map((label) => [...prefix, label]);
  const paths = await Promise.all(
    starts.map((prompt, seed) => lm.sample(toRequest({ prompt, seed, maxTokens: 9, stopTokenIds: [] }))),
  );
  const texts = paths.map(([choice], i) => [starts[i]!.at(-1)!, ...choice!.ids]);
  const { positionIds, attnPath } = layOutParallel(6, [texts.map(({ length }) => length)], 0);
  const tokens = [...prefix, ...texts.flat()];
  const { logprobs } = await lm.forward(model, [{ tokens, targets: [...tokens.slice(1), 0], positionIds, attnPath }]);
  paths.forEach(([choice], i) => {
    const from = 6 + i * 10;
    choice!.logprobs.forEach((logprob, t) => {
      const difference = Math.abs(logprob - logprobs[0]![from + t]!);
      assert.ok(difference < 1e-4, `path ${i}, token ${t}: ${difference}`);
    });
  });
});

test('only a label tells greedy siblings apart', async () => {
  const prefix = drawTokens(createRng(46), SMALL_SHAPE, 8);
  const sampleAfter = async (prompt: number[], seed: number) =>
    (await lm.sample(toRequest({ prompt, seed, temperature: 0 })))[0]!;
  assert.deepEqual(pickBits(await sampleAfter(prefix, 1)), pickBits(await sampleAfter(prefix, 2)));
  const [first, second] = [await sampleAfter([...prefix, 3], 1), await sampleAfter([...prefix, 4], 2)];
  assert.notDeepEqual(first.logprobs, second.logprobs);
});

test('neither company, order, cache nor n changes a bit', async () => {
  const rng = createRng(47);
  const shared = drawTokens(rng, SMALL_SHAPE, 14);
  const requests = Array.from({ length: 64 }, (_, i) => {
    const own = drawTokens(rng, SMALL_SHAPE, 1 + (i % 15));
    const temperature = [1, 0.7, 0][i % 3]!;
    return toRequest({ prompt: i % 2 === 0 ? [...shared, ...own] : own, seed: i, n: 1 + (i % 3), temperature });
  });
  const sampleAll = async (list: readonly SampleRequest[]) => {
    const sampled = await Promise.all(list.map(async (request) => ({ request, choices: await lm.sample(request) })));
    return new Map(sampled.map(({ request, choices }) => [request, choices]));
  };
  const together = await sampleAll(requests);
  const again = await sampleAll(shuffle(requests, rng));
  await lm.publish('cold', (await lm.exportState(model)).weights);
  let hits = 0;
  for (const [i, request] of requests.entries()) {
    const wanted = together.get(request)!.map(pickBits);
    assert.deepEqual(again.get(request)!.map(pickBits), wanted, `request ${i} in another order`);
    hits += again.get(request)!.reduce((sum, { cachedTokens }) => sum + cachedTokens, 0);
    if (i % 8 !== 0) continue;
    // Another snapshot of the same weights has nothing cached for its first prompt.
    const alone = await lm.sample({ ...request, snapshot: i === 0 ? 'cold' : 's' });
    if (i === 0) assert.equal(alone[0]!.cachedTokens, 0);
    assert.deepEqual(alone.map(pickBits), wanted, `request ${i} alone`);
    const many = await lm.sample({ ...request, n: 5 });
    assert.deepEqual(many.slice(0, request.n).map(pickBits), wanted, `request ${i} among five choices`);
  }
  assert.ok(hits > 64, `cache hits: ${hits}`);
});

test('first tokens follow the distribution', async () => {
  const prompt = drawTokens(createRng(48), SMALL_SHAPE, 7);
  const tokens = Array.from({ length: SMALL_SHAPE.usedVocab }, (_, id) => id);
  const { logprobs } = await lm.forward(
    model,
    tokens.map((target) => ({ tokens: prompt, targets: prompt.map(() => target) })),
  );
  const raw = logprobs.map((list) => list.at(-1)!);
  const n = 4000;
  for (const [temperature, topP] of [
    [1, 1],
    [0.7, 1],
    [1, 0.6],
  ] as const) {
    const choices = await lm.sample(toRequest({ prompt, n, temperature, topP, maxTokens: 1, stopTokenIds: [] }));
    const expected = distribute(raw, temperature, topP);
    const counts = tokens.map((id) => choices.filter(({ ids }) => ids[0] === id).length);
    counts.forEach((count, id) => {
      const p = expected[id]!;
      const deviation = Math.sqrt(n * p * (1 - p));
      const what = `temperature ${temperature}, top-p ${topP}, token ${id}: ${count} of ${n}, wanted ${n * p}`;
      if (p === 0) assert.equal(count, 0, what);
      else assert.ok(Math.abs(count - n * p) < 4.5 * deviation + 1, what);
    });
  }
});

/** Probabilities at a temperature, cut to the smallest set of most probable tokens that holds `topP`. */
function distribute(raw: readonly number[], temperature: number, topP: number): number[] {
  const weights = raw.map((logprob) => Math.exp(logprob / temperature));
  const total = weights.reduce((sum, w) => sum + w, 0);
  let held = 0;
  const kept = new Set<number>();
  for (const [id, weight] of [...weights.entries()].sort(([, a], [, b]) => b - a)) {
    if (held >= topP * total) break;
    kept.add(id);
    held += weight;
  }
  return weights.map((weight, id) => (kept.has(id) ? weight / held : 0));
}

test('a choice ends at a stop token or at maxTokens', async () => {
  const prompt = drawTokens(createRng(49), SMALL_SHAPE, 5);
  const stopTokenIds = [2, 3, 4, 5, 6];
  const choices = await lm.sample(toRequest({ prompt, n: 40, maxTokens: 6, stopTokenIds }));
  const finishes = new Set(choices.map(({ finish }) => finish));
  assert.deepEqual([...finishes].sort(), ['length', 'stop']);
  for (const { ids, finish } of choices) {
    const stopAt = ids.findIndex((id) => stopTokenIds.includes(id));
    assert.equal(finish, stopAt < 0 ? 'length' : 'stop');
    assert.equal(ids.length, stopAt < 0 ? 6 : stopAt + 1);
  }
});

test('a tiny temperature is greedy', async () => {
  const prompt = drawTokens(createRng(50), SMALL_SHAPE, 5);
  const [greedy] = await lm.sample(toRequest({ prompt, temperature: 0 }));
  for (const temperature of [1e-6, 1e-40, Number.MIN_VALUE]) {
    const [cold] = await lm.sample(toRequest({ prompt, temperature }));
    assert.deepEqual(pickBits(cold!), pickBits(greedy!), `temperature ${temperature}`);
  }
});

test('keys cached under other weights are not used', async () => {
  const other = lm.createModel(51);
  await publishModel(lm, other, 'other');
  const request = toRequest({ prompt: drawTokens(createRng(52), SMALL_SHAPE, 20), n: 3 });
  for (const one of ['s', 'other', 's']) await lm.sample({ ...request, snapshot: one });
  const difference = await compareWithLearner([{ ...request, snapshot: 'other' }], { lm, model: other });
  assert.ok(difference < 1e-4, `${difference}`);
});

test('a slot used again forgets its path ids', async () => {
  const narrow = await openEmbeddedLm({ shape: SMALL_SHAPE, threads: 1, capacity: { kvSlots: 1 } });
  try {
    const own = narrow.createModel(53);
    await publishModel(narrow, own, 's');
    for (const lengths of [
      [9, 10],
      [2, 1],
    ]) {
      const { positionIds, attnPath } = layOutParallel(3, [lengths], 0);
      const prompt = drawTokens(createRng(54), SMALL_SHAPE, positionIds.length);
      const request = toRequest({ prompt, positionIds, attnPath, stopTokenIds: [] });
      const difference = await compareWithLearner([request], { lm: narrow, model: own });
      assert.ok(difference < 1e-4, `paths of ${lengths} tokens: ${difference}`);
    }
  } finally {
    await narrow.close();
  }
});
