import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type JsonObject, parseObject } from '../../src/core/json-object.ts';
import { replaceFile } from '../../src/edge/whole-file.ts';
import { UsageError } from '../../src/errors.ts';
import { type SftRow, selectExportFormat } from './export-formats.ts';
import { renderAxolotl, renderDatasetInfo } from './reader-settings.ts';
import { type ExportManifest, type ManifestInput, renderDataCard } from './render-data-card.ts';
import { writeParquet } from './write-parquet.ts';

/** Where rows are written, and how. */
export interface ExportOptions {
  /** One of `EXPORT_FORMATS`. */
  readonly format: string;
  /**
   * A file: manifest, card and the settings of readers stand beside it under its name (`sft.jsonl`,
   * `sft.manifest.json`, `sft.README.md`, `sft.dataset_info.json`, `sft.axolotl.yaml`), so that no other README is
   * overwritten. An existing folder, or a path ending in a slash: `data.jsonl` (or `.parquet`), `manifest.json`,
   * `README.md`, `axolotl.yaml` and `dataset_info.json` in that folder, where other data sets keep their entries.
   */
  readonly out: string;
  readonly manifest: ManifestInput;
}

/** What was written: absolute paths, and the manifest's content. */
export interface ExportResult {
  readonly file: string;
  readonly manifestFile: string;
  readonly cardFile: string;
  /** For LLaMA-Factory and for axolotl; null where they cannot read the format. */
  readonly datasetInfoFile: string | null;
  readonly axolotlFile: string | null;
  readonly manifest: ExportManifest;
}

/** Text is handed to the file in pieces of about this many UTF-16 units. */
const FLUSH_LENGTH = 1 << 20;

/**
 * Writes rows as JSONL or parquet in their order, with a manifest and a data set card. Equal rows and
 * settings give equal bytes. Every file appears whole or not at all. Throws `UsageError` for an unknown
 * format or a place that cannot be written, `ParallelR1Error` when the disk fails.
 */
export function exportRows(rows: Iterable<SftRow>, options: ExportOptions): ExportResult {
  const format = selectExportFormat(options.format);
  const { datasetInfo, axolotl, ...files } = nameFiles(options.out, format.toObject === null ? 'parquet' : 'jsonl');
  const { llamaFactory = null, axolotl: axolotlEntry = null } = format.readers ?? {};
  const others = llamaFactory === null ? {} : readDatasetInfo(datasetInfo);
  const tally = createTally();
  replaceFile(files.file, (write) => {
    const note = (bytes: Uint8Array) => {
      tally.addBytes(bytes);
      write(bytes);
    };
    if (format.toObject === null) writeParquet(tally.pass(rows), note);
    else writeLines(tally.pass(rows), format.toObject, note);
  });
  const described = { ...options.manifest, format: options.format, file: basename(files.file) };
  const manifest: ExportManifest = { ...described, ...tally.finish() };
  replaceFile(files.manifestFile, (write) => write(toStableJson(manifest)));
  replaceFile(files.cardFile, (write) => write(renderDataCard(manifest, format)));
  const name = basename(files.file);
  if (llamaFactory !== null)
    replaceFile(datasetInfo, (write) => write(renderDatasetInfo(others, toDatasetName(manifest), name, llamaFactory)));
  if (axolotlEntry !== null) replaceFile(axolotl, (write) => write(renderAxolotl(name, axolotlEntry)));
  return {
    ...files,
    datasetInfoFile: llamaFactory === null ? null : datasetInfo,
    axolotlFile: axolotlEntry === null ? null : axolotl,
    manifest,
  };
}

/** The entries that are there already. Throws `UsageError` for a file that is none of LLaMA-Factory's. */
function readDatasetInfo(file: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  const known = parseObject(text);
  if (known !== null) return known;
  throw new UsageError(`${file} is no JSON object, so no entry can be added: move it away, or choose another --out`);
}

/** How LLaMA-Factory calls the data set: letters, digits and `_`. */
function toDatasetName({ name }: ExportManifest): string {
  return name.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '') || 'parallel_r1';
}

function writeLines(
  rows: Iterable<SftRow>,
  toObject: (row: SftRow) => Readonly<Record<string, unknown>>,
  write: (bytes: Uint8Array) => void,
): void {
  let held = '';
  for (const row of rows) {
    held += `${toJsonLine(toObject(row))}\n`;
    if (held.length < FLUSH_LENGTH) continue;
    write(Buffer.from(held));
    held = '';
  }
  write(Buffer.from(held));
}

function nameFiles(out: string, ending: 'jsonl' | 'parquet') {
  const path = resolve(out);
  if (/[/\\]$/.test(out) || statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    return {
      file: join(path, `data.${ending}`),
      manifestFile: join(path, 'manifest.json'),
      cardFile: join(path, 'README.md'),
      datasetInfo: join(path, 'dataset_info.json'),
      axolotl: join(path, 'axolotl.yaml'),
    };
  }
  const stem = path.replace(/\.(jsonl?|parquet)$/i, '');
  return {
    file: path,
    manifestFile: `${stem}.manifest.json`,
    cardFile: `${stem}.README.md`,
    datasetInfo: `${stem}.dataset_info.json`,
    axolotl: `${stem}.axolotl.yaml`,
  };
}

function createTally() {
  const hash = createHash('sha256');
  const problems = new Set<string>();
  const perSource = new Map<string, number>();
  const perBlocks = new Map<string, number>();
  let rows = 0;
  let bytes = 0;
  const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
  const addRow = ({ source, id, blocks }: SftRow) => {
    rows += 1;
    problems.add(JSON.stringify([source, id]));
    count(perSource, source);
    count(perBlocks, String(blocks));
  };
  return {
    /** The rows as they come, counted. */
    *pass(all: Iterable<SftRow>): Generator<SftRow> {
      for (const row of all) {
        addRow(row);
        yield row;
      }
    },
    addBytes: (written: Uint8Array) => {
      hash.update(written);
      bytes += written.length;
    },
    finish: () => ({
      ...{ rows, bytes, sha256: hash.digest('hex'), problems: problems.size },
      rowsPerSource: Object.fromEntries(perSource),
      rowsPerBlocks: Object.fromEntries(perBlocks),
    }),
  };
}

/** Line breaks of Unicode that JSON leaves alone and that some readers of JSONL split at. */
const LINE_BREAKS = /[\u0085\u2028\u2029]/g;

/** One line of JSONL without its line feed: no reader finds a line break inside. */
function toJsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    LINE_BREAKS,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Indented JSON with sorted keys: the same value gives the same bytes. */
function toStableJson(value: unknown): string {
  return `${JSON.stringify(sortKeys(value), null, 2)}\n`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
