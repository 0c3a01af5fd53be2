/**
 * Doctor's findings about servers that answer as vLLM 0.32, SkyRL 0.4 and TuFT 0.2 do: each fault is told by what was seen,
 * with the remedy that fits it.
 *  1. a healthy engine, teacher and trainer: nothing is at fault, and no request asks for the log-probs of a prompt
 *  2. an engine: no server, another server, a wrong name, a context too short for lengths that were set (defaults are
 *     fitted to it, as a run does), a split tag, no route for tokens
 *  3. keys: none where one is wanted, a wrong one, a variable that is not set; the variable is named
 *  4. a prefix cache: blocks of 16 to 256 tokens are seen; one that is off is told; one that cannot be seen is not blamed
 *  5. a teacher: a wrong name, an answer longer than its context (listed or not), tags that are stripped; one that lists no
 *     model is asked by the name that was given, and the finding says so
 *  6. a trainer: no server, no trainer, a wrong model, a rank too high, no slot, no key, an unknown one
 *  7. models that are not named: the only one is taken, of several one has to be named
 *  8. what a server says of a failure of its own is the error, and the remedy does not blame the configuration
 *  9. servers are examined each by itself: what is not named is not mentioned, and one that is at fault hides no other
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { createSilentReporter } from '../../adapters/reporter-terminal/create-line-reporter.ts';
import { examineServers, findScope } from '../../src/app/examine-servers.ts';
import { loadRunConfig } from '../../src/config/load.ts';
import type { Finding } from '../../src/pipeline/doctor/finding.ts';
import { SERVED, startVllm } from '../support/doctor-servers.ts';
import { json, text } from '../support/fault-server.ts';
import { gone, repeat, startFaultServer as startTrainer } from '../support/trainer-fault-server.ts';

const NOBODY = 'http://127.0.0.1:9';
const VARIABLE = 'PARALLEL_R1_DOCTOR_KEY';
const QUESTION = 'stages.cold-start.problems=[{kind: word-sums, level: easy, split: train, count: 1, seed: 1}]';

interface Asked {
  readonly engine?: string;
  readonly teacher?: string;
  readonly trainer?: string;
  readonly model?: string | null;
  readonly set?: readonly string[];
}

async function examine({ engine, teacher, trainer, model = SERVED, set = [] }: Asked): Promise<Finding[]> {
  const sets = [
    ...(engine === undefined ? [] : [`engine.urls=[${engine}]`]),
    ...(teacher === undefined ? [] : [`stages.cold-start.teacher.url=${teacher}`]),
    ...(trainer === undefined ? [] : [`trainer.url=${trainer}`]),
    ...(model === null ? [] : [`engine.model=${model}`, `stages.cold-start.teacher.model=${model}`]),
    ...[QUESTION, 'stages.cold-start.teacher.maxTokens=4096'],
    ...set,
  ];
  const { config } = loadRunConfig({ preset: 'parallel', sets });
  const isNamed = model !== null;
  return examineServers({
    config,
    scope: findScope(config, false),
    namedModels: { engine: isNamed, teacher: isNamed, trainer: isNamed },
    reporter: createSilentReporter(),
    signal: new AbortController().signal,
  });
}

/** The findings that are not good. */
const faultsOf = (findings: readonly Finding[]) => findings.filter(({ status }) => status !== 'ok');

/** Asserts one fault, and no other: its kind, what was seen, the remedy. */
function assertFault(findings: readonly Finding[], kind: string, seen: RegExp, remedy: RegExp): void {
  const faults = faultsOf(findings);
  assert.deepEqual(
    faults.map(({ fault }) => fault),
    [kind],
    JSON.stringify(faults, null, 1),
  );
  assert.match(faults[0]!.detail, seen);
  assert.match(faults[0]!.fix!, remedy);
}

/** A trainer of SkyRL's kind; its log-probs come with what its JAX back end adds. */
function startSkyrl(t: TestContext) {
  const result = (operation: string) =>
    operation.startsWith('forward')
      ? { loss_fn_outputs: [{ logprobs: { data: [-1, -2] }, elementwise_loss: { data: [0, 0] } }], metrics: {} }
      : undefined;
  return startTrainer(t, { kind: 'skyrl', modelName: SERVED, result });
}

