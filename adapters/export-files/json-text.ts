/** Line breaks of Unicode that JSON leaves alone and that some readers of JSONL split at. */
const LINE_BREAKS = /[\u0085\u2028\u2029]/g;

/** One line of JSONL without its line feed: no reader finds a line break inside. */
export function toJsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    LINE_BREAKS,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Indented JSON with sorted keys: the same value gives the same bytes. */
export function toStableJson(value: unknown): string {
  return `${JSON.stringify(sortKeys(value), null, 2)}\n`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
