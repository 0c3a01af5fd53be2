/**
 * vLLM as engine and teacher, on a CPU and with a tiny random model made here. Needs a Python with vLLM for CPU (0.32.0
 * with torch 2.13.0 is known to work, see CONTRIBUTING.md); name it in PARALLEL_R1_VLLM_PYTHON.
 *
 * 1. `generate --samples 2` stores two different answers per problem, each with a code of the filters.
 * 2. As a server of kind `openai`, which is how `--teacher` sees it, it gives the same, and tokens per answer.
 * 3. Requests over the context become rows with its refusal; the run goes on.
 * 4. The name of another model ends the run with the server's words, and no problem is marked as asked.
 * 5. `doctor` finds context, tags that survive, token ids and log-probs, though the model's name has slashes.
 * 6. The adapter keeps the contract of its port: completions by seed, stop tokens, tokenizer, chat, LoRA weights, abort.
 * 7. A rollout forks into two paths at `<Parallel>`, joins them and goes on behind the summary.
 * 8. Joined at the first of six paths, it goes on with that one; the others are given up and nothing of them is in the
 *    response.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { runCli } from '../support/cli-process.ts';
import { runEngineContract } from '../support/engine-contract.ts';
import { ANSWER_TOKENS, checkTwoSamples, generateLive } from '../support/live-generate.ts';
import { type LiveServer, makeTinyAdapters, startLiveServer, TINY_CONTEXT } from '../support/live-server.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const PYTHON = process.env.PARALLEL_R1_VLLM_PYTHON;
const skip = PYTHON === undefined && 'set PARALLEL_R1_VLLM_PYTHON';

const folder = makeTempFolder('vllm');
let server: LiveServer | undefined;

test.before(async () => {
  if (skip !== false) return;
  server = await startLiveServer({
    python: PYTHON!,
    folder,
    env: { VLLM_CPU_KVCACHE_SPACE: '1', VLLM_NO_USAGE_STATS: '1', VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True' },
    toArgs: (model, port) => [
      ...['-m', 'vllm.entrypoints.openai.api_server', '--model', model],
      ...['--host', '127.0.0.1', '--port', String(port), '--generation-config', 'vllm'],
      ...[
        '--enable-prompt-tokens-details',
        '--enable-lora',
        '--max-lora-rank',
        '8',
        '--max-loras',
        '2',
        '--max-cpu-loras',
        '4',
      ],
      ...['--enforce-eager', '--dtype', 'float32', '--max-model-len', String(TINY_CONTEXT)],
    ],
  });
});

test.after(() => server?.close());

test('1. two samples per problem', { skip }, async () => {
  checkTwoSamples(await generateLive(server!, { folder, name: 'samples', kind: 'vllm', samples: 2 }));
});

test('2. as a plain OpenAI server', { skip }, async () => {
  const run = await generateLive(server!, { folder, name: 'plain', kind: 'openai', samples: 2 });
  checkTwoSamples(run);
  for (const { completionTokens } of run.attempts) {
    assert.ok(completionTokens! > 0 && completionTokens! <= ANSWER_TOKENS, `${completionTokens} tokens`);
  }
});

test('3. over the context', { skip }, async () => {
  const settings = [`stages.0.teacher.maxTokens=${2 * TINY_CONTEXT}`];
  const { result, attempts } = await generateLive(server!, { folder, name: 'long', kind: 'vllm', settings });
  assert.equal(result.code, 0, result.stderr);
  assert.equal(attempts.length, 3);
  for (const { code, raw } of attempts) {
    assert.equal(code, 'http_400');
    assert.match(raw!, /400 .*max_model_len/);
  }
});

test('4. a model it does not serve', { skip }, async () => {
  const other = { ...server!, model: 'nobody/nothing' };
  const { result, attempts } = await generateLive(other, { folder, name: 'other', kind: 'vllm' });
  assert.equal(result.code, 1);
  assert.match(result.stderr, /404 .*nobody\/nothing/);
  assert.equal(attempts.length, 0);
});

test('5. doctor', { skip }, async () => {
  const stage = `stages=[{kind: cold-start, problems: ${folder}/problems.jsonl, teacher: {model: ${server!.model}}}]`;
  const result = await runCli([
    ...['doctor', '--json', '--engine', server!.url, '--model', server!.model, '--db', `${folder}/none.db`],
    ...['--set', stage, '--set', 'rollout.maxPromptTokens=1000'],
  ]);
  const found = JSON.parse(result.stdout) as { area: string; status: string; detail: string }[];
  const served = found.filter(({ area }) => ['engine', 'tokenizer', 'sampling'].includes(area));
  assert.deepEqual(
    served.filter(({ status }) => status !== 'ok'),
    [],
  );
  assert.ok(served.some(({ detail }) => detail.includes(`${TINY_CONTEXT} tokens`)));
  assert.match(served.find(({ area }) => area === 'sampling')!.detail, /2 of 2 choices/);
});

/** Ids of single bytes: of a vocabulary of about 300 each is about as likely, so that one of them soon comes. */
const OFTEN = Array.from({ length: 60 }, (_, i) => 40 + i);

