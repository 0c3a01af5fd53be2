/**
 * The schema of a configuration.
 *
 *  1. a short file is enough: defaults, short forms, ids, the data of an SFT stage
 *  2. stage ids: the kind, numbered when there are several; given ids stay; repeated ones are a fault
 *  3. an SFT stage takes its rows from a cold-start stage before it, or from a JSONL file
 *  4. faults between fields: blocks that could never open, twin labels, clip bounds, windows, minibatches, set names
 *  5. bounds are told with the bound
 *  6. property: a resolved configuration goes through JSON and the schema unchanged
 *  7. the word-sum bound is the generator's
 *  8. every key has a description, and the JSON Schema knows defaults, short forms and presets
 *  9. nearest names: edits, swaps, case, parts; nothing near is null
 * 10. one engine to 64, each named once, and where calls go
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { mergeConfig } from '../../src/config/draft.ts';
import { parseWithFaults } from '../../src/config/explain-issues.ts';
import { toConfigJsonSchema } from '../../src/config/json-schema.ts';
import { PRESET_NAMES, PRESETS } from '../../src/config/presets.ts';
import { type RunConfig, runConfigSchema } from '../../src/config/schema.ts';
import { computeEditDistance, findNearestName } from '../../src/core/nearest-name.ts';
import { MAX_WORD_SUMS } from '../../src/core/word-sums/generate.ts';

const ENGINE = { model: 'm' };
const COLD_START = { kind: 'cold-start', problems: 'gsm8k/train', teacher: { model: 't' } };
const SFT = { kind: 'sft' };
const RL = { kind: 'rl', problems: 'gsm8k/train', steps: 1, batchSize: 2 };

function parse(stages: readonly unknown[], over: object = {}): RunConfig {
  const result = parseWithFaults(runConfigSchema, { engine: ENGINE, stages, ...over });
  return 'value' in result ? result.value : assert.fail(JSON.stringify(result.faults));
}

function faultsOf(stages: readonly unknown[], over: object = {}): string[] {
  const result = parseWithFaults(runConfigSchema, { engine: ENGINE, stages, ...over });
  if ('value' in result) return [];
  return result.faults.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('1. a short file is enough', () => {
  const config = parse(
    [COLD_START, SFT, { ...RL, reward: 'product', problems: ['a.jsonl', { kind: 'set', name: 'b' }] }],
    {
      engine: { ...ENGINE, urls: 'http://127.0.0.1:8000/v1' },
    },
  );
  const [coldStart, sft, rl] = config.stages;
  assert.ok(coldStart?.kind === 'cold-start' && sft?.kind === 'sft' && rl?.kind === 'rl');
  assert.deepEqual(coldStart.problems, [{ kind: 'set', name: 'gsm8k/train', limit: null }]);
  assert.deepEqual([coldStart.teacher.url, coldStart.teacher.apiKeyEnv, coldStart.samplesPerProblem], [null, null, 1]);
  assert.deepEqual(
    [coldStart.method, coldStart.prompt, coldStart.solutionPrompt, coldStart.annotatePrompt],
    ['prompt', 'parallel-teacher.v1', 'sequential.v1', 'annotate.v1'],
  );
  assert.deepEqual(
    [sft.data, sft.epochs, sft.batchSize, sft.adam.learningRate, sft.adam.beta2],
    ['cold-start', 1, 128, 1e-5, 0.95],
  );
  assert.deepEqual(rl.reward, { kind: 'product', count: 'effective' });
  assert.deepEqual(rl.problems, [
    { kind: 'file', path: 'a.jsonl', limit: null },
    { kind: 'set', name: 'b', limit: null },
  ]);
  assert.deepEqual(rl.loss, { kind: 'ppo', clipLow: 0.8, clipHigh: 1.2 });
  assert.deepEqual([config.engine.urls, config.engine.apiKeyEnv], [['http://127.0.0.1:8000/v1'], null]);
  assert.deepEqual([config.trainer.url, config.trainer.profile, config.trainer.handover], [null, 'auto', 'path']);
  assert.deepEqual([config.training.layout, config.verify.mode, config.format.mode], ['exact', 'math', 'strict']);
  assert.deepEqual(config.format.promote, []);
  assert.deepEqual([config.run.name, config.eval.sets, config.embedded.modelSeed], ['run', [], null]);
});

test('2. stage ids', () => {
  const idsOf = (stages: readonly unknown[]) => parse(stages).stages.map(({ id }) => id);
  assert.deepEqual(idsOf([COLD_START, SFT, RL]), ['cold-start', 'sft', 'rl']);
  assert.deepEqual(idsOf([RL, COLD_START, RL, { ...RL, id: 'last' }]), ['rl-1', 'cold-start', 'rl-2', 'last']);
  assert.deepEqual(faultsOf([RL, { ...RL, id: 'rl-1' }]), ['stages.1.id: "rl-1" is already the id of another stage']);
  assert.match(faultsOf([{ ...RL, id: 'a/b' }])[0]!, /^stages\.0\.id: must begin with a letter or digit/);
  assert.deepEqual(faultsOf([{ problems: 'x' }]), ['stages.0.kind: is missing: cold-start, sft, rl, eval']);
  assert.deepEqual(faultsOf(['rl']), ['stages.0: must be an object, not text']);
});

test('3. rows of an SFT stage', () => {
  const dataOf = (stages: readonly unknown[]) =>
    parse(stages).stages.flatMap((stage) => (stage.kind === 'sft' ? [stage.data] : []));
  assert.deepEqual(dataOf([{ ...COLD_START, id: 'a' }, SFT, { ...COLD_START, id: 'b' }, SFT]), ['a', 'b']);
  assert.deepEqual(dataOf([{ ...SFT, data: '/rows.jsonl' }]), ['/rows.jsonl']);
  assert.match(faultsOf([SFT])[0]!, /^stages\.0\.data: is missing: Id of the cold-start stage/);
  assert.deepEqual(
    faultsOf([
      { ...SFT, data: 'later' },
      { ...COLD_START, id: 'later' },
    ]),
    ['stages.0.data: "later" is not a cold-start stage before this one (there is none), nor a .jsonl file, nor run:ID'],
  );
  assert.match(faultsOf([COLD_START, { ...SFT, data: 'cold' }])[0]!, /\(known: cold-start\)/);
});

test('4. faults between fields', () => {
  const first = (rollout: object) => faultsOf([RL], { rollout })[0] ?? '';
  assert.match(
    first({ maxResponseTokens: 500 }),
    /^rollout\.maxResponseTokens: is 500, but a block needs more than 584/,
  );
  assert.equal(first({ maxResponseTokens: 500, mode: 'sequential' }), '');
  assert.match(first({ maxPathTokens: 10 }), /^rollout\.minPathTokens: is 32, more than maxPathTokens 10/);
  assert.match(first({ pathLabels: ['a', 'a'] }), /^rollout\.pathLabels: names a label twice/);
  assert.match(
    faultsOf([{ ...RL, reward: { kind: 'alternating', window: 3, tieredSteps: 4 } }])[0]!,
    /tieredSteps: is 4, more than window 3/,
  );
  assert.match(faultsOf([{ ...RL, groupSize: 4, minibatches: 9 }])[0]!, /minibatches: is 9, more than the 8 rollouts/);
  assert.match(faultsOf([{ ...RL, loss: { kind: 'ppo', clipHigh: 0.28 } }])[0]!, /loss\.clipHigh: must be at least 1/);
  assert.match(
    faultsOf([{ ...RL, loss: { kind: 'cross_entropy' } }])[0]!,
    /loss\.kind: must be one of importance_sampling, ppo, cispo/,
  );
  const sets = [
    { name: 'x', problems: 'a' },
    { name: 'x', problems: 'b' },
  ];
  assert.deepEqual(faultsOf([RL], { eval: { sets } }), ['eval.sets.1.name: "x" is already the name of another set']);
  assert.match(faultsOf([RL], { trainer: { handover: 'copy' } })[0]!, /handover: must be path, \{kind: archive/);
});

test('5. bounds', () => {
  assert.deepEqual(faultsOf([{ ...RL, groupSize: 1, steps: 0 }]), [
    'stages.0.steps: must be at least 1',
    'stages.0.groupSize: must be at least 2',
  ]);
  assert.deepEqual(faultsOf([RL], { rollout: { topP: 0, paths: 65, temperature: true } }), [
    'rollout.paths: must be at most 64',
    'rollout.temperature: must be a number, not true',
    'rollout.topP: must be above 0',
  ]);
  assert.deepEqual(faultsOf([RL], { run: { name: 'x'.repeat(200) } }), ['run.name: must have at most 120 characters']);
  assert.deepEqual(faultsOf([]), ['stages: must name at least one stage']);
});

test('10. several engines', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `http://127.0.0.1:${8000 + i}/v1`);
  const { urls, placement } = parse([RL], { engine: { ...ENGINE, urls: many(64) } }).engine;
  assert.deepEqual([urls.length, placement], [64, 'sticky']);
  assert.equal(parse([RL], { engine: { ...ENGINE, placement: 'spread' } }).engine.placement, 'spread');
  assert.match(faultsOf([RL], { engine: { ...ENGINE, urls: many(65) } })[0]!, /^engine\.urls: .*at most 64/);
  const twice = { ...ENGINE, urls: [...many(2), ...many(1)] };
  assert.deepEqual(faultsOf([RL], { engine: twice }), ['engine.urls: must not name a server twice']);
});

/** Partial configurations as a user may write them, short forms included. */
const arbitraryOver = fc.record(
  {
    run: fc.record({ seed: fc.nat(), name: fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/) }, { requiredKeys: [] }),
    rollout: fc.record(
      {
        temperature: fc.double({ min: 0, max: 10, noNaN: true }).map((value) => value + 0),
        topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
        pathLabels: fc.option(
          fc.uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 4 }),
        ),
      },
      { requiredKeys: [] },
    ),
    prompt: fc.constantFrom('none.v1', '/abs/mine.md'),
    stages: fc.array(
      fc.oneof(
        fc.record({
          kind: fc.constant('rl'),
          problems: fc.oneof(
            fc.constantFrom('gsm8k/train', 'a.jsonl'),
            fc.array(fc.constant('x/y'), { minLength: 1, maxLength: 3 }),
          ),
          reward: fc.constantFrom('accuracy', 'product', 'tiered', { kind: 'alternating', window: 5 }),
          steps: fc.integer({ min: 1, max: 99 }),
          batchSize: fc.integer({ min: 1, max: 99 }),
          gate: fc.option(
            fc.record({ problems: fc.constant('g'), minAccuracy: fc.double({ min: 0, max: 1, noNaN: true }) }),
          ),
        }),
        fc.constantFrom<object>(
          COLD_START,
          { ...SFT, data: '/rows.jsonl' },
          { kind: 'eval', sets: [{ name: 's', problems: 's' }] },
        ),
      ),
      { minLength: 1, maxLength: 6 },
    ),
  },
  { requiredKeys: [] },
);

