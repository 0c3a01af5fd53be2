/**
 * 1. The one placeholder is replaced by the problem text, everything else stays.
 * 2. The problem text is literal: `$&`, `$1`, `$$` and a `{Problem}` of its own mean nothing.
 * 3. A template with no placeholder or several is a fault of one line that says so.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { PROBLEM_PLACEHOLDER, renderPrompt } from '../../src/core/prompt.ts';

test('the placeholder is replaced once', () => {
  assert.deepEqual(renderPrompt('Solve.\n\nProblem: {Problem}\n', '1+1?'), { text: 'Solve.\n\nProblem: 1+1?\n' });
  assert.deepEqual(renderPrompt(PROBLEM_PLACEHOLDER, ''), { text: '' });
});

test('the problem text is literal', () => {
  for (const problem of ['$& costs $1 and $$2', "$` $'", 'What does {Problem} mean?', '<Parallel> {problem}']) {
    assert.deepEqual(renderPrompt('a {Problem} b', problem), { text: `a ${problem} b` });
  }
});

test('another number of placeholders is a fault', () => {
  for (const [template, count] of [
    ['no place', 'no'],
    ['{problem}', 'no'],
    ['{Problem} {Problem}', '2'],
  ] as const) {
    const rendered = renderPrompt(template, 'x');
    assert.ok('fault' in rendered, template);
    assert.match(rendered.fault, new RegExp(`holds ${count} \\{Problem\\}`));
    assert.ok(!rendered.fault.includes('\n'));
  }
});
