import { findTags, findTrunkRanges } from '../format/tag-stream.ts';
import { Refusal } from './limits.ts';
import { DEFAULT_POLICY, type Policy } from './policy.ts';
import { loadPreciseFunctions, type PreciseLibrary } from './precise/precise-functions.ts';
import { verifyReferenceDapo } from './reference-dapo.ts';
import { verifyReferenceGsm8k } from './reference-gsm8k.ts';
import { isUnconfirmed, VERIFIER, type Verdict } from './verdict.ts';
import { verifyMath } from './verify-math.ts';

/** How a response is judged. */
export interface VerifyOptions {
  /** The tolerant verifier, or one of the two string comparisons of the reference implementation. */
  readonly mode: 'math' | 'reference-dapo' | 'reference-gsm8k';
  /** The text is a trajectory: its tags are structure. */
  readonly structured: boolean;
  /** Deviations from `DEFAULT_POLICY`; `math` only. */
  readonly policy?: Partial<Policy>;
}

/**
 * Judges a response (or a bare answer) against a reference. Pure, synchronous and total: no two strings
 * make it throw; what cannot be judged is `unparsable` with a reason. Linear in the length of the text.
 *
 * A few closed forms (inverse trigonometry, complex roots, ...) agree as doubles and our own long arithmetic
 * has no value for them: such a verdict is `correct` by a rule that ends in `-unconfirmed`, which
 * `verifyConfirmed` settles.
 */
export function verify(gold: string, text: string, options: VerifyOptions): Verdict {
  return judge(gold, text, options, null);
}

/** `verify`, and what it leaves unconfirmed decided with many digits. Loads mathjs for that, and only then. */
export async function verifyConfirmed(gold: string, text: string, options: VerifyOptions): Promise<Verdict> {
  const verdict = verify(gold, text, options);
  return isUnconfirmed(verdict) ? confirmVerdict(gold, text, options, await loadPreciseFunctions()) : verdict;
}

/** The verdict on a case that `verify` left unconfirmed; synchronous where the functions are loaded already. */
export function confirmVerdict(gold: string, text: string, options: VerifyOptions, precise: PreciseLibrary): Verdict {
  return judge(gold, text, options, precise);
}

function judge(gold: string, text: string, options: VerifyOptions, precise: PreciseLibrary | null): Verdict {
  try {
    if (options.mode === 'math') {
      const policy = { ...DEFAULT_POLICY, ...options.policy };
      return verifyMath(gold, options.structured ? listReadings(text) : [text], policy, precise);
    }
    const plain = options.structured ? removeTags(text) : text;
    return options.mode === 'reference-dapo' ? verifyReferenceDapo(gold, plain) : verifyReferenceGsm8k(gold, plain);
  } catch (error) {
    const reason = findReason(error);
    if (reason === null) throw error;
    return { verdict: 'unparsable', rule: 'refused', reason, extracted: null, verifier: VERIFIER };
  }
}

/** A stack or size that ran out is a bound like the others; any other error is a fault of the code. */
function findReason(error: unknown): string | null {
  if (error instanceof Refusal) return error.reason;
  return error instanceof RangeError ? 'limit:stack' : null;
}

/** Where the answer is looked for: trunk text after the last block, then everything, tags as line breaks. */
function listReadings(text: string): string[] {
  const tags = findTags(text);
  const last = tags.at(-1);
  if (last === undefined) return [text];
  const tail = findTrunkRanges(text, tags)
    .filter(([from]) => from >= last.end)
    .map(([from, to]) => text.slice(from, to));
  return [...tail, joinAroundTags(text, '\n')];
}

/** The reference decodes without special tokens: tags vanish, what they enclose stays. */
function removeTags(text: string): string {
  return joinAroundTags(text, '');
}

function joinAroundTags(text: string, glue: string): string {
  let result = '';
  let from = 0;
  for (const { at, end } of findTags(text)) {
    result += text.slice(from, at) + glue;
    from = end;
  }
  return result + text.slice(from);
}
