/** A plain object of a configuration. */
export type PlainObject = Readonly<Record<string, unknown>>;

/** Whether a value is a plain object (no list, no null). */
export function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Lays `over` on `base`: objects are merged key by key, everything else (lists too) is replaced. An
 * object of another `kind` replaces as well: the keys of one kind are faults in another.
 */
export function mergeConfig(base: unknown, over: unknown): unknown {
  if (!isPlainObject(base) || !isPlainObject(over)) return over;
  if (over.kind !== undefined && base.kind !== undefined && over.kind !== base.kind) return over;
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    merged.set(key, merged.has(key) ? mergeConfig(merged.get(key), value) : value);
  }
  return Object.fromEntries(merged);
}
