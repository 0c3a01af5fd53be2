/**
 * Engines other than vLLM through the command line, on loopback servers that speak their wire:
 *  1. `solve` forks and joins over a server of text (openai and tgi), and marks what was re-tokenised
 *  2. `eval` measures such a server without a trainer; the marks are in the run store
 *  3. a run that trains is refused there before anything is written, in one line that names the capability
 *  4. so are the weights of another run; `generate` and a missing tokenizer of a tinker engine are told apart
 *  5. `doctor` says what works over text and what does not
 *  6. `solve` and `eval` sample by the Tinker API, and trained weights reach it from the trainer
 *  7. the whole curriculum over the Tinker API makes the very rollouts it makes over vLLM's, token for token
 */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { startEmbeddedProcess } from '../../src/app/embedded-process.ts';
import { runCli } from '../support/cli-process.ts';
import { startOnUnigram } from '../support/embedded-requests.ts';
import { createOpenAiDouble, createTgiDouble, TEXT_MODEL, type WriteText } from '../support/engine-text-doubles.ts';
import { startFaultServer } from '../support/fault-server.ts';
import { smallRunArgs } from '../support/small-run.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('engines');
const QUESTION = 'What is 17 + 32?';
const problems = join(folder, 'problems.jsonl');
writeFileSync(problems, `${JSON.stringify({ problem: QUESTION, answer: '49' })}\n`);

/** A model that forks once, writes two paths, joins and answers; a token at a time. */
const think: WriteText = (prompt, seed) => {
  if (prompt.endsWith('<Path>')) return [' 17 + 32', ' is 49', `, by way ${seed}.`, '</Path>', ' never read'];
  if (prompt.endsWith('<Summary>')) return [' Both find 49.', '</Summary>', ' never read'];
  if (prompt.includes('</Summary>\n\nFinal')) return [];
  if (prompt.endsWith('</Summary>')) return ['\n\n', 'Final Answer:', ' 49'];
  return ['Two ways.\n', '<Para', 'llel>', ' never read'];
};

const DOUBLES = { openai: createOpenAiDouble, tgi: createTgiDouble } as const;

async function startText(t: TestContext, kind: keyof typeof DOUBLES, write = think) {
  const server = await startFaultServer(t, DOUBLES[kind]({ write }));
  return {
    server,
    args: ['--engine', `${server.url}/v1`, '--model', TEXT_MODEL, '--set', `engine.kind=${kind}`],
  };
}

async function runJson(args: readonly string[]) {
  const { code, stdout, stderr } = await runCli([...args, '--json']);
  assert.equal(code, 0, stderr + stdout);
  return JSON.parse(stdout);
}

async function refuse(args: readonly string[], line: RegExp) {
  const db = join(folder, 'refused.db');
  const { code, stderr } = await runCli([...args, '--db', db]);
  assert.equal(code, 2, stderr);
  assert.match(stderr.trimEnd(), line);
  assert.equal(stderr.trimEnd().includes('\n'), false);
  assert.equal(existsSync(db), false);
}

interface ShownSegment {
  readonly role: string;
  readonly text: string;
  readonly flags: readonly string[];
}

test('1: solve over text', async (t) => {
  for (const kind of ['openai', 'tgi'] as const) {
    const { args, server } = await startText(t, kind);
    const answer = await runJson(['solve', QUESTION, '--answer', '49', ...args, '--db', join(folder, 'none.db')]);
    const [solution] = answer.solutions;
    const segments: ShownSegment[] = solution.segments;
    assert.deepEqual(
      segments.map(({ role }) => role),
      ['main', 'path', 'path', 'summary', 'main'],
    );
    assert.equal(segments[0]?.text, 'Two ways.\n<Parallel>');
    assert.match(segments[1]?.text ?? '', /^<Path> 17 \+ 32 is 49, by way \d+\.<\/Path>$/);
    assert.equal(segments[3]?.text, '</Parallel>\n<Summary> Both find 49.</Summary>');
    assert.equal(segments[4]?.text, '\n\nFinal Answer: 49<|im_end|>');
    assert.ok(segments.every(({ flags }) => flags.includes('retokenised')));
    assert.deepEqual([solution.verdict.verdict, solution.formatValid, solution.end], ['correct', true, 'eos']);
    const asked = server.seen.filter(({ path }) => path === (kind === 'tgi' ? '/generate' : '/v1/completions'));
    const prompts: string[] = asked.map(({ body }) => body.inputs ?? body.prompt);
    assert.ok(prompts[0]?.includes(QUESTION));
    assert.equal(prompts[1], `${prompts[0]}Two ways.\n<Parallel><Path>`);
    assert.equal(
      prompts[3],
      prompts[0] +
        segments
          .slice(0, 3)
          .map(({ text }) => text)
          .join('') +
        '</Parallel>\n<Summary>',
    );
  }
});

