import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { listDatasetFolders } from '../../problem-sets/set-folders.ts';
import { readSetOrigin } from '../../problem-sets/set-origin.ts';
import type { DatasetsArgs } from '../datasets-args.ts';
import { printJson, printLine } from '../output.ts';

/** `datasets list`: the sets at hand, with what their manifests say. */
export function listSets(args: DatasetsArgs): number {
  const sets = listDatasetFolders().flatMap((folder) =>
    listJsonl(folder).map((path) => {
      const file = join(folder, path);
      return { name: path.replace(/\.jsonl$/, ''), file, ...readSetOrigin(file) };
    }),
  );
  const families = [{ name: 'word-sums', levels: ['easy', 'hard', '2 to 8 operands'], splits: ['train', 'heldout'] }];
  if (args.json) {
    printJson({ sets, families });
    return 0;
  }
  for (const { name, file, rows, source, revision, licence } of sets) {
    const known = [
      rows === null ? null : `${rows} rows`,
      source === null ? null : `from ${source}${revision === null ? '' : ` at ${revision.slice(0, 8)}`}`,
      licence,
    ].filter((part) => part !== null);
    printLine(`${name.padEnd(28)} ${file}${known.length === 0 ? '' : `   ${known.join(', ')}`}`);
  }
  printLine(`${'word-sums'.padEnd(28)} made on demand: datasets generate --level easy|hard --split train|heldout`);
  return 0;
}

/** JSONL files of a folder and of the folders in it, as paths relative to it; those of a running pull are none. */
function listJsonl(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.jsonl') && !file.split(/[/\\]/).some((part) => part.startsWith('.')))
      .sort();
  } catch {
    return [];
  }
}
