import { takeLastCodePoints } from './reference-dapo.ts';
import { VERIFIER, type Verdict } from './verdict.ts';

/**
 * The reference's plain GSM8K comparison: last `Final Answer: ` (this case, one blank) followed by
 * digits, in the last 300 code points; commas dropped; equal as strings.
 */
export function verifyReferenceGsm8k(gold: string, text: string): Verdict {
  const found = [...takeLastCodePoints(text).matchAll(/Final Answer: (-?[0-9.,]+)/g)].at(-1)?.[1];
  const base = { rule: 'reference-gsm8k', verifier: VERIFIER };
  if (found === undefined) return { ...base, verdict: 'unparsable', reason: 'no-answer', extracted: null };
  const extracted = found.replaceAll(',', '');
  return { ...base, verdict: extracted === gold ? 'correct' : 'incorrect', reason: null, extracted };
}