test('6. property: resolved configurations are fixed points', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PRESET_NAMES), arbitraryOver, (name, over) => {
      const result = parseWithFaults(runConfigSchema, mergeConfig(PRESETS[name], over));
      assert.ok('value' in result, JSON.stringify(result));
      const stored: unknown = JSON.parse(JSON.stringify(result.value));
      assert.deepEqual(stored, result.value);
      assert.deepEqual(runConfigSchema.parse(stored), result.value);
    }),
    { numRuns: 200 },
  );
});

test('7. as many word sums as the generator gives', () => {
  const ref = (count: number) => ({ kind: 'word-sums', level: 'easy', split: 'train', count, seed: 1 });
  assert.deepEqual(faultsOf([{ ...RL, problems: ref(MAX_WORD_SUMS) }]), []);
  assert.deepEqual(faultsOf([{ ...RL, problems: ref(MAX_WORD_SUMS + 1) }]), [
    `stages.0.problems.0.count: must be at most ${MAX_WORD_SUMS}`,
  ]);
});

type SchemaNode = { readonly [key: string]: unknown };

/** Every named property below a node, with its dotted name. */
function* walkProperties(node: unknown, path = ''): Generator<[path: string, property: SchemaNode]> {
  if (Array.isArray(node)) for (const item of node) yield* walkProperties(item, path);
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
  const { properties, items, oneOf, anyOf } = node as SchemaNode;
  for (const below of [items, oneOf, anyOf]) yield* walkProperties(below, path);
  for (const [key, property] of Object.entries((properties ?? {}) as Record<string, SchemaNode>)) {
    yield [`${path}.${key}`, property];
    yield* walkProperties(property, `${path}.${key}`);
  }
}

