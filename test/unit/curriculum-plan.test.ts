/**
 * What of a configuration the pipeline gets:
 *  1. format check: mode and promoted lints
 *  2. a configuration stored before a key existed gives the plan that version ran
 *  3. a lint that does not exist is a fault that names the key
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { toCurriculumPlan } from '../../src/cli/to-curriculum-plan.ts';
import { parseWithFaults } from '../../src/config/explain-issues.ts';
import { PRESETS } from '../../src/config/presets.ts';
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
