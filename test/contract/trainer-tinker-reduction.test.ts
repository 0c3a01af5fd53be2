/**
 * The loss is a plain sum whatever the trainer's own reduction, and structured attention is probed.
 *
 * 1. On a trainer that takes the mean over sequences, the coefficient of every token is its advantage, whatever the
 *    lengths, masks and chunks of the batch.
 * 2. Cross entropy goes there as importance sampling at the trainer's own present log-probs: the coefficient of every
 *    token is its weight.
 * 3. There all datums of a step must come in one call.
 * 4. Masks as weights go to SkyRL and VeRL with RL losses, to nobody else; both thresholds go with ppo and cispo to everybody.
 * 5. Losses a trainer computes otherwise are refused by name.
 * 6. A server that serves structured attention passes the probe once per base model; one that ignores the ids, or lets
 *    paths see each other, fails it. The tensors have their names and stand on every datum.
 * 7. The settings of gspo, dppo and dro reach the wire under the names of their servers, as JSON and as protobuf; with dro,
 *    masked positions count as not moved.
 * 8. Sampler log-probs beside old ones go to a trainer that corrects by them, if all datums of a step have them: to no other,
 *    and not for some.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { ProfileName } from '../../adapters/tinker/trainer/profile.ts';
import type { Datum } from '../../src/core/datum.ts';
import type { Wire } from '../support/embedded-requests.ts';
import { ADAM, connectTrainer, rlDatum, sftDatum } from '../support/trainer-connection.ts';
import { type FaultServerOptions, type Seen, startFaultServer } from '../support/trainer-fault-server.ts';

const SPEC = { baseModel: 'base', rank: 8, seed: 5 } as const;
const CE = { kind: 'cross_entropy' } as const;

async function open(t: test.TestContext, profile: ProfileName, server: FaultServerOptions = {}) {
  const double = await startFaultServer(t, { config: { fwdbwd_max_chunk_len: 2 }, ...server });
  const connection = await connectTrainer(t, double.url, { profile });
  await connection.trainer.openModel(SPEC, null);
  return { double, ...connection };
}

const DATA = [rlDatum([1, 2, 3, 4], [0, 0.5, -1]), rlDatum([1, 2], [2]), rlDatum([1, 2, 3], [0.25, 0])];

function listPasses(seen: readonly Seen[]): Wire[] {
  return seen.flatMap(({ body }) => body.forward_backward_input?.data ?? []);
}

/** Weight of each token's `-logp` in a loss that is averaged per sequence by its weights, then over the sequences. */
function meanCoefficients(passes: readonly Wire[]): number[][] {
  return passes.map(({ loss_fn_inputs: { weights, advantages } }: Wire) => {
    const total = weights.data.reduce((sum: number, weight: number) => sum + weight, 0);
    return weights.data.map((weight: number, i: number) => (weight * advantages.data[i]) / total / passes.length);
  });
}

function assertClose(actual: readonly number[][], expected: readonly (readonly number[])[]): void {
  assert.deepEqual(
    actual.map((row) => row.map((value) => Math.round(value * 1e5) / 1e5 + 0)),
    expected,
  );
}

test('RL on a mean over sequences', async (t) => {
  const { double, trainer } = await open(t, 'skyrl-jax');
  await trainer.forwardBackward(DATA, { kind: 'importance_sampling' });
  const passes = listPasses(double.to('forward_backward'));
  assert.equal(double.to('forward_backward').length, 2);
  assertClose(
    meanCoefficients(passes),
    DATA.map(({ advantages }) => advantages!),
  );
  await assert.rejects(trainer.forwardBackward(DATA, { kind: 'importance_sampling' }), /in one forwardBackward/);
});

