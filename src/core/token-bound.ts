/** Characters that count as a token where a server does not tell what an answer took. */
export const CHARACTERS_PER_TOKEN = 4;

/** Tokens a text of so many characters (UTF-16 units) takes on average. */
export function estimateTokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}