runEngineContract(
  '6. vLLM',
  async (t) => {
    const { url, model } = server!;
    const engine = createOpenAiEngine({ kind: 'vllm', url, timeoutMs: 20_000 });
    t.after(() => engine[Symbol.asyncDispose]());
    return {
      engine,
      ...{ prompt: [11, 12, 13], completionPath: '/v1/completions' },
      ...{ model, chatModel: model, text: '<Parallel>Both ways', userMessage: 'hello', stopTokenIds: OFTEN },
      makeWeights: () => makeTinyAdapters(PYTHON!, model),
      // A real server cannot be held: the abort comes before its answers.
      hold: () => {},
      arrived: () => Promise.resolve(),
      freed: async () => {
        let load = await engine.readLoad!();
        while (load!.running! > 0 || load!.waiting > 0) load = await engine.readLoad!();
      },
    };
  },
  {},
  skip,
);

test('7. a rollout', { skip }, async () => {
  const { url, model } = server!;
  const settings = ['rollout.maxResponseTokens=1500', 'rollout.maxPathTokens=100', 'rollout.maxBlocks=1'];
  const result = await runCli([
    ...['solve', 'What is 1 + 1?', '--json', '--engine', url, '--model', model, '--db', `${folder}/none.db`],
    ...settings.flatMap((setting) => ['--set', setting]),
  ]);
  const [{ segments, blocks }] = JSON.parse(result.stdout).solutions;
  assert.deepEqual(
    segments.map(({ role }: { role: string }) => role),
    ['main', 'path', 'path', 'summary', 'main'],
    result.stderr,
  );
  const [fork, first, second, summary, rest] = segments.map(({ text }: { text: string }) => text);
  assert.match(fork, /<Parallel>$/);
  for (const path of [first, second]) assert.match(path, /^<Path>.+<\/Path>$/s);
  assert.notEqual(first, second);
  assert.match(summary, /^<\/Parallel>\s*<Summary>.*<\/Summary>$/s);
  assert.ok(rest.length > 0);
  assert.ok(blocks[0].pathTokens.every((count: number) => count > 0 && count <= 100));
});

test('8. an early join', { skip }, async () => {
  const { url, model } = server!;
  // A path of this model ends after some 300 tokens, now and then after ten: six do not end together.
  const settings = ['rollout.maxResponseTokens=3500', 'rollout.maxPathTokens=500', 'rollout.maxBlocks=1'];
  const early = ['rollout.paths=6', 'rollout.join=first'];
  const result = await runCli([
    ...['solve', 'What is 1 + 1?', '--json', '--engine', url, '--model', model, '--db', `${folder}/none.db`],
    ...[...settings, ...early].flatMap((setting) => ['--set', setting]),
  ]);
  const [{ segments }] = JSON.parse(result.stdout).solutions as [
    { segments: { role: string; stop: string; text: string; generatedTokens: number }[] },
  ];
  const paths = segments.filter(({ role }) => role === 'path');
  const [joined, ...others] = paths;
  assert.equal(paths.length, 6, result.stderr);
  assert.notEqual(joined!.stop, 'abort');
  assert.ok(
    others.every(({ stop, text, generatedTokens }) => stop === 'abort' && text === '' && generatedTokens === 0),
  );
});
