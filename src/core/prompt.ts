/** Where the problem goes in a prompt template. */
export const PROBLEM_PLACEHOLDER = '{Problem}';

/**
 * The template with the problem text in the place of its one `{Problem}`, literally: neither `$&` nor a
 * `{Problem}` inside the problem means anything. A template with none or several is a fault, one line.
 */
export function renderPrompt(
  template: string,
  problemText: string,
): { readonly text: string } | { readonly fault: string } {
  const parts = template.split(PROBLEM_PLACEHOLDER);
  if (parts.length === 2) return { text: parts[0]! + problemText + parts[1]! };
  const count = parts.length === 1 ? 'no' : String(parts.length - 1);
  return { fault: `the prompt template holds ${count} ${PROBLEM_PLACEHOLDER} placeholders; it needs exactly one` };
}
