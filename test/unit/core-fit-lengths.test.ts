/**
 * Lengths of prompt and response within the context of the student's model:
 *  1. what fits stays as it is, to the last token
 *  2. defaults give way in proportion; a length that was set stays, and the other takes what it leaves
 *  3. lengths that were both set are not touched, nor is anything fitted in which no block could open
 *  4. whatever is fitted fills the context and leaves room for a block
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  computeBlockFloor,
  DEFAULT_PROMPT_TOKENS,
  DEFAULT_RESPONSE_TOKENS,
  fitLengths,
} from '../../src/core/fit-lengths.ts';

const BLOCK = {
  ...({ mode: 'parallel', paths: 2, maxBlocks: 4, minPathTokens: 32 } as const),
  ...{ reserveSummaryTokens: 256, reserveAnswerTokens: 256 },
};
const DEFAULTS = { ...BLOCK, maxPromptTokens: DEFAULT_PROMPT_TOKENS, maxResponseTokens: DEFAULT_RESPONSE_TOKENS };

test('1: what fits', () => {
  const lengths = { maxPromptTokens: DEFAULT_PROMPT_TOKENS, maxResponseTokens: DEFAULT_RESPONSE_TOKENS };
  assert.deepEqual(fitLengths(DEFAULTS, 5000), lengths);
  assert.notDeepEqual(fitLengths(DEFAULTS, 4999), lengths);
});

test('2: what gives way', () => {
  assert.deepEqual(fitLengths(DEFAULTS, 4096), { maxPromptTokens: 1638, maxResponseTokens: 2458 });
  const prompt = { ...DEFAULTS, maxPromptTokens: 1000 };
  assert.deepEqual(fitLengths(prompt, 3000), { maxPromptTokens: 1000, maxResponseTokens: 2000 });
  const response = { ...DEFAULTS, maxResponseTokens: 3500 };
  assert.deepEqual(fitLengths(response, 4096), { maxPromptTokens: 596, maxResponseTokens: 3500 });
});

test('3: what does not', () => {
  assert.equal(fitLengths({ ...DEFAULTS, maxPromptTokens: 1000, maxResponseTokens: 3500 }, 4096), null);
  assert.equal(fitLengths(DEFAULTS, 900), null);
  assert.notEqual(fitLengths({ ...DEFAULTS, maxBlocks: 0 }, 900), null);
});

test('4: any context', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4999 }), fc.boolean(), (context, isPromptSet) => {
      const settings = isPromptSet ? { ...DEFAULTS, maxPromptTokens: 300 } : DEFAULTS;
      const fitted = fitLengths(settings, context);
      if (fitted === null || settings.maxPromptTokens + settings.maxResponseTokens <= context) return;
      assert.equal(fitted.maxPromptTokens + fitted.maxResponseTokens, context);
      assert.ok(fitted.maxResponseTokens > computeBlockFloor(settings));
    }),
  );
});
