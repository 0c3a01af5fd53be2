/**
 * A short run of `npm run fuzz`:
 *  1. nothing is thrown, no value passes for a different one, no garbage for a number, no equal value is refused
 *  2. the fuzz finds what it looks for: a generated triple holds a reference, an equal and a different answer
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { drawAnswers } from '../../bench/fuzz-answers.ts';
import { runFuzz } from '../../bench/run-fuzz.ts';
import { createRng } from '../../src/core/rng.ts';
import { loadPreciseFunctions } from '../../src/core/verify/precise/precise-functions.ts';

test('1: 12,000 generated cases', async () => {
  const result = runFuzz(12_000, 5, await loadPreciseFunctions());
  assert.deepEqual(result.thrown, []);
  assert.deepEqual(result.falseAccepts, []);
  assert.deepEqual(result.misses, []);
  assert.equal(result.equalCases, 3_000);
});

test('2: the generator', () => {
  const rng = createRng(9);
  const kinds = new Set<string>();
  for (let k = 0; k < 2_000; k += 1) {
    const { kind, gold, same, other } = drawAnswers(rng);
    kinds.add(kind);
    assert.ok(gold !== '' && same !== '', kind);
    assert.notEqual(gold, other, kind);
  }
  assert.ok(kinds.size >= 15, [...kinds].join(', '));
});