test('8. descriptions and JSON Schema', () => {
  const { anyOf, ...schema } = toConfigJsonSchema();
  const properties = [...walkProperties(schema)];
  assert.ok(properties.length > 100);
  const undescribed = properties.filter(
    ([path, { description }]) => description === undefined && !path.endsWith('.kind'),
  );
  assert.deepEqual(
    undescribed.map(([path]) => path),
    [],
  );
  assert.equal(/shortForm|isFilledIn/.test(JSON.stringify(schema)), false);
  const find = (path: string) => properties.find(([known]) => known === path)![1];
  assert.equal(find('.rollout.maxResponseTokens').default, 3000);
  assert.deepEqual(find('.preset').enum, PRESET_NAMES);
  assert.deepEqual((find('.stages.reward').anyOf as SchemaNode[])[0], { type: 'string' });
  const problems = find('.stages.problems').anyOf as SchemaNode[];
  assert.deepEqual([(problems[0]!.anyOf as SchemaNode[])[0], problems[1]!.type], [{ type: 'string' }, 'array']);
  const stages = (find('.stages').items as { oneOf: { required: string[]; properties: { kind: { const: string } } }[] })
    .oneOf;
  assert.deepEqual(stages.find(({ properties: { kind } }) => kind.const === 'sft')!.required, ['kind']);
  assert.deepEqual(anyOf, [
    { required: ['preset'] },
    { required: ['engine', 'stages'], properties: { engine: { required: ['model'] } } },
  ]);
});

test('9. nearest names', () => {
  const known = ['temperature', 'topP', 'maxBlocks', 'maxPathTokens', 'paths', 'urls', 'apiKeyEnv'];
  const nearest = (name: string) => findNearestName(name, known);
  assert.equal(nearest('temprature'), 'temperature');
  assert.equal(nearest('TopP'), 'topP');
  assert.equal(nearest('maxBlcoks'), 'maxBlocks');
  assert.equal(nearest('path'), 'paths');
  assert.equal(nearest('url'), 'urls');
  assert.equal(nearest('apiKey'), 'apiKeyEnv');
  assert.equal(nearest('shape'), null);
  assert.equal(nearest('x'.repeat(1000)), null);
  assert.equal(computeEditDistance('ab', 'ba'), 1);
  assert.equal(computeEditDistance('', 'abc'), 3);
  assert.equal(computeEditDistance('kitten', 'sitting'), 3);
});
