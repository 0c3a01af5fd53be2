import { parseAnswer } from './answer-parser.ts';
import { findAssertedLetter, findChoice } from './choice-letters.ts';
import { compareItems } from './compare-items.ts';
import { type Candidate, listCandidates } from './extract/list-candidates.ts';
import { stripEmphasis } from './extract/read-region.ts';
import { LIMITS, Refusal, StepBudget } from './limits.ts';
import { normaliseText } from './normalise-text.ts';
import type { Policy } from './policy.ts';
import type { PreciseLibrary } from './precise/precise-functions.ts';
import type { Item } from './syntax-tree.ts';
import { UNCONFIRMED, VERIFIER, type Verdict } from './verdict.ts';

/** A reference or an answer: its text and, where it has one, its structure. */
interface Reading {
  readonly text: string;
  readonly item: Item | null;
}

/**
 * The tolerant verifier: finds the answer in the first of the readings that holds one, and compares it
 * with the reference as text, then by kind. Throws `Refusal` when a bound is hit.
 */
export function verifyMath(
  gold: string,
  readings: readonly string[],
  policy: Policy,
  precise: PreciseLibrary | null,
): Verdict {
  const reference = readAnswer([gold], policy) ?? { text: stripEmphasis(gold), item: null };
  const letter = findChoice(reference.text) ?? findChoice(gold);
  if (letter !== null) return verifyChoice(letter, readings, policy);
  const answer = readAnswer(readings, policy);
  if (answer === null) return toVerdict('unparsable', 'extract', 'no-answer', null);
  if (isSameText(reference.text, answer.text)) return toVerdict('correct', 'text-equal', null, answer.text);
  if (answer.item === null) return toVerdict('unparsable', 'parse', 'syntax', answer.text);
  if (reference.item === null) return toVerdict('incorrect', 'text', null, answer.text);
  if (isDecimalComma(reference.text, answer.text)) return toVerdict('correct', 'decimal-comma', null, answer.text);
  return compareReadings(reference.item, { text: answer.text, item: answer.item }, policy, precise);
}

function compareReadings(
  gold: Item,
  answer: { readonly text: string; readonly item: Item },
  policy: Policy,
  precise: PreciseLibrary | null,
): Verdict {
  let isOpen = false;
  const onUnconfirmed = () => {
    isOpen = true;
  };
  try {
    const { equal, rule } = compareItems(gold, answer.item, {
      steps: new StepBudget(),
      policy,
      precise,
      onUnconfirmed,
    });
    if (!equal) return toVerdict('incorrect', rule, null, answer.text);
    return toVerdict('correct', isOpen ? rule + UNCONFIRMED : rule, null, answer.text);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return toVerdict('unparsable', 'compare', error.reason, answer.text);
  }
}

/**
 * The first candidate that can be parsed. Candidates that cannot are passed over, but one that hits a
 * bound ends the search: what stands there is the answer, and it cannot be judged.
 */
function readAnswer(texts: readonly string[], policy: Policy): Reading | null {
  for (const text of texts) {
    let unparsed: Reading | null = null;
    for (const candidate of listCandidates(text, policy)) {
      const item = parseCandidate(candidate);
      if (item !== null) return { text: candidate.text, item };
      unparsed ??= { text: candidate.text, item: null };
    }
    if (unparsed !== null) return unparsed;
  }
  return null;
}

function parseCandidate({ text }: Candidate): Item | null {
  if (text.length > LIMITS.extracted) throw new Refusal('limit:extracted');
  try {
    return parseAnswer(text);
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'syntax') return null;
    throw error;
  }
}

function isSameText(gold: string, answer: string): boolean {
  const normal = normaliseText(gold);
  return normal !== '' && normal === normaliseText(answer);
}

/** `1,22` as a reference is met by `1.22`; with three digits the comma is a thousands separator. */
function isDecimalComma(gold: string, answer: string): boolean {
  const normal = normaliseText(gold);
  return /^-?\d+,(?:\d\d?|\d{4,})$/.test(normal) && normal.replace(',', '.') === normaliseText(answer);
}

/** What a label, box or sentence says about the options; without one, the last statement of the text. */
function verifyChoice(letter: string, readings: readonly string[], policy: Policy): Verdict {
  for (const text of readings) {
    for (const candidate of listCandidates(text, policy)) {
      if (candidate.source === 'formula' || candidate.source === 'number') break;
      const asserted = findAssertedLetter(candidate.context, letter, 'first');
      return toVerdict(asserted === letter ? 'correct' : 'incorrect', 'choice', null, asserted ?? candidate.text);
    }
    const asserted = findAssertedLetter(text.slice(-LIMITS.scanned), letter, 'last');
    if (asserted !== null) return toVerdict(asserted === letter ? 'correct' : 'incorrect', 'choice', null, asserted);
  }
  return toVerdict('unparsable', 'choice', 'no-answer', null);
}

function toVerdict(
  verdict: Verdict['verdict'],
  rule: string,
  reason: string | null,
  extracted: string | null,
): Verdict {
  return { verdict, rule, reason, extracted, verifier: VERIFIER };
}