test('1: a path that ends the sequence', async (t) => {
  const unclosed: WriteText = (prompt, seed) =>
    prompt.endsWith('<Path>')
      ? [' It is 49.']
      : think(prompt, seed)
          .filter((piece) => piece !== '</Summary>')
          .slice(0, 3);
  for (const kind of ['openai', 'tgi'] as const) {
    const { args } = await startText(t, kind, unclosed);
    const { solutions } = await runJson(['solve', QUESTION, ...args, '--db', join(folder, 'none.db')]);
    const segments: ShownSegment[] = solutions[0].segments;
    assert.equal(segments[1]?.text, '<Path> It is 49.</Path>');
    assert.deepEqual(segments[1]?.flags, ['retokenised', 'eos_in_path']);
    assert.equal(segments[3]?.text.endsWith('never read</Summary>'), true);
  }
});

test('2: eval over text', async (t) => {
  const { args } = await startText(t, 'openai');
  const db = join(folder, 'eval.db');
  const report = await runJson(['eval', '--problems', problems, '--samples', '2', ...args, '--db', db]);
  assert.deepEqual([report.evaluations[0].problems, report.evaluations[0].fewestSamples], [1, 2]);
  using store = openRunStore(db, { readonly: true });
  const rollouts = store.loadRollouts(report.run.id, 0, 'eval', 0);
  assert.equal(rollouts.length, 2);
  for (const { trajectory, weightsVersion, verdict } of rollouts) {
    assert.deepEqual([weightsVersion, verdict?.verdict], [TEXT_MODEL, 'correct']);
    const segments = trajectory?.segments ?? [];
    assert.equal(segments.length, 5);
    for (const { flags, pieces } of segments) {
      assert.ok(flags.includes('retokenised'));
      assert.ok(pieces.every(({ logprobs }) => logprobs === null));
    }
  }
});

test('3: training is refused over text', async (t) => {
  for (const kind of ['openai', 'tgi'] as const) {
    const { args } = await startText(t, kind);
    const said = new RegExp(
      `engine\\.kind: ${kind} does not offer token ids with log-probs \\(capability tokenIds\\), which stages sft, rl\\S*, rl\\S* need: use vllm, sglang, embedded, tinker$`,
    );
    await refuse(['run', ...args], said);
    await refuse(['run', ...args, '--trainer', 'http://127.0.0.1:9'], said);
    await refuse(['rl', ...args, '--stage', 'rl-dapo'], /capability tokenIds\), which stage rl-dapo needs: use vllm/);
  }
});

test('4: what else is refused', async (t) => {
  const { args } = await startText(t, 'openai');
  const lack = /engine\.kind: openai does not offer loading of weights .*capability loadWeights\), which --from needs/;
  await refuse(['eval', '--from', 'some-run', '--problems', problems, ...args], lack);
  const tinker = ['--engine', 'http://127.0.0.1:9', '--model', 'm', '--set', 'engine.kind=tinker'];
  await refuse(['solve', QUESTION, ...tinker], /engine\.tokenizerUrl: is missing: the Tinker API has no tokenizer/);
  const both = ['--set', 'engine.tokenizerUrl=http://127.0.0.1:9'];
  await refuse(['solve', QUESTION, ...args, ...both], /engine\.tokenizerUrl: is for engine\.kind tinker only/);
});