test('cross entropy on a mean over sequences', async (t) => {
  const { double, trainer } = await open(t, 'skyrl-jax');
  const data: Datum[] = [
    { ...sftDatum([1, 2, 3, 4]), weights: [0, 0.5, 0.25] },
    sftDatum([1, 2], 0.125),
    sftDatum([5, 6, 7], 2),
  ];
  const [result] = await Promise.all([trainer.forwardBackward(data, CE), trainer.optimStep(ADAM)]);
  assert.deepEqual(
    result.logprobs.map((row) => row?.length),
    [3, 1, 2],
  );
  const sent = double.to('forward_backward');
  assert.deepEqual(
    sent.map(({ body }) => Object.keys(body).find((key) => key.endsWith('_input'))),
    ['forward_input', 'forward_input', 'forward_backward_input', 'forward_backward_input'],
  );
  assert.deepEqual(double.executed.at(-1), 'optim_step');
  const passes = listPasses(sent);
  assertClose(
    meanCoefficients(passes),
    data.map(({ weights }) => weights!),
  );
  assert.deepEqual(passes[0].loss_fn_inputs.logprobs.data, [0, -2, -3]);
  assert.equal(sent[2]!.body.forward_backward_input.loss_fn, 'importance_sampling');
  const stripped = await open(t, 'skyrl-jax', { result: () => ({ loss_fn_outputs: [] }) });
  await assert.rejects(stripped.trainer.forwardBackward(data, CE), /returned no log-probs for datum 0/);
});

test('what each kind of trainer is sent', async (t) => {
  const ppo = { kind: 'ppo', clipLow: 0.8, clipHigh: 1.25 } as const;
  for (const profile of ['hosted', 'tuft', 'verl', 'skyrl-train', 'skyrl-jax', 'embedded'] as const) {
    const { double, trainer } = await open(t, profile);
    await trainer.forwardBackward(DATA, ppo);
    const { body } = double.to('forward_backward')[0]!;
    const { data, loss_fn_config: config } = body.forward_backward_input;
    const keys = Object.keys(data[0].loss_fn_inputs);
    assert.equal(keys.includes('weights'), /^(skyrl|verl)/.test(profile), profile);
    assert.deepEqual(config, { clip_low_threshold: 0.8, clip_high_threshold: 1.25 });
    if (profile !== 'skyrl-jax') assert.deepEqual(data[0].loss_fn_inputs.advantages.data, [0, 0.5, -1]);
  }
  const { double, trainer } = await open(t, 'skyrl-train');
  const [pass, step] = await Promise.allSettled([
    trainer.forwardBackward(DATA, { ...ppo, kind: 'cispo' }),
    trainer.optimStep(ADAM),
  ]);
  assert.ok(pass.status === 'rejected' && /skyrl-train does not compute cispo/.test(pass.reason.message));
  assert.deepEqual([step.status, double.executed], ['rejected', []]);
});

test('the newer losses', async (t) => {
  const cases = [
    [
      'skyrl-train',
      { kind: 'gspo', clipLow: 0.9997, clipHigh: 1.0004 },
      ['clip_low_threshold', 'clip_high_threshold'],
      [0.9997, 1.0004],
    ],
    [
      'hosted',
      { kind: 'gspo', clipLow: 0.9, clipHigh: 1.1 },
      ['clip_low_threshold', 'clip_high_threshold'],
      [0.9, 1.1],
    ],
    ['skyrl-train', { kind: 'dppo', deltaLow: 0.15, deltaHigh: 0.25 }, ['delta_low', 'delta_high'], [0.15, 0.25]],
    ['tuft', { kind: 'dro', beta: 0.07 }, ['beta'], [0.07]],
    ['verl', { kind: 'dro', beta: 0.07 }, ['beta'], [0.07]],
  ] as const;
  for (const [profile, loss, keys, values] of cases) {
    const { double, trainer } = await open(t, profile);
    await trainer.forwardBackward(DATA, loss);
    const sent = double
      .to('forward_backward')
      .map(({ body }) => body.forward_backward_input)
      .filter((input) => input !== undefined);
    assert.equal(sent.length, 2, profile);
    for (const { loss_fn: name, loss_fn_config: config } of sent) {
      assert.deepEqual([name, Object.keys(config)], [loss.kind, keys], profile);
      assert.deepEqual(Object.values(config), values, profile);
    }
    const old = sent[0].data[0].loss_fn_inputs.logprobs.data;
    // The double answers -1, -2, -3: what the trainer itself says of the masked first position, and what was sampled elsewhere.
    assert.deepEqual(old, loss.kind === 'dro' ? [-1, -1, -1] : [0, -1, -1], profile);
  }
});

