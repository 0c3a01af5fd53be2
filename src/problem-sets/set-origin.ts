import { readFileSync } from 'node:fs';

/** What is known of a problem set from the manifest beside it. */
export interface SetOrigin {
  readonly rows: number | null;
  /** Id on the hub, with subset and split. */
  readonly source: string | null;
  readonly revision: string | null;
  readonly licence: string | null;
}

const UNKNOWN: SetOrigin = { rows: null, source: null, revision: null, licence: null };

/** Reads `NAME.manifest.json` beside `NAME.jsonl`; all null where there is none, or it is no manifest of a pull. */
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

type Row = Readonly<Record<string, unknown>>;

function readObject(file: string): Row | null {
  try {
    return toObject(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

function toObject(value: unknown): Row | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : null;
}

function toText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
