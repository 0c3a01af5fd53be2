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
  if (row === null) return { fault: 'a JSON object is expected' };
  const twice = findRepeatedKey(text);
  return twice === null ? { row } : { fault: `the key ${twice.slice(0, 60)} occurs twice: which one counts?` };
}

/** The first key that an object of valid JSON has twice at its top level, as it is written; null when there is none. */
function findRepeatedKey(json: string): string | null {
  const seen = new Set<string>();
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    const char = json[at]!;
    if (char === '{' || char === '[') depth += 1;
    if (char === '}' || char === ']') depth -= 1;
    if (char !== '"') continue;
    const end = findStringEnd(json, at);
    const word = json.slice(at, end);
    at = end - 1;
    if (depth !== 1 || !AT_COLON.test(json.slice(end, end + 16))) continue;
    // Two spellings of one key are one key.
    const key = word.includes('\\') ? (JSON.parse(word) as string) : word.slice(1, -1);
    if (seen.has(key)) return word;
    seen.add(key);
  }
  return null;
}

const AT_COLON = /^\s{0,15}:/;

/** The end of the string that begins at `from`. */
function findStringEnd(json: string, from: number): number {
  let at = from + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}
