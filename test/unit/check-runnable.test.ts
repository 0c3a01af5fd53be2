/**
 * What each kind of engine is asked for before a run starts.
 *
 * 1. Stages that train need token ids: kinds that lack them are refused by that fault alone
 * 2. Data and evaluations alone run on every kind without a trainer, and with one
 * 3. tinker needs a tokenizer and the path of the weights; other kinds take no tokenizer
 * 4. engine.adminUrls: servers behind a router, which load adapters; neither text servers nor whole weights
 * 5. The embedded model that a run starts itself: levels outside its family, and labels its teacher does not write, are refused
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { checkRunnable } from '../../src/config/check-runnable.ts';
import { describeConfigFault } from '../../src/config/explain-issues.ts';
import { loadRunConfig } from '../../src/config/load.ts';
import type { PresetName } from '../../src/config/presets.ts';
import { ENGINE_KINDS, type EngineKind } from '../../src/core/engine-kinds.ts';

const KINDS = Object.keys(ENGINE_KINDS) as EngineKind[];
const TEACHER = 'stages.0.teacher.url=http://127.0.0.1:8002';
const TRAINER = 'trainer.url=http://127.0.0.1:8001';
const TOKENIZER = 'engine.tokenizerUrl=http://127.0.0.1:8003';
const EVAL = 'stages=[{id: eval, kind: eval, sets: [{name: s, problems: aime25, samples: 1}]}]';

function faultsOf(kind: EngineKind, ...sets: string[]): string[] {
  const own = kind === 'tinker' ? [TOKENIZER] : [];
  const all = [`engine.kind=${kind}`, 'engine.urls=http://127.0.0.1:8000', ...own, ...sets];
  return checkRunnable(loadRunConfig({ preset: 'seen', sets: all }).config).map(describeConfigFault);
}

test('1. stages that train', () => {
  for (const kind of KINDS) {
    const faults = faultsOf(kind, TRAINER, TEACHER);
    if (ENGINE_KINDS[kind].tokenIds) assert.deepEqual(faults, [], kind);
    else {
      assert.equal(faults.length, 1);
      assert.match(faults[0]!, new RegExp(`^engine\\.kind: ${kind} .*capability tokenIds\\), which stages sft, rl`));
    }
  }
  assert.equal(faultsOf('openai').length, 1);
});

test('2. stages that do not', () => {
  for (const kind of KINDS) {
    assert.deepEqual(faultsOf(kind, EVAL), [], kind);
    assert.deepEqual(faultsOf(kind, EVAL, TRAINER), [], kind);
    const generate = 'stages=[{kind: cold-start, problems: a.jsonl, teacher: {model: t, url: "http://127.0.0.1:1"}}]';
    assert.deepEqual(faultsOf(kind, generate), [], kind);
  }
});

test('3. tinker', () => {
  const [missing] = faultsOf('tinker', EVAL, TRAINER, 'engine.tokenizerUrl=null');
  assert.match(missing ?? '', /^engine\.tokenizerUrl: is missing: .*\/tokenize that serves Qwen/);
  const archive = 'trainer.handover={kind: archive, directory: adapters}';
  assert.match(
    faultsOf('tinker', EVAL, TRAINER, archive).join(),
    /^trainer\.handover: must be path for engine\.kind tinker/,
  );
  assert.deepEqual(faultsOf('vllm', EVAL, TRAINER, archive), []);
  assert.match(
    faultsOf('vllm', EVAL, TRAINER, TOKENIZER).join(),
    /^engine\.tokenizerUrl: is for engine\.kind tinker only/,
  );
});

test('4. behind a router', () => {
  const admin = 'engine.adminUrls=[http://127.0.0.1:8100, http://127.0.0.1:8101]';
  const settings = [EVAL, TRAINER, admin];
  assert.deepEqual(faultsOf('vllm', ...settings), []);
  assert.match(
    faultsOf('openai', ...settings).join(),
    /^engine\.adminUrls: is for servers that load weights; openai has/,
  );
  assert.match(
    faultsOf('tinker', ...settings).join(),
    /^engine\.adminUrls: is for servers that load weights; tinker has/,
  );
  assert.match(
    faultsOf('vllm', ...settings, 'trainer.lora=none').join(),
    /^engine\.adminUrls: does not go with trainer\.lora none/,
  );
  assert.ok(faultsOf('vllm', ...settings, 'engine.urls=[]').some((fault) => /no router in front of them/.test(fault)));
});

test('5. the family of the embedded model', () => {
  const check = (preset: PresetName, ...sets: string[]) =>
    checkRunnable(loadRunConfig({ preset, sets }).config).map(describeConfigFault);
  assert.deepEqual(check('embedded-mixed'), []);
  const set = (level: string) =>
    `eval.sets=[{name: s, problems: {kind: word-sums, level: ${level}, split: heldout, count: 9, seed: 1}}]`;
  for (const level of ['totals', 'chain', 'check']) {
    const [fault, ...rest] = check('embedded', set(level));
    assert.match(
      fault!,
      new RegExp(`^eval\\.sets\\.0\\.problems: asks for level ${level}, .*family word-sums.*--preset embedded-mixed`),
    );
    assert.deepEqual(rest, []);
    assert.deepEqual(check('embedded-mixed', set(level)), []);
  }
  assert.deepEqual(check('embedded', set('8')), []);
  assert.match(
    check('embedded', 'embedded.family=mixed').join(),
    /^rollout\.pathLabels: is \[tens, ones\], .* mixed begins paths with A and B$/,
  );
  assert.deepEqual(check('embedded', 'embedded.family=mixed', 'rollout.mode=sequential'), []);
  const elsewhere = ['engine.urls=http://127.0.0.1:8000', 'trainer.url=http://127.0.0.1:8001'];
  assert.deepEqual(check('embedded', set('totals'), ...elsewhere), [], 'the server may know more');
});
