/**
 * What of a configuration the pipeline gets:
 *  1. format check: mode and promoted lints
 *  2. a configuration stored before a key existed gives the plan that version ran
 *  3. a lint that does not exist is a fault that names the key
 *  4. cold start: the method that a flag sets goes through schema and JSON to the plan; a stored stage without one
 *     prompts; one that does not exist is a fault; template files are found beside the configuration
 *  5. paths and joins: short and long forms; a stored recipe without the keys joins all paths; what cannot be is a fault
 *  6. an early join warns: of blocks that the format check refuses, and of what training sees
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { toCurriculumPlan } from '../../src/app/to-curriculum-plan.ts';
import { resolvePaths } from '../../src/config/draft.ts';
import { parseWithFaults } from '../../src/config/explain-issues.ts';
import { loadRunConfig } from '../../src/config/load.ts';
import { PRESETS } from '../../src/config/presets.ts';
import { type RunConfig, runConfigSchema } from '../../src/config/schema.ts';
import { parseStoredConfig } from '../../src/config/stored.ts';
import { warnOfMismatch } from '../../src/pipeline/doctor/warn-mismatch.ts';

/** The flag of `generate --method annotate`. */
const METHOD = { flag: '--method', path: 'stages.kind=cold-start.method', value: 'annotate' };

function store(config: unknown) {
  return { id: 'run-1', softwareVersion: '0.1.0', configJson: JSON.stringify(config) };
}

test('1: format check', () => {
  const config: RunConfig = { ...PRESETS.seen, format: { mode: 'reference', promote: ['no_block', 'lookalike_tag'] } };
  const plan = toCurriculumPlan(config);
  assert.equal(plan.formatMode, 'reference');
  assert.deepEqual(plan.formatPromote, ['no_block', 'lookalike_tag']);
});

test('2: an older configuration', () => {
  const stored = JSON.parse(JSON.stringify(PRESETS.embedded)) as { format: { promote?: unknown } };
  delete stored.format.promote;
  const old = toCurriculumPlan(parseStoredConfig(store(stored)));
  assert.deepEqual(old, toCurriculumPlan(PRESETS.embedded));
  assert.deepEqual(old.formatPromote, []);
});

test('3: an unknown lint', () => {
  const format = { mode: 'strict', promote: ['no_block', 'lookalike'] };
  const result = parseWithFaults(runConfigSchema, { ...PRESETS.seen, format });
  assert.ok('faults' in result);
  assert.equal(result.faults.length, 1);
  assert.equal(result.faults[0]!.path.join('.'), 'format.promote.1');
  assert.match(result.faults[0]!.message, /lookalike_tag/);
});

test('4: method of cold start', () => {
  const annotating = loadRunConfig({ overrides: [METHOD] }).config;
  const [stage] = toCurriculumPlan(parseStoredConfig(store(annotating))).stages;
  assert.ok(stage?.kind === 'cold-start');
  assert.deepEqual(
    [stage.method, stage.solutionPrompt, stage.annotatePrompt],
    ['annotate', 'sequential.v1', 'annotate.v1'],
  );

  const older = JSON.parse(JSON.stringify(PRESETS.embedded)) as { stages: { method?: unknown }[] };
  delete older.stages[0]!.method;
  const [stored] = toCurriculumPlan(parseStoredConfig(store(older))).stages;
  assert.ok(stored?.kind === 'cold-start' && stored.method === 'prompt');

  const wrong = { ...annotating, stages: [{ ...annotating.stages[0], method: 'annotated' }] };
  const result = parseWithFaults(runConfigSchema, wrong);
  assert.ok('faults' in result);
  assert.equal(result.faults[0]!.path.join('.'), 'stages.0.method');

  const found = resolvePaths({ annotatePrompt: './mark.md', solutionPrompt: 'sequential.v1' }, '/folder');
  assert.deepEqual(found, { annotatePrompt: '/folder/mark.md', solutionPrompt: 'sequential.v1' });
});

/** The `seen` recipe with these rollout settings: parsed, or its faults. */
function parseRollout(rollout: object) {
  const result = parseWithFaults(runConfigSchema, {
    ...PRESETS.seen,
    rollout: { ...PRESETS.seen.rollout, ...rollout },
  });
  if ('value' in result) return result.value;
  return result.faults.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

function planOf(rollout: object) {
  const config = parseRollout(rollout);
  assert.ok(!Array.isArray(config), JSON.stringify(config));
  return toCurriculumPlan(config as RunConfig);
}

test('5: paths and joins', () => {
  const { rollout } = planOf({});
  assert.deepEqual([rollout.paths, rollout.joinOrder, rollout.duplicatePaths], [2, 'emitted', 'keep']);
  assert.deepEqual(rollout.join, { kind: 'all' });
  const long = { kind: 'quorum', count: 3 };
  const set = planOf({ paths: { min: 2, max: 4 }, join: long, joinOrder: 'longest-first', duplicatePaths: 'reseed' });
  assert.deepEqual([set.rollout.paths, set.rollout.join], [{ min: 2, max: 4 }, long]);
  assert.deepEqual(planOf({ join: 'first' }).rollout.join, { kind: 'first' });
  assert.deepEqual(planOf({ join: { kind: 'deadline', ms: 500 } }).rollout.join, { kind: 'deadline', ms: 500 });

  const stored = JSON.parse(JSON.stringify(PRESETS.seen)) as { rollout: Record<string, unknown> };
  for (const key of ['join', 'joinOrder', 'duplicatePaths']) delete stored.rollout[key];
  assert.deepEqual(toCurriculumPlan(parseStoredConfig(store(stored))), planOf({}));

  const faults: [rollout: object, fault: RegExp][] = [
    [{ paths: { min: 4, max: 3 } }, /^rollout\.paths: min is 4, more than max 3$/],
    [{ paths: 'many' }, /^rollout\.paths: must be a whole number, or \{min, max\}$/],
    [{ paths: 1 }, /^rollout\.paths: must be at least 2$/],
    [{ join: 'some' }, /^rollout\.join(?:\.kind)?: must be one of all, first, quorum, deadline/],
    [{ join: { kind: 'quorum', count: 1 } }, /^rollout\.join\.count: must be at least 2$/],
    [{ join: { kind: 'quorum', count: 3 } }, /^rollout\.join: waits for 3 paths, but a block has at most 2$/],
    [
      { joinOrder: 'longest-first', pathLabels: ['a', 'b'] },
      /^rollout\.joinOrder: longest-first needs paths without labels/,
    ],
  ];
  for (const [rollout, fault] of faults) {
    const found = parseRollout(rollout);
    assert.ok(Array.isArray(found) && found.length === 1, JSON.stringify(found));
    assert.match(found[0]!, fault);
  }
});

test('6: warnings', () => {
  const added = (rollout: object) => {
    const before = warnOfMismatch(planOf({}));
    return warnOfMismatch(planOf(rollout)).filter((warning) => !before.includes(warning));
  };
  assert.deepEqual(added({ join: 'all' }), []);
  const [format, bias, ...none] = added({ join: 'first' });
  assert.match(format!, /first leaves blocks of one path, which the format check calls too_few_paths/);
  assert.match(bias!, /first trains on the paths that end first/);
  assert.deepEqual(none, []);
  assert.match(added({ join: { kind: 'quorum', count: 2 } }).join(), /^rollout\.join quorum trains on/);
  const evaluating = { ...planOf({ join: { kind: 'quorum', count: 2 } }), stages: [] };
  assert.ok(warnOfMismatch(evaluating).every((warning) => !warning.includes('trains on')));
});
