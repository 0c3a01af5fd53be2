import assert from 'node:assert/strict';
import { verify } from '../../src/core/verify/verify.ts';

export type Pair = readonly [gold: string, text: string];

/** Asserts that the verifier accepts each text for its reference, or none of them. */
export function assertAll(pairs: readonly Pair[], isRight: boolean): void {
  for (const [gold, text] of pairs) {
    const verdict = verify(gold, text, { mode: 'math', structured: false });
    assert.equal(verdict.verdict === 'correct', isRight, `${gold} against ${text}: ${JSON.stringify(verdict)}`);
  }
}
