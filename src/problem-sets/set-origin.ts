import { readFileSync } from 'node:fs';
import { type JsonObject, parseObject, toObject } from '../core/json-object.ts';

/** What is known of a problem set from the manifest beside it. */
export interface SetOrigin {
  readonly rows: number | null;
  /** Id on the hub, with subset and split. */
  readonly source: string | null;
  readonly revision: string | null;
  readonly licence: string | null;
}

const UNKNOWN: SetOrigin = { rows: null, source: null, revision: null, licence: null };

/** Reads `NAME.manifest.json` beside `NAME.jsonl`; all null where there is none, or where it was not written by a pull. */
export function readSetOrigin(file: string): SetOrigin {
  const manifest = readObject(file.replace(/\.jsonl$/i, '.manifest.json'));
  if (manifest === null) return UNKNOWN;
  const source = toObject(manifest.source);
  const names = [source?.id, source?.subset, source?.split].filter((name) => typeof name === 'string');
  return {
    rows: typeof manifest.rows === 'number' ? manifest.rows : null,
    source: names.length === 0 ? null : names.join(' '),
    revision: toText(source?.commit),
    licence: toText(manifest.licence),
  };
}

function readObject(file: string): JsonObject | null {
  try {
    return parseObject(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function toText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
