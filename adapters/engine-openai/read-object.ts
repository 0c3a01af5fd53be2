/** An object of a server's answer, every field unknown; null for anything else. */
export function readObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/** A count a server may leave out: null unless it is a number. */
export function readCount(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
