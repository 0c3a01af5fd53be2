import { isPlainObject } from './merge.ts';

/** Where a `--set` goes, part by part: `stages.2.gate` is `['stages', '2', 'gate']`. */
export type KeyPath = readonly string[];

export type SetOutcome = { readonly value: unknown } | { readonly fault: string };

/**
 * A copy of `root` with `value` at `path`. Numbers index lists (one past the end appends), another
 * word picks the item of that `id` or `name`. Objects and lists on the way are made when they are
 * missing; a path that runs through text or a number is a fault.
 */
export function setValueAt(root: unknown, path: KeyPath, value: unknown): SetOutcome {
  return setBelow(root, path, 0, value);
}

function setBelow(node: unknown, path: KeyPath, depth: number, value: unknown): SetOutcome {
  const part = path[depth];
  if (part === undefined) return { value };
  if (Array.isArray(node)) return setInList(node, path, depth, value);
  if (node === undefined || node === null) {
    return /^\d+$/.test(part) ? setInList([], path, depth, value) : setInObject({}, path, depth, value);
  }
  if (!isPlainObject(node)) {
    return { fault: `${path.slice(0, depth).join('.')} holds a single value, so it has no "${part}"` };
  }
  return setInObject(node, path, depth, value);
}

function setInObject(
  node: Readonly<Record<string, unknown>>,
  path: KeyPath,
  depth: number,
  value: unknown,
): SetOutcome {
  const part = path[depth]!;
  const entries = new Map(Object.entries(node));
  const below = setBelow(entries.get(part), path, depth + 1, value);
  if ('fault' in below) return below;
  entries.set(part, below.value);
  return { value: Object.fromEntries(entries) };
}

function setInList(list: readonly unknown[], path: KeyPath, depth: number, value: unknown): SetOutcome {
  const part = path[depth]!;
  const index = findIndex(list, part);
  if (index === null || index > list.length) return { fault: describeMissingItem(list, path.slice(0, depth), part) };
  const below = setBelow(list[index], path, depth + 1, value);
  if ('fault' in below) return below;
  return { value: [...list.slice(0, index), below.value, ...list.slice(index + 1)] };
}

function findIndex(list: readonly unknown[], part: string): number | null {
  if (/^\d{1,9}$/.test(part)) return Number(part);
  const index = list.findIndex((item) => isPlainObject(item) && (item.id === part || item.name === part));
  return index < 0 ? null : index;
}

function describeMissingItem(list: readonly unknown[], path: KeyPath, part: string): string {
  const names = list.flatMap((item) => (isPlainObject(item) ? [item.id ?? item.name] : [])).filter(Boolean);
  const range = list.length === 0 ? 'it is empty' : `it has 0 to ${list.length - 1}`;
  const named = names.length === 0 ? '' : ` (${names.join(', ')})`;
  return `${path.join('.')} has no item "${part}"; ${range}${named}`;
}
