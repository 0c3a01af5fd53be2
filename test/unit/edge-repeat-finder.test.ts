/**
 * Texts that come again:
 *  1. each sighting says whether it is new, a duplicate or a conflict, where the first one was and whether its value is
 *     that of the first
 *  2. the counts are those of a plain table of all rows, for any order
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { RepeatFinder } from '../../src/edge/repeat-finder.ts';

test('1: sightings', () => {
  const finder = new RepeatFinder();
  const rows: [string, string, string][] = [
    ['a', '1', 'new 0 true'],
    ['b', '1', 'new 1 true'],
    ['a', '1', 'duplicate 0 true'],
    ['a', '2', 'conflict 0 false'],
    ['a', '1', 'conflict 0 true'],
    ['b', '1', 'duplicate 1 true'],
  ];
  for (const [place, [text, value, expected]] of rows.entries()) {
    const { kind, first, isSame } = finder.add(text, value, place);
    assert.equal(`${kind} ${first} ${isSame}`, expected);
  }
  assert.deepEqual([...finder.conflicts], [0]);
  assert.equal(finder.misjudged, 1, 'one row of "a" was called a duplicate before');
});

test('2: counts', () => {
  const row = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2'));
  const property = fc.property(fc.array(row), (rows) => {
    const finder = new RepeatFinder();
    const kinds = rows.map(([text, value], place) => finder.add(text, value, place).kind);
    const groups = Map.groupBy(rows, ([text]) => text);
    const repeated = [...groups.values()].filter(({ length }) => length > 1);
    const conflicting = repeated.filter((group) => new Set(group.map(([, value]) => value)).size > 1);
    assert.deepEqual(finder.count(), {
      distinct: groups.size,
      texts: repeated.length,
      rows: repeated.reduce((sum, { length }) => sum + length, 0),
      conflicting: conflicting.length,
    });
    const rowsInConflict = conflicting.reduce((sum, { length }) => sum + length, 0);
    const called = kinds.filter((kind) => kind === 'conflict').length;
    assert.equal(called + finder.misjudged + conflicting.length, rowsInConflict);
  });
  fc.assert(property);
});
