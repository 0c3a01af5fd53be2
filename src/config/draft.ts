import { resolve } from 'node:path';
import { type JsonObject, toObject } from '../core/json-object.ts';

/** A configuration as plain data before it is checked: merging, setting single keys, making paths absolute. */

/** Whether a value is a plain object (no list, no null). */
export function isPlainObject(value: unknown): value is JsonObject {
  return toObject(value) !== null;
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

/**
 * The paths that a path stands for, with list items by index: `*` is every item, `kind=rl` every item of that kind. None
 * when no item matches. A name that is not found stays as it is.
 */
export function expandPath(root: unknown, path: KeyPath): KeyPath[] {
  let reached: { readonly path: KeyPath; readonly node: unknown }[] = [{ path: [], node: root }];
  for (const part of path) {
    reached = reached.flatMap(({ path: above, node }) =>
      listParts(node, part).map((one) => ({ path: [...above, one], node: pickPart(node, one) })),
    );
  }
  return reached.map((one) => one.path);
}

function listParts(node: unknown, part: string): string[] {
  const isSelector = part === '*' || part.startsWith('kind=');
  if (!Array.isArray(node)) return isSelector ? [] : [part];
  if (!isSelector) return [String(findIndex(node, part) ?? part)];
  const isMeant = (item: unknown) => part === '*' || (isPlainObject(item) && item.kind === part.slice('kind='.length));
  return node.flatMap((item: unknown, index) => (isMeant(item) ? [String(index)] : []));
}

function pickPart(node: unknown, part: string): unknown {
  if (Array.isArray(node)) return node[Number(part)];
  return isPlainObject(node) && Object.hasOwn(node, part) ? node[part] : undefined;
}

function describeMissingItem(list: readonly unknown[], path: KeyPath, part: string): string {
  const names = list.flatMap((item) => (isPlainObject(item) ? [item.id ?? item.name] : [])).filter(Boolean);
  const range = list.length === 0 ? 'it is empty' : `it has 0 to ${list.length - 1}`;
  const named = names.length === 0 ? '' : ` (${names.join(', ')})`;
  return `${path.join('.')} has no item "${part}"; ${range}${named}`;
}

/**
 * Makes the relative paths in a part of a configuration absolute, against the folder they were
 * written for. `key` is the key the value stands under.
 */
export function resolvePaths(value: unknown, folder: string, key = ''): unknown {
  if (typeof value === 'string') return isPath(key, value) ? resolve(folder, value) : value;
  if (Array.isArray(value)) return value.map((item) => resolvePaths(item, folder, key));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolvePaths(item, folder, name)]));
}

/** Whether the data of an SFT stage is a file; ids of stages contain no slash. */
export function isDataFile(data: string): boolean {
  return data.endsWith('.jsonl') || /[/\\]/.test(data);
}

/** Which texts name files: some keys always do, others hold a name unless it looks like a path. */
function isPath(key: string, text: string): boolean {
  if (text.trim() === '') return false;
  if (key === 'path' || key === 'directory' || key === 'root' || key === 'report') return true;
  if (/prompt$/i.test(key)) return text.includes('/') || text.endsWith('.md');
  if (key === 'data') return isDataFile(text);
  return key === 'problems' && text.endsWith('.jsonl');
}
