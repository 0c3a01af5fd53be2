/**
 * The Tinker SDK itself against the embedded server, on the real tiny transformer. Needs a Python with the `tinker`
 * package (0.38.0 is known to work); name it in PARALLEL_R1_TINKER_PYTHON.
 *
 * 1. Its training client lowers the loss of a fixed batch over five steps.
 * 2. What it saves for sampling it can sample from, with the number and length of samples it asked for.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';
import { promisify } from 'node:util';
import { startEmbeddedServer } from '../../adapters/embedded-lm/server/serve-embedded-lm.ts';
import { makeFolder } from '../support/embedded-requests.ts';

const PYTHON = process.env.PARALLEL_R1_TINKER_PYTHON;

const SCRIPT = `
import json, tinker
from tinker import types

service = tinker.ServiceClient()
training = service.create_lora_training_client(base_model="embedded-base", rank=8, seed=3)
full = [1, 20, 21, 22, 30, 31, 8, 9, 0]
tensor = lambda data, dtype: types.TensorData(data=data, dtype=dtype, shape=[len(data)])
datum = types.Datum(
    model_input=types.ModelInput.from_ints(full[:-1]),
    loss_fn_inputs={"target_tokens": tensor(full[1:], "int64"), "weights": tensor([1.0] * 8, "float32")},
)
losses = []
for _ in range(5):
    passed = training.forward_backward([datum, datum], "cross_entropy")
    stepped = training.optim_step(types.AdamParams(learning_rate=3e-3))
    losses.append(passed.result().metrics["loss:sum"])
    stepped.result()
path = training.save_weights_for_sampler(name="v1").result().path
sampler = service.create_sampling_client(model_path=path)
parameters = types.SamplingParams(max_tokens=6, seed=1, temperature=1.0)
answer = sampler.sample(prompt=types.ModelInput.from_ints([1, 20, 21]), num_samples=2, sampling_params=parameters).result()
print(json.dumps({"losses": losses, "lengths": [len(sequence.tokens) for sequence in answer.sequences]}))
`;

test('the SDK trains and samples', { skip: PYTHON === undefined && 'set PARALLEL_R1_TINKER_PYTHON' }, async (t) => {
  const apiKey = 'tml-only-of-this-test';
  const server = await startEmbeddedServer({ threads: 1, stateDir: await makeFolder(t), seed: 1, apiKey });
  t.after(() => server.close());
  const env = { ...process.env, TINKER_BASE_URL: server.url, TINKER_API_KEY: apiKey, TINKER_TELEMETRY: '0' };
  const { stdout } = await promisify(execFile)(PYTHON!, ['-W', 'ignore', '-c', SCRIPT], { env });
  const { losses, lengths } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { losses: number[]; lengths: number[] };
  assert.equal(losses.length, 5);
  assert.ok(losses[4]! < losses[0]! * 0.8, `losses ${losses.join(', ')}`);
  assert.equal(lengths.length, 2);
  assert.ok(lengths.every((length) => length >= 1 && length <= 6));
});
