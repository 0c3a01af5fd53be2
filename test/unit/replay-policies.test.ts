/**
 * Which policies `replay` takes:
 *  1. by default every join that the widest block allows, each in both orders where more than one path is joined
 *  2. values that are given make every combination, in a fixed order
 *  3. names as the table shows them
 *  4. faults are told with the option and what it may be
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { replayCommand } from '../../src/cli/commands/stored-runs.ts';
import { describePolicy, listPolicies, type PolicyOptions } from '../../src/cli/recipe/replay-policies.ts';
import { UsageError } from '../../src/errors.ts';

const NONE: PolicyOptions = { join: [], order: [], width: [], budget: [] };

const names = (options: Partial<PolicyOptions>, paths = 2) =>
  listPolicies({ ...NONE, ...options }, paths).map(describePolicy);

/** What the words of `--join` are read as. */
const joins = (...words: string[]) => replayCommand.options.join.read(words, '--join');

test('1+3: by default', () => {
  assert.deepEqual(names({}), ['all', 'all, longest first', 'first']);
  assert.deepEqual(names({}, 4), [
    'all',
    'all, longest first',
    'quorum:3',
    'quorum:3, longest first',
    'quorum:2',
    'quorum:2, longest first',
    'first',
  ]);
});

test('2+3: combinations', () => {
  assert.deepEqual(names({ join: joins('all', 'quorum:1'), order: ['emitted'], width: [2, 3], budget: [64] }), [
    'all, width 2, 64 tokens a path',
    'quorum:1, width 2, 64 tokens a path',
    'all, width 3, 64 tokens a path',
    'quorum:1, width 3, 64 tokens a path',
  ]);
  assert.deepEqual(names({ join: joins('first'), order: ['longest-first'] }), ['first, longest first']);
});

test('4: faults', () => {
  const refused = (work: () => unknown, message: RegExp) =>
    assert.throws(work, (error) => error instanceof UsageError && message.test(error.message));
  refused(() => joins('most'), /--join is "most"; it must be all, first, or quorum:N/);
  refused(() => joins('quorum:0'), /--join/);
  const { width, budget } = replayCommand.options;
  refused(() => width.read(['0'], '--width'), /--width is "0"; it must be a whole number from 1/);
  refused(() => budget.read(['-1'], '--budget'), /--budget is "-1"/);
  refused(() => names({ width: Array.from({ length: 60 }, (_, i) => i + 1) }), /these options make \d+ policies/);
});
