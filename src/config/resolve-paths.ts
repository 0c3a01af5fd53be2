import { resolve } from 'node:path';
import { isPlainObject } from './merge.ts';

/**
 * Makes the relative paths in a part of a configuration absolute, against the folder they were
 * written for (method T10). `key` is the key the value stands under.
 */
export function resolvePaths(value: unknown, folder: string, key = ''): unknown {
  if (typeof value === 'string') return isPath(key, value) ? resolve(folder, value) : value;
  if (Array.isArray(value)) return value.map((item) => resolvePaths(item, folder, key));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolvePaths(item, folder, name)]));
}

/** Which texts name files: some keys always do, others hold a name unless it looks like a path. */
function isPath(key: string, text: string): boolean {
  if (text.trim() === '') return false;
  if (key === 'path' || key === 'directory') return true;
  if (/prompt$/i.test(key)) return text.includes('/') || text.endsWith('.md');
  return (key === 'problems' || key === 'data') && text.endsWith('.jsonl');
}
