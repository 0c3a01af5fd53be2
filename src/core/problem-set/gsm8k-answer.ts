/** The mark before the final answer of a GSM8K solution, at the start of its last line. */
const MARK = '####';

/**
 * The final answer of a worked solution in GSM8K's format, whose last line is `#### 1,234`: what stands behind the
 * mark, without thousands commas. Null for a text in any other format.
 */
export function extractGsm8kAnswer(text: string): string | null {
  const lastLine = text.trimEnd().split('\n').at(-1)!.trim();
  if (!lastLine.startsWith(MARK)) return null;
  const answer = lastLine
    .slice(MARK.length)
    .trim()
    .replaceAll(/,(?=\d{3}(?!\d))/g, '');
  return answer === '' || answer.startsWith('#') ? null : answer;
}
