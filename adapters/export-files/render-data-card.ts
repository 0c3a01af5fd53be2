import type { ExportFormat } from './export-formats.ts';
import { renderTokenizerNotes } from './tokenizer-notes.ts';

/** What was written, with its lineage: the content of the manifest. */
export interface ExportManifest extends ManifestInput {
  readonly format: string;
  /** Name of the data file, beside the manifest. */
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  /** Of the data file, hex. */
  readonly sha256: string;
  /** Distinct problems behind the rows. */
  readonly problems: number;
  readonly rowsPerSource: Readonly<Record<string, number>>;
  /** Rows per number of parallel blocks. */
  readonly rowsPerBlocks: Readonly<Record<string, number>>;
}

/** What the caller knows of the rows. No times and no secrets: the same rows give the same bytes. */
export interface ManifestInput {
  readonly name: string;
  /** Run the rows come from; null when none. */
  readonly run: string | null;
  /** Settings the rows were made with (teacher, sampling, filters), as JSON values. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Versions of what decided about the rows (software, checker, verifier, templates by hash). */
  readonly versions: Readonly<Record<string, string>>;
  /** Attempts per code of the filter that stopped them; those that passed all are `accepted`. */
  readonly attempts: Readonly<Record<string, number>>;
  /** Licence of each source of problems, as it states it; null: it states none, or is not known. */
  readonly licences: Readonly<Record<string, string | null>>;
}

/** The data set card: Markdown with the front matter that dataset hubs read. */
export function renderDataCard(manifest: ExportManifest, format: ExportFormat): string {
  const { name, file, rows, problems, sha256, run } = manifest;
  return `${[
    renderFrontMatter(manifest),
    `# ${toInline(name)}`,
    'Cold-start data for parallel thinking (Parallel-R1, arXiv 2509.07980), made by parallel-r1: a teacher was asked, and its answers were kept where format and final answer were right.',
    `- ${rows} rows over ${problems} problems in \`${toInline(file)}\`${run === null ? '' : `, run \`${toInline(run)}\``}\n- ${format.card}\n- sha256 \`${sha256}\``,
    "The problems belong to their sources, the answers are a model's: check the licences of both before you share this.",
    renderTable('Source', 'Rows', manifest.rowsPerSource),
    renderTable('Source', 'Licence of the problems', showLicences(manifest.licences)),
    renderTable('Attempts', 'Count', manifest.attempts),
    renderTable('Parallel blocks', 'Rows', manifest.rowsPerBlocks),
    renderTable('Setting', 'Value', manifest.settings),
    renderTable('Version of', 'Is', manifest.versions),
    renderTokenizerNotes(),
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

function showLicences(licences: ManifestInput['licences']): Record<string, string> {
  return Object.fromEntries(Object.entries(licences).map(([source, licence]) => [source, licence ?? 'not known']));
}

function renderFrontMatter({ name, file, rows }: ExportManifest): string {
  return `---
pretty_name: ${JSON.stringify(name)}
tags: [parallel-thinking, math, sft]
configs:
  - config_name: default
    data_files: ${JSON.stringify(file)}
size_categories: [${toSizeCategory(rows)}]
---`;
}

/** The hub's classes: powers of ten from `n<1K` on. */
function toSizeCategory(rows: number): string {
  if (rows < 1_000) return 'n<1K';
  if (rows < 10_000) return '1K<n<10K';
  if (rows < 100_000) return '10K<n<100K';
  return rows < 1_000_000 ? '100K<n<1M' : 'n>1M';
}

function renderTable(left: string, right: string, values: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(values).sort();
  if (keys.length === 0) return '';
  const rows = keys.map((key) => {
    const value = values[key];
    return `| ${toInline(key)} | ${toInline(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))} |`;
  });
  return [`| ${left} | ${right} |`, '| --- | --- |', ...rows].join('\n');
}

/** The text as one line that neither ends a table cell or code span nor starts any markup. */
function toInline(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[|`<>]/g, (char) => ({ '|': '¦', '`': "'", '<': '‹', '>': '›' })[char]!);
}