test('1: all is well', async (t) => {
  const engine = await startVllm(t, { block: 16 });
  const teacher = await startVllm(t);
  const trainer = await startSkyrl(t);
  const findings = await examine({ engine: engine.url, teacher: teacher.url, trainer: trainer.url });
  assert.deepEqual(faultsOf(findings), []);
  const areas = new Set(findings.map(({ area }) => area));
  assert.deepEqual([...areas], ['engine', 'tokenizer', 'sampling', 'teacher', 'trainer']);
  const asked = [...engine.seen, ...teacher.seen].map(({ raw }) => raw.toString());
  assert.ok(asked.length > 10 && asked.every((body) => !body.includes('prompt_logprobs')));
  assert.equal(trainer.to('unload_model').length, 1, 'no model is left behind');
});

test('2: engines', async (t) => {
  assertFault(
    await examine({ engine: NOBODY }),
    'unreachable',
    /127\.0\.0\.1:9\/health: connection refused/,
    /^start the engine, or correct engine\.urls \(--engine\)$/,
  );
  const page = await startVllm(t, {
    faults: { '/health': text('<html>hello</html>'), '/v1/models': text('<html>hello</html>') },
  });
  assertFault(
    await examine({ engine: page.url }),
    'not_the_protocol',
    /expected JSON/,
    /^correct engine\.urls \(--engine\): .*no server of kind vllm$/,
  );
  const healthy = await startVllm(t, { block: 16 });
  const wrong = await examine({ engine: healthy.url, model: 'my-model' });
  assertFault(wrong, 'model_unknown', /serves \.\/my-model, not my-model$/, /^set engine\.model \(--model NAME\)/);
  const short = await startVllm(t, { context: 2048, block: 16 });
  assertFault(
    await examine({ engine: short.url, set: ['rollout.maxPromptTokens=900', 'rollout.maxResponseTokens=1800'] }),
    'context_too_short',
    /takes 2048 tokens, and rollout\.maxPromptTokens 900 \+ rollout\.maxResponseTokens 1800 are 2700/,
    /^lower rollout\.maxPromptTokens and rollout\.maxResponseTokens, or serve a longer context \(vLLM: --max-model-len\)$/,
  );
  const fitted = await examine({ engine: short.url });
  assert.deepEqual(faultsOf(fitted), []);
  assert.ok(
    fitted.some(({ detail }) => /context of 2048 tokens: rollout\.maxPromptTokens is 819 and .* 1229/.test(detail)),
  );
  const split = await startVllm(t, { splitsTags: true });
  assertFault(
    await examine({ engine: split.url }),
    'tag_split',
    /<Parallel> is 10 tokens/,
    /^add the six tags as special tokens/,
  );
  const routeless = await startVllm(t, { faults: { '/tokenize': json({ detail: 'Not Found' }, 404) } });
  assertFault(await examine({ engine: routeless.url }), 'no_tokenizer', /404 Not Found/, /\/tokenize and \/detokenize/);
  const eos = await examine({ engine: healthy.url, set: ['engine.eosTokens=["<end>"]'] });
  assertFault(eos, 'no_eos_token', /none of <end> is one token/, /^set engine\.eosTokens/);
});

test('3: keys', async (t) => {
  const engine = await startVllm(t, { key: 'right', block: 16 });
  const named = [`engine.apiKeyEnv=${VARIABLE}`];
  delete process.env[VARIABLE];
  t.after(() => delete process.env[VARIABLE]);
  const unset = await examine({ engine: engine.url, set: named });
  assertFault(
    unset,
    'key_missing',
    new RegExp(`${VARIABLE} is not set`),
    new RegExp(`^put the key into ${VARIABLE}.*engine\\.apiKeyEnv`),
  );
  assert.equal(engine.seen.length, 0, 'nothing was asked without it');
  process.env[VARIABLE] = 'wrong-key-0123';
  const refused = await examine({ engine: engine.url, set: named });
  assertFault(
    refused,
    'key_refused',
    /401 Unauthorized/,
    new RegExp(`in the environment variable ${VARIABLE}, which engine\\.apiKeyEnv names`),
  );
  assertFault(
    await examine({ engine: engine.url }),
    'key_refused',
    /401/,
    /wants a key: .*--set engine\.apiKeyEnv=VARIABLE/,
  );
  process.env[VARIABLE] = 'right';
  assert.deepEqual(faultsOf(await examine({ engine: engine.url, set: named })), []);
  const teacher = await startVllm(t, { key: 'right' });
  const taught = await examine({ teacher: teacher.url });
  assertFault(taught, 'key_refused', /401/, /--set stages\.cold-start\.teacher\.apiKeyEnv=VARIABLE/);
  const trainer = await startTrainer(t, { kind: 'tuft' });
  trainer.fault('healthz', gone(403, 'Invalid API key'));
  const trained = await examine({ trainer: trainer.url, set: [`trainer.apiKeyEnv=${VARIABLE}`] });
  assertFault(
    trained,
    'key_refused',
    /403 Invalid API key/,
    new RegExp(`${VARIABLE}, which trainer\\.apiKeyEnv names`),
  );
});

