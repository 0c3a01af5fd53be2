/**
 * Names of the sets that `eval --problems` lists:
 *  1. a set goes by its name, a file by its stem, with nothing that a metric key could not hold
 *  2. no two have one name, and each is a name that a configuration takes
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { nameSets } from '../../src/cli/recipe/name-sets.ts';
import { evalSets } from '../../src/config/schema/problems.ts';

test('1: names', () => {
  assert.deepEqual(nameSets(['aime24', 'gsm8k/test', './data/my sums.jsonl', '_x.jsonl']), [
    { name: 'aime24', problems: 'aime24' },
    { name: 'gsm8k-test', problems: 'gsm8k/test' },
    { name: 'my-sums', problems: './data/my sums.jsonl' },
    { name: 'x', problems: '_x.jsonl' },
  ]);
});

test('2: all apart', () => {
  assert.deepEqual(
    nameSets(['a/x.jsonl', 'b/x.jsonl', 'x', '...']).map(({ name }) => name),
    ['x', 'x-2', 'x-3', 'problems'],
  );
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ minLength: 1, unit: 'binary' }).filter((text) => /\S/.test(text)),
        { minLength: 1, maxLength: 6 },
      ),
      (references) => {
        const named = nameSets(references);
        const { error } = evalSets.safeParse(named.map(({ name }) => ({ name, problems: 'aime24' })));
        assert.equal(error, undefined);
      },
    ),
  );
});
