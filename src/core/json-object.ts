/** An object of JSON, every field unknown until it is looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The value as an object with fields; null for anything else, arrays included. */
export function toObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** The object a JSON text holds; null for any other text. */
export function parseObject(text: string): JsonObject | null {
  try {
    return toObject(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The object on one line of a JSONL file, or in a few words what is wrong with the line. */
export function parseJsonLine(text: string): { readonly row: JsonObject } | { readonly fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: 'not valid JSON (one JSON object per line is expected)' };
  }
  const row = toObject(value);
  return row === null ? { fault: 'a JSON object is expected' } : { row };
}
