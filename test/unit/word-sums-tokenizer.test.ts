/**
 * 1. Every generated problem and solution goes to ids and back unchanged.
 * 2. Each tag, label, digit and word is one token; the vocabulary fits the model's shape.
 * 3. Prompts have 12, 16 and 20 tokens (chat marker included), answers the lengths the model was sized for.
 * 4. Text outside the vocabulary is refused with the first unknown piece and its place.
 * 5. Special tokens leave the text only when asked.
 * 6. Arbitrary text either comes back unchanged or is refused; it is never changed silently.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { DEFAULT_SHAPE } from '../../adapters/embedded-lm/model/contract.ts';
import { decodeIds, EOS_ID, encodeText, VOCABULARIES } from '../../adapters/embedded-lm/tokenizer.ts';
import { generateWordSums } from '../../src/core/word-sums/generate.ts';
import { writeDirectSolution, writeParallelSolution } from '../../src/core/word-sums/solutions.ts';
import { parseWordSum } from '../../src/core/word-sums/wording.ts';

const VOCABULARY = VOCABULARIES['word-sums'];

function encode(text: string): readonly number[] {
  const encoded = encodeText(text);
  if ('unknown' in encoded) assert.fail(`unknown piece ${encoded.unknown} in ${text}`);
  return encoded.ids;
}

test('round trip over the generator, with the documented lengths', () => {
  const answers = { 2: [33, 43], 3: [45, 59], 4: [57, 75] } as const;
  for (const level of [2, 3, 4] as const) {
    for (const { text } of generateWordSums({ seed: 1, level, count: 1000, split: 'train' })) {
      const { operands } = parseWordSum(text)!;
      const solution = writeParallelSolution(operands);
      for (const piece of [text, solution, writeDirectSolution(operands)])
        assert.equal(decodeIds(encode(piece), false), piece);
      assert.equal(1 + encode(text).length, 4 * level + 4);
      const length = encode(solution).length + 1;
      assert.ok(length >= answers[level][0] && length <= answers[level][1], `${length} tokens: ${solution}`);
    }
  }
});

test('every structural piece is one token', () => {
  assert.equal(VOCABULARY.length, DEFAULT_SHAPE.usedVocab);
  assert.ok(VOCABULARY.length <= DEFAULT_SHAPE.vocab);
  assert.equal(new Set(VOCABULARY).size, VOCABULARY.length);
  const pieces = ['<Parallel>', '</Parallel>', '<Path>', '</Path>', '<Summary>', '</Summary>', '\n', 'Final Answer: '];
  for (const piece of [...pieces, 'tens', 'ones', 'split', 'direct', '<eos>', ...'0123456789+=;']) {
    assert.equal(encode(piece).length, 1, piece);
  }
});

test('unknown text is refused by its first unknown piece', () => {
  assert.deepEqual(encodeText('Dan has eighteen keys'), { unknown: 'eighteen', at: 8 });
  assert.deepEqual(encodeText('18.'), { unknown: '.', at: 2 });
  assert.deepEqual(encodeText('\u{1F600}'), { unknown: '\u{1F600}', at: 0 });
});

test('special tokens stay unless asked to go', () => {
  const ids = [...encode('<Path>1</Path>'), EOS_ID];
  assert.equal(decodeIds(ids, false), '<Path>1</Path><eos>');
  assert.equal(decodeIds(ids, true), '1');
});

test('arbitrary text comes back unchanged or is refused', () => {
  const piece = fc.oneof(fc.constantFrom(...VOCABULARY), fc.string({ maxLength: 3 }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('');
      const encoded = encodeText(text);
      if ('ids' in encoded) assert.equal(decodeIds(encoded.ids, false), text);
      else assert.equal(text.startsWith(encoded.unknown, encoded.at), true);
    }),
  );
});
