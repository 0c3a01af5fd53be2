/**
 * How many tokens a text has, where there is no tokenizer to ask. Three answers, each with its own use: a bound that no
 * tokenizer exceeds, for what must fit; a cautious estimate, for what should fit; and a plain one, for what was used.
 */

/** The longest normal form (NFKC) of one character, in characters: that of U+FDFA. */
const LONGEST_NORMAL_FORM = 18;

/** Longest UTF-8 form of one character. */
const BYTES_PER_CHARACTER = 4;

/**
 * More tokens than a chat template puts around one user message. Those of the common models take 5 to 70, a default
 * system prompt included.
 */
export const LONGEST_FRAME_TOKENS = 256;

/**
 * The most tokens a text can have, for a vocabulary that takes every text and has no token of less than a byte
 * (`EngineCapabilities.anyText`). Its length in bytes is no such bound: a tokenizer may normalise first, and then the 3
 * bytes of U+FDFA become 33.
 */
export function boundTokens(text: string): number {
  let bound = text.length;
  for (let i = 0; i < text.length; i += 1) {
    if (text.charCodeAt(i) > 127) bound += BYTES_PER_CHARACTER * LONGEST_NORMAL_FORM;
  }
  return bound;
}

/** Bytes that count as a token where a limit is to be kept. English takes about four, formulas fewer. */
const CAUTIOUS_BYTES_PER_TOKEN = 3;

/** Tokens that a text of this many bytes (UTF-8) rarely exceeds. */
export function estimateTokensAtMost(bytes: number): number {
  return Math.ceil(bytes / CAUTIOUS_BYTES_PER_TOKEN);
}

/** Characters that count as a token where a server does not report what an answer took. The SQL that sums such answers uses it too. */
const CHARACTERS_PER_TOKEN = 4;

/** Tokens that a text of this many characters (UTF-16 code units) takes on average. */
export function estimateTokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}
