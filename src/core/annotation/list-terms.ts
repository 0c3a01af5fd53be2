/** What a stretch of a solution says, as far as it can be compared: its numbers and its words. */

/** Numbers that only count steps: `2.` or `3)` at the start of a line, `Step 2` anywhere. */
const LINE_LABEL = /^[ \t#*>-]*\d{1,2}[.):](?=[\s*])/gm;
const NAMED_LABEL = /\b(?:step|part|case|method|approach)[ \t]{1,3}\d{1,2}\b/gi;

const NUMBER = /\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?/g;

/** Characters around a number that a caller may look at. */
const NEAR_CHARS = 16;

/** A number in a text: `1,250.50` and `1{,}250.5` are both `1250.5`. `lead` and `tail` stand right before and after it. */
export interface NumberPlace {
  readonly value: string;
  readonly lead: string;
  readonly tail: string;
}

/** All numbers in order, step labels left out. */
export function listNumbers(text: string): NumberPlace[] {
  const plain = text.replaceAll('{,}', ',').replace(LINE_LABEL, ' ').replace(NAMED_LABEL, ' ');
  return Array.from(plain.matchAll(NUMBER), ({ 0: digits, index }) => ({
    value: normaliseNumber(digits),
    lead: plain.slice(Math.max(0, index - NEAR_CHARS), index),
    tail: plain.slice(index + digits.length, index + digits.length + NEAR_CHARS),
  }));
}

function normaliseNumber(text: string): string {
  const plain = text.replaceAll(',', '');
  if (!plain.includes('.')) return plain;
  let end = plain.length;
  while (plain[end - 1] === '0') end -= 1;
  return plain.slice(0, plain[end - 1] === '.' ? end - 1 : end);
}

/** Distinct numbers. */
export function collectNumbers(text: string): Set<string> {
  return new Set(listNumbers(text).map(({ value }) => value));
}

/** Distinct words of three letters and more, in lower case. */
export function collectWords(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/\p{L}{3,}/gu));
}

/** Share of `wanted` that `held` contains; 1 when nothing is wanted. */
export function measureShare(wanted: ReadonlySet<string>, held: ReadonlySet<string>): number {
  if (wanted.size === 0) return 1;
  let found = 0;
  for (const term of wanted) if (held.has(term)) found += 1;
  return found / wanted.size;
}
