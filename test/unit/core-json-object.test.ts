/**
 * Objects out of JSON that somebody else wrote:
 *  1. only an object with fields is one: no array, null, text or number
 *  2. a line of JSONL is a row, or a fault in a few words; nothing is ever thrown
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseJsonLine, parseObject, toObject } from '../../src/core/json-object.ts';

test('1: objects', () => {
  for (const value of [[], [{}], null, undefined, 'x', 7, true]) assert.equal(toObject(value), null);
  assert.deepEqual(toObject({ a: 1 }), { a: 1 });
  assert.deepEqual(parseObject('{"a": [1]}'), { a: [1] });
  for (const text of ['', '[1]', 'null', '{"a":', '7', '"{}"']) assert.equal(parseObject(text), null);
});

test('2: lines', () => {
  assert.deepEqual(parseJsonLine('{"a": 1}'), { row: { a: 1 } });
  assert.deepEqual(parseJsonLine('[1]'), { fault: 'a JSON object is expected' });
  assert.match((parseJsonLine('{a: 1}') as { fault: string }).fault, /^not valid JSON/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
      const parsed = parseJsonLine(line);
      assert.ok('row' in parsed ? parseObject(line) !== null : parsed.fault.length > 0);
    }),
  );
});
