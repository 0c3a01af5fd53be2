const MAX_CHARACTERS = 300;

/** Terminal sequences (colours, titles), then every other control, line separator and direction mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
const TERMINAL = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)/g;
const CONTROL = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/**
 * Text of a server as one line that is safe to show: no control characters, of a traceback the last
 * line only, at most 300 characters.
 */
export function cleanServerText(text: string): string {
  const plain = text.slice(0, 1_000_000).replace(TERMINAL, '');
  const lines = plain.split(/\r\n|[\n\r]/).filter((line) => line.trim() !== '');
  const shown = plain.includes('Traceback') ? (lines.at(-1) ?? '') : lines.join(' ');
  const line = shown.replace(CONTROL, ' ').replace(/ {2,}/g, ' ').trim();
  const characters = Array.from(line.slice(0, 2 * MAX_CHARACTERS + 2));
  return characters.length <= MAX_CHARACTERS ? line : `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…`;
}

/** What an error body says: its `detail` or `error`, or the text itself. */
export function describeFailureBody(text: string): string {
  const body = parseObject(text);
  const detail = body?.detail ?? body?.error ?? body?.message ?? null;
  if (Array.isArray(detail)) return cleanServerText(detail.map(describeFieldFault).join('; '));
  if (typeof detail === 'string') return cleanServerText(detail);
  return cleanServerText(detail === null ? text : JSON.stringify(detail));
}

/** `{loc: [...], msg}` as web frameworks report a wrong field. */
function describeFieldFault(fault: unknown): string {
  if (typeof fault !== 'object' || fault === null) return String(fault);
  const { loc, msg } = fault as { loc?: unknown; msg?: unknown };
  if (typeof msg !== 'string') return JSON.stringify(fault);
  return Array.isArray(loc) ? `${loc.join('.')}: ${msg}` : msg;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
