/**
 * Resolving a configuration.
 *
 *  1. preset, file, --set and flags lie over one another in this order
 *  2. without preset and file it is the embedded preset; a file alone starts from nothing; `preset:` in a file, beaten by the flag
 *  3. lists are replaced as a whole, objects merged, an object of another kind replaced
 *  4. --set reads YAML, indexes lists by number, id or name, appends one past the end, makes what is missing
 *  5. all faults at once, one line each, with file and line, --set or flag they come from
 *  6. an unknown key names the nearest key, the place below that has it, or what is known
 *  7. YAML faults name file and line: duplicate keys, syntax, unknown tags, several documents, too many aliases
 *  8. a missing file, a folder, a file that is no object, an unknown preset
 *  9. relative paths of a file are resolved against its folder, those of --set against the working directory; names stay
 * 10. keys written into the configuration are refused and never repeated
 * 11. `__proto__` is an unknown key and nothing else
 * 12. a flag may stand for a key of every item of a list, or of every stage of a kind; its faults name the flag
 * 13. a fault names the `--set` that wrote it, also where that picked its stage by id
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type ConfigSources, loadRunConfig } from '../../src/config/load.ts';
import { PRESETS } from '../../src/config/presets.ts';
import type { RunConfig } from '../../src/config/schema.ts';
import { UsageError } from '../../src/errors.ts';

const MINIMAL = `
engine: { model: some-model, urls: http://127.0.0.1:8000/v1 }
stages:
  - { kind: cold-start, problems: gsm8k/train, teacher: { model: some-teacher } }
  - { kind: sft }
  - { kind: rl, problems: dapo-math-17k, steps: 10, batchSize: 8 }
`;

function writeConfig(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'run.yaml');
  writeFileSync(file, text);
  return file;
}

function load(sources: ConfigSources): RunConfig {
  return loadRunConfig(sources).config;
}

/** The lines of the refusal, without the one that counts them. */
function listFaults(sources: ConfigSources): string[] {
  try {
    loadRunConfig(sources);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    const [first, ...rest] = error.message.split('\n');
    if (rest.length === 0) return [first!];
    assert.equal(first, `the configuration has ${rest.length} faults:`);
    return rest.map((line) => line.trim());
  }
  return assert.fail('the configuration was accepted');
}

test('1. preset, file, --set, flags', (t) => {
  const file = writeConfig(t, 'run: { name: mine, seed: 1 }\nengine: { maxInFlight: 9, timeoutSeconds: 9 }\n');
  const sets = ['run.seed=2', 'engine.timeoutSeconds=8'];
  const overrides = [{ flag: '--engine', path: 'engine.urls', value: ['http://127.0.0.1:1'] }];
  const config = load({
    preset: 'seen',
    file,
    sets,
    overrides: [...overrides, { flag: '--seed', path: 'run.seed', value: 3 }],
  });
  assert.deepEqual(config.run, { name: 'mine', seed: 3, report: null });
  assert.deepEqual(
    [config.engine.maxInFlight, config.engine.timeoutSeconds, config.engine.urls, config.engine.model],
    [9, 8, ['http://127.0.0.1:1'], 'Qwen/Qwen3-4B-Base'],
  );
});

test('2. where it starts', (t) => {
  assert.equal(loadRunConfig().preset, 'embedded');
  assert.deepEqual(load({}), PRESETS.embedded);
  const alone = loadRunConfig({ file: writeConfig(t, MINIMAL) });
  assert.equal(alone.preset, null);
  assert.deepEqual([alone.config.rollout.maxResponseTokens, alone.config.engine.kind], [3000, 'vllm']);
  const based = writeConfig(t, 'preset: seen\nrun: { name: based }\n');
  assert.equal(loadRunConfig({ file: based }).preset, 'seen');
  assert.equal(load({ file: based }).stages.length, 4);
  assert.equal(loadRunConfig({ file: based, preset: 'scaffold' }).preset, 'scaffold');
  assert.match(
    listFaults({ file: writeConfig(t, '# nothing\n') }).join('\n'),
    /stages: is missing: .*preset: embedded/,
  );
});

