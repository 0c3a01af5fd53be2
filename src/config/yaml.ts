import { Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { toObject } from '../core/json-object.ts';
import { readTextFile } from '../edge/text-file.ts';
import { UsageError } from '../errors.ts';
import type { RunConfig } from './schema.ts';

/** How often a configuration may reuse its anchors; anything beyond this is meant to exhaust memory. */
const MAX_ALIASES = 100;

/** YAML text read: its value and where things stand, or faults with their lines. */
export type YamlReading =
  | { readonly value: unknown; lineOf(path: readonly PropertyKey[]): number | null }
  | { readonly faults: readonly { readonly line: number; readonly message: string }[] };

/** Reads YAML 1.2. Duplicate keys, unknown tags and anything else the parser objects to are faults. */
export function readYaml(text: string): YamlReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', uniqueKeys: true });
  const faults = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    line: lines.linePos(pos[0]).line,
    message: code === 'DUPLICATE_KEY' ? `the key ${quoteAt(text, pos[0])} occurs twice` : firstLine(message),
  }));
  if (faults.length > 0) return { faults };
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { value, lineOf: (path) => findLine(document, lines, path) };
  } catch (error) {
    return { faults: [{ line: 1, message: firstLine((error as Error).message) }] };
  }
}

/** The text of a configuration file. Throws `UsageError`. */
export function readConfigText(file: string): string {
  try {
    return readTextFile(file);
  } catch (error) {
    throw new UsageError(`configuration file ${(error as Error).message}`, { cause: error });
  }
}

/** Line of the deepest part of the path that is in the document; null when not even the first is. */
function findLine(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | null {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}

function quoteAt(text: string, at: number): string {
  return JSON.stringify(/^["']?([^\s:"']{1,40})/.exec(text.slice(at))?.[1] ?? '');
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]!;
}

/** A configuration that another is compared with, and how it is called. */
export interface ComparedConfig {
  readonly name: string;
  readonly config: RunConfig;
}

/**
 * A configuration as the text of a file that resolves to it. Where `base` is given, every value that differs from it has
 * what `base` has behind it, as a comment.
 */
export function writeYaml(config: RunConfig, base: ComparedConfig | null = null): string {
  const document = new Document(config);
  if (base !== null) markDifferences(document.contents, base.config, base.name);
  return document.toString({ lineWidth: 100 });
}

function markDifferences(node: unknown, base: unknown, name: string): void {
  if (isMap(node)) {
    for (const { key, value } of node.items) markValue(value, toObject(base)?.[String(key)], name);
  } else if (isSeq(node)) {
    node.items.forEach((item, index) => {
      markValue(item, Array.isArray(base) ? base[index] : undefined, name);
    });
  }
}

function markValue(value: unknown, base: unknown, name: string): void {
  if (isScalar(value)) {
    if (value.value === base || (value.value === null && base === undefined)) return;
    const shown = base === undefined ? 'nothing' : (JSON.stringify(base) ?? 'nothing');
    value.comment = ` preset ${name}: ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}`;
    return;
  }
  markDifferences(value, base, name);
}
