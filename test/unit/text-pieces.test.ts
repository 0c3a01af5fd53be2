/**
 * Ids of servers that take and give text only.
 *
 * 1. Any text comes back as it was, lone surrogates and control characters included; so do texts put together
 * 2. Each mark is one id wherever it stands, the longest first, and the same id in every process
 * 3. Ids are what the run store keeps: whole, not negative, below 2^53
 * 4. Text becomes about as many ids as a model's tokenizer makes: words, digits, punctuation
 * 5. What is no id is told
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { TextPieces } from '../../adapters/engine-openai/text-pieces.ts';
import { TAGS } from '../../src/core/grammar.ts';

const EOS = ['<|im_end|>', '<|im_end|>x', '$(.*)'];
const pieces = new TextPieces(EOS);
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom(...TAGS, ...EOS, '<', 'Path>', ' word', '½', '12', '\n')).map((parts) => parts.join('')),
);

test('1. and 3. round trip', () => {
  fc.assert(
    fc.property(anyText, anyText, (one, two) => {
      const ids = [...pieces.encode(one), ...pieces.encode(two)];
      assert.equal(pieces.decode(ids), one + two);
      assert.ok(ids.every((id) => Number.isSafeInteger(id) && id >= 0));
      assert.deepEqual(new TextPieces(EOS).encode(one), pieces.encode(one));
    }),
    { numRuns: 500 },
  );
});

test('2. marks', () => {
  for (const mark of [...TAGS, ...EOS]) {
    const [id] = pieces.encode(mark);
    assert.deepEqual(pieces.encode(mark), [id]);
    assert.deepEqual(pieces.encode(`a${mark}${mark} b`).filter((one) => one === id).length, 2, mark);
  }
  assert.equal(new Set([...TAGS, ...EOS].map((mark) => pieces.encode(mark)[0])).size, TAGS.length + EOS.length);
  assert.throws(() => new TextPieces(Array.from({ length: 123 }, (_, i) => `<${i}>`)), RangeError);
});

test('4. how many', () => {
  const cases: [string, number][] = [
    ['', 0],
    ['Final Answer: 49', 6],
    ['x = 3 + 4', 9],
    ['\n', 1],
    ['½', 1],
    ['reasoning', 2],
  ];
  for (const [text, count] of cases) assert.equal(pieces.encode(text).length, count, text);
});

test('5. what is no id', () => {
  for (const id of [-1, 127, 1.5, Number.NaN, 2 ** 53, 2 ** 50 + 2 ** 49, 2 ** 51 + 5]) {
    assert.equal(pieces.decode([id]), null, String(id));
  }
});
