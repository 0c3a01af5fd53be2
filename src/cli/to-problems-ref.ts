import { resolve } from 'node:path';
import type { ProblemsRef } from '../core/curriculum.ts';

/** What `--problems` names: `my.jsonl` is a file, anything else a set in a datasets folder. */
export function toProblemsRef(text: string): Extract<ProblemsRef, { kind: 'file' | 'set' }> {
  return text.endsWith('.jsonl')
    ? { kind: 'file', path: resolve(text), limit: null }
    : { kind: 'set', name: text, limit: null };
}