test('sampler log-probs beside old ones', async (t) => {
  const sampled = DATA.map((datum) => ({ ...datum, rolloutLogprobs: datum.logprobs!.map((value) => value / 4) }));
  const ppo = { kind: 'ppo', clipLow: 0.8, clipHigh: 1.25 } as const;
  const sentTo = async (profile: ProfileName, data: readonly Datum[]) => {
    const { double, trainer } = await open(t, profile);
    await trainer.forwardBackward(data, ppo);
    return listPasses(double.to('forward_backward')).map(
      ({ loss_fn_inputs: inputs }: Wire) => inputs.rollout_logprobs?.data,
    );
  };
  assert.deepEqual(await sentTo('skyrl-train', sampled), [[0, -0.25, -0.25], [-0.25], [-0.25, 0]]);
  assert.deepEqual(await sentTo('skyrl-train', [...sampled.slice(0, 2), DATA[2]!]), [undefined, undefined, undefined]);
  for (const profile of ['hosted', 'tuft', 'verl', 'skyrl-jax', 'embedded'] as const) {
    assert.deepEqual(await sentTo(profile, sampled), [undefined, undefined, undefined], profile);
  }
  const { trainer } = await open(t, 'skyrl-train');
  const short = [{ ...sampled[0]!, rolloutLogprobs: [-1] }];
  await assert.rejects(trainer.forwardBackward(short, ppo), /3 tokens and 1 rolloutLogprobs/);
});

/** Log-probs of a model whose token i looks at what it may see: ids and distances. */
function scoreAs(visible: (i: number, j: number, paths: readonly number[]) => boolean) {
  return (data: readonly Wire[]) =>
    data.map(({ model_input, loss_fn_inputs: inputs }: Wire) => {
      const tokens: number[] = model_input.chunks[0].tokens;
      const positions: number[] = inputs.x_position_ids?.data ?? tokens.map((_, i) => i);
      const paths: number[] = inputs.x_attn_path?.data ?? tokens.map(() => 0);
      return tokens.map((_, i) => {
        const seen = tokens.flatMap((id, j) =>
          j <= i && visible(i, j, paths) ? [id / (20 + positions[i]! - positions[j]!)] : [],
        );
        return -1 - seen.reduce((sum, value) => sum + value, 0) / 100;
      });
    });
}

const isolates = (i: number, j: number, paths: readonly number[]) => {
  const [a, b] = [paths[i]!, paths[j]!];
  return a === 0 || b === 0 || a >> 16 !== b >> 16 || a === b;
};

test('the probe', async (t) => {
  const extensions = ['structured_attention/1'];
  const config = { pjwt_auth_enabled: false };
  const served = await open(t, 'embedded', { extensions, score: scoreAs(isolates), config });
  assert.equal(served.trainer.capabilities.structuredAttention, true);
  const probes = served.double.to('forward').length;
  await served.trainer.openModel(SPEC, null);
  assert.deepEqual(
    [served.trainer.capabilities.structuredAttention, served.double.to('forward').length],
    [true, probes],
  );
  const datum = { ...sftDatum([1, 2, 3]), positionIds: [0, 1], attnPath: [0, 65_537] };
  await served.trainer.forwardBackward([datum], CE);
  const { loss_fn_inputs: inputs } = listPasses(served.double.to('forward_backward'))[0];
  assert.deepEqual(inputs.x_position_ids, { data: [0, 1], dtype: 'int64', shape: [2] });
  assert.deepEqual(inputs.x_attn_path.data, [0, 65_537]);

  const ignoring = (data: readonly Wire[]) =>
    scoreAs(() => true)(
      data.map((row) => ({ ...row, loss_fn_inputs: { target_tokens: row.loss_fn_inputs.target_tokens } })),
    );
  for (const score of [ignoring, scoreAs(() => true)]) {
    const { trainer } = await open(t, 'embedded', { extensions, score, config });
    assert.equal(trainer.capabilities.structuredAttention, false);
  }
  const silent = await open(t, 'embedded', { score: scoreAs(isolates), config });
  assert.equal(silent.double.to('forward').length, 0);
  await assert.rejects(silent.trainer.forward([datum]), /does not serve structured_attention\/1/);
});