test('3. merging', (t) => {
  const rl = (config: RunConfig, index: number) => {
    const stage = config.stages[index];
    assert.ok(stage?.kind === 'rl');
    return stage;
  };
  const file = writeConfig(t, 'preset: embedded\nrollout: { pathLabels: null, paths: 3 }\neval: { sets: [] }\n');
  const config = load({ file });
  assert.deepEqual([config.rollout.pathLabels, config.rollout.paths, config.rollout.maxBlocks], [null, 3, 1]);
  assert.deepEqual(config.eval.sets, []);
  assert.equal(config.eval.temperature, 1);
  const archive = load({
    file: writeConfig(t, 'preset: seen\ntrainer: { handover: { kind: archive, directory: /srv/weights } }\n'),
  });
  assert.deepEqual(archive.trainer.handover, { kind: 'archive', directory: '/srv/weights' });
  const replaced = load({
    preset: 'embedded',
    sets: ['stages.rl-easy.schedule={kind: cosine}', 'stages.3.reward=tiered'],
  });
  assert.deepEqual(rl(replaced, 2).schedule, { kind: 'cosine', warmupFraction: 0.1 });
  assert.deepEqual(rl(replaced, 3).reward, { kind: 'tiered', count: 'effective', bonus: 1.2, malformedCorrect: -1 });
  assert.deepEqual(rl(load({ sets: ['stages.2.adam.learningRate=1e-4'] }), 2).adam, {
    ...rl(PRESETS.embedded, 2).adam,
    learningRate: 1e-4,
  });
});

test('4. --set', () => {
  const config = load({
    sets: [
      'run.name=a-b',
      'stages.0.problems=gsm8k/train',
      'stages.rl-hard.steps=5',
      'eval.sets.hard.samples=3',
      'engine.urls.0=http://127.0.0.1:1',
      'engine.eosTokens.1=<end>',
      'stages.2.gate=null',
      'stages.3.gate.onFail=warn',
      'rollout.pathLabels=["x=1", y]',
    ],
  });
  const [coldStart, , easy, hard] = config.stages;
  assert.ok(coldStart?.kind === 'cold-start' && easy?.kind === 'rl' && hard?.kind === 'rl');
  assert.equal(config.run.name, 'a-b');
  assert.deepEqual(coldStart.problems, [{ kind: 'set', name: 'gsm8k/train', limit: null }]);
  assert.deepEqual([hard.steps, hard.gate?.onFail, hard.gate?.minAccuracy, easy.gate], [5, 'warn', 0.2, null]);
  assert.deepEqual(
    config.eval.sets.map(({ samples }) => samples),
    [1, 3],
  );
  assert.deepEqual([config.engine.urls, config.engine.eosTokens], [['http://127.0.0.1:1'], ['<eos>', '<end>']]);
  assert.deepEqual(config.rollout.pathLabels, ['x=1', 'y']);
  assert.deepEqual(
    listFaults({
      sets: ['seed', '=1', 'run..x=1', 'run.name.x=1', 'stages.rl-esay.steps=1', 'engine.urls.3=x', 'rollout.topP=[1'],
    }).map((line) => line.replace(/;.*/, '')),
    [
      '--set seed: write --set key.path=value',
      '--set : write --set key.path=value',
      '--set run..x: write --set key.path=value',
      '--set rollout.topP: the value is not YAML: Flow sequence must end with a ]',
      '--set run.name.x: run.name holds a single value, so it has no "x"',
      '--set stages.rl-esay.steps: stages has no item "rl-esay"',
      '--set engine.urls.3: engine.urls has no item "3"',
    ],
  );
});

test('5. all faults at once', (t) => {
  const file = writeConfig(
    t,
    `engine: { kind: vlm, maxInFlight: 0 }
rollout:
  temprature: 0.5
  topP: 2
stages:
  - { kind: rl, problems: gsm8k/train, steps: 3, batchSize: 2.5 }
  - { kind: sft, id: rl }
  - { kind: rl, problems: [], steps: many, batchSize: 2 }
`,
  );
  const overrides = [{ flag: '--trainer', path: 'trainer.url', value: 'localhost' }];
  const lines = listFaults({ file, sets: ['run.seed=-1', 'nowhere'], overrides });
  assert.deepEqual(lines, [
    '--set nowhere: write --set key.path=value',
    'run.seed: must be at least 0 (--set run.seed)',
    `engine.kind: must be one of vllm, sglang, embedded, tinker, tgi, openai; did you mean vllm? (${file}:1)`,
    `engine.model: is missing: Name of the model as the server knows it (${file}:1)`,
    `engine.maxInFlight: must be at least 1 (${file}:1)`,
    'trainer.url: must be a URL such as http://127.0.0.1:8000/v1 (--trainer)',
    `rollout.topP: must be at most 1 (${file}:4)`,
    `rollout.temprature: unknown key; did you mean rollout.temperature? (${file}:3)`,
    `stages.0.batchSize: must be a whole number, not 2.5 (${file}:6)`,
    `stages.rl.data: is missing: Id of the cold-start stage whose rows are trained on (default: the last one before), a JSONL file, or run:ID for those of another run (${file}:7)`,
    `stages.2.problems: must name at least one (${file}:8)`,
    `stages.2.steps: must be a whole number, not text (${file}:8)`,
  ]);
});

