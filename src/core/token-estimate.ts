/** Characters that count as a token where the server does not tell what an answer took. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * Tokens that an answer in these parts is taken to have when the server did not count them: a rule of thumb for what was
 * spent, not a bound. The parts are counted together; null ones are empty.
 */
export function estimateTokens(...parts: readonly (string | null)[]): number {
  const characters = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}