test('4: the prefix cache', async (t) => {
  const cacheOf = async (block: number | null | undefined, context = 8192) => {
    const { url } = await startVllm(t, { block: block as number, context });
    const findings = await examine({ engine: url, set: ['rollout.maxPromptTokens=100'] });
    return findings.find(({ detail }) => /cache/.test(detail))!;
  };
  for (const block of [16, 128, 256]) assert.equal((await cacheOf(block)).status, 'ok', `blocks of ${block}`);
  const off = await cacheOf(null);
  assert.deepEqual([off.status, off.fault], ['warn', 'cache_off']);
  assert.match(off.detail, /^0 of 1040 tokens/);
  const small = await cacheOf(128, 120);
  assert.deepEqual([small.status, small.fault], ['warn', 'cache_unclear']);
  assert.match(small.detail, /cannot be told: 0 of 119 tokens/);
  assert.equal((await cacheOf(undefined)).fault, 'cache_untold');
});

test('5: teachers', async (t) => {
  const { url } = await startVllm(t);
  assertFault(
    await examine({ teacher: url, model: 'other' }),
    'model_unknown',
    /serves \.\/my-model, not other/,
    /^set stages\.cold-start\.teacher\.model \(--teacher-model NAME\)/,
  );
  const long = ['stages.cold-start.teacher.maxTokens=16384'];
  const remedy = /^lower stages\.cold-start\.teacher\.maxTokens, or serve a longer context/;
  assertFault(await examine({ teacher: url, set: long }), 'context_too_short', /takes 8192 tokens.*16384/, remedy);
  const silent = await startVllm(t, { faults: { '/v1/models': json({ data: [{ id: SERVED }] }) } });
  const told = await examine({ teacher: silent.url, set: long });
  assertFault(told, 'context_too_short', /max_tokens=16384 cannot be greater than max_model_len=8192/, remedy);
  const lazy = await startVllm(t, { faults: { '/v1/models': json({ object: 'list', data: [] }) } });
  const asked = await examine({ teacher: lazy.url });
  assert.deepEqual(faultsOf(asked), []);
  assert.ok(asked.some(({ detail }) => /lists no model; \.\/my-model is asked for by its name/.test(detail)));
  assert.ok(lazy.seen.some(({ path }) => path === '/v1/chat/completions'));
  const nameless = await examine({ teacher: lazy.url, model: null });
  assert.equal(faultsOf(nameless)[0]?.fault, 'no_model');
  const stripping = await startVllm(t, { says: 'one two three' });
  assertFault(
    await examine({ teacher: stripping.url }),
    'tags_stripped',
    /left out <Parallel>/,
    /without stripping special tokens/,
  );
});

test('6: trainers', async (t) => {
  assertFault(
    await examine({ trainer: NOBODY }),
    'unreachable',
    /connection refused/,
    /^start the trainer, or correct trainer\.url \(--trainer\)$/,
  );
  const engine = await startVllm(t);
  assertFault(
    await examine({ trainer: engine.url }),
    'no_such_route',
    /healthz.*404/,
    /^correct trainer\.url \(--trainer\): nothing there answers as a trainer of the Tinker API does$/,
  );
  const fail = async (message: string, refusal: RegExp, kind: string, remedy: RegExp, model = SERVED) => {
    const skyrl = await startSkyrl(t);
    // The model is asked for by a request of its own, whose outcome is told as a 400.
    skyrl.fault('retrieve_future', ...repeat(3, gone(400, message)));
    assertFault(await examine({ trainer: skyrl.url, model }), kind, refusal, remedy);
  };
  await fail(
    "Engine is configured for './my-model' but request specified 'other'",
    /trains \.\/my-model, not other: .*Engine is configured for/,
    'model_unknown',
    /^set trainer\.baseModel \(--model NAME\)/,
    'other',
  );
  await fail(
    'LoRA rank 32 must be between 1 and 8',
    /LoRA rank 32 must be between/,
    'rank_refused',
    /^set trainer\.lora\.rank/,
  );
  await fail(
    'Maximum number of LoRA adapters (4) reached',
    /no slot got free in 0 s/,
    'no_slot',
    /^end what holds a model there/,
  );
  const unknown = await startTrainer(t);
  assertFault(
    await examine({ trainer: unknown.url }),
    'trainer_not_recognised',
    /cannot tell what kind/,
    /--set trainer\.profile=NAME/,
  );
});