test('6. unknown keys', () => {
  const hintOf = (set: string) => listFaults({ sets: [set] })[0]!.replace(/ \(--set.*/, '');
  assert.equal(
    hintOf('rollout.maxResponsTokens=1'),
    'rollout.maxResponsTokens: unknown key; did you mean rollout.maxResponseTokens?',
  );
  assert.equal(hintOf('engine.url=x'), 'engine.url: unknown key; did you mean engine.urls?');
  assert.equal(hintOf('engien=x'), 'engien: unknown key; did you mean engine?');
  assert.equal(hintOf('trainer.loar.rank=1'), 'trainer.loar: unknown key; did you mean trainer.lora?');
  assert.equal(
    hintOf('stages.1.learningRate=1'),
    'stages.sft.learningRate: unknown key; did you mean stages.sft.adam.learningRate?',
  );
  assert.equal(hintOf('layout=exact'), 'layout: unknown key; did you mean training.layout?');
  assert.equal(hintOf('embedded.zzz=1'), 'embedded.zzz: unknown key; known here: family, threads, modelSeed');
});

test('7. YAML faults', (t) => {
  const faultsOf = (text: string) => {
    const file = writeConfig(t, text);
    return listFaults({ file }).map((line) => line.replace(`${file}:`, ''));
  };
  assert.deepEqual(faultsOf('run: { name: a }\nengine: {}\nrun: { seed: 1 }\n'), ['3: the key "run" occurs twice']);
  assert.deepEqual(faultsOf('rollout:\n  paths: 2\n  topP: 1\n  "paths": 3\n'), ['4: the key "paths" occurs twice']);
  assert.match(faultsOf('run:\n  name: [a\nengine: x\n')[0]!, /^3: /);
  assert.match(faultsOf('run: !!js/function x\n')[0]!, /^1: Unresolved tag/);
  assert.match(faultsOf('run: { name: a }\n---\nrun: { name: b }\n')[0]!, /^\d: .*multiple documents/);
  const layers = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`);
  assert.match(faultsOf(`a0: &a0 [x]\n${layers.join('\n')}\n`)[0]!, /Excessive alias count/);
});

test('8. files and presets that are not there', (t) => {
  const file = writeConfig(t, '- run\n');
  assert.deepEqual(listFaults({ file }), [
    `${file}:1: a configuration is an object of keys such as run, engine, stages`,
  ]);
  const missing = join(tmpdir(), 'no-such-configuration.yaml');
  assert.deepEqual(listFaults({ file: missing }), [`configuration file ${missing}: there is no such file`]);
  assert.deepEqual(listFaults({ file: tmpdir() }), [
    `configuration file ${tmpdir()}: this is a folder, a file is expected`,
  ]);
  const known = 'known: embedded, embedded-mixed, parallel, seen, unseen-s1, unseen-s2, scaffold, sequential';
  assert.deepEqual(listFaults({ preset: 'embeded' }), [
    `preset: there is no such preset; did you mean embedded? ${known}`,
  ]);
  const wrong = writeConfig(t, 'run: { name: x }\npreset: [seen]\n');
  assert.deepEqual(listFaults({ file: wrong }), [`preset: there is no such preset; ${known} (${wrong}:2)`]);
  assert.deepEqual(listFaults({ preset: 'toString' }), [`preset: there is no such preset; ${known}`]);
});

test('9. relative paths', (t) => {
  const file = writeConfig(
    t,
    `preset: seen
prompt: ./mine.md
trainer: { handover: { kind: archive, directory: weights } }
stages:
  - { kind: cold-start, problems: [a.jsonl, gsm8k/train, { kind: file, path: ../b.jsonl }], prompt: teacher.md, teacher: { model: m } }
  - { kind: sft, data: /abs/rows.jsonl }
`,
  );
  const folder = join(file, '..');
  const config = load({
    file,
    sets: ['eval.sets.0.problems=c.jsonl', 'eval.sets.1.problems.0=d.jsonl'],
    cwd: '/work-folder',
  });
  const [coldStart, sft] = config.stages;
  assert.ok(coldStart?.kind === 'cold-start' && sft?.kind === 'sft');
  assert.equal(config.prompt, join(folder, 'mine.md'));
  assert.deepEqual(config.trainer.handover, { kind: 'archive', directory: join(folder, 'weights') });
  assert.deepEqual(coldStart.problems, [
    { kind: 'file', path: join(folder, 'a.jsonl'), limit: null },
    { kind: 'set', name: 'gsm8k/train', limit: null },
    { kind: 'file', path: join(folder, '..', 'b.jsonl'), limit: null },
  ]);
  assert.deepEqual([coldStart.prompt, sft.data], [join(folder, 'teacher.md'), '/abs/rows.jsonl']);
  assert.deepEqual(config.eval.sets[0]!.problems, [{ kind: 'file', path: '/work-folder/c.jsonl', limit: null }]);
  assert.deepEqual(config.eval.sets[1]!.problems, [{ kind: 'file', path: '/work-folder/d.jsonl', limit: null }]);
  assert.equal(load({ sets: ['prompt=sequential'] }).prompt, 'sequential');
});

test('10. keys are refused and not repeated', () => {
  for (const key of ['sk-proj-abcDEF123', 'hf_AbCdEfGhIjKlMnOp', 'AKIAIOSFODNN7EXAMPLEX', 'my key', '']) {
    for (const path of ['engine.apiKeyEnv', 'trainer.apiKeyEnv', 'stages.0.teacher.apiKeyEnv']) {
      const [line] = listFaults({ sets: [`${path}=${JSON.stringify(key)}`] });
      assert.match(line!, /: is not the name of an environment variable; write its upper-case name/);
      if (key !== '') assert.equal(line!.includes(key), false);
    }
  }
  const [unknown] = listFaults({ sets: ['engine.apiKey=sk-secret-1'] });
  assert.equal(unknown, 'engine.apiKey: unknown key; did you mean engine.apiKeyEnv? (--set engine.apiKey)');
  const [withPassword] = listFaults({ sets: ['engine.urls=http://me:sk-secret-2@127.0.0.1'] });
  assert.match(withPassword!, /must not hold a user name or password/);
  const [withQuery] = listFaults({ sets: ['trainer.url=http://127.0.0.1/?key=sk-secret-3'] });
  assert.match(withQuery!, /must end before/);
  assert.equal(/sk-secret/.test(`${unknown}${withPassword}${withQuery}`), false);
  for (const name of ['OPENAI_API_KEY', 'TOKEN', '_KEY2'])
    assert.equal(load({ sets: [`engine.apiKeyEnv=${name}`] }).engine.apiKeyEnv, name);
});

test('11. __proto__', (t) => {
  const file = writeConfig(t, 'preset: embedded\n__proto__: { polluted: 1 }\nrun: { __proto__: { polluted: 1 } }\n');
  const lines = listFaults({ file, sets: ['engine.__proto__.polluted=1', 'constructor.prototype.polluted=1'] });
  assert.deepEqual(lines.map((line) => line.split(':')[0]).sort(), [
    '__proto__',
    'constructor',
    'engine.__proto__',
    'run.__proto__',
  ]);
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
});

test('12. selectors', () => {
  const steps = (config: RunConfig) => config.stages.map((stage) => (stage.kind === 'rl' ? stage.steps : null));
  const flag = (path: string, value: unknown) => [{ flag: '--n', path, value }];
  assert.deepEqual(steps(load({ overrides: flag('stages.kind=rl.steps', 7) })), [null, null, 7, 7]);
  const { eval: held } = load({ overrides: flag('eval.sets.*.samples', 9) });
  assert.deepEqual(
    held.sets.map(({ samples }) => samples),
    [9, 9],
  );
  assert.deepEqual(load({ preset: 'sequential', overrides: flag('stages.kind=sft.batchSize', 9) }), PRESETS.sequential);
  assert.deepEqual(listFaults({ overrides: flag('stages.kind=rl.steps', 0) }), [
    'stages.rl-easy.steps: must be at least 1 (--n)',
    'stages.rl-hard.steps: must be at least 1 (--n)',
  ]);
});

test('13. the origin of a fault', () => {
  assert.deepEqual(listFaults({ sets: ['stages.rl-hard.steps=0'] }), [
    'stages.rl-hard.steps: must be at least 1 (--set stages.rl-hard.steps)',
  ]);
});
