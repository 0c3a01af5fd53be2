/**
 * What of a configuration the pipeline gets:
 *  1. format check: mode and promoted lints
 *  2. a configuration stored before a key existed gives the plan that version ran
 *  3. a lint that does not exist is a fault that names the key
 *  4. cold start: a method goes through schema and JSON to the plan; a stored stage without one prompts; one that
 *     does not exist is a fault; `generate --method` sets it; template files are found beside the configuration
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { keepColdStart } from '../../src/cli/one-stage.ts';
import { toCurriculumPlan } from '../../src/cli/to-curriculum-plan.ts';
import { parseWithFaults } from '../../src/config/explain-issues.ts';
import { PRESETS } from '../../src/config/presets.ts';
import { resolvePaths } from '../../src/config/resolve-paths.ts';
import { type RunConfig, runConfigSchema } from '../../src/config/schema.ts';

test('1: format check', () => {
  const config: RunConfig = { ...PRESETS.seen, format: { mode: 'reference', promote: ['no_block', 'lookalike_tag'] } };
  const plan = toCurriculumPlan(config);
  assert.equal(plan.formatMode, 'reference');
  assert.deepEqual(plan.formatPromote, ['no_block', 'lookalike_tag']);
});

test('2: an older configuration', () => {
  const stored = JSON.parse(JSON.stringify(PRESETS.embedded)) as { format: { promote?: unknown } };
  delete stored.format.promote;
  const old = toCurriculumPlan(stored as unknown as RunConfig);
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
  const annotating = keepColdStart(PRESETS.embedded, { method: 'annotate' });
  const parsed = parseWithFaults(runConfigSchema, JSON.parse(JSON.stringify(annotating)));
  assert.ok('value' in parsed);
  const [stage] = toCurriculumPlan(parsed.value).stages;
  assert.ok(stage?.kind === 'cold-start');
  assert.deepEqual(
    [stage.method, stage.solutionPrompt, stage.annotatePrompt],
    ['annotate', 'sequential.v1', 'annotate.v1'],
  );

  const older = JSON.parse(JSON.stringify(PRESETS.embedded)) as { stages: { method?: unknown }[] };
  delete older.stages[0]!.method;
  const [stored] = toCurriculumPlan(older as unknown as RunConfig).stages;
  assert.ok(stored?.kind === 'cold-start' && stored.method === undefined);

  const wrong = { ...annotating, stages: [{ ...annotating.stages[0], method: 'annotated' }] };
  const result = parseWithFaults(runConfigSchema, wrong);
  assert.ok('faults' in result);
  assert.equal(result.faults[0]!.path.join('.'), 'stages.0.method');

  const found = resolvePaths({ annotatePrompt: './mark.md', solutionPrompt: 'sequential.v1' }, '/folder');
  assert.deepEqual(found, { annotatePrompt: '/folder/mark.md', solutionPrompt: 'sequential.v1' });
});
