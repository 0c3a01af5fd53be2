/**
 * Tokens of a text that nobody counted:
 *  1. the bound holds for a tokenizer that normalises (NFKC) and takes every byte for a token
 *  2. the number of bytes alone is no such bound
 *  3. the bound of two texts together is the sum of theirs; of ASCII it is the length
 *  4. estimates are whole numbers, and the cautious one is the larger
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { boundTokens, estimateTokens, estimateTokensAtMost } from '../../src/core/token-bound.ts';

const countWorst = (text: string) => Buffer.byteLength(text.normalize('NFKC'));
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('\uFDFA', '\uFDFA\uFDFB', '½x²'));

test('1: no tokenizer passes it', () => {
  fc.assert(
    fc.property(text, (one) => assert.ok(countWorst(one) <= boundTokens(one), JSON.stringify(one))),
    { numRuns: 2000 },
  );
});

test('2: bytes are no bound', () => {
  assert.ok(countWorst('\uFDFA') > Buffer.byteLength('\uFDFA'));
});

test('3: sums', () => {
  fc.assert(fc.property(text, text, (a, b) => assert.equal(boundTokens(a + b), boundTokens(a) + boundTokens(b))));
  assert.equal(boundTokens('Final Answer: 42'), 16);
});

test('4: estimates', () => {
  for (const length of [0, 1, 3, 4, 5, 4096]) {
    assert.ok(Number.isInteger(estimateTokens(length)));
    assert.ok(estimateTokensAtMost(length) >= estimateTokens(length));
  }
  assert.deepEqual([estimateTokens(5), estimateTokensAtMost(5)], [2, 2]);
});
