/** Escape sequences of terminals: CSI (colours, cursor), OSC (titles, links), and two-character ones. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const ESCAPES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\-_]/g;

/** Control characters, line and paragraph separators, and marks that reorder what is shown. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** What stands for an API key in a message. */
const REDACTED = '***';

/** A server's words made fit for one line of ours: no control sequences, no key, at most `maxChars` characters. */
export function cleanLine(text: string, secret: string | null, maxChars: number): string {
  // Bounded before the patterns run: a body may be hundreds of megabytes. The margin keeps a cut key recognisable.
  const head = text.slice(0, 20 * maxChars + (secret?.length ?? 0));
  const plain = head.replace(ESCAPES, '').replace(CONTROLS, ' ').replace(/\s+/g, ' ').trim();
  const safe = secret === null ? plain : plain.replaceAll(secret, REDACTED);
  return safe.length <= maxChars ? safe : `${safe.slice(0, maxChars - 1).trimEnd()}…`;
}