test('7: models that are not named', async (t) => {
  const { url } = await startVllm(t, { block: 16 });
  const engine = await examine({ engine: url, model: null });
  assert.deepEqual(faultsOf(engine), []);
  assert.ok(engine.some(({ detail }) => detail === `${SERVED}, 8192 tokens`));
  assert.deepEqual(faultsOf(await examine({ teacher: url, model: null })), []);
  const trainer = await startSkyrl(t);
  const trained = await examine({ trainer: trainer.url, model: null });
  assert.deepEqual(faultsOf(trained), []);
  assert.equal(trainer.to('create_model')[0]!.body.base_model, SERVED);
  const empty = await startVllm(t, { faults: { '/v1/models': json({ data: [] }) } });
  for (const asked of [{ engine: empty.url }, { teacher: empty.url, model: null }]) {
    assertFault(await examine(asked), 'no_model', /lists no model$/, /^start the server with the model/);
  }
  const several = await startVllm(t, { faults: { '/v1/models': json({ data: [{ id: 'a' }, { id: 'b' }] }) } });
  assertFault(
    await examine({ engine: several.url, model: null }),
    'model_not_named',
    /serves a, b$/,
    /^name the one that is meant: --model NAME$/,
  );
  const both = await examine({ teacher: several.url, model: null });
  assertFault(both, 'model_not_named', /serves a, b$/, /^name the one that is meant: --teacher-model NAME$/);
});

test('8: broken servers', async (t) => {
  const trace = `Traceback (most recent call last):\n  File "/app/gpu.py", line 3, in step\n    run()\nRuntimeError: out of memory`;
  const broken = json({ error: { message: trace, type: 'InternalServerError', code: 500 } }, 500);
  const { url } = await startVllm(t, { faults: { '/v1/completions': broken } });
  assertFault(
    await examine({ engine: url }),
    'broken',
    /500 … RuntimeError: out of memory|500 RuntimeError: out of memory/,
    /^look into the server's log/,
  );
});

test('9: each by itself', async (t) => {
  const { url } = await startVllm(t, { block: 16 });
  const areas = async (asked: Asked) => [...new Set((await examine(asked)).map(({ area }) => area))];
  assert.deepEqual(await areas({ engine: url }), ['engine', 'tokenizer', 'sampling']);
  assert.deepEqual(await areas({ teacher: url }), ['teacher']);
  assert.deepEqual(await areas({ trainer: url }), ['trainer']);
  const three = await examine({ engine: NOBODY, teacher: url, trainer: url });
  assert.deepEqual(
    faultsOf(three).map(({ area, fault }) => `${area} ${fault}`),
    ['engine unreachable', 'trainer no_such_route'],
  );
  assert.ok(three.some(({ area, status }) => area === 'teacher' && status === 'ok'));
  // A right answer is measured by the tokenizer of the student, which is not to be had: that is not the teacher's fault.
  const right = await startVllm(t, { says: 'Final Answer: 41' });
  for (const engine of [NOBODY, right.url, (await startVllm(t, { splitsTags: true })).url]) {
    const { length } = faultsOf(await examine({ engine, teacher: right.url, model: null })).filter(
      ({ area }) => area === 'teacher',
    );
    assert.equal(length, 0, engine);
  }
  const own = ['stages.cold-start.teacher.model=./my-model', 'engine.apiKeyEnv=NO_SUCH_KEY'];
  const { config } = loadRunConfig({
    preset: 'parallel',
    sets: [`engine.urls=[${url}]`, 'engine.model=./my-model', ...own],
  });
  const found = await examineServers({
    ...{ config, scope: findScope(config, true), reporter: createSilentReporter() },
    namedModels: { engine: true, teacher: true, trainer: true },
    signal: new AbortController().signal,
  });
  assertFault(found, 'key_missing', /NO_SUCH_KEY is not set/, /engine\.apiKeyEnv/);
});