test('5: doctor over text', async (t) => {
  const { args } = await startText(t, 'openai');
  const { code, stdout } = await runCli([
    ...['doctor', '--json', '--teacher', 'http://127.0.0.1:9', ...args, '--db', join(folder, 'none.db')],
  ]);
  assert.equal(code, 1, 'nobody teaches');
  const findings: { area: string; status: string; detail: string; fix: string | null }[] = JSON.parse(stdout);
  const find = (area: string, words: RegExp) =>
    findings.find((finding) => finding.area === area && words.test(finding.detail));
  assert.equal(find('recipe', /openai does not offer token ids/)?.status, 'warn');
  assert.match(find('recipe', /token ids/)?.fix ?? '', /generate, solve and eval work/);
  assert.equal(find('tokenizer', /cut into pieces here/)?.status, 'ok');
  assert.equal(find('sampling', /^text comes back, 2 of 2 choices/)?.status, 'ok');
  assert.equal(find('sampling', /leaves special tokens out/)?.status, 'warn');
  assert.equal(find('teacher', /no answer/)?.status, 'fail');
  assert.equal(find('trainer', /./), undefined);
});

test('6: the Tinker API', async (t) => {
  const { url } = await startOnUnigram(t);
  const sums =
    '[{name: easy, problems: [{kind: word-sums, level: easy, split: heldout, count: 2, seed: 1}], samples: 2}]';
  const tinker = ['--preset', 'embedded', '--engine', url, '--set', 'engine.kind=tinker'];
  const args = [...tinker, '--set', `engine.tokenizerUrl=${url}`];
  const question = 'Dan has 18 keys, then makes 31. How many in all?';
  const { solutions } = await runJson(['solve', question, ...args, '--db', join(folder, 'none.db')]);
  const segments: ShownSegment[] = solutions[0].segments;
  assert.ok(segments.length > 0 && segments.every(({ flags }) => !flags.includes('retokenised')));
  const db = join(folder, 'tinker.db');
  const report = await runJson(['eval', ...args, '--trainer', url, '--set', `eval.sets=${sums}`, '--db', db]);
  using store = openRunStore(db, { readonly: true });
  const rollouts = store.loadRollouts(report.run.id, 0, 'eval', 0);
  assert.equal(rollouts.length, 4);
  for (const { trajectory, weightsVersion } of rollouts) {
    assert.equal(weightsVersion, `${report.run.id}-s0-0-1`);
    const sampled = trajectory?.segments.flatMap(({ pieces }) => pieces.filter(({ origin }) => origin === 'policy'));
    assert.ok(sampled?.every(({ ids, logprobs }) => logprobs?.length === ids.length));
  }
});

/** What was sampled in training, and with which log-probs. */
function readSampled(db: string, runId: string) {
  using store = openRunStore(db, { readonly: true });
  return store
    .listStages(runId)
    .flatMap(({ index }) => [1, 2, 3].flatMap((step) => store.loadRollouts(runId, index, 'train', step)))
    .map(({ trajectory, verdict }) => ({
      verdict: verdict?.verdict,
      pieces: trajectory?.segments.flatMap(({ pieces }) => pieces.map(({ ids, logprobs }) => ({ ids, logprobs }))),
    }));
}

test('7: a curriculum by the Tinker API', async (t) => {
  const stateDir = join(folder, 'embedded');
  const server = await startEmbeddedProcess({ stateDir, seed: 7, threads: 1, family: 'word-sums' }, t.signal);
  t.after(() => server[Symbol.asyncDispose]());
  const { url } = server;
  const place = ['--preset', 'embedded', '--engine', url, '--trainer', url, '--set', `stages.0.teacher.url=${url}`];
  const run = async (kind: string, ...sets: readonly string[]) => {
    const db = join(folder, `${kind}.db`);
    const report = await runJson(['run', ...place, '--set', `engine.kind=${kind}`, ...sets, ...smallRunArgs(db)]);
    assert.equal(report.run.status, 'done');
    return readSampled(db, report.run.id);
  };
  const sampled = await run('tinker', '--set', `engine.tokenizerUrl=${url}`);
  assert.equal(sampled.length, 2 * 3 * 4 * 4);
  assert.deepEqual(sampled, await run('vllm'));
});
