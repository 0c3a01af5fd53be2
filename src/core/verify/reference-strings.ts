import { VERIFIER, type Verdict } from './verdict.ts';

/** The two string comparisons of the reference implementation, for parity runs. */

/** What the reference compares when there is no label; a reference of this text meets every such response. */
const NO_ANSWER = '[INVALID]';
const SCANNED_CODE_POINTS = 300;

/**
 * The reference's DAPO comparison: what follows the last `Final Answer:` label in the last 300 code
 * points, and the reference, both normalised by string rules and compared as strings (method 6.8).
 */
export function verifyReferenceDapo(gold: string, text: string): Verdict {
  const found = [...takeLastCodePoints(text).matchAll(/Final Answer\s*:\s*([^\n]+)/gi)].at(-1)?.[1];
  const extracted = normaliseReferenceAnswer(found ?? NO_ANSWER);
  const base = { rule: 'reference-dapo', verifier: VERIFIER, extracted: found === undefined ? null : extracted };
  if (extracted === normaliseReferenceAnswer(gold)) return { ...base, verdict: 'correct', reason: null };
  if (found === undefined) return { ...base, verdict: 'unparsable', reason: 'no-answer' };
  return { ...base, verdict: 'incorrect', reason: null };
}

/** The last 300 code points, as the reference's string slice takes them. */
function takeLastCodePoints(text: string): string {
  return [...text.slice(-2 * SCANNED_CODE_POINTS)].slice(-SCANNED_CODE_POINTS).join('');
}

/** Replaced everywhere, in this order. */
const REPLACEMENTS: readonly (readonly [from: string, to: string])[] = [
  ['an ', ''],
  ['a ', ''],
  ['.$', '$'],
  ['\\$', ''],
  ['\\ ', ''],
  [' ', ''],
  ['mbox', 'text'],
  [',\\text{and}', ','],
  ['\\text{and}', ','],
  ['\\text{m}', '\\text{}'],
];

/** Deleted everywhere, in this order. */
const DELETIONS: readonly string[] = [
  'square',
  'ways',
  'integers',
  'dollars',
  'mph',
  'inches',
  'hours',
  'km',
  'units',
  '\\ldots',
  'sue',
  'points',
  'feet',
  'minutes',
  'digits',
  'cents',
  'degrees',
  'cm',
  'gm',
  'pounds',
  'meters',
  'meals',
  'edges',
  'students',
  'childrentickets',
  'multiples',
  '\\text{s}',
  '\\text{.}',
  '\\text{\ns}',
  '\\text{}^2',
  '\\text{}^3',
  '\\text{\n}',
  '\\text{}',
  '\\mathrm{th}',
  '^\\circ',
  '^{\\circ}',
  '\\;',
  ',\\!',
  '{,}',
  '"',
  '\\dots',
];

/** The normalisation of the reference, step by step; the order of the steps is part of it. */
export function normaliseReferenceAnswer(answer: string): string {
  let text = answer.slice(answer.lastIndexOf('=') + 1);
  for (const [from, to] of REPLACEMENTS) text = text.replaceAll(from, () => to);
  for (const word of DELETIONS) text = text.replaceAll(word, '');
  text = unwrapCommands(text);
  text = text.replace(/(frac)([^{])([^\n])/g, '$1{$2}{$3}').replace(/(sqrt)([^{])/g, '$1{$2}');
  text = text.replaceAll('$', '');
  const digits = text.replaceAll(',', '');
  return (/^[0-9]+$/.test(digits) ? digits : text).trim();
}

function unwrapCommands(answer: string): string {
  let text = answer.replace(/[^\n$]*\$([^\n$]*)\$[^\n]*/g, (_, inner: string) => `$${inner}$`);
  for (const command of ['text', 'textbf', 'overline']) {
    text = text.replace(new RegExp(`\\\\${command}\\{([^\\n]*?)\\}`, 'g'), (_, inner: string) => inner);
  }
  return text.replace(/\\boxed\{([^\n]*)\}/g, (_, inner: string) => inner);
}

/**
 * The reference's plain GSM8K comparison: last `Final Answer: ` (this case, one blank) followed by digits, in the
 * last 300 code points; commas dropped; equal as strings.
 */
export function verifyReferenceGsm8k(gold: string, text: string): Verdict {
  const found = [...takeLastCodePoints(text).matchAll(/Final Answer: (-?[0-9.,]+)/g)].at(-1)?.[1];
  const base = { rule: 'reference-gsm8k', verifier: VERIFIER };
  if (found === undefined) return { ...base, verdict: 'unparsable', reason: 'no-answer', extracted: null };
  const extracted = found.replaceAll(',', '');
  return { ...base, verdict: extracted === gold ? 'correct' : 'incorrect', reason: null, extracted };
}
